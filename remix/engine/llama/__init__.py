"""llama.cpp, through llama-cpp-python's low-level API. No module outside this package imports `llama_cpp`.

Takes a GGUF file, gives the vocabulary and metadata (`LlamaModel`), a `Decoder` (`LlamaDecoder`) and sentence vectors
(`LlamaEmbedder`). Knows nothing of prompts, runs and passages.

Three rules make a sequence's results independent of the other sequences in the batch (measured bit for bit on the
CPU, see CONTRIBUTING.md). A sequence has a KV stream to itself (`kv_unified=False`). Prompts are computed one
sequence per call, in chunks that depend on the prompt alone. A decode call has any number of rows if the kernels of
the model's weight types compute a row alike in a batch of any size; if not, a multiple of 8 or a fixed number, idle
slots filling the rest.
"""

from __future__ import annotations

import os

from remix.engine import spin

# The library reads the variables on loading: the variables are set before the modules below import `llama_cpp`.
os.environ.update(spin.wait_policy())

from remix.engine.llama.choices import ALTERNATIVES
from remix.engine.llama.context import ContextCost, context_cost
from remix.engine.llama.decoder import LlamaDecoder
from remix.engine.llama.embedder import LlamaEmbedder
from remix.engine.llama.grammar import grammar_of
from remix.engine.llama.library import (
    ONE_AT_A_TIME,
    FloatArray,
    exact_config,
    has_gpu,
    library_sha256s,
    quantise,
    set_verbose,
    system_info,
    version,
)
from remix.engine.llama.model import LONGEST_WORD, LlamaModel

__all__ = [
    "ALTERNATIVES",
    "LONGEST_WORD",
    "ONE_AT_A_TIME",
    "ContextCost",
    "FloatArray",
    "LlamaDecoder",
    "LlamaEmbedder",
    "LlamaModel",
    "context_cost",
    "exact_config",
    "grammar_of",
    "has_gpu",
    "library_sha256s",
    "quantise",
    "set_verbose",
    "system_info",
    "version",
]
