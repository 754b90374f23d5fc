"""llama.cpp's contexts: parameters and memory.

Takes a GGUF and a batch config, gives a `ContextCost`. llama.cpp itself simulates two contexts, and logs the sizes:
no weights are read and no KV cache is allocated. The cost is right for any architecture: sliding windows (whose
layers keep all tokens here), latent attention, layers with shared keys, layers with recurrent state.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import llama_cpp as C

from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama.library import go_on, load, logged_error, logged_lines
from remix.errors import ModelError
from remix.models.identity import unreadable_model
from remix.util import interrupts

_SHORT, _LONG, _FEW = 256, 2**17, 4
"""Tokens of a sequence, and sequences, in the contexts. Sizes are logged in hundredths of a MiB: 0.08 bytes for each
of 2^17 tokens."""

_KV_CACHE = re.compile(r"llama_kv_cache: size = +([\d.]+) MiB")
_SEQUENCE = re.compile(r" (?:RS|state|output) buffer size = +([\d.]+) MiB")
_CALL = re.compile(r" compute buffer size = +([\d.]+) MiB")


class ContextCost(NamedTuple):
    """The memory of a context, in bytes."""

    token: int
    """KV cache, for each token of a sequence's context."""
    sequence: int = 0
    """Recurrent state and logits, for each sequence."""
    call: int = 0
    """Buffers of decode calls, in a context for a single sequence. All fields from `call` on are estimates."""
    call_token: float = 0
    """Further buffers, for each token of a sequence's context."""
    call_sequence: float = 0
    """Further buffers, for each further sequence."""
    call_cell: float = 0
    """Further buffers, for each token of the context of each further sequence."""

    def slot(self, n_ctx_seq: int) -> int:
        """Bytes for a sequence of at most `n_ctx_seq` tokens."""
        return n_ctx_seq * self.token + self.sequence

    def calls(self, layout: KVCacheLayout) -> int:
        """Bytes for the buffers of decode calls."""
        tokens, more = layout.n_ctx_seq, layout.sequences - 1
        one, each = self.call + tokens * self.call_token, self.call_sequence + tokens * self.call_cell
        return round(one + more * each)

    def of(self, layout: KVCacheLayout) -> int:
        """Bytes for a context with a layout."""
        return layout.sequences * self.slot(layout.n_ctx_seq) + self.calls(layout)


def context_params(config: BatchConfig, n_ctx_seq: int, sequences: int) -> Any:
    """llama.cpp's parameters for a context of `sequences` sequences of at most `n_ctx_seq` tokens."""
    params = C.llama_context_default_params()
    params.n_ctx = n_ctx_seq * sequences
    # llama.cpp reserves an output row per sequence, and ends the process if a batch can't have as many rows; with
    # Kimi Linear and MiniMax-01 also if the rows aren't a multiple of the sequences.
    params.n_batch = params.n_ubatch = -(-max(config.chunk, config.rows) // sequences) * sequences
    params.n_seq_max = sequences
    params.flash_attn_type = int(config.flash_attn)
    params.kv_unified = False
    # Hidden states are wanted by token, whatever the file says of pooling.
    params.pooling_type = C.LLAMA_POOLING_TYPE_NONE
    # By default a GPU build would use the GPU even with no layer on the GPU, though records say `n_gpu_layers: 0`.
    params.op_offload = params.offload_kqv = config.gpu_layers > 0
    params.no_perf = True
    return params


def context_cost(path: Path, config: BatchConfig) -> ContextCost:
    """The memory of a model's contexts with a batch config. At first use, takes as long as reading the vocabulary.

    Raises `ModelError` if llama.cpp can't read the file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable_model(path, error) from error
    # Only the settings that change the cost: batch configs with further differences share a cached cost.
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
    model = load(path, params)
    try:
        logs = [
            _log(model, context_params(config, tokens, sequences)) if model else []
            for sequences in (1, _FEW)
            for tokens in (_SHORT, _LONG)
        ]
    finally:
        if model:
            C.llama_model_free(model)
    if not all(logs):
        interrupts.check()
        raise ModelError(
            f"{path}: can't tell the memory it needs ({logged_error()}).",
            "Take another GGUF, or fetch this one again.",
        )
    short, long, short_few, long_few = (_bytes(_CALL, log) for log in logs)
    each, each_long = (short_few - short) / (_FEW - 1), (long_few - long) / (_FEW - 1)
    return ContextCost(
        token=round(_bytes(_KV_CACHE, logs[1]) / _LONG),
        sequence=_bytes(_SEQUENCE, logs[0]),
        call=short,
        call_token=max(0, long - short) / (_LONG - _SHORT),
        call_sequence=max(0, each),
        call_cell=max(0, each_long - each) / (_LONG - _SHORT),
    )


def _log(model: Any, params: Any) -> list[str]:
    """llama.cpp's log lines of creating a context; none if llama.cpp can't create the context."""
    with logged_lines() as lines:
        context = C.llama_init_from_model(model, params)
    if not context:
        return []
    C.llama_free(context)
    return lines


def _bytes(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    """The sum of the sizes in the matching lines."""
    found = (pattern.search(line) for line in lines)
    return sum(round(float(match[1]) * 2**20) for match in found if match)
