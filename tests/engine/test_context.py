"""The memory that contexts take, as foretold and as llama.cpp allocates it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import LlamaDecoder, LlamaModel, context, library
from remix.errors import ModelError
from tests import tiny_architectures

HUNDREDTH = 2**20 / 100
"""llama.cpp logs sizes in MiB with two digits behind the point."""


def allocated(model: LlamaModel, config: BatchConfig, layout: KVCacheLayout) -> dict[str, float]:
    """The bytes of a real context's buffers, by their names in llama.cpp's log."""
    with (
        library.logged_lines() as lines,
        LlamaDecoder(model, layout.slots, layout.n_ctx_seq, config, 1, layout.prefix_slots),
    ):
        pass
    sizes: dict[str, float] = {}
    for line in lines:
        if found := re.search(r"(\w+) buffer size = +([\d.]+) MiB", line):
            sizes[found[1]] = sizes.get(found[1], 0) + float(found[2]) * 2**20
    return sizes


def assert_as_allocated(path: Path, config: BatchConfig) -> None:
    """Compare the cost of contexts with real contexts of three layouts."""
    with LlamaModel(path, config=config) as model:
        cost = model.context_cost
        for layout in (KVCacheLayout(256, 1, 0), KVCacheLayout(1024, 16, 3), KVCacheLayout(2048, 4, 4)):
            found = allocated(model, config, layout)
            cells = layout.sequences * layout.n_ctx_seq
            assert cells * cost.token == pytest.approx(found.get("KV", 0), abs=2 * HUNDREDTH)
            states = sum(found.get(name, 0) for name in ("RS", "state", "output"))
            assert layout.sequences * cost.sequence == pytest.approx(states, abs=layout.sequences * HUNDREDTH)
            # An estimate: the more sequences, the more rows are left over in a call.
            assert 0.7 * found["compute"] <= cost.calls(layout) <= 2 * found["compute"]


@pytest.mark.model
@pytest.mark.parametrize("flash_attn", [False, True])
def test_the_cost_is_what_llama_cpp_allocates(model_path: Path, flash_attn: bool) -> None:
    assert_as_allocated(model_path, BatchConfig(flash_attn=flash_attn))


@pytest.mark.parametrize(
    ("architecture", "token"),
    [
        # Two layers, two heads of 64 keys and 64 values, two bytes each. Sliding windows keep all.
        ("llama", 1024),
        ("gemma3", 1024),
        ("gpt-oss", 1024),
        # Five layers, of which two have none of their own.
        ("gemma4", 1536),
        # 288 numbers for each layer, and no values.
        ("deepseek2", 1152),
        # A layer with attention, and a layer with a state.
        ("lfm2", 512),
        ("granitehybrid", 512),
        ("qwen35", 512),
        ("kimi-linear", 192),
        # Both in each layer.
        ("falcon-h1", 1024),
        # No attention.
        ("mamba2", 0),
        ("rwkv7", 0),
    ],
)
def test_each_architecture_costs_what_llama_cpp_allocates(tmp_path: Path, architecture: str, token: int) -> None:
    path = tiny_architectures.write(tmp_path, architecture, "q8_0")
    assert context.context_cost(path, BatchConfig()).token == token
    assert_as_allocated(path, BatchConfig())


@pytest.mark.model
def test_a_token_takes_keys_and_values_of_each_layer(model_path: Path) -> None:
    # 30 layers, 3 key-value heads of 64 numbers, keys and values, two bytes each.
    assert context.context_cost(model_path, BatchConfig()).token == 30 * 3 * 64 * 2 * 2


def test_buffers_grow_with_tokens_and_sequences() -> None:
    cost = context.ContextCost(3, 1000, 100, call_token=2, call_sequence=10, call_cell=0.5)
    layout = KVCacheLayout(256, 3, 1)
    assert cost.calls(layout) == 100 + 256 * 2 + 3 * (10 + 128)
    assert cost.of(layout) == cost.calls(layout) + 4 * (256 * 3 + 1000)


def test_a_file_that_is_no_model_has_no_cost(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ModelError, match=r"no\.gguf: can't tell the memory it needs"):
        context.context_cost(path, BatchConfig())


def test_a_file_that_was_deleted_is_an_error_in_words(tmp_path: Path) -> None:
    """Bug: a file deleted during a probe, which takes minutes, ended with a traceback."""
    with pytest.raises(ModelError, match="can't be read"):
        context.context_cost(tmp_path / "gone.gguf", BatchConfig())
