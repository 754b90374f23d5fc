"""A run: prepared, planned, carried out and recorded."""
