"""What all clients are like together, as the import counts it: quantiles, bins, the rank of a value."""
