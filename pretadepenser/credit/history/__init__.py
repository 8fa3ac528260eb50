"""A client's credit history: figures of it for the model, and the history itself for a reader."""
