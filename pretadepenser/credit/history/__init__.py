"""A client's credit history: six tables summed up to figures that a person can be told, in SQL."""
