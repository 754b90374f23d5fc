"""Numbers about chains, sets of texts, runs and models; `measure/` has the numbers about one text."""
