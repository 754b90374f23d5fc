"""The studio's engine process: plans and carries out jobs, one at a time, with a model that stays loaded in between.

Reads commands from standard input and writes reports to standard output, each a line of JSON (`engine_messages.py`).
It ends with its standard input: so also when the studio is killed; the run at work is then stopped like any run, and
can be resumed. Knows nothing of pages and HTTP.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from remix.engine import local
from remix.engine.local import LocalModel
from remix.errors import ModelError, RemixError
from remix.generation import branching, duration, execute, prepare, redo
from remix.generation.branch_before import plan_branch_before
from remix.generation.branching import BranchOptions
from remix.generation.execute import Outcome, load_options
from remix.generation.job import Job
from remix.generation.run_model import as_done_by, model_of, reader_of
from remix.outputs import RunFolder, find_output, find_run
from remix.outputs.facts import passages_behind
from remix.records import Frozen, Options, Run
from remix.studio.engine_messages import (
    COMMAND,
    AskEstimate,
    Begin,
    BranchRequest,
    Ended,
    Estimate,
    Estimated,
    LetGo,
    Loaded,
    RedoRequest,
    ResumeRequest,
    Seconds,
    Stage,
    Stop,
    TryRequest,
    WeaveRequest,
    WriteRequest,
)
from remix.studio.engine_telling import Send, Telling
from remix.studio.engine_tries import plan_try, try_template
from remix.studio.engine_weaves import paragraphs_of, plan_weave
from remix.util import free_memory, stages
from remix.workspace import Workspace, open_workspace

IDLE = 600.0
"""Seconds without a job after which the model is let go."""

LOOK = 10.0
"""Seconds between looks at the free memory while no job is at work."""

LEAST_FREE = 0.1
"""Share of the memory that is free, below which an idle model is let go."""

PATIENCE = 10.0
"""Seconds that a job has to stop when the studio has ended."""


class EngineProcess:
    """Jobs and questions of a studio, answered by `send`."""

    def __init__(self, workspace: Callable[[], Workspace], send: Send) -> None:
        """`workspace` reads the settings anew, which may have changed between two jobs."""
        self._workspace = workspace
        self._send = send
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[AskEstimate] = queue.SimpleQueue()
        self._stops: dict[str, threading.Event] = {}
        self._model: LocalModel | None = None
        self._told: Stage | None = None
        self._worker = threading.Thread(target=self._carry_out, name="remix-jobs")
        self._worker.start()
        threading.Thread(target=self._answer, name="remix-estimates", daemon=True).start()

    def take(self, line: bytes) -> None:
        """Take a command."""
        command = COMMAND.validate_json(line)
        if isinstance(command, Begin):
            self._stops[command.job] = threading.Event()
            self._work.put(partial(self._begin, command))
        elif isinstance(command, Stop):
            if stop := self._stops.get(command.job):
                stop.set()
        elif isinstance(command, AskEstimate):
            self._questions.put(command)
        elif isinstance(command, LetGo):
            self._work.put(self._let_go)

    def close(self) -> None:
        """Stop the job at work, wait for its end, and free the model."""
        for stop in list(self._stops.values()):
            stop.set()
        self._work.put(None)
        self._worker.join(PATIENCE)

    # -- jobs -----------------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        """Do the work that comes; let an idle model go after a while, or when memory is wanted."""
        idle = 0.0
        while True:
            try:
                work = self._work.get(timeout=LOOK)
            except queue.Empty:
                idle += LOOK
                if idle >= IDLE or free_memory.available() < LEAST_FREE * free_memory.total():
                    self._let_go()
                continue
            if work is None:
                self._let_go()
                return
            work()
            idle = 0.0

    def _begin(self, command: Begin) -> None:
        stop = self._stops[command.job]
        try:
            with stages.listening(lambda stage, share: self._tell_stage(command.job, stage, share)):
                ended = self._ended(command, stop)
        except RemixError as error:
            ended = Ended(job=command.job, state="failed", error=error.message, hint=error.hint)
        # Whatever happens, the studio must hear that the job has ended.
        except Exception as error:
            what = f"An error that nobody expected ({type(error).__name__}: {error})."
            hint = "What is finished is safe. Look at the run with `remix verify`, and go on with it."
            ended = Ended(job=command.job, state="failed", error=what, hint=hint)
            self._let_go()
        if self._model:
            self._model.stop_engine()
        del self._stops[command.job]
        self._send(ended)

    def _ended(self, command: Begin, stop: threading.Event) -> Ended:
        """Carry a job out. Raises the errors of planning, loading and writing."""
        workspace, request = self._workspace(), command.request
        told, notes = Telling(command.job, self._send), tuple[str, ...]()
        if isinstance(request, TryRequest):
            job = plan_try(workspace, request, _options(workspace, request.options)[0])
            try_template(job, self._loaded(job.run, job.model), stop, told)
            return Ended(job=command.job, state="stopped" if stop.is_set() else "finished")
        if isinstance(request, ResumeRequest):
            outcome = self._resumed(workspace, find_run(workspace.outputs, request.run), stop, told)
        else:
            job = _planned(workspace, request)
            outcome, notes = self._new(job, workspace.outputs, stop, told), _notes(job)
        if outcome is None or (outcome.interrupted and not outcome.folder.is_complete):
            return Ended(job=command.job, state="stopped", notes=notes)
        return Ended(job=command.job, state="finished", failures=tuple(outcome.failures), notes=notes)

    def _new(self, job: Job, outputs: Path, stop: threading.Event, told: Telling) -> Outcome | None:
        """A new run; null if the job was stopped before the run had a folder."""
        writer = self._loaded(job.run, job.model)
        if stop.is_set():
            return None
        with told.hearing():
            return execute.generate(job, outputs, None, stop, writer, told.hear)

    def _resumed(
        self, workspace: Workspace, folder: RunFolder, stop: threading.Event, told: Telling
    ) -> Outcome | None:
        """The rest of a run; null if the job was stopped before."""
        if folder.is_complete:
            return execute.resume(folder)
        path = model_of(folder.run, None, workspace.model_folders)
        run = as_done_by(folder.run, path)
        # A run that another process is writing is refused before minutes are spent on loading.
        with folder.lock():
            pass
        writer = self._loaded(run, path)
        if stop.is_set():
            return None
        find_reader = partial(reader_of, model_folders=workspace.model_folders)
        with told.hearing():
            return execute.resume(folder, stop=stop, writer=writer, find_reader=find_reader, listen=told.hear)

    # -- the model ------------------------------------------------------------------------------------------

    def _loaded(self, run: Run, path: Path | None) -> LocalModel:
        """The model of a run: the weights in memory, if they are the run's, or else loaded now."""
        if run.model is None or path is None:
            raise ModelError(f"{run.name}: was begun by another writer than a local model.", "Resume it from Python.")
        needs = load_options(run)
        model = self._model
        if model and (model.path, model.file) == (path, run.model) and model.serve_again(needs):
            return model
        self._let_go()
        self._model = LocalModel(path, run.model, needs)
        self._send(Loaded(model=run.model.name))
        return self._model

    def _let_go(self) -> None:
        if self._model:
            self._model.close()
            self._model = None
            self._send(Loaded(model=None))

    def _tell_stage(self, job: str, stage: str, share: float | None) -> None:
        """Tell of a stage, by steps of 10 %: llama.cpp tells of each tensor that it loads."""
        told = Stage(job=job, stage=stage, share=None if share is None else int(share * 10) / 10)
        if told != self._told:
            self._told = told
            self._send(told)

    # -- estimates ------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        """Answer questions, also while a job is at work."""
        while True:
            asked = self._questions.get()
            try:
                workspace = self._workspace()
                request = (
                    WeaveRequest(options=asked.options, weave=asked.weave)
                    if asked.weave
                    else WriteRequest(options=asked.options)
                )
                estimate = _estimate(_planned(workspace, request))
                self._send(Estimated(question=asked.question, estimate=estimate))
            except RemixError as error:
                told = Estimated(question=asked.question, estimate=None, error=error.message, hint=error.hint)
                self._send(told)
            # The thread must answer the next question, too.
            except Exception as error:
                what = f"An error that nobody expected ({type(error).__name__}: {error})."
                self._send(Estimated(question=asked.question, estimate=None, error=what))


def _options(workspace: Workspace, chosen: Options) -> tuple[Options, dict[str, object]]:
    """Chosen options with those of remix.toml and the defaults; and the options that were given by either."""
    settings = workspace.settings
    given: dict[str, object] = {"min_words": settings.min_words, "strict": settings.strict, "model": workspace.model}
    given |= settings.generate.given | chosen.model_dump(exclude_unset=True)
    return Options.model_validate(given), given


def _planned(workspace: Workspace, request: WriteRequest | WeaveRequest | RedoRequest | BranchRequest) -> Job:
    """The plan of a new run. Raises the errors of planning."""
    if isinstance(request, WriteRequest):
        return prepare.prepare(workspace, *_options(workspace, request.options))
    if isinstance(request, WeaveRequest):
        return plan_weave(workspace, *_options(workspace, request.options), request.weave)
    place = find_output(workspace.outputs, request.output)
    if isinstance(request, RedoRequest):
        return redo.plan_redo(workspace, place)
    if request.text_before is not None:
        return plan_branch_before(workspace, place, request.text_before, request.variants)
    options = BranchOptions(request.at, request.take, request.write, variants=request.variants)
    return branching.plan_branches(workspace, place, options).job


def _notes(job: Job) -> tuple[str, ...]:
    """What was left out of a plan, and what the user should know."""
    return (*(f"{each.message} {each.hint}" for each in job.left_out), *job.notes)


def _estimate(job: Job) -> Estimate:
    """The size of a planned run."""
    run = job.run
    time = duration.estimate(run, job.prompt_tokens_computed)
    memory = local.memory_use(job.model, run.model, load_options(run)) if job.model and run.model else None
    warning = (memory.warning,) if memory and memory.warning else ()
    return Estimate(
        texts=len(run.tasks),
        passages=len({id_ for behind in passages_behind(run).values() for id_ in behind}),
        candidates=len(run.tasks) * run.options.best_of,
        kinds=tuple(dict.fromkeys(task.kind for task in run.tasks)),
        model=run.model_name or "",
        prompt_tokens=sum(job.prompt_tokens.values()) * run.options.best_of,
        prompt_tokens_computed=job.prompt_tokens_computed,
        seconds=Seconds(least=time.least, most=time.most, by=time.basis) if time else None,
        memory=memory.in_words if memory else "",
        notes=(*_notes(job), *warning),
        paragraphs=tuple(paragraphs_of(run)),
    )


def main() -> None:
    """Run in the new process; the arguments are the workspace's folder and its folder of essays."""
    root, seeds = map(Path, sys.argv[1:3])
    # llama.cpp and other libraries write to standard output, which is for reports alone.
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Linux: if memory runs out, this process is ended rather than the studio.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    process = EngineProcess(lambda: open_workspace(root).with_seeds(seeds), _sender(reports))
    for line in sys.stdin.buffer:
        process.take(line)
    process.close()
    # A thread may be loading a model in C, and Python's own end would wait for the thread.
    os._exit(0)


def _sender(reports: BinaryIO) -> Send:
    """A function that writes a report; any thread may call the function. A studio that has ended hears nothing."""
    writing = threading.Lock()

    def send(report: Frozen) -> None:
        line = report.model_dump_json().encode() + b"\n"
        with writing, suppress(OSError):
            reports.write(line)
            reports.flush()

    return send
