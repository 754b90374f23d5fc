"""The engine while whatever it calls fails: every future is done, no wrong text comes, no slot is lost."""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from threading import Event
from typing import Any

import pytest

from remix.engine import engine as engine_module
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.engine import Engine
from remix.engine.scheduler import Scheduler
from remix.engine.sequence import Sequence
from remix.errors import ModelError, PromptError
from remix.records import Dist, Fork, Generation, Request, Sampling, Score
from tests.fake_decoder import FakeDecoder

SECONDS = 30
"""A future that isn't done by then is lost."""

KINDS: tuple[type[BaseException], ...] = (
    ModelError,
    ValueError,
    MemoryError,
    AssertionError,
    KeyboardInterrupt,
    SystemExit,
)

CALLS = {
    FakeDecoder: (
        "open",
        "prefill",
        "score",
        "decode",
        "sample",
        "reseed",
        "branch",
        "choices_of",
        "copy",
        "move",
        "clear",
        "piece",
        "is_end",
        "resize",
    ),
    Scheduler: ("admit", "part", "computed", "release", "close_gap", "active"),
    Sequence: ("start", "accept", "generation"),
}
"""All that the engine's thread calls."""


class Faults:
    """Which calls fail: the `at`-th of all, or every one of some names; before they do their work, or after."""

    def __init__(self, at: frozenset[int] = frozenset(), names: frozenset[str] = frozenset()) -> None:
        self.at, self.names = at, names
        self.kind: type[BaseException] = ModelError
        self.is_late = False
        self.calls = 0
        self.raised = 0

    def heal(self) -> None:
        """Let nothing fail from now on."""
        self.at = self.names = frozenset()

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls += 1
        fails = self.calls in self.at or name in self.names
        if fails and not self.is_late:
            self._raise()
        result = call()
        if fails:
            self._raise()
        return result

    def _raise(self) -> None:
        self.raised += 1
        raise ModelError("injected", "nothing") if self.kind is ModelError else self.kind("injected")


def faulty(base: type, faults: Faults) -> type:
    """A class whose calls fail as they are told to."""

    def wrap(name: str) -> Callable[..., Any]:
        inner = getattr(base, name)

        @functools.wraps(inner)
        def call(self: Any, *arguments: Any) -> Any:
            return faults.around(name, lambda: inner(self, *arguments))

        return call

    return type(f"Faulty{base.__name__}", (base,), {name: wrap(name) for name in CALLS[base]})


def ask(number: int) -> Request:
    """One of 60 requests: many begin alike, some are too long for the first layout, a few for any."""
    chance = random.Random(number)
    shared, length = [1, 2, 3, 4, 5, 6, 7, 8], chance.choice((1, 2, 4, 20, 20, 70, 200))
    prompt = (shared * 40)[: chance.choice((0, 4, 8, 12))] + [chance.randint(1, 26) for _ in range(length)]
    sampling = Sampling(
        seed=chance.randint(1, 9),
        chain=(Dist(),),
        max_tokens=chance.choice((1, 2, 3, 8)),
        stop=chance.choice(((), ("a",))),
    )
    return Request(token_ids=tuple(prompt), sampling=sampling)


def fork(request: Request, seed: int) -> Request:
    """A branch whose given tokens begin like those of other branches of the request."""
    chance = random.Random(seed)
    begun = [2, 3, 4, 5, 6, 7][: chance.randint(1, max(1, request.sampling.max_tokens - 1))]
    given = [*begun[:-1], chance.choice((begun[-1], 9))]
    return request.model_copy(update={"fork": Fork(token_ids=tuple(given), seed=chance.choice((None, 5)))})


SMALL, LARGER = KVCacheLayout(40, 3, 2), (KVCacheLayout(90, 2, 1), KVCacheLayout(160, 1, 1))
REQUESTS = [ask(number) for number in range(60)]
REQUESTS += [fork(REQUESTS[number % 7 + 1], number) for number in range(60, 90)]


@functools.cache
def alone(number: int) -> tuple[Any, ...]:
    """What a request gives by itself, where nothing fails."""
    with Engine(FakeDecoder(1, 512, BatchConfig(chunk=4, rows=1))) as engine:
        return said(submit(engine, number).result(timeout=SECONDS))


def submit(engine: Engine, number: int, listener: Callable[[str], None] | None = None) -> Future[Any]:
    """Submit a request: of every fifth, the prompt with a text to score."""
    request = REQUESTS[number]
    if number % 5 == 0:
        return engine.score(request.token_ids, [1] * request.sampling.max_tokens)
    return engine.submit(request, listener)


def said(result: Generation | Score) -> tuple[Any, ...]:
    return result if isinstance(result, Score) else (result.text, result.token_ids, result.finish)


class HangupError(Exception):
    """What a listener raises."""


def schedule(seed: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """A random schedule of requests, cancellations, raising listeners and layouts; gives its number of faults."""
    chance = random.Random(seed)
    faults = Faults()
    monkeypatch.setattr(engine_module, "Scheduler", faulty(Scheduler, faults))
    monkeypatch.setattr(engine_module, "Sequence", faulty(Sequence, faults))
    multiple = 3 if chance.random() < 0.3 else 1
    larger = [each._replace(slots=max(each.slots, multiple)) for each in LARGER]
    decoder = faulty(FakeDecoder, faults)(
        SMALL.slots, SMALL.n_ctx_seq, BatchConfig(chunk=4, rows=3, multiple=multiple), SMALL.prefix_slots
    )
    every = [name for names in CALLS.values() for name in names]
    with Engine(decoder, chance.choice((None, 1, 2)), chance.random() < 0.5, larger=larger) as engine:
        faults.kind, faults.is_late = chance.choice(KINDS), chance.random() < 0.5
        match chance.randrange(4):
            case 0:
                faults.names = frozenset(chance.sample(every, chance.choice((1, 1, 3))))
            case _:
                last = chance.choice((10, 60, 300))
                faults.at = frozenset(chance.randint(1, last) for _ in range(chance.choice((1, 1, 2, 8))))
        waited = _submit_some(chance, engine)
        for number, future in waited:
            _check(number, future)
        faults.heal()
        _check_serves(engine, decoder)
    assert not wait([future for _, future in waited], timeout=SECONDS).not_done, "cancelled, and nobody was told"
    return faults.raised


def _submit_some(chance: random.Random, engine: Engine) -> list[tuple[int, Future[Generation]]]:
    waited = []
    for _ in range(chance.choice((1, 2, 4, 8))):
        number = chance.randrange(len(REQUESTS))
        try:
            future = submit(engine, number, _listener(chance))
        except PromptError as error:
            _expect(error, "don't fit", "injected")
            continue
        # What cutting the prompt raises here, or an engine that says that it has ended.
        except BaseException as error:
            _expect(error, "injected")
            continue
        if chance.random() < 0.15:
            future.cancel()
        waited.append((number, future))
    return waited


def _listener(chance: random.Random) -> Callable[[str], None] | None:
    if chance.random() < 0.6:
        return None
    left, kind = chance.choice((0, 1, 3, 99)), chance.choice((HangupError, KeyboardInterrupt))

    def hear(_: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise kind("hangs up")

    return hear


def _check(number: int, future: Future[Generation]) -> None:
    """See that a future is done: with the right text, or an error that was told to come."""
    try:
        generation = future.result(timeout=SECONDS)
    except TimeoutError:
        raise AssertionError(f"lost: {future}") from None
    except CancelledError:
        assert future.cancelled()
    except BaseException as error:
        _expect(error, "injected", "hangs up")
    else:
        assert said(generation) == alone(number)


def _expect(error: BaseException, *words: str) -> None:
    """See that an error is one that was told to come."""
    assert any(each in str(error) for each in words), repr(error)


def _check_serves(engine: Engine, decoder: Any) -> None:
    """See that an engine has all its slots, or says that it has ended."""
    fit = [number for number, request in enumerate(REQUESTS) if Sequence(request).needed <= decoder.n_ctx_seq]
    try:
        futures = [(number, submit(engine, number)) for number in fit[:6]]
    except ModelError as error:
        _expect(error, "the engine has ended: ")
        return
    for number, future in futures:
        assert said(future.result(timeout=SECONDS)) == alone(number)
    # Those who wait hear of a result a moment before the engine forgets the request.
    with engine._changed:
        assert engine._changed.wait_for(lambda: not engine._unfinished, timeout=SECONDS)
        assert sorted(engine._scheduler._free) == list(range(engine.parallel))
        assert not engine._too_long
    assert decoder._sampling == [None] * decoder.slots


def test_no_future_is_lost_whatever_fails(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random schedules with faults in every call; 10,000 with `--full`."""
    count = 10_000 if request.config.getoption("full") else 1500
    for number in range(len(REQUESTS)):
        # Before anything fails: an engine made during a schedule has a faulty scheduler, too.
        alone(number)
    before = threading.enumerate()
    raised = [schedule(seed, monkeypatch) for seed in range(count)]
    assert sum(map(bool, raised)) > count // 3, "most schedules have faults"
    # Threads of earlier tests may end meanwhile.
    assert [each for each in threading.enumerate() if each.name == "remix-engine" and each not in before] == []


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for names in CALLS.values() for name in names])
def test_a_call_that_always_fails(
    name: str, kind: type[BaseException], is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults()
    monkeypatch.setattr(engine_module, "Scheduler", faulty(Scheduler, faults))
    monkeypatch.setattr(engine_module, "Sequence", faulty(Sequence, faults))
    decoder = faulty(FakeDecoder, faults)(
        SMALL.slots, SMALL.n_ctx_seq, BatchConfig(chunk=4, rows=3), SMALL.prefix_slots
    )
    with Engine(decoder, trace=True, larger=LARGER) as engine:
        numbers = [number for number in range(60) if Sequence(REQUESTS[number]).needed <= 160][:8]
        requests = [submit(engine, number) for number in numbers]
        faults.names, faults.kind, faults.is_late = frozenset([name]), kind, is_late
        for number, future in zip(numbers, requests, strict=True):
            _check(number, future)
        faults.heal()
        _check_serves(engine, decoder)


# -- ends that callbacks bring about -----------------------------------------------------------------------------


def engine_of(slots: int = 2) -> Engine:
    return Engine(FakeDecoder(slots, 512, BatchConfig(chunk=4, rows=slots)))


SHORT = Request(token_ids=(1, 2, 3), sampling=Sampling(seed=1, chain=(Dist(),), max_tokens=4, stop=()))
LONG = Request(token_ids=(1, 2, 3), sampling=Sampling(seed=1, chain=(Dist(),), max_tokens=400, stop=()))


def test_those_who_wait_hear_that_close_cancelled_their_requests() -> None:
    """`Future.cancel` tells nothing to `wait` and `as_completed`: they waited for ever."""
    engine = engine_of(1)
    futures = [engine.submit(LONG, lambda _: Event().wait(0.01)) for _ in range(5)]
    assert futures[3].cancel()
    assert not wait(futures[3:4], timeout=SECONDS).not_done, "before its turn comes"
    engine.close()
    assert not wait(futures, timeout=SECONDS).not_done


def test_those_who_wait_hear_of_a_request_that_was_too_long_and_is_cancelled() -> None:
    with Engine(FakeDecoder(1, 16, BatchConfig(chunk=4, rows=1)), larger=[KVCacheLayout(512, 1, 0)]) as engine:
        going = Event()
        first = engine.submit(SHORT, lambda _: going.wait(SECONDS))
        future = engine.submit(LONG)
        future.cancel()
        assert not wait([future], timeout=SECONDS).not_done
        going.set()
        assert first.result(timeout=SECONDS).token_ids


def test_requests_cancelled_while_they_are_admitted() -> None:
    """Whoever comes first, the engine or the user, each future is told of once."""
    with engine_of() as engine:
        for _ in range(300):
            futures = [engine.submit(SHORT) for _ in range(4)]
            for future in reversed(futures):
                future.cancel()
            assert not wait(futures, timeout=SECONDS).not_done


@pytest.mark.parametrize("how", ["a listener", "a callback"])
def test_an_engine_closed_by_its_own_thread(how: str) -> None:
    """It couldn't wait for itself: a `RuntimeError` took the place of the request's end."""
    engine = engine_of()
    closed: list[BaseException | None] = []
    submitted = Event()

    def close(_: object) -> None:
        submitted.wait(SECONDS)
        try:
            engine.close()
            closed.append(None)
        except BaseException as error:
            closed.append(error)

    first = engine.submit(SHORT, close if how == "a listener" else lambda _: submitted.wait(SECONDS))
    if how == "a callback":
        first.add_done_callback(close)
    others = [engine.submit(LONG) for _ in range(6)]
    submitted.set()
    assert not wait([first, *others], timeout=SECONDS).not_done
    engine.close()
    assert closed
    assert set(closed) == {None}
    with pytest.raises(ModelError, match="closed"):
        engine.submit(LONG)


def test_a_future_that_its_owner_ended_ends_no_other() -> None:
    """Its turn came all the same, and all that were active were given up."""
    with engine_of(1) as engine:
        going = Event()
        first = engine.submit(SHORT, lambda _: going.wait(SECONDS))
        second, third = engine.submit(SHORT), engine.submit(SHORT)
        second.set_exception(HangupError("not wanted any more"))
        going.set()
        assert first.result(timeout=SECONDS).text == third.result(timeout=SECONDS).text
