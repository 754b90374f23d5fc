"""The loop that keeps a writer busy.

Takes a run's folder and a writer; each chain's next step is submitted when the one before is on disk, all its
candidates at once. What fails is noted, and the other chains go on.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from remix.errors import RemixError, RunError, WeightsChangedError
from remix.generation.recorder import Asked, Recorder
from remix.generation.writer import ROWS, Progress, Watch, Writer
from remix.outputs.run import RunFolder
from remix.records import Failure, Generation, Record, Resumption, Run, Task

Chain = deque[Task]


@dataclass
class _Submitted:
    """A task that the writer is at work on."""

    asked: Asked
    rest: Chain
    """Of its chain: what goes on from its text."""
    candidates: list[Future[Generation]]
    outstanding: int
    """Candidates whose end hasn't been heard of yet."""


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
        self._recorder = Recorder(folder.run, writer.info.name)
        self._waiting = deque(_in_order(folder.run))
        self._done = {task.id for task in folder.done}
        self._models = [writer.info.model]
        """That the run, or its `resumed.json`, names."""
        self._active = 0
        self._finished: queue.SimpleQueue[_Submitted] = queue.SimpleQueue()
        """A task as often as one of its candidates has ended."""

    def work(self) -> None:
        """Until every chain has come to its end, or `stop` is set. Raises `RunError` on a full disk and the like."""
        self._folder.write_failures([])
        # Enough chains waiting that the engine never does, and not many more prompts in memory than that. With one
        # chain alone the engine would wait for the last of its candidates.
        most = max(2, 4 * (self._writer.info.parallel or ROWS) // self._folder.run.options.best_of)
        self._report()
        while not self._stop.is_set() and (self._active or self._waiting):
            while self._waiting and self._active < most:
                self._go_on(self._waiting.popleft(), "", None)
            try:
                submitted = self._finished.get(timeout=0.2)
            except queue.Empty:
                self._report()
                continue
            self._hear(submitted)
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
        candidates: list[Future[Generation]] = []
        try:
            asked = self._recorder.ask(task, previous, parent)
            for sampling in asked.samplings:
                candidates.append(self._writer.submit(asked.prompt, sampling))  # noqa: PERF401 (all up to an error)
        except RemixError as error:
            _take_back(candidates)
            self._fail(task, error)
            return
        self._active += 1
        submitted = _Submitted(asked, chain, candidates, len(candidates))
        for candidate in candidates:
            candidate.add_done_callback(lambda _: self._finished.put(submitted))

    def _hear(self, submitted: _Submitted) -> None:
        """Note that a candidate has ended; with the last of them its task has."""
        submitted.outstanding -= 1
        if not submitted.outstanding:
            self._end(submitted)
        elif _errors(submitted.candidates):
            # The task has failed: what the others would say is of no use.
            _take_back(submitted.candidates)

    def _end(self, submitted: _Submitted) -> None:
        """Write what came of a task, and go on with its chain."""
        self._active -= 1
        task = submitted.asked.task
        try:
            generations = _results(submitted.candidates)
        except CancelledError:
            return
        except WeightsChangedError:
            raise
        except RemixError as error:
            self._fail(task, error)
            return
        record, text, trace = self._recorder.record(submitted.asked, generations)
        self._note_model(record)
        self._forget_made_from_another(submitted.rest, record.id)
        self._folder.write(task, record, text, trace)
        self._done.add(task.id)
        self.flags.update(record.flags)
        if not self._stop.is_set():
            self._go_on(submitted.rest, text, record.id)

    def _note_model(self, record: Record) -> None:
        """Name a model in `resumed.json` before its first text, if it isn't the model that the run goes on with."""
        model, name = record.derivation.model, record.circumstances.model
        if model in self._models:
            return
        self._models.append(model)
        if all(each.model != model for each in self._folder.resumptions()):
            now, engine = datetime.now(UTC), record.derivation.engine
            self._folder.note_resumption(Resumption(at=now, name=name, model=model, engine=engine))

    def _forget_made_from_another(self, rest: Chain, parent: str) -> None:
        """Let the next step count as not done where it was made from another text than is written now.

        It is written anew in a moment; but a run that is stopped before that would pass for complete.
        """
        if not rest or not self._folder.is_done(rest[0]):
            return
        # One that can't be read is named when its turn comes.
        with suppress(RunError):
            record, _ = self._folder.read(rest[0].id)
            if record.derivation.parent != parent:
                self._folder.forget(rest[0])

    def _keep_what_is_finished(self) -> None:
        """Write the texts that came in while the run was being stopped."""
        with suppress(queue.Empty):
            while True:
                self._hear(self._finished.get_nowait())

    def _fail(self, task: Task, error: RemixError) -> None:
        """Note a failure; the rest of the chain can't go on."""
        self.failures[task.id] = Failure(task=task.id, error=error.message, hint=error.hint)
        self._folder.write_failures(self.failures.values())

    def _report(self) -> None:
        total = len(self._folder.run.tasks)
        self._watch(Progress(len(self._done), len(self.failures), total, self._writer.sampled))


def _errors(futures: Sequence[Future[Generation]]) -> list[BaseException]:
    """What went wrong with those that have ended; to be taken back is nothing wrong."""
    errors = [future.exception() for future in futures if future.done() and not future.cancelled()]
    return [error for error in errors if error and not isinstance(error, CancelledError)]


def _results(futures: Sequence[Future[Generation]]) -> list[Generation]:
    """What came of them all, or the first error: before a cancellation, since others are cancelled for its sake."""
    for error in _errors(futures):
        raise error
    return [future.result() for future in futures]


def _take_back(futures: Sequence[Future[Generation]]) -> None:
    """Cancel those that haven't begun; the others write to their end, and nobody hears them."""
    for future in futures:
        future.cancel()


def _in_order(run: Run) -> list[Chain]:
    """The tasks by chain, in the order of the plan; where lengths differ much, long passages come last.

    The engine takes what is too long for its room when all else is done.
    """
    chains: dict[tuple[str, str, int], Chain] = {}
    for task in run.tasks:
        chains.setdefault((task.passage, task.kind, task.variant), deque()).append(task)
    if len(run.contexts) < 2:
        return list(chains.values())
    lengths = {passage.id: len(passage.text) for essay in run.essays for passage in essay.passages}
    return sorted(chains.values(), key=lambda chain: lengths[chain[0].passage])
