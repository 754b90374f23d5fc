"""llama.cpp's contexts: their parameters, and the memory that they take.

Takes a GGUF and a batch config, gives a `ContextCost`. llama.cpp itself simulates two contexts, and logs their sizes:
no weights are read and no KV cache is allocated. So the cost is right for any architecture: sliding windows (whose
layers keep all tokens here), latent attention, layers that share keys or have recurrent state instead.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import llama_cpp as C

from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama.library import go_on, logged_error, logged_lines, recent_log
from remix.errors import ModelError
from remix.util import interrupts

_SHORT, _LONG = 256, 2**17
"""Tokens of the two contexts. Sizes are logged in hundredths of a MiB: 0.08 bytes for each of 2^17 tokens."""

_KV_CACHE = re.compile(r"llama_kv_cache: size = +([\d.]+) MiB")
_SEQUENCE = re.compile(r" (?:RS|state|output) buffer size = +([\d.]+) MiB")
_CALL = re.compile(r" compute buffer size = +([\d.]+) MiB")


class ContextCost(NamedTuple):
    """Bytes of memory that a context takes."""

    token: int
    """KV cache, for each token that a sequence may have."""
    sequence: int = 0
    """Recurrent state and logits, for each sequence."""
    call: int = 0
    """Buffers of decode calls; an estimate, as is `call_token`: the number of sequences matters a little too."""
    call_token: int = 0
    """Further buffers of decode calls, for each token that a sequence may have."""

    def slot(self, n_ctx_seq: int) -> int:
        """Bytes for a sequence of at most `n_ctx_seq` tokens."""
        return n_ctx_seq * self.token + self.sequence

    def calls(self, n_ctx_seq: int) -> int:
        """Bytes for the buffers of decode calls."""
        return self.call + n_ctx_seq * self.call_token

    def of(self, layout: KVCacheLayout) -> int:
        """Bytes for a context with this layout."""
        sequences = layout.slots + layout.prefix_slots
        return sequences * self.slot(layout.n_ctx_seq) + self.calls(layout.n_ctx_seq)


def context_params(config: BatchConfig, n_ctx_seq: int, sequences: int) -> Any:
    """llama.cpp's parameters for a context of `sequences` sequences of at most `n_ctx_seq` tokens."""
    params = C.llama_context_default_params()
    params.n_ctx = n_ctx_seq * sequences
    # llama.cpp reserves an output row per sequence, and ends the process if a batch can't have as many rows.
    params.n_batch = params.n_ubatch = max(config.chunk, config.rows, sequences)
    params.n_seq_max = sequences
    params.flash_attn_type = int(config.flash_attn)
    params.kv_unified = False
    # By default a GPU build would use the GPU even with no layer on it, though records say `n_gpu_layers: 0`.
    params.op_offload = params.offload_kqv = config.gpu_layers > 0
    params.no_perf = True
    return params


def context_cost(path: Path, config: BatchConfig) -> ContextCost:
    """What a model's contexts take with a batch config. Takes as long as reading the vocabulary, at first use.

    Raises `ModelError` if llama.cpp can't read the file.
    """
    status = path.stat()
    # Only what matters to the cost, so that configs which differ elsewhere find the same cost.
    config = BatchConfig(
        chunk=config.chunk, rows=config.rows, flash_attn=config.flash_attn, gpu_layers=config.gpu_layers
    )
    return _simulated(path, (status.st_size, status.st_mtime_ns), config)


@functools.lru_cache(maxsize=32)
def _simulated(path: Path, _: tuple[int, int], config: BatchConfig) -> ContextCost:
    params = C.llama_model_default_params()
    params.no_alloc = True
    params.load_mode = C.LLAMA_LOAD_MODE_NONE
    params.n_gpu_layers = config.gpu_layers
    params.progress_callback = go_on
    recent_log.clear()
    model = C.llama_model_load_from_file(os.fsencode(path), params)
    try:
        short, long = (_lines(model, config, tokens) if model else [] for tokens in (_SHORT, _LONG))
    finally:
        if model:
            C.llama_model_free(model)
    if not (short and long):
        interrupts.check()
        raise ModelError(
            f"{path}: can't tell the memory it needs ({logged_error()}).",
            "Take another GGUF, or fetch this one again.",
        )
    call = _bytes(_CALL, short)
    return ContextCost(
        token=round(_bytes(_KV_CACHE, long) / _LONG),
        sequence=_bytes(_SEQUENCE, short),
        call=call,
        call_token=max(0, _bytes(_CALL, long) - call) // (_LONG - _SHORT),
    )


def _lines(model: Any, config: BatchConfig, n_ctx_seq: int) -> list[str]:
    """What llama.cpp logs when a context for one sequence is created; nothing if it can't be created."""
    params = context_params(config, n_ctx_seq, 1)
    # As many rows as a decoder may have: a row for each slot, and as many for the prefix cache.
    params.n_batch = params.n_ubatch = max(config.chunk, 2 * config.rows)
    with logged_lines() as lines:
        context = C.llama_init_from_model(model, params)
    if not context:
        return []
    C.llama_free(context)
    return lines


def _bytes(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    """The sum of the sizes in the lines that match."""
    found = (pattern.search(line) for line in lines)
    return sum(round(float(match[1]) * 2**20) for match in found if match)
