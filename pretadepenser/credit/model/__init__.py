"""The model: its inputs, its artefact on disk, the scale of its scores, its training and its card."""
