"""The search: rows found by their words."""
