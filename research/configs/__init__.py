"""The configurations of the study, one a file: what was trained, how, and what it gave."""
