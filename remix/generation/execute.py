"""A job carried out into a run's folder, and an interrupted run finished from its `run.json` alone.

The writer is a local GGUF (`engine/local.py`) or a LangChain chat model (`langchain/`)."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from remix.engine.local import LoadOptions, LocalModel, config_of
from remix.errors import ModelError, RunError
from remix.generation.graph import TaskGraph
from remix.generation.prepare import Job
from remix.generation.recorder import Recorder
from remix.generation.run_model import as_done_by, model_of
from remix.generation.writer import Watch, Writer
from remix.outputs.index import write_index
from remix.outputs.run import RunFolder, run_name
from remix.records import Failure, Message, Options, Record, Resumption, Run, WriterInfo
from remix.util import environment
from remix.util.files import check_writable

MOST_EACH_CORE = 4
"""Threads for each core: a run from elsewhere may ask for hundreds, which would wait for each other for hours."""


class Outcome(NamedTuple):
    """How a run, or a part of it, ended."""

    folder: RunFolder
    failures: list[Failure]
    flags: Counter[str]
    """How many of the texts written now have each flag."""
    interrupted: bool
    engine_changed: bool = False
    """Whether these texts were written by another build of llama.cpp, processor or shape than the run began with."""
    other_model: str | None = None
    """Who wrote these texts, where it isn't the model that the run began with."""


def generate(
    job: Job,
    outputs: Path,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
) -> Outcome:
    """Carry a job out into a new folder below `outputs`; `writer` in place of the local model it was planned for.

    Setting `stop` from anywhere ends it after the current decode call. A writer that is given stays open. Raises
    `RunError` where the folder can't be written and `ModelError` where the model can't be loaded.
    """
    check_writable(outputs)
    with _opened(writer, job.run, job.model) as writer:
        about = _about(job.run.options)
        now = datetime.now(UTC)
        named = {"name": run_name(about, now), "created": now, "engine": writer.info.engine}
        folder = RunFolder.create(outputs, job.run.model_copy(update=named))
        with folder.lock():
            return _work(folder, writer, watch, stop)


def _about(options: Options) -> str:
    """What a run's folder is called after."""
    return "-".join(options.tags or options.essays) or options.where or options.like or "all"


def resume(
    folder: RunFolder,
    find_model: Callable[[Run], Path] | None = None,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
) -> Outcome:
    """Finish a run. Reads its `run.json` and the outputs it has, and nothing else of the workspace.

    `find_model` says where its model is now (by default `model_of` does); `writer` writes in place of a local model.
    Another model than the run began with is noted in `resumed.json`, and named by the records of what it writes.
    Raises as `generate` does.
    """
    with folder.lock():
        if folder.is_complete:
            _finish(folder)
            return Outcome(folder, [], Counter(), interrupted=False)
        path = None if writer else (find_model or model_of)(folder.run)
        run = as_done_by(folder.run, path)
        with _opened(writer, run, path) as opened:
            return _go_on(folder, run, opened, watch, stop)


def _go_on(folder: RunFolder, run: Run, writer: Writer, watch: Watch | None, stop: threading.Event | None) -> Outcome:
    """Finish a run; `run` is its request as this writer does it."""
    info = writer.info
    other = _is_other(folder.run, info)
    if other:
        run = run.model_copy(update={"model": info.file})
        now = datetime.now(UTC)
        folder.note_resumption(Resumption(at=now, name=info.name, model=info.model, engine=info.engine))
    folder.unseal()
    outcome = _work(RunFolder(folder.path, run), writer, watch, stop)
    return outcome._replace(
        folder=folder,
        engine_changed=not other and info.engine != folder.run.engine,
        other_model=info.name if other else None,
    )


def draft(
    job: Job, on_text: Callable[[str], None], on_prompt: Callable[[Sequence[Message]], None]
) -> Iterator[tuple[Record, str]]:
    """Write a job's texts one after another and keep none; the two functions hear prompts and words as they come."""
    with closing(_load(job.run, job.model)) as writer:
        recorder = Recorder(job.run, writer.info.name)
        texts: dict[str, tuple[str, str]] = {}
        for task in job.run.tasks:
            asked = recorder.ask(task, texts)
            on_prompt(asked.prompt.messages)
            if asked.prompt.keep_opening:
                on_text(asked.prompt.opening)
            generation = writer.submit(asked.prompt, asked.samplings[0], on_text).result()
            record, text, _ = recorder.record(asked, [generation])
            texts[task.id] = record.id, text
            yield record, text


def _is_other(run: Run, writer: WriterInfo) -> bool:
    """Whether a writer isn't the model that the run began with."""
    if run.model:
        return writer.model.sha256 != run.model.sha256
    return writer.name != run.options.model


def _opened(writer: Writer | None, run: Run, model: Path | None) -> AbstractContextManager[Writer]:
    """The writer that was given, to be left open, or the local model, to be closed."""
    return nullcontext(writer) if writer else closing(_load(run, model))


def _load(run: Run, model: Path | None) -> LocalModel:
    if run.model is None or model is None:
        raise ModelError("the run was planned for another writer.", "Give it with `writer`.")
    options = run.options
    needs = LoadOptions(
        contexts=run.contexts or (run.n_ctx_seq,),
        parallel=options.parallel,
        threads=min(options.threads or environment.physical_cores(), MOST_EACH_CORE * (os.cpu_count() or 1)),
        chains=sum(not task.reads for task in run.tasks) * options.best_of,
        memory=options.memory,
        gpu_layers=options.gpu_layers,
        fast=options.fast,
        # The run's first batch configuration is kept, because another configuration may change the bytes.
        config=config_of(run.engine) if run.engine else None,
    )
    return LocalModel(model, run.model, needs)


def _work(folder: RunFolder, writer: Writer, watch: Watch | None, stop: threading.Event | None) -> Outcome:
    """Write what isn't done yet, then what is written last."""
    stop = stop or threading.Event()
    graph = TaskGraph(folder, writer, watch or (lambda _: None), stop)
    graph.work()
    _finish(folder)
    return Outcome(folder, list(graph.failures.values()), graph.flags, stop.is_set())


def _finish(folder: RunFolder) -> None:
    """Write the manifest, if all is done, and the table of contents."""
    folder.seal()
    # It can be made again: no reason to call a run a failure.
    with suppress(RunError):
        write_index(folder)
