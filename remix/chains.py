"""The loop that keeps a writer busy.

Takes a run's folder and a writer; each chain's next step is submitted when the one before is on disk. What fails
is noted, and the other chains go on.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress

from remix.errors import RemixError, RunError
from remix.outputs.run import RunFolder
from remix.recorder import Asked, Recorder
from remix.records import Failure, Generation, Task, Trace
from remix.writer import ROWS, Progress, Watch, Writer

Chain = deque[Task]


class Chains:
    """A run's chains, and how far each has come."""

    def __init__(self, folder: RunFolder, writer: Writer, watch: Watch, stop: threading.Event) -> None:
        self.failures: dict[str, Failure] = {}
        self.flags: Counter[str] = Counter()
        """How many of the texts written so far have each flag."""
        self._folder = folder
        self._writer = writer
        self._watch = watch
        self._stop = stop
        self._recorder = Recorder(folder.run, writer)
        self._waiting = _by_chain(folder.run.tasks)
        self._done = {task.id for task in folder.done}
        self._active = 0
        self._finished: queue.SimpleQueue[tuple[Asked, Chain, Future[Generation]]] = queue.SimpleQueue()

    def work(self) -> None:
        """Until every chain has come to its end, or `stop` is set. Raises `RunError` on a full disk and the like."""
        self._folder.write_failures([])
        # Enough chains waiting that the engine never does, and no more prompts in memory than that.
        most = 4 * (self._writer.parallel or ROWS)
        self._report()
        while not self._stop.is_set() and (self._active or self._waiting):
            while self._waiting and self._active < most:
                self._go_on(self._waiting.popleft(), "", None)
            try:
                asked, rest, future = self._finished.get(timeout=0.2)
            except queue.Empty:
                self._report()
                continue
            self._end(asked, rest, future)
            self._report()
        self._keep_what_is_finished()

    def _go_on(self, chain: Chain, previous: str, parent: str | None) -> None:
        """Submit the first step of a chain that isn't done yet, or that was made from another text."""
        while chain and self._folder.is_done(chain[0]):
            try:
                record, text = self._folder.read(chain[0].id)
            except RunError as error:
                self._fail(chain[0], error)
                return
            if record.derivation.parent != parent:
                break
            previous, parent = text, record.id
            chain.popleft()
        if chain:
            self._submit(chain, previous, parent)

    def _submit(self, chain: Chain, previous: str, parent: str | None) -> None:
        task = chain.popleft()
        try:
            asked = self._recorder.ask(task, previous, parent)
            future = self._writer.submit(asked.prompt, asked.sampling)
        except RemixError as error:
            self._fail(task, error)
            return
        self._active += 1
        future.add_done_callback(lambda future: self._finished.put((asked, chain, future)))

    def _end(self, asked: Asked, rest: Chain, future: Future[Generation]) -> None:
        """Write what came of a task, and go on with its chain."""
        self._active -= 1
        try:
            generation = future.result()
        except CancelledError:
            return
        except RemixError as error:
            self._fail(asked.task, error)
            return
        record, text = self._recorder.record(asked, generation)
        trace = Trace(record=record.id, choices=generation.choices) if generation.choices else None
        self._folder.write(asked.task, record, text, trace)
        self._done.add(asked.task.id)
        self.flags.update(record.flags)
        if not self._stop.is_set():
            self._go_on(rest, text, record.id)

    def _keep_what_is_finished(self) -> None:
        """Write the texts that came in while the run was being stopped."""
        with suppress(queue.Empty):
            while True:
                self._end(*self._finished.get_nowait())

    def _fail(self, task: Task, error: RemixError) -> None:
        """Note a failure; the rest of the chain can't go on."""
        self.failures[task.id] = Failure(task=task.id, error=error.message, hint=error.hint)
        self._folder.write_failures(self.failures.values())

    def _report(self) -> None:
        total = len(self._folder.run.tasks)
        self._watch(Progress(len(self._done), len(self.failures), total, self._writer.sampled))


def _by_chain(tasks: Sequence[Task]) -> deque[Chain]:
    """The tasks by chain, in the order of the plan."""
    chains: dict[tuple[str, str, int], Chain] = {}
    for task in tasks:
        chains.setdefault((task.passage, task.kind, task.variant), deque()).append(task)
    return deque(chains.values())
