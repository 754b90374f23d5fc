"""The loop that keeps a writer busy.

Takes a run's folder and a writer; a task is submitted when all that it reads is on disk, all its candidates at once.
What fails is noted with what reads it, and the other tasks go on.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush

from remix.errors import RemixError, RunError, WeightsChangedError
from remix.generation.recorder import Asked, Recorder
from remix.generation.writer import ROWS, Progress, Watch, Writer
from remix.outputs.run import RunFolder
from remix.records import Failure, Generation, Record, Resumption, Run, Task


@dataclass
class _Submitted:
    """A task that the writer is at work on."""

    asked: Asked
    candidates: list[Future[Generation]]
    outstanding: int
    """Candidates whose end hasn't been heard of yet."""


class TaskGraph:
    """A run's tasks, and how far they have come."""

    def __init__(self, folder: RunFolder, writer: Writer, watch: Watch, stop: threading.Event) -> None:
        self.failures: dict[str, Failure] = {}
        self.flags: Counter[str] = Counter()
        """How many of the texts written so far have each flag."""
        self._folder = folder
        self._writer = writer
        self._watch = watch
        self._stop = stop
        self._recorder = Recorder(folder.run, writer.info.name)
        self._places = {task.id: place for place, task in enumerate(_in_order(folder.run))}
        self._tasks = {task.id: task for task in folder.run.tasks}
        self._readers: dict[str, list[Task]] = {}
        """By task, the tasks that read its text."""
        for task in folder.run.tasks:
            for id_ in dict.fromkeys(task.reads):
                self._readers.setdefault(id_, []).append(task)
        self._waits_for = {task.id: len(set(task.reads)) for task in folder.run.tasks}
        """How many of the texts that a task reads aren't there yet."""
        self._ready = [(self._places[id_], id_) for id_, count in self._waits_for.items() if not count]
        """A heap of the tasks that may begin. What is read comes before its readers in the order of the plan, so that
        the readers of what is finished go on before others begin."""
        heapify(self._ready)
        self._records: dict[str, str] = {}
        """Ids of the records of the texts that are there."""
        self._done = {task.id for task in folder.done}
        self._models = [writer.info.model]
        """That the run, or its `resumed.json`, names."""
        self._active = 0
        self._finished: queue.SimpleQueue[_Submitted] = queue.SimpleQueue()
        """A task as often as one of its candidates has ended."""

    def work(self) -> None:
        """Until nothing is left that can be written, or `stop` is set. Raises `RunError` on a full disk."""
        self._folder.write_failures([])
        # Enough tasks submitted that the engine never waits, and not many more prompts in memory than that. With one
        # task alone the engine would wait for the last of its candidates.
        most = max(2, 4 * (self._writer.info.parallel or ROWS) // self._folder.run.options.best_of)
        self._report()
        while not self._stop.is_set() and (self._active or self._ready):
            while self._ready and self._active < most:
                self._begin(self._tasks[heappop(self._ready)[1]])
            try:
                submitted = self._finished.get(timeout=0.2)
            except queue.Empty:
                self._report()
                continue
            self._hear(submitted)
            self._report()
        self._keep_what_is_finished()

    def _begin(self, task: Task) -> None:
        """Submit a task whose inputs are all there, unless its text is there and was made from them."""
        try:
            if self._folder.is_done(task):
                record, _ = self._folder.read(task.id)
                if record.derivation.parents == self._recorder.parents(task, self._records):
                    self._settle(task, record.id)
                    return
            texts = {id_: (self._records[id_], self._folder.read(id_)[1]) for id_ in task.reads}
        except RunError as error:
            # Of a folder that has gone nothing can be read: the run ends, and no list of failures takes its place.
            self._folder.check_there()
            self._fail(task, error)
            return
        self._submit(task, texts)

    def _settle(self, task: Task, record: str) -> None:
        """Note that a task's text is there: what waited for this text alone may begin."""
        self._records[task.id] = record
        for reader in self._readers.get(task.id, ()):
            self._waits_for[reader.id] -= 1
            if not self._waits_for[reader.id]:
                heappush(self._ready, (self._places[reader.id], reader.id))

    def _submit(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> None:
        candidates: list[Future[Generation]] = []
        try:
            asked = self._recorder.ask(task, texts)
            for sampling in asked.samplings:
                candidates.append(self._writer.submit(asked.prompt, sampling))  # noqa: PERF401 (all up to an error)
        except RemixError as error:
            _take_back(candidates)
            self._fail(task, error)
            return
        self._active += 1
        submitted = _Submitted(asked, candidates, len(candidates))
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
        """Write what came of a task, and let what reads it begin."""
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
        self._forget_made_from_another(task, record.id)
        self._folder.write(task, record, text, trace)
        self._done.add(task.id)
        self.flags.update(record.flags)
        self._settle(task, record.id)

    def _note_model(self, record: Record) -> None:
        """Name a model in `resumed.json` before its first text, if it isn't the model that the run goes on with."""
        model, name = record.derivation.model, record.circumstances.model
        if model in self._models:
            return
        self._models.append(model)
        if all(each.model != model for each in self._folder.resumptions()):
            now, engine = datetime.now(UTC), record.derivation.engine
            self._folder.note_resumption(Resumption(at=now, name=name, model=model, engine=engine))

    def _forget_made_from_another(self, task: Task, record: str) -> None:
        """Let the tasks that read a text count as not done if they were made from another text than is written now.

        They are written anew in a moment; but a run that is stopped before that would pass for complete.
        """
        for reader in self._readers.get(task.id, ()):
            # One that can't be read is named when its turn comes.
            with suppress(RunError):
                if self._folder.is_done(reader):
                    made_from = self._folder.read(reader.id)[0].derivation.parents
                    if record not in made_from:
                        self._folder.forget(reader)

    def _keep_what_is_finished(self) -> None:
        """Write the texts that came in while the run was being stopped."""
        with suppress(queue.Empty):
            while True:
                self._hear(self._finished.get_nowait())

    def _fail(self, task: Task, error: RemixError) -> None:
        """Note a failure, and that what reads the text can't be written either."""
        self.failures[task.id] = Failure(task=task.id, error=error.message, hint=error.hint)
        for reader in self._all_readers(task):
            if reader.id not in self.failures and not self._folder.is_done(reader):
                because = f"reads {task.id}, which failed ({error.message.rstrip('.')})."
                self.failures[reader.id] = Failure(task=reader.id, error=because, hint=error.hint)
        self._folder.write_failures(self.failures.values())

    def _all_readers(self, task: Task) -> Iterable[Task]:
        """The tasks that read a task's text, or a text that was made from it, each once."""
        found: dict[str, Task] = {}
        ahead = [task]
        while ahead:
            for reader in self._readers.get(ahead.pop().id, ()):
                if reader.id not in found:
                    found[reader.id] = reader
                    ahead.append(reader)
        return sorted(found.values(), key=lambda each: self._places[each.id])

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


def _in_order(run: Run) -> list[Task]:
    """The tasks in the order of the plan; if lengths differ much, those of long passages come last.

    The engine takes what is too long for its contexts when all else is done.
    """
    if len(run.contexts) < 2:
        return list(run.tasks)
    lengths = {passage.id: len(passage.text) for essay in run.essays for passage in essay.passages}
    return sorted(run.tasks, key=lambda task: sum(lengths[id_] for id_ in task.passages))
