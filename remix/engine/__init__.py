"""Exact, batched decoding of many prompts through one model held in this process.

Takes `Request`s, gives futures of `Generation`s. It knows tokens and logits; of essays, templates and files
it knows nothing. Read `engine.py` for the loop, `decoder.py` for the seam to llama.cpp, `llama.py` for what
lies behind it.
"""
