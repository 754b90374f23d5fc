"""Models on this machine: where GGUF files are, their identity, and prepared copies in a faster weight type."""
