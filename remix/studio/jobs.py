"""The studio's jobs: runs that the page asked for, carried out one after another by the engine process.

Takes requests, gives jobs as they stand and publishes what becomes of them. A job that was cut short has its run on
disk, which can be resumed like any run. Threads may share a `Jobs`. Loads no model, and knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from remix.errors import ModelError, RemixError, RunError
from remix.records import Frozen, Options
from remix.studio.engine_host import EngineHost, Hear, HearEnd, Host
from remix.studio.engine_messages import (
    AskEstimate,
    Began,
    Begin,
    BranchRequest,
    Ended,
    Estimate,
    Estimated,
    JobRequest,
    LetGo,
    Loaded,
    NewWords,
    RedoRequest,
    Report,
    ResumeRequest,
    Stage,
    Stop,
    TextFinished,
    WriteRequest,
)
from remix.studio.live_texts import LiveTexts, TextEvent
from remix.studio.output_files import key_of
from remix.util.names import readable
from remix.workspace import Workspace

MOST_WAITING = 50
"""Jobs that may wait."""

KEPT = 50
"""Ended jobs that are remembered."""

ESTIMATING = 120.0
"""Seconds for an estimate: the first use of a large model checks its file."""

State = Literal["queued", "loading", "writing", "stopping", "stopped", "finished", "failed"]
_OVER: frozenset[State] = frozenset({"stopped", "finished", "failed"})


class Job(Frozen):
    """A job as it stands."""

    id: str
    does: Literal["write", "resume", "redo", "branch"]
    about: str
    """The request in words."""
    created: datetime
    state: State = "queued"
    stage: str = ""
    """What happens before the first text, in words."""
    run: str | None = None
    """Name of the run, as soon as it has a folder."""
    model: str | None = None
    planned: int = 0
    """Texts of the run."""
    finished: int = 0
    """Texts that are finished."""
    error: str = ""
    hint: str = ""
    failures: tuple[str, ...] = ()
    """Texts that could not be written, each with the reason."""
    notes: tuple[str, ...] = ()
    """What was left out, and what the user should know."""

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.state in _OVER


class OutputEvent(Frozen):
    """A text that was finished."""

    job: str | None
    """The job that wrote the text; null for a run of another process."""
    run: str
    place: str
    kind: str
    step: int
    variant: int
    key: str
    """The output's key in the studio."""
    record: str | None
    """The record's id; null if not known."""


class ModelEvent(Frozen):
    """Which model is in memory."""

    loaded: str | None


Publish = Callable[[str, Frozen], None]
"""Called with the name of an event, and its value."""

StartHost = Callable[[Workspace, Hear, HearEnd], Host]


class Jobs:
    """The queue of jobs, and the engine process."""

    def __init__(self, workspace: Workspace, publish: Publish, start: StartHost = EngineHost) -> None:
        self._live = LiveTexts()
        self._workspace, self._publish, self._start = workspace, publish, start
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        """All jobs, the oldest first."""
        self._requests: dict[str, JobRequest] = {}
        """Requests of jobs that haven't begun."""
        self._current: str | None = None
        self._host: Host | None = None
        self._generation = 0
        """Number of the engine process: what an earlier process still says doesn't count."""
        self._questions: dict[str, Future[Estimate]] = {}
        self._loaded: str | None = None
        self._is_closed = False

    # -- what the page asks ---------------------------------------------------------------------------------

    def all(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._lock:
            return [*self._jobs.values()]

    def present(self) -> list[tuple[str, Frozen]]:
        """The present state as events: all jobs, the model in memory, and each text that is being written."""
        with self._lock:
            jobs = [("job", job) for job in self._jobs.values()]
            texts = [("text", text) for text in self._live.all()]
            return [*jobs, ("model", ModelEvent(loaded=self._loaded)), *texts]

    def get(self, id_: str) -> Job:
        """A job. Raises `RunError` if there is none."""
        with self._lock:
            if id_ not in self._jobs:
                raise RunError("This job isn't known any more.", "Its run is listed among the runs.")
            return self._jobs[id_]

    @property
    def active_run(self) -> str | None:
        """Name of the run that is being written."""
        with self._lock:
            return self._jobs[self._current].run if self._current else None

    @property
    def loaded(self) -> str | None:
        """Name of the model in memory."""
        return self._loaded

    def add(self, request: JobRequest) -> Job:
        """Queue a job. Raises `RunError` if too many wait, or if the run to resume waits already."""
        with self._lock:
            if len(self._requests) >= MOST_WAITING:
                raise RunError(f"{MOST_WAITING} jobs are waiting.", "Wait until one has ended, or cancel one.")
            for id_, waiting in self._requests.items():
                if isinstance(request, ResumeRequest) and waiting == request:
                    return self._jobs[id_]
            job = Job(id=secrets.token_hex(6), does=request.does, about=_about(request), created=datetime.now(UTC))
            self._jobs[job.id], self._requests[job.id] = job, request
            self._forget_old()
            self._tell(job)
            self._go_on()
            return self._jobs[job.id]

    def stop(self, id_: str) -> Job:
        """Stop a job: at work after the current decode call, waiting at once. Raises `RunError` if there is none."""
        with self._lock:
            job = self.get(id_)
            if id_ in self._requests:
                del self._requests[id_]
                self._change(id_, state="stopped")
            elif not job.is_over:
                self._change(id_, state="stopping")
                if self._host:
                    with suppress(ModelError):
                        self._host.say(Stop(job=id_))
            return self._jobs[id_]

    def estimate(self, options: Options) -> Estimate:
        """The size of a planned run. Raises the errors of planning, and `ModelError` if it takes too long."""
        question, answer = secrets.token_hex(6), Future[Estimate]()
        with self._lock:
            self._questions[question] = answer
            try:
                self._running().say(AskEstimate(question=question, options=options))
            except RemixError:
                del self._questions[question]
                raise
        try:
            return answer.result(ESTIMATING)
        except TookTooLong as error:
            raise ModelError("the estimate takes too long.", "Start without it, or choose fewer passages.") from error
        finally:
            with self._lock:
                self._questions.pop(question, None)

    def let_go(self) -> None:
        """Free the model, once no job is at work."""
        with self._lock:
            if self._host:
                self._host.say(LetGo())

    def close(self) -> None:
        """Stop the job at work and end the engine process; jobs that wait are dropped."""
        with self._lock:
            self._is_closed = True
            self._requests.clear()
            host, self._host = self._host, None
        if host:
            host.close()

    # -- the queue ------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin the next job, if none is at work."""
        while self._current is None and self._requests and not self._is_closed:
            id_ = next(iter(self._requests))
            request = self._requests.pop(id_)
            self._current = id_
            try:
                self._change(id_, state="loading")
                self._running().say(Begin(job=id_, request=request))
            except RemixError as error:
                self._current = None
                self._change(id_, state="failed", error=readable(error.message), hint=readable(error.hint))

    def _running(self) -> Host:
        """The engine process, started if there is none."""
        if self._is_closed:
            raise ModelError("The studio is closing.", "Open it again.")
        if self._host is None:
            self._generation += 1
            number = self._generation
            self._host = self._start(
                self._workspace, lambda report: self._hear(number, report), lambda why: self._hear_end(number, why)
            )
        return self._host

    def _forget_old(self) -> None:
        over = [id_ for id_, job in self._jobs.items() if job.is_over]
        for id_ in over[: max(0, len(over) - KEPT)]:
            del self._jobs[id_]

    # -- what the engine process reports --------------------------------------------------------------------

    def _hear(self, number: int, report: Report) -> None:
        with self._lock:
            if number != self._generation:
                return
            if isinstance(report, Estimated):
                self._answer(report)
            elif isinstance(report, Loaded):
                self._loaded = report.model
                self._publish("model", ModelEvent(loaded=report.model and readable(report.model)))
            elif report.job == self._current:
                self._hear_of_job(report)

    def _hear_of_job(self, report: Stage | Began | NewWords | TextFinished | Ended) -> None:
        job = self._jobs[report.job]
        match report:
            case Stage():
                share = f" {report.share:.0%}" if report.share is not None else ""
                self._change(job.id, stage=f"{report.stage}{share}")
            case Began():
                state = "stopping" if job.state == "stopping" else "writing"
                self._change(
                    job.id,
                    state=state,
                    stage="",
                    run=report.run,
                    model=readable(report.model),
                    planned=report.planned,
                    finished=report.finished,
                )
            case NewWords():
                for event in self._live.add(job.id, job.run or "", report.words):
                    self._publish("text", event)
            case TextFinished():
                self._hear_of_text(job, report)
            case Ended():
                self._end(job, report)

    def _hear_of_text(self, job: Job, report: TextFinished) -> None:
        run = job.run or ""
        self._live.end(report.task)
        place = self._live.place_of(report.task)
        key = key_of(self._workspace.outputs / run, report.task)
        self._publish("output", OutputEvent(job=job.id, run=run, **place, key=key, record=report.record))
        self._change(job.id, finished=min(job.finished + 1, job.planned))

    def _end(self, job: Job, report: Ended) -> None:
        failures = tuple(readable(f"{each.task}: {each.error} {each.hint}") for each in report.failures)
        self._settle(
            job,
            state=report.state,
            error=readable(report.error),
            hint=readable(report.hint),
            failures=failures,
            notes=tuple(map(readable, report.notes)),
        )
        self._go_on()

    def _settle(self, job: Job, **changes: object) -> None:
        """Note that the current job has ended."""
        self._current = None
        self._live.clear()
        self._change(job.id, stage="", **changes)

    def _answer(self, report: Estimated) -> None:
        answer = self._questions.pop(report.question, None)
        if answer is None:
            return
        if report.estimate:
            answer.set_result(report.estimate)
        else:
            answer.set_exception(RunError(report.error, report.hint))

    def _hear_end(self, number: int, why: str) -> None:
        """The engine process has ended: so has its job, and its questions have no answer."""
        with self._lock:
            if number != self._generation:
                return
            self._host, self._loaded = None, None
            questions, self._questions = self._questions, {}
            for answer in questions.values():
                answer.set_exception(ModelError(f"{why}.", "Try again, with a smaller model if it happens again."))
            self._publish("model", ModelEvent(loaded=None))
            if self._current:
                job = self._jobs[self._current]
                if self._is_closed:
                    self._settle(job, state="stopped")
                else:
                    hint = "What is finished is safe: go on, with a smaller model or fewer texts at a time if needed."
                    self._settle(job, state="failed", error=f"{readable(why)}.".capitalize(), hint=hint)
            self._go_on()

    # -- telling --------------------------------------------------------------------------------------------

    def _change(self, id_: str, **changes: object) -> None:
        self._jobs[id_] = self._jobs[id_].model_copy(update=changes)
        self._tell(self._jobs[id_])

    def _tell(self, job: Job) -> None:
        self._publish("job", job)


def _about(request: JobRequest) -> str:
    """A request in words."""
    match request:
        case WriteRequest():
            options = request.options
            passages = f"{len(options.passages)} passages" if options.passages else ""
            asked = ", ".join((*options.tags, *options.essays)) or options.where or options.like or passages
            return readable(asked or "all passages")
        case ResumeRequest():
            return readable(request.run)
        case RedoRequest() | BranchRequest():
            return readable(request.output.rpartition(":")[2])


__all__ = ["Job", "Jobs", "ModelEvent", "OutputEvent", "TextEvent"]
