"""The memory that contexts take, as foretold and as llama.cpp allocates it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import LlamaDecoder, LlamaModel, context, library
from remix.errors import ModelError

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
    """Compare the cost of contexts with real contexts of two layouts."""
    with LlamaModel(path, config=config) as model:
        cost = model.context_cost
        for layout in (KVCacheLayout(256, 1, 0), KVCacheLayout(1024, 16, 5)):
            sequences = layout.slots + layout.prefix_slots
            found = allocated(model, config.model_copy(update={"rows": layout.slots}), layout)
            # A line for each cache, and more rounding errors the more sequences.
            assert sequences * layout.n_ctx_seq * cost.token == pytest.approx(found.get("KV", 0), abs=4 * HUNDREDTH)
            states = sum(found.get(name, 0) for name in ("RS", "state", "output"))
            assert sequences * cost.sequence == pytest.approx(states, abs=(1 + sequences) * 2 * HUNDREDTH)
            assert found["compute"] == pytest.approx(cost.calls(layout.n_ctx_seq), rel=0.25, abs=2**20)


@pytest.mark.model
@pytest.mark.parametrize("flash_attn", [False, True])
def test_the_cost_is_what_llama_cpp_allocates(model_path: Path, flash_attn: bool) -> None:
    assert_as_allocated(model_path, BatchConfig(flash_attn=flash_attn))


@pytest.mark.model
def test_a_token_takes_keys_and_values_of_each_layer(model_path: Path) -> None:
    # 30 layers, 3 key-value heads of 64 numbers, keys and values, two bytes each.
    assert context.context_cost(model_path, BatchConfig()).token == 30 * 3 * 64 * 2 * 2


def test_a_file_that_is_no_model_has_no_cost(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ModelError, match=r"no\.gguf: can't tell the memory it needs"):
        context.context_cost(path, BatchConfig())
