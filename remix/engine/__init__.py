"""Exact, batched decoding of many prompts with a model in the same process.

Takes `Request`s, gives futures of `Generation`s. Knows tokens and logits, no essays, templates and run folders.
`engine.py` holds the loop, `decoder.py` the protocol between the loop and llama.cpp, `llama/` the implementation.
"""
