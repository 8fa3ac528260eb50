"""Explainable credit decisions for the advisors of Prêt à dépenser."""
