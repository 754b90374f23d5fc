"""Carrying out a job into a run's folder, finishing an interrupted run, and writing drafts.

Takes a `Job` or a run's folder, whose `run.json` suffices to finish the run. The writer is a local GGUF
(`engine/local.py`) or a LangChain chat model (`langchain/`).
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from remix.engine.local import LoadOptions, LocalModel, config_of
from remix.errors import ModelError, RunError
from remix.generation import candidate_reader, duration
from remix.generation.candidate_reader import CandidateReader
from remix.generation.graph import TaskGraph
from remix.generation.job import Job
from remix.generation.recorder import Recorder, Written
from remix.generation.run_events import Listener, RunBegan
from remix.generation.run_model import as_done_by, model_of, reader_of
from remix.generation.writer import Spread, Watch, Writer
from remix.outputs.essay import write_essay
from remix.outputs.index import write_index
from remix.outputs.run import RunFolder, run_name
from remix.records import Failure, Message, Record, Resumption, Run
from remix.util import environment, interrupts
from remix.util.files import check_writable

MOST_EACH_CORE = 4
"""Threads for each core: the `run.json` of a stranger may ask for hundreds, and threads without a core of their own
wait for each other for hours."""


class Outcome(NamedTuple):
    """How a run, or a part of a run, ended."""

    folder: RunFolder
    failures: list[Failure]
    flags: Counter[str]
    """The number of newly written texts with each flag."""
    interrupted: bool
    engine_changed: bool = False
    """Whether the new texts have another build of llama.cpp, processor or batch configuration than the run's first
    texts."""
    other_model: str | None = None
    """The model that wrote the new texts; null for the model that the run began with."""
    unread: int = 0
    """The number of new candidates that exceed the reader's context."""


class _Models(NamedTuple):
    """The models of a run at work."""

    writer: Writer
    reader: CandidateReader | None
    """The reader of candidates; null if none reads."""


class _Follower(NamedTuple):
    """Callbacks for a run's progress and events; null for no callback."""

    watch: Watch | None
    listen: Listener | None


def generate(
    job: Job,
    outputs: Path,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
    listen: Listener | None = None,
) -> Outcome:
    """Carry out a job into a new folder below `outputs`, by `writer` if given, or else by the job's local model.

    Setting `stop` in any thread ends the run after the current decode call; once the run has a folder, Ctrl-C sets
    `stop`. The given writer stays open. `listen` hears what is being written. Raises `RunError` if the folder can't
    be written, and `ModelError` if the model can't be loaded.
    """
    stop = stop or threading.Event()
    check_writable(outputs)
    with _opened(writer, job.run, job.model, lambda: job.reader or reader_of(job.run)) as models:
        interrupts.stop_gently(stop)
        now = datetime.now(UTC)
        run = job.run.model_copy(update={"name": run_name(_subject(job.run), now), "created": now})
        engines: dict[str, object] = {"engine": models.writer.info.engine}
        if run.reader and models.reader:
            engines["reader"] = run.reader.model_copy(update={"engine": models.reader.engine})
        folder = RunFolder.create(outputs, run.model_copy(update=engines))
        with folder.lock():
            for each in job.taken:
                circumstances = each.record.circumstances.model_copy(update={"run": run.name})
                record = each.record.model_copy(update={"circumstances": circumstances})
                folder.write(each.task, record, each.text, each.trace)
            return _work(folder, models, _Follower(watch, listen), stop)


def _subject(run: Run) -> str:
    """The subject in the name of a run's folder: tags, essays, a query or the like."""
    if places := {task.place for task in run.tasks if task.branch}:
        return f"branch-{places.pop()}" if len(places) == 1 else "branches"
    if run.redoes:
        return f"redo-{run.tasks[0].place}"
    options = run.options
    named = f"{len(options.passages)}-passages" if options.passages else ""
    asked = "-".join(options.tags or options.essays) or options.where or options.like or named
    if run.weave:
        return f"weave-{asked or ('accepted' if run.earlier else 'all')}"
    return asked or "all"


def resume(
    folder: RunFolder,
    find_model: Callable[[Run], Path] | None = None,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
    find_reader: Callable[[Run], Path] | None = None,
    listen: Listener | None = None,
) -> Outcome:
    """Finish a run. Reads `run.json` and the finished outputs, and no other file of the workspace.

    `find_model` gives the present path of the run's model (by default `model_of`), `find_reader` that of the reader
    of candidates, if another model reads (by default `reader_of`); `writer` replaces the local model.
    Another model than the run's first is noted in `resumed.json` and in the records of its texts. Raises the same
    errors as `generate`.
    """
    with folder.lock():
        if folder.is_complete:
            _finish(folder)
            return Outcome(folder, [], Counter(), interrupted=False)
        path = None if writer else (find_model or model_of)(folder.run)
        run = as_done_by(folder.run, path)
        with _opened(writer, run, path, lambda: (find_reader or reader_of)(run)) as models:
            return _go_on(folder, run, models, _Follower(watch, listen), stop or threading.Event())


def _go_on(folder: RunFolder, run: Run, models: _Models, follower: _Follower, stop: threading.Event) -> Outcome:
    """Finish a run; `run` is the request, adapted to this writer."""
    interrupts.stop_gently(stop)
    info = models.writer.info
    began = folder.run
    other = info.model.sha256 != began.model.sha256 if began.model else info.name != began.options.model
    if other:
        run = run.model_copy(update={"model": info.file})
        now = datetime.now(UTC)
        folder.note_resumption(Resumption(at=now, name=info.name, model=info.model, engine=info.engine))
    folder.unseal()
    outcome = _work(RunFolder(folder.path, run), models, follower, stop)
    return outcome._replace(
        folder=folder,
        engine_changed=not other and info.engine != began.engine,
        other_model=info.name if other else None,
    )


def draft(
    job: Job,
    on_text: Callable[[str], None],
    on_prompt: Callable[[Sequence[Message]], None],
    writer: Writer | None = None,
) -> Iterator[tuple[Record, str]]:
    """Write a job's texts one after another, without keeping any, by `writer` if given, which stays open.

    Calls `on_prompt` with each prompt, and `on_text` with new words as soon as the engine has sampled the words.
    """
    with ExitStack() as stack:
        writer = writer or stack.enter_context(closing(_load(job.run, job.model)))
        recorder = Recorder(job.run, writer.info.name)
        texts: dict[str, tuple[str, str]] = {}
        for task in job.run.tasks:
            request = recorder.ask(task, texts)
            on_prompt(request.prompt.messages)
            if request.prompt.keep_opening:
                on_text(request.prompt.opening)
            generation = writer.submit(request.prompt, request.samplings[0], on_text).result()
            record, text, _ = recorder.record(request, [Written(generation)])
            texts[task.id] = record.id, text
            yield record, text


@contextmanager
def _opened(
    writer: Writer | None, run: Run, model: Path | None, find_reader: Callable[[], Path]
) -> Iterator[_Models]:
    """The given writer, which is left open, or else the local model, which is closed after use; and the reader."""
    with ExitStack() as stack:
        opened = writer or stack.enter_context(closing(_load(run, model)))
        reading = candidate_reader.opened(run, opened, find_reader, load_options(run).threads)
        yield _Models(opened, stack.enter_context(reading))


def _load(run: Run, model: Path | None) -> LocalModel:
    if run.model is None or model is None:
        raise ModelError("the run was planned for another writer.", "Give it with `writer`.")
    return LocalModel(model, run.model, load_options(run))


def load_options(run: Run) -> LoadOptions:
    """The options with which a run loads its model: contexts, batch settings, threads, memory."""
    options = run.options
    return LoadOptions(
        contexts=run.contexts or (run.n_ctx_seq,),
        parallel=options.parallel,
        threads=min(options.threads or environment.default_threads(), MOST_EACH_CORE * (os.cpu_count() or 1)),
        chains=sum(not task.reads for task in run.tasks) * options.best_of,
        memory=options.memory,
        gpu_layers=options.gpu_layers,
        fast=options.fast,
        think=options.think,
        # The run's first batch configuration is kept, because another configuration may change the bytes.
        config=config_of(run.engine) if run.engine else None,
    )


def _work(folder: RunFolder, models: _Models, follower: _Follower, stop: threading.Event) -> Outcome:
    """Write the unfinished texts, then the manifest and the table of contents."""
    writer, reader = models
    if follower.listen:
        follower.listen(RunBegan(folder))
    graph = TaskGraph(folder, writer, follower.watch or (lambda _: None), stop, reader, follower.listen)
    begun, sampled, done = time.monotonic(), writer.sampled, len(folder.done)
    graph.work()
    _finish(folder)
    seconds, texts = time.monotonic() - begun, (len(folder.done) - done) * folder.run.options.best_of
    if reader is None and not isinstance(writer, Spread):
        # With a reader, the seconds include reading; on a cluster, other machines did the work.
        duration.remember(folder.run, writer, writer.sampled - sampled, seconds, texts)
    # A run that was to stop may have written its last text just before.
    interrupted = stop.is_set() and not folder.is_complete
    return Outcome(folder, list(graph.failures.values()), graph.flags, interrupted, unread=graph.unread)


def _finish(folder: RunFolder) -> None:
    """Write the essay and the manifest, if all texts are finished, and the table of contents."""
    if folder.run.weave and folder.is_complete and not folder.is_sealed:
        write_essay(folder)
    folder.seal()
    # The table of contents can be made again later, so the run hasn't failed.
    with suppress(RunError):
        write_index(folder)
