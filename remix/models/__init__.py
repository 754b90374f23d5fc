"""Which GGUF files there are, what each is, and copies prepared in a faster weight type. Loads no weights."""
