"""Gardens: what remix reads of the notes that people have, and where each of their words goes."""
