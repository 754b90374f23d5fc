"""Whether a run is what was written: checked, replayed, signed."""
