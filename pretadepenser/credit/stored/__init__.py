"""Clients and the rows of their histories as they lie on the disk, without copying what is not asked for."""
