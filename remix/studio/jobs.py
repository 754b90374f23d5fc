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

from remix.errors import ModelError, RemixError, RunError
from remix.records import Frozen, Options
from remix.studio.engine_host import EngineHost, Hear, HearEnd, Host
from remix.studio.engine_messages import (
    AskEstimate,
    Began,
    Begin,
    Ended,
    Estimate,
    Estimated,
    JobRequest,
    LetGo,
    Loaded,
    NewWords,
    Report,
    ResumeRequest,
    Stage,
    Stop,
    TextFinished,
    Tried,
    WeaveChoices,
)
from remix.studio.job_records import Job, ModelEvent, OutputEvent, State, TriedEvent, about
from remix.studio.job_store import JobStore, WaitingJob
from remix.studio.live_texts import LiveTexts
from remix.studio.output_files import key_of
from remix.util.names import readable
from remix.workspace import Workspace

MOST_WAITING = 50
"""Jobs that may wait."""

KEPT = 50
"""Ended jobs that are remembered."""

ESTIMATING = 120.0
"""Seconds for an estimate: the first use of a large model checks its file."""

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
        self._asked: dict[str, JobRequest] = {}
        """The requests of all jobs."""
        self._waiting: list[str] = []
        """Jobs that haven't begun, the next first."""
        self._current: str | None = None
        self._is_heard = False
        """Whether the engine process has said anything since it was told to begin the current job."""
        self._begun_again: str | None = None
        """The job that was begun again, since the process had ended before it heard of the job."""
        self._cut_short: set[str] = set()
        """Jobs that failed because the process ended before their runs had begun."""
        self._host: Host | None = None
        self._generation = 0
        """Number of the engine process: what an earlier process still says doesn't count."""
        self._questions: dict[str, Future[Estimate]] = {}
        self._loaded: str | None = None
        self._is_closed = False
        self._store = JobStore(workspace.outputs)
        # Jobs that can't be taken over stay where they are.
        with suppress(RunError):
            for left in self._store.take_over():
                self._jobs[left.id] = _job(left, state="held")
                self._asked[left.id] = left.request

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
        """Queue a job, which is on disk afterwards.

        Raises `RunError` if too many wait, or the disk takes nothing. A run that waits to be resumed is queued once.
        """
        with self._lock:
            for id_ in self._waiting:
                if isinstance(request, ResumeRequest) and self._asked[id_] == request:
                    return self._jobs[id_]
            asked = WaitingJob(id=secrets.token_hex(6), created=datetime.now(UTC), request=request)
            return self._queue(_job(asked), request)

    def again(self, id_: str) -> Job:
        """Queue what is left of a job that has ended, or that an ended studio left. Raises the errors of `add`."""
        with self._lock:
            job = self.get(id_)
            if job.state == "held":
                return self._queue(job.model_copy(update={"state": "queued"}), self._asked[id_])
            if job.is_over:
                again = self.add(ResumeRequest(run=job.run) if job.run else self._asked[id_])
                self._cut_short.discard(id_)
                self._keep_if_possible()
                return again
            return job

    def _queue(self, job: Job, request: JobRequest) -> Job:
        if len(self._waiting) >= MOST_WAITING:
            raise RunError(f"{MOST_WAITING} jobs are waiting.", "Wait until one has ended, or cancel one.")
        before = self._jobs.get(job.id)
        self._jobs[job.id], self._asked[job.id] = job, request
        try:
            self._keep()
        except RunError:
            del self._jobs[job.id], self._asked[job.id]
            if before:
                self._jobs[job.id], self._asked[job.id] = before, request
            raise
        self._waiting.append(job.id)
        self._forget_old()
        self._tell(job)
        self._go_on()
        return self._jobs[job.id]

    def stop(self, id_: str) -> Job:
        """Stop a job: at work after the current decode call, waiting at once. Raises `RunError` if there is none."""
        with self._lock:
            job = self.get(id_)
            if id_ in self._waiting or job.state == "held":
                self._waiting = [each for each in self._waiting if each != id_]
                self._change_and_keep(id_, state="stopped")
            elif not job.is_over:
                self._change(id_, state="stopping")
                if self._host:
                    with suppress(ModelError):
                        self._host.say(Stop(job=id_))
            return self._jobs[id_]

    def _keep(self) -> None:
        """Keep the jobs without a run on disk, but for tries. Raises `RunError` if the disk takes nothing."""
        left = (job for job in self._jobs.values() if not job.is_over or job.id in self._cut_short)
        jobs = (job for job in left if job.run is None and job.does != "try")
        self._store.write([WaitingJob(id=job.id, created=job.created, request=self._asked[job.id]) for job in jobs])

    def _keep_if_possible(self) -> None:
        with suppress(RunError):
            self._keep()

    def estimate(self, options: Options, weave: WeaveChoices | None = None) -> Estimate:
        """The size of a planned run; with `weave` of a run that weaves an essay.

        Raises the errors of planning, and `ModelError` if it takes too long.
        """
        question, answer = secrets.token_hex(6), Future[Estimate]()
        with self._lock:
            self._say(AskEstimate(question=question, options=options, weave=weave))
            self._questions[question] = answer
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
        """Stop the job at work and end the engine process; jobs that wait are left to the next studio."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
            host, self._host = self._host, None
        if host:
            host.close()

    # -- the queue ------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin the next job, if none is at work."""
        while self._current is None and self._waiting and not self._is_closed:
            id_ = self._waiting.pop(0)
            self._current, self._is_heard = id_, False
            try:
                self._change(id_, state="loading")
                self._say(Begin(job=id_, request=self._asked[id_]))
            except RemixError as error:
                self._current = None
                self._change_and_keep(id_, state="failed", error=readable(error.message), hint=readable(error.hint))

    def _say(self, command: Frozen) -> None:
        """Send a command to the engine process; if that process has just ended, to a new one. Raises `ModelError`."""
        was_there = self._host is not None
        try:
            self._running().say(command)
        except ModelError:
            if not was_there:
                raise
            self._drop_host("the engine's process has just ended")
            self._running().say(command)

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
            del self._jobs[id_], self._asked[id_]

    # -- what the engine process reports --------------------------------------------------------------------

    def _hear(self, number: int, report: Report) -> None:
        with self._lock:
            if number != self._generation:
                return
            if isinstance(report, Estimated):
                self._answer(report)
                return
            self._is_heard = True
            if isinstance(report, Loaded):
                self._loaded = report.model
                self._publish("model", ModelEvent(loaded=report.model and readable(report.model)))
            elif report.job == self._current:
                self._hear_of_job(report)

    def _hear_of_job(self, report: Stage | Began | NewWords | TextFinished | Tried | Ended) -> None:
        job = self._jobs[report.job]
        match report:
            case Stage():
                share = f" {report.share:.0%}" if report.share is not None else ""
                self._change(job.id, stage=f"{report.stage}{share}")
            case Began():
                state = "stopping" if job.state == "stopping" else "writing"
                self._change_and_keep(
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
            case Tried():
                self._live.end(report.task)
                place = self._live.place_of(report.task)
                shown = tuple(each.model_copy(update={"content": readable(each.content)}) for each in report.prompt)
                flags = tuple(map(readable, report.flags))
                tried = TriedEvent(job=job.id, **place, prompt=shown, text=readable(report.text), flags=flags)
                self._publish("tried", tried)
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
        change = self._change_and_keep if job.run is None and not self._is_closed else self._change
        change(job.id, stage="", **changes)

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
            self._drop_host(why)
            if self._current:
                job = self._jobs[self._current]
                if self._is_closed or (job.state == "stopping" and not self._is_heard):
                    self._settle(job, state="stopped")
                elif not self._is_heard and self._begun_again != job.id:
                    # An idle process that ends as a job comes has begun nothing.
                    self._begun_again, self._current = job.id, None
                    self._waiting.insert(0, job.id)
                else:
                    self._cut_short.add(job.id)
                    hint = "What is finished is safe: go on, with a smaller model or fewer texts at a time if needed."
                    self._settle(job, state="failed", error=f"{readable(why)}.".capitalize(), hint=hint)
            self._go_on()

    def _drop_host(self, why: str) -> None:
        """The engine process is gone, and its questions have no answer."""
        self._host, self._loaded = None, None
        questions, self._questions = self._questions, {}
        for answer in questions.values():
            answer.set_exception(ModelError(f"{why}.", "Try again, with a smaller model if it happens again."))
        self._publish("model", ModelEvent(loaded=None))

    # -- telling --------------------------------------------------------------------------------------------

    def _change(self, id_: str, **changes: object) -> None:
        self._jobs[id_] = self._jobs[id_].model_copy(update=changes)
        self._tell(self._jobs[id_])

    def _change_and_keep(self, id_: str, **changes: object) -> None:
        """Change a job whose place on disk changes, too. Whoever hears of the change finds it on disk."""
        self._jobs[id_] = self._jobs[id_].model_copy(update=changes)
        self._keep_if_possible()
        self._tell(self._jobs[id_])

    def _tell(self, job: Job) -> None:
        self._publish("job", job)


def _job(asked: WaitingJob, state: State = "queued") -> Job:
    request = asked.request
    return Job(id=asked.id, does=request.does, about=about(request), created=asked.created, state=state)
