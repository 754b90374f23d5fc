"""The memory that a run takes: layouts that fit, refusals and warnings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from remix.engine import llama, load_check, memory
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import ContextCost
from remix.engine.local import LoadOptions
from remix.errors import ModelError
from tests.conftest import FILE

MIB = 2**20
COST = ContextCost(token=1024)
WEIGHTS = FILE.model_copy(update={"name": "m", "size": 100 * MIB, "context": 8192})


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1000)


def free(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    """Let this machine have an amount of free memory, and no swap."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=mib * MIB))
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(free=0))
    monkeypatch.setattr(llama, "has_gpu", lambda: False)


def planned(
    config: BatchConfig = BatchConfig(),  # noqa: B008 (frozen)
    cost: ContextCost = COST,
    **needs: Any,
) -> tuple[list[KVCacheLayout], memory.MemoryUse]:
    options = LoadOptions(**{"contexts": (512,), "parallel": None, "threads": 1, **needs})
    return memory.layouts(WEIGHTS, cost, config, options)


def layouts(config: BatchConfig = BatchConfig(), **needs: Any) -> list[KVCacheLayout]:  # noqa: B008 (frozen)
    return planned(config, **needs)[0]


def test_kv_cache_layouts_hold_what_the_memory_does() -> None:
    assert layouts(memory=100 * MIB) == [KVCacheLayout(512, 16, 16)]
    assert layouts(memory=10 * MIB) == [KVCacheLayout(512, 16, 4)]
    assert layouts(memory=4 * MIB) == [KVCacheLayout(512, 8, 0)]
    assert layouts(memory=MIB // 2) == [KVCacheLayout(512, 1, 0)]


def test_kv_cache_layouts_have_no_more_slots_than_sequences_will_ever_be_ready() -> None:
    assert layouts(memory=100 * MIB, chains=3) == [KVCacheLayout(512, 3, 3)]
    assert layouts(memory=100 * MIB, parallel=5) == [KVCacheLayout(512, 5, 5)]
    assert layouts(BatchConfig(rows=32), memory=100 * MIB) == [KVCacheLayout(512, 32, 32)]


def test_long_sequences_have_a_layout_of_fewer_slots() -> None:
    assert layouts(contexts=(300, 2000), memory=10 * MIB) == [KVCacheLayout(512, 16, 4), KVCacheLayout(2048, 5, 0)]


def test_no_layout_is_longer_than_the_models_context() -> None:
    """Bug: a run whose `run.json` asked for 400,000 tokens took 9 GB for a passage of 80, on `resume` and replay."""
    assert layouts(contexts=(300, 400_000, 500_000), memory=1000 * MIB) == [
        KVCacheLayout(512, 16, 16),
        KVCacheLayout(8192, 16, 16),
    ]


def test_the_state_of_a_sequence_is_counted_once_for_each_sequence() -> None:
    cost = ContextCost(token=0, sequence=2 * MIB)
    assert planned(cost=cost, memory=10 * MIB)[0] == [KVCacheLayout(512, 5, 0)]


def test_rows_in_multiples_need_slots_in_multiples() -> None:
    by_eight = BatchConfig(multiple=8)
    assert layouts(by_eight, memory=8 * MIB, chains=1) == [KVCacheLayout(512, 8, 8)]
    assert layouts(by_eight, memory=6 * MIB) == [KVCacheLayout(512, 8, 4)]
    assert layouts(by_eight, memory=20 * MIB, parallel=9) == [KVCacheLayout(512, 16, 16)]
    with pytest.raises(ModelError, match=r"m: 8 sequences of 512 tokens take 4 MiB of memory"):
        layouts(by_eight, memory=3 * MIB)


def test_fixed_rows_need_all_their_slots() -> None:
    fixed = BatchConfig(multiple=16)
    assert layouts(fixed, memory=8 * MIB, chains=1) == [KVCacheLayout(512, 16, 0)]
    with pytest.raises(
        ModelError, match=r"m: 16 sequences of 512 tokens take 8 MiB of memory, and there are 7 MiB for them"
    ):
        layouts(fixed, memory=7 * MIB)


def test_half_of_what_the_weights_leave_is_for_the_kv_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 102)
    assert layouts() == [KVCacheLayout(512, 2, 0)]
    free(monkeypatch, 99)
    with pytest.raises(
        ModelError,
        match=r"a sequence of 512 tokens takes 512 KiB of memory, and there are 0 KiB for it, beside the weights",
    ) as refused:
        layouts()
    assert "--memory" in refused.value.hint
    assert "remix models pull" in refused.value.hint
    assert layouts(memory=MIB // 2) == [KVCacheLayout(512, 1, 0)]


def test_weights_on_a_gpu_take_no_memory_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama, "has_gpu", lambda: True)
    assert planned(BatchConfig(gpu_layers=99))[1].weights == 0
    assert planned(BatchConfig())[1].weights == WEIGHTS.size


def test_what_a_run_takes_is_told_part_by_part() -> None:
    use = planned(cost=ContextCost(1024, MIB, 7 * MIB, call_token=2048))[1]
    assert (use.cache, use.calls, use.total) == (48 * MIB, 8 * MIB, 156 * MIB)
    assert use.in_words == (
        "156 MiB of memory: weights 100 MiB, KV cache 48 MiB (16 sequences of 512 tokens, and 16 kept prompts), "
        "buffers 8 MiB; 1000 MiB are free"
    )
    assert use.warning is None


def test_tight_memory_is_told_with_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 130)
    warning = planned()[1].warning
    assert warning is not None
    assert warning.startswith("Memory is tight: this run takes 115 MiB of memory: weights 100 MiB")
    assert "lower --parallel or --max-tokens, or take a smaller model" in warning


def test_sequences_for_which_there_is_no_memory_are_told() -> None:
    warning = planned(memory=4 * MIB)[1].warning
    assert warning is not None
    assert warning.startswith("There is memory for 8 of 16 sequences of 512 tokens at once")


def test_weights_that_cannot_fit_are_refused_before_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 90)
    with pytest.raises(
        ModelError, match=r"m\.gguf: its weights take 100 MiB of memory, and 90 MiB are free"
    ) as refused:
        load_check.check(Path("m.gguf"), WEIGHTS)
    assert "a smaller model or weight type: `remix models pull`" in refused.value.hint
    monkeypatch.setattr(llama, "has_gpu", lambda: True)
    memory.check_weights(Path("m.gguf"), WEIGHTS)
