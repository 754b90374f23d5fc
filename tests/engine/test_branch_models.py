"""Branches in real models: a branch that is given its original's tokens has the original's bytes, logits and choices.

The bundled model, whole or short, and tiny models: some whose state can't be cut (recurrent and hybrid), some with
sliding windows in all layers or in some, one that is decoded one text at a time. Under several loads, with the
samplers that keep a state: random numbers, penalties, DRY, a grammar. All tiny architectures with `pytest --full`.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from remix.engine import llama, probe, reasoning
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.errors import ModelError
from remix.models import identity
from remix.records import (
    Dist,
    Dry,
    Fork,
    Generation,
    Grammar,
    MinP,
    Penalties,
    Request,
    Sampler,
    Sampling,
    Temperature,
    TopK,
)
from tests import tiny_architectures

PROMPT = "The archive burned, and what was left of it was catalogued with great care.\n\n" * 3 + "Anna asked"
TOKENS = 8
TINY_TOKENS = 40
"""Tokens of a tiny model's text: more than a sliding window has."""
CONTEXT = 256
FEW = ("gemma3", "gpt-oss", "llama", "mamba2", "olmo2", "plamo2", "qwen35", "rwkv7")
"""Tiny architectures tested without `--full`."""
PENALTIES = Penalties(last_n=64, repeat=1.1, frequency=0.0, presence=0.1)
DRY = Dry(multiplier=0.8, base=1.75, allowed_length=2, last_n=256, breakers=("\n", ":"), prompt=True)
CHAINS: tuple[tuple[Sampler, ...], ...] = (
    (PENALTIES, MinP(p=0.02), Temperature(t=1.1), Dist()),
    (DRY, TopK(k=40), Temperature(t=0.9), Dist()),
)


class NotingDecoder(LlamaDecoder):
    """Counts the sequences with the same checksums of all logits from which a token was sampled."""

    def __init__(self, *arguments: Any) -> None:
        self.noted: dict[int, list[int]] = {}
        self.ended: Counter[tuple[int, ...]] = Counter()
        super().__init__(*arguments)

    def open(self, slot: int, sampling: Any, tokens: Any) -> None:
        super().open(slot, sampling, tokens)
        self.noted[slot] = []

    def branch(self, source: int, target: int) -> None:
        super().branch(source, target)
        self.noted[target] = [*self.noted[source]]

    def move(self, source: int, target: int) -> None:
        self.noted[target] = self.noted.pop(source)
        super().move(source, target)

    def sample(self, slot: int, given: int | None = None) -> int | None:
        self.noted[slot].append(zlib.crc32(self.logits(slot).tobytes()))
        return super().sample(slot, given)

    def clear(self, slot: int) -> None:
        if slot in self.noted:
            self.ended[tuple(self.noted.pop(slot))] += 1
        super().clear(slot)


def ask(model: LlamaModel, seed: int, chain: tuple[Sampler, ...], max_tokens: int = TOKENS) -> Request:
    sampling = Sampling(seed=seed, chain=chain, max_tokens=max_tokens, stop=())
    return Request(token_ids=tuple(model.tokenize_text(PROMPT)), sampling=sampling)


def branch(request: Request, *tokens: int, seed: int | None = None) -> Request:
    return request.model_copy(update={"fork": Fork(token_ids=tokens, seed=seed)})


def write(
    model: LlamaModel, requests: list[Request], config: BatchConfig, parallel: int, threads: int, prefix_slots: int
) -> tuple[list[Generation], Counter[tuple[int, ...]]]:
    """The texts, and the checksums of their logits with their numbers."""
    slots = config.rows_for(min(parallel, config.rows))
    with (
        NotingDecoder(model, slots, CONTEXT, config, threads, prefix_slots) as decoder,
        Engine(decoder, parallel, trace=True) as engine,
    ):
        texts = [future.result(timeout=300) for future in [engine.submit(request) for request in requests]]
        return texts, decoder.ended


def said(generation: Generation) -> tuple[object, ...]:
    return generation.text, generation.finish, generation.token_ids, generation.choices


def tokens_of(generation: Generation) -> tuple[int, ...]:
    assert generation.token_ids is not None
    return generation.token_ids


def long_texts(
    model: LlamaModel, config: BatchConfig, chain: tuple[Sampler, ...], max_tokens: int
) -> Iterator[tuple[Request, Generation, tuple[int, ...]]]:
    """Texts of at least two thirds of `max_tokens`, written alone, with the checksums of their logits."""
    for seed in count(1):
        request = ask(model, seed, chain, max_tokens)
        (text,), noted = write(model, [request], config, 1, 1, 0)
        if len(tokens_of(text)) >= max_tokens * 2 / 3:
            yield request, text, next(iter(noted))


def assert_the_originals_tokens_give_the_original(
    model: LlamaModel, config: BatchConfig, chain: tuple[Sampler, ...], max_tokens: int = TOKENS, every: int = 3
) -> None:
    """Branches of two texts, at the first token and at each `every` tokens after, under several loads."""
    originals, written, logits = zip(*islice(long_texts(model, config, chain, max_tokens), 2), strict=True)
    asked: list[tuple[int, Request]] = []
    for at, original in enumerate(originals):
        tokens = tokens_of(written[at])
        asked += [(at, branch(original, *tokens[:place])) for place in range(1, len(tokens) + 1, every)]
    begun = (*tokens_of(written[0])[:5], *model.tokenize_text(" however"))
    others = [branch(originals[0], *begun, seed=seed) for seed in (None, 5, 6)]
    other_alone = [said(write(model, [each], config, 1, 1, 0)[0][0]) for each in others]
    assert len(set(other_alone)) > 1, "variants differ"
    for parallel, threads, prefix_slots in ((1, 1, 0), (5, 1, 3), (16, 2, 0)):
        requests = [*originals, *others, *(each for _, each in reversed(asked))]
        texts, noted = write(model, requests, config, parallel, threads, prefix_slots)
        assert [said(each) for each in texts[:2]] == [said(each) for each in written]
        assert [said(each) for each in texts[2:5]] == other_alone
        for (at, _), text in zip(reversed(asked), texts[5:], strict=True):
            assert said(text) == said(written[at])
        for at in (0, 1):
            assert noted[logits[at]] == 1 + sum(each == at for each, _ in asked), "the logits are the original's"


@pytest.fixture(scope="module")
def short(short_path: Path) -> Iterator[LlamaModel]:
    with LlamaModel(short_path, config=llama.exact_config()) as model:
        yield model


@pytest.mark.model
@pytest.mark.parametrize(("chain", "multiple"), [(CHAINS[0], 1), (CHAINS[1], 16)], ids=["penalties", "dry"])
def test_the_original_s_tokens_give_the_original(short: LlamaModel, chain: Any, multiple: int) -> None:
    config = llama.exact_config().model_copy(update={"multiple": multiple})
    assert_the_originals_tokens_give_the_original(short, config, chain)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "architecture" in metafunc.fixturenames:
        full = metafunc.config.getoption("full")
        metafunc.parametrize("architecture", tiny_architectures.NAMES if full else FEW)


def test_so_they_do_in_tiny_models_of_every_kind(architecture: str, tmp_path: Path) -> None:
    path = tiny_architectures.write(tmp_path, architecture, "q4_k_m")
    config = probe.choose_config(path, identity.identify(path), threads=1).config
    with LlamaModel(path, config=config) as model:
        assert_the_originals_tokens_give_the_original(model, config, CHAINS[0], TINY_TOKENS, every=13)


@pytest.fixture(scope="module")
def bundled(model_path: Path) -> Iterator[LlamaModel]:
    """Whole: its tokens are words."""
    with LlamaModel(model_path, config=llama.exact_config()) as model:
        yield model


@pytest.mark.model
def test_a_grammar_hears_the_given_tokens(bundled: LlamaModel) -> None:
    words = Grammar(source='root ::= ("north" | "south" | "east" | "west") (" " root)?')
    original = ask(bundled, 4, (words, Temperature(t=2.0), Dist()))
    config = llama.exact_config()
    written = write(bundled, [original], config, 1, 1, 0)[0][0]
    tokens = tokens_of(written)
    other = branch(original, *tokens[:3], *bundled.tokenize_text("" if written.text.endswith(" ") else " west")[:1])
    asked = [branch(original, *tokens[:place]) for place in (1, 4, len(tokens) - 1)]
    texts, _ = write(bundled, [*asked, other], config, 16, 1, 0)
    assert [said(each) for each in texts[:3]] == [said(written)] * 3
    assert set(texts[3].text.split()) <= {"north", "south", "east", "west", texts[3].text.split()[-1]}
    with LlamaDecoder(bundled, config.rows, CONTEXT, config, 1) as decoder, Engine(decoder) as engine:
        forbidden = bundled.tokenize_text(" however")[0]
        refused = engine.submit(branch(original, forbidden))
        control = engine.submit(branch(original, *bundled.tokenize_markup("<|im_start|>")))
        beside = engine.submit(original)
        with pytest.raises(ModelError, match="the grammar forbids the given token “ however”"):
            refused.result(timeout=60)
        with pytest.raises(ModelError, match="the grammar forbids"):
            control.result(timeout=60)
        assert beside.result(timeout=60).token_ids == tokens


@pytest.mark.model
def test_an_end_can_be_given_and_a_word_in_its_place(bundled: LlamaModel) -> None:
    original = ask(bundled, 3, CHAINS[0])
    config = llama.exact_config()
    begun = bundled.tokenize_text(" why the rivers meet.")
    (end,) = bundled.tokenize_markup("<|im_end|>")
    on = branch(original, *begun, *bundled.tokenize_text(" And"))
    (ended, longer), _ = write(bundled, [branch(original, *begun, end), on], config, 16, 1, 0)
    assert (ended.text, ended.finish, tokens_of(ended)) == (" why the rivers meet.", "stop", (*begun, end))
    assert longer.text.startswith(" why the rivers meet. And")
    assert len(tokens_of(longer)) > len(begun) + 1


@pytest.mark.model
def test_thoughts_that_were_closed_at_their_limit_are_given_again(short: LlamaModel) -> None:
    """The samplers heard what was drawn in place of the closing mark, and hear the same in a branch."""
    sampling = Sampling(seed=3, chain=CHAINS[0], max_tokens=12, stop=(), max_thoughts=16)
    prompt = tuple(short.tokenize_text(PROMPT + "\n<think>\n"))
    original = Request(token_ids=prompt, sampling=sampling, opened="<think>")
    config = llama.exact_config()
    with LlamaDecoder(short, config.rows, CONTEXT, config, 1) as decoder:
        with Engine(decoder, trace=True, marks=reasoning.Marking()) as engine:
            written = engine.submit(original).result(timeout=60)
        assert written.thoughts is not None
        thoughts = written.thoughts.token_ids or ()
        tokens = tokens_of(written)
        assert len(thoughts) == 16
        with Engine(decoder, trace=True, marks=reasoning.Marking()) as engine:
            places = (0, 3, len(tokens))
            futures = [engine.submit(branch(original, *thoughts, *tokens[:place])) for place in places]
            for future in futures:
                came = future.result(timeout=60)
                assert said(came) == said(written)
                assert came.thoughts == written.thoughts
