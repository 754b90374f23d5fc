"""Runs: prepared, planned, carried out and recorded."""
