"""The same logits and texts under any load, in tiny models of every architecture that people have.

The probe chooses the batch config, as for any model, and docs/models.md tells what it chose. One request after
another goes first, nothing shared, on one thread. Then the same requests under other loads, a few at once or
sixteen, shuffled, with beginnings copied, on one thread or two, and beside a sequence that is longer than sliding
windows and than the steps in which llama.cpp reads the KV cache. The logits from which each token is sampled are
compared bit for bit, and the texts. All architectures in both weight types with `pytest --full`.
"""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from docs import make_models
from remix.engine import probe
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.models import identity
from remix.records import Dist, Penalties, Request, Sampling, Temperature, TopP
from tests import tiny_architectures
from tests.tiny_gguf import TEXT

CHAIN = (Penalties(last_n=64, repeat=1.05, frequency=0.0, presence=0.0), TopP(p=0.98), Temperature(t=0.9), Dist())
TOKENS = 8
"""Tokens of a text."""

LONG = 300
"""Tokens of the longest prompt: llama.cpp reads the KV cache in steps of 256."""

FEW = (
    *(
        "deepseek2",
        "deepseek32",
        "falcon-h1",
        "gemma3",
        "gemma4",
        "glm4moe",
        "gpt-oss",
        "granitehybrid",
        "granitemoe",
    ),
    *("jamba", "kimi-linear", "lfm2", "llama", "mamba2", "minimax-01", "mistral3", "nemotron_h", "olmo2", "phi3"),
    *("qwen2", "qwen3", "qwen35", "qwen35moe", "qwen3moe", "rwkv7"),
)
"""Architectures tested without `--full`."""

FEW_Q8_0 = ("gemma3", "gpt-oss", "llama", "qwen35", "qwen3moe", "rwkv7")
"""Those tested as Q8_0 too."""


class Load(NamedTuple):
    """The conditions of a run, apart from its requests."""

    parallel: int
    prefix_slots: int
    threads: int
    shuffled: bool = True


ALONE = Load(parallel=1, prefix_slots=0, threads=1, shuffled=False)
LOADS = (Load(1, 3, 1), Load(5, 0, 1), Load(16, 3, 2))


class NotingDecoder(LlamaDecoder):
    """Notes a checksum of the logits from which each token is sampled, by the seed of the sequence."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.noted: dict[int, list[int]] = defaultdict(list)
        self._seeds: dict[int, int] = {}

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        super().open(slot, sampling, prompt)
        self._seeds[slot] = sampling.seed

    def move(self, source: int, target: int) -> None:
        super().move(source, target)
        self._seeds[target] = self._seeds[source]

    def sample(self, slot: int, given: int | None = None) -> int | None:
        self.noted[self._seeds[slot]].append(zlib.crc32(self.logits(slot).tobytes()))
        return super().sample(slot, given)


def requests(model: LlamaModel) -> list[Request]:
    """Sixteen requests: with a beginning of some chunks in common, with another, with none; and a long one."""
    words = model.tokenize_text(TEXT)
    beginnings = ((words * 2)[:150], words[60:140], ())
    prompts = [(*start, *words[n : n + 7]) for n, start in product(range(3, 53, 10), beginnings)]
    prompts.insert(4, (words * 2)[:LONG])
    return [
        Request(token_ids=tuple(prompt), sampling=Sampling(seed=n, chain=CHAIN, max_tokens=TOKENS, stop=()))
        for n, prompt in enumerate(prompts, 1)
    ]


def run(model: LlamaModel, config: Any, load: Load) -> tuple[dict[int, Any], int]:
    """The text and the logits' checksums of each request by its seed; and how many prompt tokens were computed."""
    asked = requests(model)
    if load.shuffled:
        random.Random(str(load)).shuffle(asked)
    slots = config.rows_for(min(load.parallel, config.rows))
    with (
        NotingDecoder(model, slots, LONG + TOKENS, config, load.threads, load.prefix_slots) as decoder,
        Engine(decoder, min(load.parallel, config.rows)) as engine,
    ):
        futures = {request.sampling.seed: engine.submit(request) for request in asked}
        texts = {seed: future.result(timeout=600).token_ids for seed, future in futures.items()}
        return {seed: (text, decoder.noted[seed]) for seed, text in texts.items()}, engine.computed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    few = [(name, "q4_k_m") for name in FEW] + [(name, "q8_0") for name in FEW_Q8_0]
    full = product(tiny_architectures.NAMES, tiny_architectures.WEIGHTS)
    metafunc.parametrize(("architecture", "weights"), full if metafunc.config.getoption("full") else few)


def test_logits_are_the_same_under_any_load(architecture: str, weights: str, tmp_path: Path) -> None:
    path = tiny_architectures.write(tmp_path, architecture, weights)
    chosen = probe.choose_config(path, identity.identify(path), threads=1)
    assert chosen.exact, chosen.how
    if make_models.is_measured_here():
        assert make_models.in_words(chosen) == make_models.told(architecture)[weights]
    with LlamaModel(path, config=chosen.config) as model:
        alone, all_tokens = run(model, chosen.config, ALONE)
        assert len({text for text, _ in alone.values()}) > len(alone) // 2, "texts differ, so that errors show"
        for load in LOADS:
            texts, computed = run(model, chosen.config, load)
            assert {seed for seed in alone if texts[seed] != alone[seed]} == set(), load
            assert computed < all_tokens or not load.prefix_slots, "beginnings are copied"
