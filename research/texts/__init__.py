"""The other half of the watch: what names and descriptions say of a product, alone and beside its photo."""
