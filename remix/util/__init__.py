"""What any room may use: files, names, processes, formats. Knows nothing of essays, models or runs."""
