"""How good the model is: its metrics, its fairness, and what drives it as a whole."""
