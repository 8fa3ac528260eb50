"""One client among others: who they are, and how the client compares with them."""
