"""A pool of workers as a run's writer: `RayWriter`.

Takes prompts, gives futures of `Generation`s, as any writer; starts workers, sends them the model, gives them calls,
and gives the calls of a lost worker to others. One thread does all of that, and each worker that joins has a thread
until it is ready. Knows workers by a `Cluster`, which makes them (`ray_cluster.py`), and nothing of runs.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

from remix.cluster.joining import Joining, difference
from remix.cluster.messages import Answer, Call, Method, Place, Refusal, pack, unpack_answers
from remix.cluster.placing import Placing
from remix.cluster.remote import Cluster, LostError, NoRoomError, Remote, Wanted
from remix.errors import ModelError, RemixError, WeightsChangedError
from remix.records import Answers as AnswersOf
from remix.records import Fork, Generation, Message, Prompt, Sampling, Score, WriterInfo
from remix.util import stages

ROWS = 16
"""Calls that keep a worker busy if it doesn't say how many texts it writes at once."""

PACE = 0.15
"""Seconds for which calls are gathered before they cross together."""

MOST_DEATHS = 3
"""Workers that may die while writing a text, until the text counts as what kills them."""

MOST_REPLACED = 3
"""Times that each worker is replaced, on average."""

State = Literal["joining", "working", "refused", "lost"]


class WorkerState(NamedTuple):
    """A worker as a user sees it."""

    number: int
    state: State
    machine: str
    """The machine's name; empty while the worker waits for a machine."""
    process: int
    why: str
    """Why the worker doesn't write; empty for one that does."""
    differs: bool
    """Whether its engine differs from that of the run's first texts."""
    texts: int
    """Finished calls."""
    sampled: int
    """Tokens sampled."""
    info: WriterInfo | None
    """The loaded model and its engine; null until the model is loaded."""


_NOWHERE = Place("", 0, "")


@dataclass
class _Worker:
    number: int
    remote: Remote | None = None
    place: Place = _NOWHERE
    state: State = "joining"
    why: str = ""
    differs: bool = False
    texts: int = 0
    sampled: int = 0
    rows: int = ROWS
    info: WriterInfo | None = None
    is_asked: bool = False
    """Whether it has been asked for answers that haven't come yet."""
    joined: threading.Event = field(default_factory=threading.Event)
    """Set as soon as the worker isn't joining any more."""

    @property
    def shown(self) -> WorkerState:
        place, why = self.place, self.why
        return WorkerState(
            *(self.number, self.state, place.machine, place.process, why),
            *(self.differs, self.texts, self.sampled, self.info),
        )


@dataclass
class _Asked:
    """A call that has no answer yet."""

    future: Future[Any]
    on_text: Callable[[str], None] | None = None
    deaths: list[int] = field(default_factory=list)
    """Numbers of the workers that died with the call in flight."""


class RayWriter:
    """Workers of a cluster as one writer: a `generation.writer.Writer`, and a `Spread`. Close it when done.

    Raises `ModelError` if no worker can load the model; the message has each worker's reason.
    """

    counter = None
    """Null: a run is planned before, with the model's tokenizer on this machine."""

    def __init__(self, cluster: Cluster, wanted: Wanted, on_end: Callable[[], object] = lambda: None) -> None:
        """`on_end` is called when the last worker is lost, and none takes its place: then unfinished texts are
        cancelled."""
        self._cluster = cluster
        self._wanted = wanted
        self._on_end = on_end
        self.given_again = 0
        """Number of calls that lost workers had not finished, and that others got."""
        self.ended_because: str | None = None
        """Why no worker is left; null as long as one is."""
        self._numbers = itertools.count(1)
        self._worker_numbers = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._placing: Placing[int] = Placing()
        self._workers: dict[int, _Worker] = {}
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._joining = Joining(wanted)
        self._first: Future[WriterInfo] = Future()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="remix-pool", daemon=True)
        stages.tell("Starting the workers")
        for _ in range(wanted.workers):
            self._hire()
        self._thread.start()
        try:
            self._info = self._first.result()
        except BaseException:
            self.close()
            raise

    # -- as a writer ------------------------------------------------------------------------------------------

    @property
    def info(self) -> WriterInfo:
        """The first worker; `parallel` is that of all workers together. Each text names its own worker's engine."""
        rows = [each.rows for each in list(self._workers.values()) if each.state in ("joining", "working")]
        return self._info.model_copy(update={"parallel": max(1, sum(rows))})

    @property
    def sampled(self) -> int:
        """Tokens sampled so far by all workers."""
        return sum(each.sampled for each in list(self._workers.values()))

    @property
    def scorer(self) -> RayWriter:
        """Gives probabilities of texts by others: the workers themselves."""
        return self

    @property
    def workers(self) -> list[WorkerState]:
        """All workers so far, in the order in which they were started."""
        return [each.shown for each in list(self._workers.values())]

    def joined(self) -> list[WorkerState]:
        """All workers so far, once none is joining: each has its model, is left out or is lost."""
        while joining := [each for each in list(self._workers.values()) if not each.joined.is_set()]:
            joining[0].joined.wait()
        return self.workers

    def at(self, place: str) -> PlacedWriter:
        """The writer for texts about a passage, by its id: they go to one worker as far as possible."""
        return PlacedWriter(self, place)

    def submit(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        *,
        fork: Fork | None = None,
    ) -> Future[Generation]:
        """Queue a prompt. Raises `ModelError` if the writer is closed, or no worker is left."""
        return self.at("").submit(prompt, sampling, on_text, fork=fork)

    def score(self, messages: Iterable[Message], text: str) -> Future[Score]:
        """Queue a text to be scored as the model's answer to messages. Raises the errors of `submit`."""
        return self.ask("", "score", (tuple(messages), text))

    def score_text(self, before: str, *parts: str | AnswersOf) -> Future[Score]:
        """Queue a text to be scored as the continuation of another. Raises the errors of `submit`."""
        # Texts with nothing before them have no beginning in common.
        return self.ask(before and str(hash(before)), "score_text", (before, *parts))

    def ask(
        self,
        place: str,
        method: Method,
        positional: tuple[Any, ...],
        named: dict[str, Any] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Future[Any]:
        """Queue a call about a passage, or about any text that several calls begin with; empty for none."""
        if self._closing.is_set() or self.ended_because:
            raise ModelError(self.ended_because or "the writer has been closed.", "Resume the run.")
        number, future = next(self._numbers), Future[Any]()
        call = Call(number, method, positional, named or {})
        self._events.put(partial(self._queue, place or f"#{number}", call, _Asked(future, on_text)))
        return future

    def close(self) -> None:
        """Cancel unfinished texts, end the workers and leave the cluster."""
        self._closing.set()
        self._events.put(lambda: None)
        self._thread.join()
        self._cancel_all()
        for each in list(self._workers.values()):
            if each.remote and each.state in ("joining", "working"):
                each.remote.kill()
        self._cluster.close()

    # -- the pool's thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
        # No future may be left without a result, whatever happens here.
        except Exception as fault:
            self._end(f"the pool of workers failed ({type(fault).__name__}: {fault}).")

    def _turn(self) -> None:
        self._events.get()()
        # The thread does nothing else; what comes in meanwhile crosses together.
        time.sleep(PACE)
        with suppress(queue.Empty):
            while True:
                self._events.get_nowait()()
        given = self._placing.next()
        for worker in list(self._workers.values()):
            self._exchange(worker, given.get(worker.number, ()))

    def _queue(self, place: str, call: Call, asked: _Asked) -> None:
        if self.ended_because or not asked.future.set_running_or_notify_cancel():
            asked.future.cancel()
            return
        self._asked[call.number] = asked
        self._placing.put(place, call)

    def _exchange(self, worker: _Worker, calls: Sequence[Call]) -> None:
        """Give calls to a worker, and ask for its answers if it hasn't been asked."""
        if not worker.remote or worker.state != "working":
            return
        if not worker.is_asked:
            # Together, because each crossing costs as much as a hundred texts.
            worker.is_asked = True
            self._when_done(worker.remote.ask("take", pack(calls)), worker, partial(self._taken, worker))
        elif calls:
            self._when_done(worker.remote.ask("give", pack(calls)), worker, lambda _: None)

    def _when_done(self, future: Future[Any], worker: _Worker, then: Callable[[Any], None]) -> None:
        """Go on in the pool's thread with what a worker said, or with its loss."""

        def go_on() -> None:
            if error := future.exception():
                self._lose(worker, str(error), "lost")
            else:
                then(future.result())

        future.add_done_callback(lambda _: self._events.put(go_on))

    def _taken(self, worker: _Worker, packed: bytes) -> None:
        if worker.state != "working":
            return
        worker.is_asked = False
        taken = unpack_answers(packed)
        worker.sampled = taken.sampled
        for answer in taken.answers:
            if isinstance(answer.result, Refusal) and answer.result.kind == WeightsChangedError.__name__:
                self._lose(worker, answer.result.message, "refused")
                return
            if self._placing.ended(worker.number, answer.number):
                worker.texts += 1
                self._settle(answer)

    def _settle(self, answer: Answer) -> None:
        asked = self._asked.pop(answer.number)
        if isinstance(answer.result, Refusal):
            asked.future.set_exception(answer.result.error)
            return
        if asked.on_text and isinstance(answer.result, Generation):
            asked.on_text(answer.result.text)
        asked.future.set_result(answer.result)

    def _lose(self, worker: _Worker, why: str, state: State) -> None:
        """A worker is gone: its calls wait for others, and another worker takes its place if it died."""
        if worker.state in ("lost", "refused"):
            return
        worker.state, worker.why = state, why
        if worker.remote:
            worker.remote.kill()
        unfinished = self._placing.close(worker.number)
        self.given_again += len(unfinished)
        for call in unfinished:
            self._note_death(call.number, worker)
        started = len(self._workers) - self._wanted.workers
        if state == "lost" and started < MOST_REPLACED * self._wanted.workers:
            self._hire()
        elif not any(each.state in ("joining", "working") for each in self._workers.values()):
            reasons = dict.fromkeys(each.why for each in self._workers.values() if each.why)
            self._end(" ".join(reasons))
        # Last of all: whoever waits then knows of the worker that takes this one's place.
        worker.joined.set()

    def _note_death(self, number: int, worker: _Worker) -> None:
        """A call that was in flight in too many workers that died gets an error instead of another worker."""
        asked = self._asked[number]
        asked.deaths.append(worker.number)
        if len(asked.deaths) < MOST_DEATHS:
            return
        self._placing.forget(number)
        self.given_again -= 1
        del self._asked[number]
        asked.future.set_exception(
            ModelError(
                f"{len(asked.deaths)} workers died while they wrote this text ({worker.why}).",
                "See to their memory; then `remix resume` tries again.",
            )
        )

    def _end(self, because: str) -> None:
        """No worker is left."""
        # First of all: a run that is asked to stop takes what `ask` raises from now on for no failure of a text.
        self._on_end()
        self.ended_because = f"no worker is left: {because}"
        error = ModelError(self.ended_because, "See to the machines; then `remix resume --ray` goes on.")
        if not self._first.done():
            self._first.set_exception(error)
        self._cancel_all()

    def _cancel_all(self) -> None:
        for asked in list(self._asked.values()):
            # Futures at work can't be cancelled, and a run takes this error for a cancellation.
            asked.future.set_exception(CancelledError())
        self._asked.clear()

    # -- how a worker joins -----------------------------------------------------------------------------------

    def _hire(self) -> None:
        worker = _Worker(next(self._worker_numbers))
        self._workers[worker.number] = worker
        threading.Thread(target=self._join, args=(worker,), name=f"remix-join-{worker.number}", daemon=True).start()

    def _join(self, worker: _Worker) -> None:
        """Start a worker and have it load the model; in a thread of its own."""
        try:
            worker.remote = self._cluster.start()
            worker.place = self._joining.introduced(worker.remote)
            info = self._joining.loaded(worker.remote, worker.place)
        except NoRoomError as error:
            self._events.put(partial(self._lose, worker, str(error), "refused"))
        except LostError as error:
            self._events.put(partial(self._lose, worker, str(error), "lost"))
        except RemixError as error:
            self._events.put(partial(self._lose, worker, f"{error.message} {error.hint}", "refused"))
        else:
            self._events.put(partial(self._joined, worker, info))

    def _joined(self, worker: _Worker, info: WriterInfo) -> None:
        first = self._wanted.engine or (self._first.result().engine if self._first.done() else info.engine)
        worker.info, worker.differs, worker.rows = info, info.engine != first, info.parallel or ROWS
        if worker.differs and self._wanted.exact:
            self._lose(worker, f"its engine differs from the first: {difference(first, info.engine)}.", "refused")
            return
        worker.state = "working"
        worker.joined.set()
        if not self._first.done():
            self._first.set_result(info)
        self._placing.open(worker.number, worker.rows)


class PlacedWriter:
    """A pool's writer for texts about one passage."""

    def __init__(self, pool: RayWriter, place: str) -> None:
        self._pool = pool
        self._place = place

    def submit(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        *,
        fork: Fork | None = None,
    ) -> Future[Generation]:
        """Queue a prompt; the text comes all at the end. Raises the errors of the pool."""
        return self._pool.ask(self._place, "submit", (prompt, sampling), {"fork": fork}, on_text)
