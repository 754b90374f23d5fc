"""Verification of runs: files and records checked, texts replayed, manifests signed."""
