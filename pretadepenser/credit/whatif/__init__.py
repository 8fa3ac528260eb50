"""Other figures than those of the portfolio: simulated, typed in, or missing."""
