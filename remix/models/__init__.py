"""Models on this machine: places of GGUF files, identities, and prepared copies in a faster weight type."""
