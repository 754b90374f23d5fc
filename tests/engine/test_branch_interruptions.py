"""Branches that arrive, are cancelled or lose their listener while others run: the others hear nothing of it.

Over a decoder without weights that runs a script: after a call of a given number, in the engine's thread, branches
are submitted or cancelled. So each example happens in the same order at each run. In the end nothing may be left.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.records import Generation, Request
from tests.engine import test_branches
from tests.engine.test_branches import ask, branch, originals, said, tokens_of
from tests.fake_decoder import FakeDecoder

alone = functools.cache(test_branches.alone)

NEVER = 10_000
"""A number of letters that no text has, and of calls that no example has."""


class Scripted(FakeDecoder):
    """Runs a script in the engine's thread: for each number of calls, what happens after so many."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.script: dict[int, list[Callable[[], object]]] = {}
        super().__init__(*arguments, **named)

    def at(self, calls: int, event: Callable[[], object]) -> None:
        self.script.setdefault(calls, []).append(event)

    def play(self, calls: int) -> None:
        for event in self.script.pop(calls, ()):
            event()

    def _count(self, call: str, tokens: int) -> None:
        super()._count(call, tokens)
        self.play(len(self.calls))


class ScriptedRecurrent(Scripted):
    """Its slots can't be cut."""

    copies_whole = True


class Asked(NamedTuple):
    """A request with what happens to it."""

    request: Request
    arrives: int
    """After so many calls."""
    cancelled: int
    """After so many calls."""
    listens: int
    """Letters after which the listener raises an error."""


@st.composite
def companies(draw: st.DrawFn) -> list[Asked]:
    """Texts and branches of these texts at any tokens, with any tokens after, in any order."""
    asked = []
    for original in draw(st.lists(originals, min_size=1, max_size=3)):
        written = tokens_of(alone(original))
        requests = [original] * draw(st.integers(0, 1))
        for _ in range(draw(st.integers(1, 8))):
            begun = written[: draw(st.integers(1, len(written)))]
            other = draw(st.lists(st.integers(0, 27), max_size=3))[: original.sampling.max_tokens - len(begun)]
            requests.append(branch(original, *begun, *other, seed=draw(st.sampled_from([None, None, 1, 7]))))
        for request in requests:
            # Most calls of an example are among the first thirty.
            arrives, cancelled = draw(st.integers(1, 30)), draw(st.integers(1, 40) | st.just(NEVER))
            asked.append(Asked(request, arrives, cancelled, draw(st.integers(1, 12) | st.just(NEVER))))
    return draw(st.permutations(asked))


def listener(most: int) -> Callable[[str], None]:
    """A listener that raises an error when it has heard so many letters."""
    heard = 0

    def hear(text: str) -> None:
        nonlocal heard
        heard += len(text)
        if heard >= most:
            raise ConnectionError("gone")

    return hear


def play(decoder: Scripted, asked: list[Asked], parallel: int) -> list[Future[Generation]]:
    """Everything that is asked, as it happens; in the end one more text, during which nothing else is left."""
    futures: dict[int, Future[Generation]] = {}
    with Engine(decoder, parallel, trace=True) as engine:

        def submit(number: int) -> None:
            futures[number] = engine.submit(asked[number].request, listener(asked[number].listens))

        def cancel(number: int) -> None:
            if number in futures:
                futures[number].cancel()

        for number, each in enumerate(asked):
            decoder.at(each.arrives, functools.partial(submit, number))
            decoder.at(each.cancelled, functools.partial(cancel, number))
        # The first call is this text's, and brings in those that arrive after one call.
        engine.submit(ask(prompt=(9, 9))).result(timeout=60)
        settle(futures)
        while decoder.script:
            # Nothing runs any more, so no call comes that would go on with the script.
            decoder.play(min(decoder.script))
            settle(futures)
        decoder.at(len(decoder.calls) + 1, lambda: check_only_the_lowest_slot_is_used(decoder))
        assert said(engine.submit(ask(seed=3)).result(timeout=60)) == said(alone(ask(seed=3)))
    check_nothing_waits(engine)
    return [futures[number] for number in range(len(asked))]


def settle(futures: dict[int, Future[Generation]]) -> None:
    """Wait until all futures are done, those that are added meanwhile too."""
    known: list[Future[Generation]] = []
    while len(known) < len(futures):
        known = [*futures.values()]
        assert not wait(known, timeout=60).not_done


def check_only_the_lowest_slot_is_used(decoder: FakeDecoder) -> None:
    """Of the slots that decode, none but the first has tokens or samplers."""
    assert [slot for slot in range(1, decoder.slots) if decoder._memory[slot] or decoder._sampling[slot]] == []


def check_nothing_waits(engine: Engine) -> None:
    scheduler = engine._scheduler
    assert (scheduler.idle, scheduler._branches._waiting, scheduler._branches._along) == (True, {}, {})
    assert sorted(scheduler._free) == list(range(engine.parallel))
    assert engine._unfinished == {}


@settings(max_examples=400)
@given(
    companies(),
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 3),
    st.sampled_from([1, 2, 4, None]),
    st.sampled_from([Scripted, ScriptedRecurrent]),
)
def test_whatever_happens_to_others_a_branch_is_as_if_alone(asked, slots, parallel, prefix_slots, multiple, kind):
    config = BatchConfig(chunk=4, rows=slots * (multiple or 1), multiple=multiple or slots)
    decoder = kind(config.rows, config=config, prefix_slots=prefix_slots)
    for each, future in zip(asked, play(decoder, asked, parallel), strict=True):
        expected = alone(each.request)
        if future.cancelled():
            assert each.cancelled < NEVER
        elif len(expected.text) >= each.listens:
            assert isinstance(future.exception(timeout=0), ConnectionError)
        else:
            assert said(future.result(timeout=0)) == said(expected)


@pytest.mark.parametrize("kind", [Scripted, ScriptedRecurrent])
def test_twenty_batches_of_branches_leave_nothing_behind(kind: type[Scripted]) -> None:
    original = ask(max_tokens=20)
    written = tokens_of(alone(original))
    decoder = kind(5, config=BatchConfig(chunk=4, rows=5), prefix_slots=2)
    kept = set()
    with Engine(decoder, trace=True) as engine:
        for batch in range(20):
            prompt = (1 + batch % 3, 2, 3, 4, 5, 6)
            asked = [branch(ask(max_tokens=20, prompt=prompt), *written[:place]) for place in range(1, len(written))]
            futures = [engine.submit(each) for each in asked]
            futures[batch % len(futures)].cancel()
            assert not wait(futures, timeout=60).not_done
            decoder.at(len(decoder.calls) + 1, lambda: check_only_the_lowest_slot_is_used(decoder))
            engine.submit(ask()).result(timeout=60)
            assert engine._scheduler._branches._waiting == engine._scheduler._branches._along == {}
            kept.add(sum(map(len, decoder._memory[decoder.slots :])))
    check_nothing_waits(engine)
    # Prefix slots keep what can be shared of a prompt of six tokens: one chunk of four.
    assert max(kept) <= 2 * 4


def test_a_cancelled_branch_that_would_have_gone_along_is_never_begun() -> None:
    original = ask(max_tokens=20)
    written = tokens_of(alone(original))
    asked = [Asked(branch(original, *written[:place]), 1, NEVER, NEVER) for place in (len(written), 3, 5)]
    asked[1] = asked[1]._replace(cancelled=3)
    futures = play(Scripted(4, config=BatchConfig(chunk=4, rows=4)), asked, 4)
    with pytest.raises(CancelledError):
        futures[1].result(timeout=0)
    assert said(futures[0].result(timeout=0)) == said(futures[2].result(timeout=0)) == said(alone(original))
