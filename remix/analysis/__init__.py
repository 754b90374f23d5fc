"""Numbers about chains, sets of texts, runs and models; numbers about one text are in `measure/`."""
