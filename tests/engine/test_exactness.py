"""The same request gives the same tokens under any load, in five weight types.

One run of each type goes first: one sequence after another, an empty prefix cache, one thread. Then the same
requests under other loads: more at once, in shuffled order, beside a neighbour of 600 tokens on two threads, and with
the prompts of finished sequences kept in prefix slots. Every combination, beside a neighbour of 1,400 tokens, with
`pytest --full` (`make test-full`).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from remix.engine import llama, probe
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.models import identity
from remix.records import Dist, Penalties, Request, Sampling, Temperature, TopP

pytestmark = pytest.mark.model

TYPES = ("q4_1", "q8_0", "q4_0", "q4_k_m", "f16")
TOKENS, MANY_TOKENS = 10, 16
"""Of a text, usually and with `--full`."""
NEIGHBOUR, LONG_NEIGHBOUR = 600, 1400
"""Tokens of the neighbour, usually and with `--full`: llama.cpp reads the KV cache in steps of 256 tokens."""
CHAIN = (Penalties(last_n=64, repeat=1.05, frequency=0.0, presence=0.0), TopP(p=0.98), Temperature(t=0.9), Dist())

# The first two are longer than a chunk of 64 tokens, so that it can be shared, and the first ends with a paragraph,
# so that all of it can; the others are shorter.
BEGINNINGS = (
    "The archive burned, and what was left of it was catalogued with great care. " * 5 + "\n\n",
    "A map of the coast is out of date by the time the ink on it has dried; so is every map of a marriage. " * 3,
    "Two rivers meet below the town, and nobody remembers which of them was here first. ",
    "",
)
ENDINGS = (
    "Why?",
    "By whom, and for whom?",
    "The cat believes every clock in the house.",
    "Say it in one sentence.",
    "A stranger asked the keeper.",
    "What would it take to be wrong about this?",
    "Then it snowed.",
    "List three reasons, and doubt each of them.",
    "In the year of the flood,",
    "Nobody has asked the sun.",
)


class Load(NamedTuple):
    """The conditions of a run, apart from its requests."""

    parallel: int
    neighbour: bool
    prefix_slots: int
    threads: int


ALONE = Load(parallel=1, neighbour=False, prefix_slots=0, threads=1)
EVERY = [Load(*each) for each in itertools.product((1, 5, 16), (False, True), (0, 3), (1, 2))]
FEW = [Load(16, True, 0, 2), Load(5, False, 3, 1)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "load" in metafunc.fixturenames:
        metafunc.parametrize("load", EVERY if metafunc.config.getoption("full") else FEW, ids=_name)


def _name(load: Load) -> str:
    beside = "neighbour" if load.neighbour else "none"
    return f"parallel {load.parallel}-{beside}-prefix slots {load.prefix_slots}-threads {load.threads}"


class Weights:
    """A loaded model, the requests to put to it, and what it answers when each is alone."""

    def __init__(self, model: LlamaModel, path: Path, count: int, neighbour: int, tokens: int) -> None:
        self.tokens = tokens
        self.model = model
        self.path = path
        self.file = identity.identify(path)
        # As a run has it: probed.
        self.config = probe.choose_config(path, self.file, threads=1).config
        pairs = itertools.islice(itertools.product(ENDINGS, BEGINNINGS), count)
        self.requests = [
            self.request(beginning + ending, seed) for seed, (ending, beginning) in enumerate(pairs, start=1)
        ]
        self.neighbour = self.request(" ".join(BEGINNINGS) * 20, 99, neighbour)
        self.alone, computed = self.run(self.requests, ALONE)
        assert computed == sum(len(request.token_ids) for request in self.requests), "nothing was shared"

    def request(self, prompt: str, seed: int, limit: int | None = None) -> Request:
        sampling = Sampling(seed=seed, chain=CHAIN, max_tokens=self.tokens, stop=())
        return Request(token_ids=tuple(self.model.tokenize_text(prompt)[:limit]), sampling=sampling)

    def run(self, requests: list[Request], load: Load) -> tuple[list[tuple[int, ...]], int]:
        """The token ids of each request, and how many prompt tokens were computed."""
        longest = max(len(request.token_ids) for request in requests) + self.tokens
        slots = self.config.rows_for(load.parallel)
        with (
            LlamaDecoder(self.model, slots, longest, self.config, load.threads, load.prefix_slots) as decoder,
            Engine(decoder, load.parallel) as engine,
        ):
            futures = [engine.submit(request) for request in requests]
            return [future.result(timeout=600).token_ids for future in futures], engine.computed


@pytest.fixture(scope="session")
def path_of(
    model_path: Path, short_path: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str], Path]:
    """The bundled model; in another weight type, made when it is first asked for, the short one, or with `--full` too
    the whole one."""
    source = model_path if request.config.getoption("full") else short_path
    folder = tmp_path_factory.mktemp("types")

    def path(file_type: str) -> Path:
        if file_type == "q4_1":
            return model_path
        target = folder / f"{file_type}.gguf"
        if not target.exists():
            llama.quantise(source, target, file_type, threads=2)
        return target

    return path


@pytest.fixture(scope="module", params=TYPES)
def weights(request: pytest.FixtureRequest, path_of: Callable[[str], Path]) -> Iterator[Weights]:
    path = path_of(request.param)
    full = request.config.getoption("full")
    count, neighbour, tokens = (40, LONG_NEIGHBOUR, MANY_TOKENS) if full else (12, NEIGHBOUR, TOKENS)
    with LlamaModel(path, config=llama.exact_config()) as model:
        yield Weights(model, path, count, neighbour, tokens)


def test_tokens_are_the_same_under_any_load(weights: Weights, load: Load) -> None:
    order = list(range(len(weights.requests)))
    random.Random(str(load)).shuffle(order)
    requests = [weights.requests[n] for n in order]
    if load.neighbour:
        requests.insert(3, weights.neighbour)
        order.insert(3, -1)
    answers, computed = weights.run(requests, load)
    differing = [n for n, answer in zip(order, answers, strict=True) if n >= 0 and answer != weights.alone[n]]
    assert differing == []
    if load.parallel > 1 or load.prefix_slots:
        assert computed < sum(len(request.token_ids) for request in requests), "prefixes were shared"


def test_logits_are_the_same_to_the_last_bit(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path))
    verdict = probe.probe(weights.path, weights.file, weights.config, threads=1)
    assert verdict is not None
    assert (verdict.passed, verdict.difference) == (True, None)


def test_the_types_are_what_they_are_called(path_of: Callable[[str], Path]) -> None:
    assert [identity.identify(path_of(name)).file_type for name in TYPES] == [name.upper() for name in TYPES]
