"""How the parameters of the fictitious portfolio were fitted to the genuine one, and how near it comes."""
