"""Files, names, processes and formats, for use in every folder. Knows nothing of essays, models or runs."""
