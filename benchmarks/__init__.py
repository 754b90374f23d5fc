"""Measurements of remix beside whatever else runs many prompts through one GGUF. Never asserted in tests.

`python -m benchmarks.throughput`, `.growth` and `.contention` each print a table and write JSON where asked; what
they measure stands in README.md. Every measurement is made in a process of its own, started afresh.
"""

import os

ENVIRONMENT = dict(os.environ)
"""As it was before anything loaded llama.cpp: remix sets how long threads spin, which no other contender may get."""
