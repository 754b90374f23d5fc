"""llama.cpp, through llama-cpp-python's low-level API. The only room that imports `llama_cpp`.

Takes a GGUF file, gives its vocabulary and metadata (`LlamaModel`), a `Decoder` over it (`LlamaDecoder`) and sentence
vectors (`LlamaEmbedder`). Knows nothing of prompts, runs and passages.

What makes results independent of the batch (measured bit by bit on the CPU, see CONTRIBUTING.md): each sequence has a
KV stream of its own (`kv_unified=False`); prompts are computed one sequence a call, in chunks that the prompt alone
decides; and a decode call has either any number of rows, for weight types whose kernels treat every row alike, or
always the same number, idle slots filling the rest.
"""

from __future__ import annotations

import os

from remix.engine import spin

# Read when the library loads, hence set before `llama_cpp` is imported by the modules below.
os.environ.update(spin.settled())

from remix.engine.llama.decoder import ALTERNATIVES, LlamaDecoder
from remix.engine.llama.embedder import LlamaEmbedder
from remix.engine.llama.grammar import grammar_of
from remix.engine.llama.library import (
    FloatArray,
    exact_config,
    has_gpu,
    library_sha256s,
    quantise,
    set_verbose,
    system_info,
    version,
)
from remix.engine.llama.model import KEPT_DRY, LONGEST_WORD, LlamaModel

__all__ = [
    "ALTERNATIVES",
    "KEPT_DRY",
    "LONGEST_WORD",
    "FloatArray",
    "LlamaDecoder",
    "LlamaEmbedder",
    "LlamaModel",
    "exact_config",
    "grammar_of",
    "has_gpu",
    "library_sha256s",
    "quantise",
    "set_verbose",
    "system_info",
    "version",
]
