"""A client's credit history: summed up to figures that a person can be told, in SQL, and told row by row."""
