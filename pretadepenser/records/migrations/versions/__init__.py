"""Alembic's migrations of the application's tables."""
