"""Outlets that nobody publishes."""
