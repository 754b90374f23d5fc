"""The task graph: submits a run's tasks to the writer as soon as their inputs are on disk.

Takes a run's folder and a writer, and perhaps a reader of candidates. A task's candidates are submitted together; one
that copies is submitted again, with another seed, as often as the run's options say. When the last candidate is
written, the candidates are read, if a model chooses. A failed task is noted together with all tasks that read its
text; the remaining tasks go on.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from heapq import heapify, heappop, heappush

from remix.analysis.run_lineages import is_stored, of_record
from remix.errors import RemixError, RunError, WeightsChangedError
from remix.generation import trim
from remix.generation.candidate_reader import CandidateReader
from remix.generation.recorder import Recorder, TaskRequest, Written
from remix.generation.run_events import Listener, NewWords, TextFinished
from remix.generation.writer import ROWS, Progress, Watch, Writer, writer_at
from remix.outputs.run import RunFolder
from remix.outputs.stored_lineages import store_lineage
from remix.records import Failure, Generation, Reading, Record, Resumption, Run, Sampling, Task
from remix.records.lineage import LineageFile


@dataclass
class _Submitted:
    """A task that the writer is working on."""

    request: TaskRequest
    candidates: list[Future[Generation]]
    """The last try at each candidate."""
    given_up: list[list[Generation]]
    """The tries at each candidate that copied."""
    outstanding: int
    """Candidates whose end hasn't been counted yet."""

    @property
    def task(self) -> Task:
        return self.request.task


class _HeardText:
    """A candidate's text as it comes, told to a listener."""

    def __init__(self, request: TaskRequest, number: int, listen: Listener) -> None:
        self._task, self._number, self._listen = request.task, number, listen
        self._before = request.prompt.opening if request.prompt.keep_opening else ""
        """Words before the first new ones: the opening, if the text keeps it."""
        self._at = 0

    def add(self, words: str) -> None:
        """Tell of new words."""
        words, self._before = self._before + words, ""
        self._listen(NewWords(self._task, self._number, self._at, words))
        self._at += len(words)


class TaskGraph:
    """A run's tasks and their progress."""

    def __init__(
        self,
        folder: RunFolder,
        writer: Writer,
        watch: Watch,
        stop: threading.Event,
        reader: CandidateReader | None = None,
        listen: Listener | None = None,
    ) -> None:
        self.failures: dict[str, Failure] = {}
        self.flags: Counter[str] = Counter()
        """The number of texts with each flag, among the texts written by this process."""
        self.unread = 0
        """The number of candidates written by this process that exceed the reader's context."""
        self._folder = folder
        self._writer = writer
        self._reader = reader
        self._watch = watch
        self._stop = stop
        self._listen = listen
        self._recorder = Recorder(folder.run, writer.info.name, reader.by if reader else None)
        self._places = {task.id: place for place, task in enumerate(_in_order(folder.run))}
        self._tasks = {task.id: task for task in folder.run.tasks}
        self._readers: dict[str, list[Task]] = {}
        """For each task, the tasks that read the task's text."""
        for task in folder.run.tasks:
            for id_ in dict.fromkeys(task.reads):
                self._readers.setdefault(id_, []).append(task)
        self._waits_for = {task.id: len(set(task.reads)) for task in folder.run.tasks}
        """For each task, the number of unfinished texts among its inputs."""
        self._ready = [(self._places[id_], id_) for id_, count in self._waits_for.items() if not count]
        """A heap of the tasks whose inputs are finished, in the order of the plan: readers of a finished text go on
        before later chains begin."""
        heapify(self._ready)
        self._records: dict[str, str] = {}
        """For each finished task, the id of its record."""
        self._done = {task.id for task in folder.done}
        self._models = [writer.info.model]
        """Models that `run.json` or `resumed.json` names."""
        self._active = 0
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        """What is to be done for each ended try at a candidate, and for candidates that were read."""

    def work(self) -> None:
        """Write texts until each task is finished or failed, or `stop` is set. Raises `RunError` on a full disk."""
        self._folder.write_failures([])
        # Enough tasks to keep the engine busy, with few further prompts in memory. At least two, because the engine
        # would wait for the last candidate of a single task.
        most = max(2, 4 * (self._writer.info.parallel or ROWS) // self._folder.run.options.best_of)
        self._report()
        while not self._stop.is_set() and (self._active or self._ready):
            while self._ready and self._active < most:
                self._begin(self._tasks[heappop(self._ready)[1]])
            # All that was ready may have been on disk: then nothing is being written, and nothing to wait for.
            if self._active:
                self._await_event()
            self._report()
        # Write the texts that the writer finished while the run was being stopped.
        with suppress(queue.Empty):
            while True:
                self._events.get_nowait()()

    def _await_event(self) -> None:
        """Do what the next event asks for; come back without an event in time to report, and to see `stop`."""
        try:
            event = self._events.get(timeout=0.2)
        except queue.Empty:
            return
        event()

    def _begin(self, task: Task) -> None:
        """Submit a task whose inputs are finished, unless the task's text is on disk, made from the same inputs."""
        try:
            if self._folder.is_done(task):
                record, _ = self._folder.read(task.id)
                if record.derivation.parents == self._recorder.parents(task, self._records):
                    self._settle(task, record.id)
                    return
            texts = {id_: (self._records[id_], self._folder.read(id_)[1]) for id_ in task.reads}
        except RunError as error:
            # If the folder itself is gone, the run ends: listing each task as a failure would be wrong.
            self._folder.check_there()
            self._fail(task, error)
            return
        self._submit(task, texts)

    def _settle(self, task: Task, record: str) -> None:
        """Note that a task's text is on disk; tasks without further unfinished inputs become ready."""
        self._records[task.id] = record
        for reader in self._readers.get(task.id, ()):
            self._waits_for[reader.id] -= 1
            if not self._waits_for[reader.id]:
                heappush(self._ready, (self._places[reader.id], reader.id))

    def _submit(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> None:
        candidates: list[Future[Generation]] = []
        try:
            request = self._recorder.ask(task, texts)
            for number, sampling in enumerate(request.samplings, 1):
                # No comprehension: if submitting a candidate fails, the candidates before are cancelled.
                candidates.append(self._submit_one(request, number, sampling))
        except RemixError as error:
            _cancel(candidates)
            # A writer that has ended asks the run to stop; then the task is unfinished, and not failed.
            if not self._stop.is_set():
                self._fail(task, error)
            return
        self._active += 1
        submitted = _Submitted(request, candidates, [[] for _ in candidates], len(candidates))
        for at, candidate in enumerate(candidates):
            self._await(submitted, at, candidate)

    def _await(self, submitted: _Submitted, at: int, candidate: Future[Generation]) -> None:
        """Go on with the candidate at an index as soon as it has ended."""
        candidate.add_done_callback(lambda _: self._events.put(partial(self._ended, submitted, at)))

    def _ended(self, submitted: _Submitted, at: int) -> None:
        """Try a candidate that copies again, or count it as ended; the last candidate ends the task."""
        failed = any(each.cancelled() or each.exception() for each in submitted.candidates if each.done())
        if not failed and self._is_tried_again(submitted, at):
            return
        submitted.outstanding -= 1
        if submitted.outstanding:
            if failed:
                # The task has failed, so the remaining candidates are of no use.
                _cancel(submitted.candidates)
        elif self._reader and not failed:
            self._read(submitted, self._reader)
        else:
            self._end(submitted)

    def _is_tried_again(self, submitted: _Submitted, at: int) -> bool:
        """Whether a candidate copies and is written again: not if the run stops, but then the task isn't finished."""
        tries = [*submitted.given_up[at], submitted.candidates[at].result()]
        sampling = self._recorder.next_try(submitted.request, at + 1, tries)
        if sampling is None:
            return False
        if not self._stop.is_set():
            submitted.given_up[at] = tries
            submitted.candidates[at] = self._submitted(submitted.request, at + 1, sampling)
            self._await(submitted, at, submitted.candidates[at])
        return True

    def _submitted(self, request: TaskRequest, number: int, sampling: Sampling) -> Future[Generation]:
        """The future of candidate `number`; an error of the writer is the future's."""
        try:
            return self._submit_one(request, number, sampling)
        except RemixError as error:
            failed: Future[Generation] = Future()
            failed.set_exception(error)
            return failed

    def _submit_one(self, request: TaskRequest, number: int, sampling: Sampling) -> Future[Generation]:
        writer = writer_at(self._writer, request.task.place)
        if self._listen is None:
            return writer.submit(request.prompt, sampling, fork=request.fork)
        heard = _HeardText(request, number, self._listen)
        return writer.submit(request.prompt, sampling, heard.add, fork=request.fork)

    def _read(self, submitted: _Submitted, reader: CandidateReader) -> None:
        """Have the candidates read, then end the task; if the run stops, the task isn't finished."""
        if self._stop.is_set():
            return
        request = submitted.request
        texts = [trim.trim(request.prompt, candidate.result()).text for candidate in submitted.candidates]
        try:
            readings = reader.read(request.passage, texts)
        except RemixError as error:
            self._active -= 1
            self._fail(submitted.task, error)
            return
        readings.add_done_callback(lambda _: self._events.put(partial(self._end, submitted, readings)))

    def _end(self, submitted: _Submitted, readings: Future[list[Reading | None]] | None = None) -> None:
        """Write a task's text and record, and mark readers of the text as ready."""
        self._active -= 1
        task = submitted.task
        try:
            # An error before a cancellation: candidates are cancelled because of another candidate's error.
            ended = (each.exception() for each in submitted.candidates if each.done() and not each.cancelled())
            for error in ended:
                if error and not isinstance(error, CancelledError):
                    raise error
            generations = [candidate.result() for candidate in submitted.candidates]
            found = readings.result() if readings else [None] * len(generations)
        except CancelledError:
            return
        except WeightsChangedError:
            raise
        except RemixError as error:
            self._fail(task, error)
            return
        # Futures keep their callbacks, which know `submitted`: without the futures all is freed at once.
        submitted.candidates.clear()
        written = [Written(*each) for each in zip(generations, map(tuple, submitted.given_up), found, strict=True)]
        record, text, trace = self._recorder.record(submitted.request, written)
        self.unread += sum(
            bool(self._reader and each.text.strip() and not each.reading) for each in record.candidates or ()
        )
        self._note_model(record)
        self._forget_made_from_another(task, record.id)
        self._folder.write(task, record, text, trace)
        if is_stored(task, record):
            # If a crash comes before the lineage is written, whoever asks for the lineage makes it.
            store_lineage(self._folder, task.id, LineageFile(record=record.id, words=of_record(record, text)))
        self._done.add(task.id)
        self.flags.update(record.flags)
        if self._listen:
            self._listen(TextFinished(task, record))
        self._settle(task, record.id)

    def _note_model(self, record: Record) -> None:
        """Name a model in `resumed.json` before the model's first text, unless the run names the model already."""
        model, name = record.derivation.model, record.circumstances.model
        if model in self._models:
            return
        self._models.append(model)
        if all(each.model != model for each in self._folder.resumptions()):
            now, engine = datetime.now(UTC), record.derivation.engine
            self._folder.note_resumption(Resumption(at=now, name=name, model=model, engine=engine))

    def _forget_made_from_another(self, task: Task, record: str) -> None:
        """Mark readers of a text as unfinished if they were made from an earlier version of the text.

        Such readers are written again soon; a run stopped before would otherwise pass for complete.
        """
        for reader in self._readers.get(task.id, ()):
            # An unreadable reader becomes a failure when the reader's turn comes.
            with suppress(RunError):
                if self._folder.is_done(reader):
                    made_from = self._folder.read(reader.id)[0].derivation.parents
                    if record not in made_from:
                        self._folder.forget(reader)

    def _fail(self, task: Task, error: RemixError) -> None:
        """Note the failure of a task, and of all tasks that read the task's text."""
        self.failures[task.id] = Failure(task=task.id, error=error.message, hint=error.hint)
        for reader in self._all_readers(task):
            if reader.id not in self.failures and not self._folder.is_done(reader):
                because = f"reads {task.id}, which failed ({error.message.rstrip('.')})."
                self.failures[reader.id] = Failure(task=reader.id, error=because, hint=error.hint)
        self._folder.write_failures(self.failures.values())

    def _all_readers(self, task: Task) -> Iterable[Task]:
        """The tasks that read a task's text, directly or through further tasks, each once."""
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


def _cancel(futures: Sequence[Future[Generation]]) -> None:
    """Cancel the candidates that haven't begun; running candidates go on to their end, ignored."""
    for future in futures:
        future.cancel()


def _in_order(run: Run) -> list[Task]:
    """The tasks in the order of the plan; if lengths differ much, tasks of long passages come last.

    The engine decodes sequences of a longer context class after all shorter sequences.
    """
    if len(run.contexts) < 2:
        return list(run.tasks)
    lengths = {id_: len(passage.text) for id_, (_, passage) in run.pairs.items()}
    return sorted(run.tasks, key=lambda task: sum(lengths[id_] for id_ in task.passages))
