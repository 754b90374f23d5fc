"""The pipeline: seeds -> passages -> plan -> prompts -> engine -> outputs and records. Read this file first.

`prepare` does all that can be done, and can fail, before a word is written: it gives a `Job`. `generate`
carries a job out into a new run's folder, `resume` finishes a run that was interrupted, from its `run.json`
alone. Whoever writes is a `Writer`: a local GGUF (`engine/local.py`) or a LangChain chat model
(`langchain/`).
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from remix import environment, models, names, requantise
from remix.chains import Chains
from remix.corpus import Answer, chooser, consult
from remix.corpus import Corpus as Seeds
from remix.engine.local import LocalModel, Needs, Vocabulary, check_memory, shape_of
from remix.errors import ModelError, PromptError, RemixError, RunError, SeedError
from remix.files import check_writable
from remix.lengths import Lengths
from remix.measure import embedding
from remix.outputs.index import write_index
from remix.outputs.run import RunFolder, run_name
from remix.plan import check_size, plan
from remix.prompts import Template, read_template, read_templates, template_files
from remix.recorder import Recorder
from remix.records import (
    Essay,
    Failure,
    Message,
    ModelFile,
    Options,
    Passage,
    Ranking,
    Record,
    Refresh,
    Resumption,
    Run,
    Stale,
    TemplateUsed,
    sha256,
)
from remix.staleness import Now, stale
from remix.workspace import Workspace
from remix.writer import Watch, Writer

Corpus = list[tuple[Essay, Passage]]

MOST_EACH_CORE = 4
"""Threads for each core: a run from elsewhere may ask for hundreds, which would wait for each other for hours."""


class Wanted(NamedTuple):
    """What a run is to be about, read and not yet checked."""

    options: Options
    corpus: Corpus
    templates: dict[str, Template]
    given: dict[str, object] | None = None
    """The options as they were given."""
    refreshes: Refresh | None = None
    rankings: Mapping[str, Ranking] = MappingProxyType({})
    """By passage, where a text ranked them."""
    notes: Sequence[str] = ()
    """What of a query nothing answers to."""

    @property
    def only(self) -> frozenset[tuple[str, str]] | None:
        """The passages and kinds that are to be written; all, where nothing is said."""
        return self.refreshes.chains if self.refreshes else None


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


@dataclass(frozen=True)
class Job:
    """A run that is planned, checked, and not yet on disk."""

    run: Run
    model: Path | None
    """Where the GGUF is."""
    prompt_tokens: dict[str, int]
    """Tokens of each task's prompt: exact for first steps, an upper bound for those that read a text to come. Each of
    a task's candidates reads so many."""
    prompt_tokens_computed: int
    """Of all that is read, what is left to compute when each passage's prompts share what they have in common."""
    left_out: tuple[RemixError, ...]
    """What `skip_bad` left out, and why."""
    notes: tuple[str, ...] = ()
    """What of a query nothing answers to."""


# -- before anything is written -----------------------------------------------------------------------------


def prepare(workspace: Workspace, options: Options, given: dict[str, object] | None = None) -> Job:
    """Plan a run for a local model, and check all of it.

    Raises `SeedError`, `PromptError` or `ModelError` for whatever would fail: a seed that can't be read, a
    broken template, a passage that can't fit the model's context.
    """
    bad = _Bad(options.skip_bad)
    return _plan_local(workspace, _read(workspace, options, bad, given), bad)


def prepare_for(workspace: Workspace, options: Options, writer: Writer) -> Job:
    """Plan a run for another writer than a local model, and check all of it but the prompts' lengths."""
    bad = _Bad(options.skip_bad)
    return _plan_for(workspace, _read(workspace, options, bad), writer, bad)


def status(workspace: Workspace, run: Run, note: Callable[[str], None] = lambda message: None) -> list[Stale]:
    """What of a run would be made from something else now; `note` is told what couldn't be compared.

    Raises as `prepare` does, where a seed can't be read.
    """
    return stale(run, Now(_essays(workspace), _templates_there(workspace, run), _model_now(workspace, run)), note)


def prepare_refresh(
    workspace: Workspace, folder: RunFolder, given: dict[str, object] | None = None, writer: Writer | None = None
) -> Job | None:
    """Plan a run that writes anew what is stale in another, with that one's options, and nothing else.

    `given` are options to take instead of its own; `writer` writes in place of a local model. There is no job where
    nothing is stale that could be written. Raises as `prepare` does.
    """
    options = folder.run.options.model_copy(update=given)
    found = [
        each for each in status(workspace, folder.run.model_copy(update={"options": options})) if not each.is_lost
    ]
    if not found:
        return None
    refresh = Refresh(run=folder.run.name, request=folder.request_sha256, stale=tuple(found))
    pairs = {passage.id: (essay, passage) for essay in _essays(workspace) for passage in essay.passages}
    corpus = [pairs[id_] for id_ in dict.fromkeys(each.now for each in found) if id_]
    stale_kinds = {each.kind for each in found}
    kinds = [used.kind for used in folder.run.templates if used.kind in stale_kinds]
    wanted = Wanted(options, corpus, read_templates(workspace.prompts, kinds), given, refresh)
    bad = _Bad(options.skip_bad)
    if writer:
        return _plan_for(workspace, wanted, writer, bad)
    _model_it_began_with(folder.run)
    return _plan_local(workspace, wanted, bad)


def prepare_draft(workspace: Workspace, options: Options, kind: str, passage: tuple[Essay, Passage]) -> Job:
    """Plan one kind over one passage. Raises as `prepare` does."""
    templates = read_templates(workspace.prompts, [kind])
    return _plan_local(workspace, Wanted(options, [passage], templates), _Bad(skip=False))


def passage_by_id(workspace: Workspace, wanted: str) -> tuple[Essay, Passage]:
    """The passage of that id, and its essay. Raises `SeedError`, naming near ones, where there is none."""

    def fetch(seeds: Seeds) -> tuple[Essay, Passage]:
        if hit := seeds.named(wanted):
            return seeds.pairs([hit])[0]
        near = names.similar(wanted, (each.id for each in seeds.find(None)))
        also = f"Did you mean {' or '.join(near)}? " if near else ""
        raise SeedError(f"no passage '{wanted}'.", f"{also}`remix passages` lists what there is.")

    return _ask(workspace, fetch)


def loose_passage(text: str) -> tuple[Essay, Passage]:
    """A text from nowhere, as a passage. Raises `SeedError` where it is empty."""
    text = text.strip()
    if not text:
        raise SeedError("the passage is empty.", "Give the id of a passage, or a text on standard input.")
    passage = Passage(
        id="stdin/001",
        essay="stdin",
        title="standard input",
        section=None,
        path="-",
        lines=(1, text.count("\n") + 1),
        tags=(),
        text=text,
        sha256=sha256(text),
    )
    essay = Essay(slug="stdin", title=passage.title, author=None, date=None, tags=(), path="-", passages=(passage,))
    return essay, passage


def _plan_local(workspace: Workspace, wanted: Wanted, bad: _Bad) -> Job:
    """The job of a local model over passages and templates that are read."""
    options = wanted.options
    check_size(len(wanted.corpus), len(wanted.templates), options, wanted.only)
    path, file = requantise.resolve(options.model, workspace.model_folders)
    options = options.model_copy(update={"kinds": tuple(wanted.templates), "model": _name_alone(options.model, file)})
    wanted = wanted._replace(options=options)
    lengths, kept, tokens = _measure((path, file), wanted, bad)
    run = _freeze(workspace, wanted._replace(corpus=kept), file, lengths.contexts)
    return Job(run, path, tokens, lengths.computed, tuple(bad.errors), tuple(wanted.notes))


def _plan_for(workspace: Workspace, wanted: Wanted, writer: Writer, bad: _Bad) -> Job:
    """The job of another writer."""
    options = wanted.options.model_copy(update={"kinds": tuple(wanted.templates), "model": writer.name})
    check_size(len(wanted.corpus), len(wanted.templates), options, wanted.only)
    kept: Corpus = []
    for essay, passage in wanted.corpus:
        try:
            for template in wanted.templates.values():
                template.render(passage, essay, "", 1, options.steps, (writer.name.lower(),))
        except PromptError as error:
            bad.note(error)
        else:
            kept.append((essay, passage))
    run = _freeze(workspace, wanted._replace(options=options, corpus=kept), None, ())
    return Job(run, None, {}, 0, tuple(bad.errors), tuple(wanted.notes))


def _measure(model: tuple[Path, ModelFile], wanted: Wanted, bad: _Bad) -> tuple[Lengths, Corpus, dict[str, int]]:
    """How long a model's prompts are, which passages fit it, and the tokens of each of their prompts."""
    with closing(Vocabulary(*model)) as vocabulary:
        lengths = Lengths(wanted.templates, wanted.options, model[1], vocabulary, wanted.only)
        kept, tokens = lengths.fitting(wanted.corpus, bad.note)
        check_memory(vocabulary.cell_bytes, lengths.contexts, wanted.options.memory)
    return lengths, kept, tokens


def _essays(workspace: Workspace) -> list[Essay]:
    return _ask(workspace, lambda seeds: seeds.essays())


def _ask(
    workspace: Workspace, question: Callable[[Seeds], Answer], on_error: Callable[[SeedError], None] | None = None
) -> Answer:
    return consult(workspace.seeds, workspace.root, question, on_error, workspace.exclude)


def _templates_there(workspace: Workspace, run: Run) -> dict[str, Template]:
    """The templates of a run's kinds as they are now, of those that are there."""
    there = template_files(workspace.prompts)
    return {used.kind: read_template(there[used.kind]) for used in run.templates if used.kind in there}


def _model_now(workspace: Workspace, run: Run) -> ModelFile | None:
    """What a run's model is now; nothing where none of its name is there."""
    if run.model is None:
        return None
    with suppress(ModelError):
        return requantise.resolve(run.options.model, workspace.model_folders)[1]
    return None


def _name_alone(model: str | None, file: ModelFile) -> str | None:
    """The name of a model that was asked for by its path: a run says what was used, not where on a machine it lay."""
    is_path = model is not None and (models.is_there(model) or model.lower().endswith(".gguf"))
    return file.name if is_path else model


def _placeless(value: object) -> object:
    """An option as it was given, but of a place on this machine the last part alone."""
    if isinstance(value, str | Path) and (Path(value).is_absolute() or str(value).startswith("~")):
        return Path(value).name
    return value


class _Bad:
    """What can't be used: the first of it stops the run, or all of it is left out and reported."""

    def __init__(self, skip: bool) -> None:
        self.errors: list[RemixError] = []
        self._skip = skip

    def note(self, error: RemixError) -> None:
        if not self._skip:
            raise error
        self.errors.append(error)


def _read(workspace: Workspace, options: Options, bad: _Bad, given: dict[str, object] | None = None) -> Wanted:
    """The passages that are wanted, each with its essay, and the templates."""
    found = _ask(workspace, chooser(options, embedding.ranking(options)), bad.note)
    templates = read_templates(workspace.prompts, options.kinds, bad.note)
    return Wanted(options, found.pairs, templates, given, rankings=found.rankings, notes=found.notes)


def _freeze(workspace: Workspace, wanted: Wanted, file: ModelFile | None, contexts: tuple[int, ...]) -> Run:
    """Everything the run needs, in one record."""
    if not wanted.corpus:
        raise SeedError("no passage is left to work on.", "See what was left out, and why.")
    options, templates = wanted.options, wanted.templates
    passages = [passage for _, passage in wanted.corpus]
    ids = {passage.id for passage in passages}
    essays = {essay.slug: essay for essay, _ in wanted.corpus}
    hashes = {kind: template.sha256 for kind, template in templates.items()}
    tasks = plan(passages, hashes, options.steps, options.variants, options.seed, wanted.only)
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={name: _placeless(value) for name, value in (wanted.given or {}).items()},
        options=options,
        model=file,
        engine=None,
        n_ctx_seq=max(contexts, default=0),
        contexts=contexts,
        templates=tuple(
            TemplateUsed(kind=kind, name=each.name, sha256=each.sha256, source=each.source)
            for kind, each in templates.items()
        ),
        essays=tuple(
            essay.model_copy(update={"passages": tuple(each for each in essay.passages if each.id in ids)})
            for essay in essays.values()
        ),
        rankings={id_: ranking for id_, ranking in wanted.rankings.items() if id_ in ids},
        tasks=tuple(tasks),
        refreshes=wanted.refreshes,
        environment=environment.describe(workspace.root),
    )


# -- carrying it out ----------------------------------------------------------------------------------------


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
        named = {"name": run_name(about, now), "created": now, "engine": writer.engine_used}
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
        run = _as_done_by(folder.run, path)
        with _opened(writer, run, path) as opened:
            return _go_on(folder, run, opened, watch, stop)


def _go_on(folder: RunFolder, run: Run, writer: Writer, watch: Watch | None, stop: threading.Event | None) -> Outcome:
    """Finish a run; `run` is its request as this writer does it."""
    other = _is_other(folder.run, writer)
    if other:
        run = run.model_copy(update={"model": writer.file})
        now, model = datetime.now(UTC), writer.model_used
        folder.note_resumption(Resumption(at=now, name=writer.name, model=model, engine=writer.engine_used))
    folder.unseal()
    outcome = _work(RunFolder(folder.path, run), writer, watch, stop)
    return outcome._replace(
        folder=folder,
        engine_changed=not other and writer.engine_used != folder.run.engine,
        other_model=writer.name if other else None,
    )


def draft(
    job: Job, on_text: Callable[[str], None], on_prompt: Callable[[Sequence[Message]], None]
) -> Iterator[tuple[Record, str]]:
    """Write a job's texts one after another and keep none; the two functions hear prompts and words as they come."""
    with closing(_load(job.run, job.model)) as writer:
        recorder = Recorder(job.run, writer)
        previous, parent = "", None
        for task in job.run.tasks:
            asked = recorder.ask(task, previous, parent)
            on_prompt(asked.prompt.messages)
            if asked.prompt.keep_opening:
                on_text(asked.prompt.opening)
            generation = writer.submit(asked.prompt, asked.samplings[0], on_text).result()
            record, previous, _ = recorder.record(asked, [generation])
            parent = record.id
            yield record, previous


def model_of(run: Run, model: str | None = None, model_folders: Sequence[Path] = ()) -> Path:
    """Where a run's model is now: at `model`, where it was found before, or anywhere with the same content.

    Raises `ModelError` where the very model the run began with can't be found, or `model` is another one.
    """
    began = _model_it_began_with(run)
    if model is not None:
        return _the_same(run.name, began, models.find(model, model_folders))
    candidates = [*requantise.copies(), *models.seen(), *models.available(model_folders)]
    with suppress(ModelError):
        candidates.insert(0, models.find(run.options.model, model_folders))
    # Reading a file to hash it takes a second for each GB, its size nothing.
    same_size = [found for found in candidates if found.size == began.size]
    found = models.find_by_sha256(began.sha256, same_size)
    if found is None:
        namesake = next((found for found in candidates if found.name == began.name), None)
        replaced = f"; {namesake.path} has another content" if namesake else ""
        raise ModelError(
            f"{run.name}: its model {began.name} (sha256 {began.sha256[:12]}…) isn't here{replaced}.",
            "Say where it is with --model; `remix models list` shows what is there. To go on with another: "
            "--model OTHER --anyway.",
        )
    return found.path


def another_model(run: Run, model: str, model_folders: Sequence[Path] = ()) -> Path:
    """A model to go on with, whatever the run began with: each record names the one that wrote it.

    Raises `ModelError` where there is none of that name.
    """
    _model_it_began_with(run)
    return requantise.resolve(model, model_folders)[0]


def _model_it_began_with(run: Run) -> ModelFile:
    if run.model is None:
        raise RunError(
            f"{run.name}: was written by a LangChain model ({run.options.model}).",
            "Resume it from Python: remix.pipeline.resume(folder, writer=…).",
        )
    return run.model


def _the_same(run: str, began: ModelFile, named: models.Found) -> Path:
    """The path of a model that was named, or of its prepared copy; `ModelError` unless the run began with it."""
    for path in (named.path, *requantise.copies_of(named.path)):
        if models.identify(path).sha256 == began.sha256:
            return path
    raise ModelError(
        f"{run}: began with {began.name} (sha256 {began.sha256[:12]}…), and {named.path} is another model "
        f"(sha256 {models.identify(named.path).sha256[:12]}…).",
        "Leave --model out to have the first one looked for, or go on with the other by --anyway: each record says "
        "which model wrote it.",
    )


def _as_done_by(run: Run, path: Path | None) -> Run:
    """The run as the model at a path does it: itself, where it began with that one.

    Another model counts other tokens, and has a shape of its own. Raises `PromptError` where a passage can't fit it.
    """
    if run.model is None or path is None:
        return run
    if models.identify(path).sha256 == run.model.sha256:
        return run
    name = next((found.name for found in models.available() if found.path == path), None)
    file = requantise.identify(path, name)
    templates = {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
    corpus = [(essay, passage) for essay in run.essays for passage in essay.passages]
    wanted = Wanted(run.options, corpus, templates, refreshes=run.refreshes)
    lengths, _, _ = _measure((path, file), wanted, _Bad(skip=False))
    longest = max(lengths.contexts, default=0)
    return run.model_copy(update={"model": file, "engine": None, "n_ctx_seq": longest, "contexts": lengths.contexts})


def _is_other(run: Run, writer: Writer) -> bool:
    """Whether a writer isn't the model that the run began with."""
    if run.model:
        return writer.model_used.sha256 != run.model.sha256
    return writer.name != run.options.model


def _opened(writer: Writer | None, run: Run, model: Path | None) -> AbstractContextManager[Writer]:
    """The writer that was given, to be left open, or the local model, to be closed."""
    return nullcontext(writer) if writer else closing(_load(run, model))


def _load(run: Run, model: Path | None) -> LocalModel:
    if run.model is None or model is None:
        raise ModelError("the run was planned for another writer.", "Give it with `writer`.")
    options = run.options
    needs = Needs(
        contexts=run.contexts or (run.n_ctx_seq,),
        parallel=options.parallel,
        threads=min(options.threads or environment.physical_cores(), MOST_EACH_CORE * (os.cpu_count() or 1)),
        chains=sum(task.step == 1 for task in run.tasks) * options.best_of,
        memory=options.memory,
        gpu_layers=options.gpu_layers,
        fast=options.fast,
        # What a run began with, it goes on with: the shape may touch the bytes.
        shape=shape_of(run.engine) if run.engine else None,
    )
    return LocalModel(model, run.model, needs)


def _work(folder: RunFolder, writer: Writer, watch: Watch | None, stop: threading.Event | None) -> Outcome:
    """Write what isn't done yet, then what is written last."""
    stop = stop or threading.Event()
    chains = Chains(folder, writer, watch or (lambda _: None), stop)
    chains.work()
    _finish(folder)
    return Outcome(folder, list(chains.failures.values()), chains.flags, stop.is_set())


def _finish(folder: RunFolder) -> None:
    """Write the manifest, if all is done, and the table of contents."""
    folder.seal()
    # It can be made again: no reason to call a run a failure.
    with suppress(RunError):
        write_index(folder)
