"""Fuzzers: real inputs, changed by chance, given to remix as strangers would.

    python -m tests.fuzz                      names the targets
    python -m tests.fuzz seeds --seconds 3600 --seed 7 --keep faults/

Each target is a module of this folder with a `TARGET`. `tests/test_fuzz.py` runs each for some hundred cases, and for
a minute with `pytest --full`.
"""
