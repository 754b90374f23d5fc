"""What tests of recurrent and hybrid models rest on: llama.cpp runs the tiny ones, and their states are real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import llama_cpp
import numpy as np
import pytest

from remix.engine import llama  # noqa: F401 - takes llama.cpp's log
from tests.tiny_hybrids import FAULTS, HYBRID, RECURRENT, write

PROMPT = [int(token) for token in np.random.default_rng(0).integers(0, 500, 24)]
SLOTS = 3


@pytest.fixture(scope="module", params=[*RECURRENT, *HYBRID])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """An architecture's name, and a loaded model."""
    path = write(tmp_path_factory.mktemp("tiny") / "model.gguf", request.param)
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    handle = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    assert handle
    yield request.param, handle
    llama_cpp.llama_model_free(handle)


class Context:
    """A llama.cpp context of three sequences, each with a KV cache of its own."""

    def __init__(self, model: Any) -> None:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_seq_max, params.kv_unified = 64 * SLOTS, SLOTS, False
        # A multiple of n_seq_max: see `FAULTS`.
        params.n_batch = params.n_ubatch = 32 * SLOTS
        params.n_threads = params.n_threads_batch = 1
        params.flash_attn_type = 0
        self.handle = llama_cpp.llama_init_from_model(model, params)
        assert self.handle
        self.memory = llama_cpp.llama_get_memory(self.handle)
        self.tokens = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        llama_cpp.llama_free(self.handle)

    def decode(self, sequence: int, tokens: Sequence[int], start: int = 0) -> np.ndarray:
        """Compute tokens of one sequence, and give the last one's logits."""
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        for index, token in enumerate(tokens):
            batch.token[index], batch.pos[index] = token, start + index
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
            batch.logits[index] = index == len(tokens) - 1
        batch.n_tokens = len(tokens)
        assert llama_cpp.llama_decode(self.handle, batch) == 0
        llama_cpp.llama_batch_free(batch)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.handle, -1), shape=(self.tokens,)).copy()


def test_logits_depend_on_a_first_token_that_only_a_state_remembers(model: tuple[str, Any]) -> None:
    architecture, handle = model
    assert llama_cpp.llama_model_is_recurrent(handle) == (architecture in RECURRENT)
    assert llama_cpp.llama_model_is_hybrid(handle) == (architecture in HYBRID)
    with Context(handle) as context:
        first = context.decode(0, PROMPT)
        other = context.decode(1, [PROMPT[0] + 1, *PROMPT[1:]])
    assert np.isfinite(first).all()
    assert first.std() > 1
    assert np.abs(first - other).max() > 0.01


def test_a_copy_outlives_its_source_but_for_a_known_fault(model: tuple[str, Any]) -> None:
    architecture, handle = model
    with Context(handle) as context:
        context.decode(0, PROMPT[:16])
        llama_cpp.llama_memory_seq_cp(context.memory, 0, 1, -1, -1)
        llama_cpp.llama_memory_seq_rm(context.memory, 0, -1, -1)
        copied = context.decode(1, PROMPT[16:], 16)
        context.decode(0, PROMPT[:16])
        is_kept = np.array_equal(copied, context.decode(0, PROMPT[16:], 16))
    assert is_kept == (architecture != "deepseek4"), FAULTS["deepseek4"]


def test_a_state_is_copied_whole_and_dropped_whole_and_never_cut(model: tuple[str, Any]) -> None:
    with Context(model[1]) as context:
        whole = context.decode(0, PROMPT)
        context.decode(1, PROMPT[:16])
        llama_cpp.llama_memory_seq_cp(context.memory, 1, 2, -1, -1)
        assert not llama_cpp.llama_memory_seq_rm(context.memory, 1, 15, -1)
        # A copy goes on as the first sequence does, and as a sequence does in a slot used before.
        split = context.decode(2, PROMPT[16:], 16)
        assert np.array_equal(split, context.decode(1, PROMPT[16:], 16))
        assert llama_cpp.llama_memory_seq_rm(context.memory, 0, -1, -1)
        assert np.array_equal(whole, context.decode(0, PROMPT))
