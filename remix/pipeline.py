"""The pipeline: seeds -> passages -> plan -> prompts -> engine -> outputs and records. Read this file first.

`prepare` does all that can be done, and can fail, before a word is written: it gives a `Job`. `generate`
carries a job out into a new run's folder, `resume` finishes a run that was interrupted, from its `run.json`
alone. Whoever writes is a `Writer`: a local GGUF (`engine/local.py`) or a LangChain chat model
(`langchain.py`).
"""

from __future__ import annotations

import difflib
import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remix import environment, models, trim
from remix.corpus import read_seeds, select
from remix.errors import ModelError, PromptError, RemixError, RunError, SeedError
from remix.measure import flags
from remix.outputs.run import RunFolder, body_bytes, run_name
from remix.plan import plan
from remix.prompts import Settings, Template, read_templates
from remix.records import (
    Circumstances,
    Derivation,
    EngineUsed,
    Essay,
    Failure,
    Generation,
    Message,
    ModelFile,
    ModelUsed,
    Options,
    Output,
    Passage,
    Prompt,
    PromptUsed,
    Record,
    Run,
    Sampling,
    Source,
    Task,
    TemplateUsed,
    record_id,
    sha256,
)
from remix.workspace import Workspace

if TYPE_CHECKING:
    from remix.engine.local import LocalModel

Corpus = list[tuple[Essay, Passage]]

PASSAGE_ID = re.compile(r"[\w-]+/\d{3,}")

ROWS = 16
"""Most sequences the engine decodes together."""


class Writer(Protocol):
    """Whoever turns prompts into texts, and what a record must say of them."""

    @property
    def file(self) -> ModelFile | None: ...
    @property
    def name(self) -> str: ...
    @property
    def parallel(self) -> int | None: ...
    @property
    def threads(self) -> int | None: ...
    @property
    def n_ctx_seq(self) -> int | None: ...
    @property
    def sampled(self) -> int: ...
    @property
    def chat_template_sha256(self) -> str | None: ...
    @property
    def model_used(self) -> ModelUsed: ...
    @property
    def engine_used(self) -> EngineUsed: ...
    @property
    def exactness(self) -> str: ...
    def submit(self, prompt: Prompt, sampling: Sampling) -> Future[Generation]: ...
    def close(self) -> None: ...


class Progress(NamedTuple):
    """How far a run has come."""

    done: int
    failed: int
    total: int
    sampled: int
    """Tokens written since this process began."""


class Outcome(NamedTuple):
    """How a run, or a part of it, ended."""

    folder: RunFolder
    failures: list[Failure]
    interrupted: bool


Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """A run that is planned, checked, and not yet on disk."""

    run: Run
    model: Path | None
    """Where the GGUF is."""
    prompt_tokens: dict[str, int]
    """Tokens of each task's prompt: exact for first steps, an upper bound for those that read a text to come."""
    left_out: tuple[RemixError, ...]
    """What `skip_bad` left out, and why."""


# -- before anything is written -----------------------------------------------------------------------------


def prepare(workspace: Workspace, options: Options, given: dict[str, object] | None = None) -> Job:
    """Plan a run for a local model, and check all of it.

    Raises `SeedError`, `PromptError` or `ModelError` for whatever would fail: a seed that can't be read, a
    broken template, a passage that can't fit the model's context.
    """
    bad = _Bad(options.skip_bad)
    corpus, templates = _read(workspace, options, bad)
    return _plan_local(workspace, options, given or {}, corpus, templates, bad)


def prepare_for(workspace: Workspace, options: Options, writer: Writer) -> Job:
    """Plan a run for another writer than a local model: the same, but for what only a vocabulary can tell."""
    bad = _Bad(options.skip_bad)
    corpus, templates = _read(workspace, options, bad)
    options = options.model_copy(update={"kinds": tuple(templates), "model": writer.name})
    return Job(_freeze(workspace, options, {}, None, corpus, templates, 0), None, {}, tuple(bad.errors))


def prepare_draft(workspace: Workspace, options: Options, kind: str, passage: str) -> Job:
    """Plan one kind over one passage: its id, or a text of no essay. Raises as `prepare` does."""
    bad = _Bad(skip=False)
    templates = read_templates(workspace.prompts, [kind])
    if PASSAGE_ID.fullmatch(passage.strip()):
        pair = _passage_by_id(read_seeds(workspace.seeds, workspace.root), passage.strip())
    else:
        pair = _loose_passage(passage)
    return _plan_local(workspace, options, {}, [pair], templates, bad)


def _plan_local(
    workspace: Workspace,
    options: Options,
    given: dict[str, object],
    corpus: Corpus,
    templates: dict[str, Template],
    bad: _Bad,
) -> Job:
    """The job of a local model over passages and templates that are read."""
    found = models.find(options.model, workspace.model_folders)
    file = models.identify(found.path, found.name)
    options = options.model_copy(update={"kinds": tuple(templates)})
    lengths = _Lengths(templates, options, file, found.path)
    with closing(lengths):
        kept, tokens = lengths.fitting(corpus, bad)
    run = _freeze(workspace, options, given, file, kept, templates, lengths.longest)
    return Job(run, found.path, tokens, tuple(bad.errors))


def _passage_by_id(essays: list[Essay], wanted: str) -> tuple[Essay, Passage]:
    pairs = {passage.id: (essay, passage) for essay in essays for passage in essay.passages}
    if wanted not in pairs:
        near = difflib.get_close_matches(wanted, pairs, n=3)
        also = f"Did you mean {' or '.join(near)}? " if near else ""
        raise SeedError(f"no passage '{wanted}'.", f"{also}`remix passages` lists what there is.")
    return pairs[wanted]


def _loose_passage(text: str) -> tuple[Essay, Passage]:
    """A text from nowhere, as a passage."""
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


class _Bad:
    """What can't be used: the first of it stops the run, or all of it is left out and reported."""

    def __init__(self, skip: bool) -> None:
        self.errors: list[RemixError] = []
        self._skip = skip

    def note(self, error: RemixError) -> None:
        if not self._skip:
            raise error
        self.errors.append(error)


def _read(workspace: Workspace, options: Options, bad: _Bad) -> tuple[Corpus, dict[str, Template]]:
    """The passages that are wanted, each with its essay, and the templates."""
    essays = read_seeds(workspace.seeds, workspace.root, bad.note)
    passages = select(essays, options.tags, options.essays)[: options.limit]
    by_slug = {essay.slug: essay for essay in essays}
    templates = read_templates(workspace.prompts, options.kinds, bad.note)
    return [(by_slug[passage.essay], passage) for passage in passages], templates


def _freeze(
    workspace: Workspace,
    options: Options,
    given: dict[str, object],
    file: ModelFile | None,
    corpus: Corpus,
    templates: dict[str, Template],
    n_ctx_seq: int,
) -> Run:
    """Everything the run needs, in one record."""
    if not corpus:
        raise SeedError("no passage is left to work on.", "See what was left out, and why.")
    now = datetime.now(UTC)
    passages = [passage for _, passage in corpus]
    wanted = {passage.id for passage in passages}
    essays = {essay.slug: essay for essay, _ in corpus}
    hashes = {kind: template.sha256 for kind, template in templates.items()}
    return Run(
        name=run_name("-".join(options.tags or options.essays) or "all", now),
        created=now,
        given=given,
        options=options,
        model=file,
        n_ctx_seq=n_ctx_seq,
        templates=tuple(
            TemplateUsed(kind=kind, name=each.name, sha256=each.sha256, source=each.source)
            for kind, each in templates.items()
        ),
        essays=tuple(
            essay.model_copy(update={"passages": tuple(each for each in essay.passages if each.id in wanted)})
            for essay in essays.values()
        ),
        tasks=tuple(plan(passages, hashes, options.steps, options.variants, options.seed)),
        environment=environment.describe(workspace.root, [workspace.seeds, workspace.prompts]),
    )


class _Lengths:
    """Counts each prompt's tokens, and leaves out passages that can't fit the model's context."""

    def __init__(self, templates: dict[str, Template], options: Options, file: ModelFile, path: Path) -> None:
        from remix.engine.local import Vocabulary

        self._templates = templates
        self._options = options
        self._file = file
        self._vocabulary = Vocabulary(path, file)
        self.longest = 0

    def close(self) -> None:
        self._vocabulary.close()

    def fitting(self, corpus: Corpus, bad: _Bad) -> tuple[Corpus, dict[str, int]]:
        """The passages that fit, and the tokens of each of their prompts."""
        kept: Corpus = []
        counted: dict[str, int] = {}
        for essay, passage in corpus:
            try:
                tokens, longest = self._measure(essay, passage)
            except PromptError as error:
                bad.note(error)
                continue
            kept.append((essay, passage))
            counted |= tokens
            self.longest = max(self.longest, longest)
        return kept, counted

    def _measure(self, essay: Essay, passage: Passage) -> tuple[dict[str, int], int]:
        tokens: dict[str, int] = {}
        longest = 0
        for kind, template in self._templates.items():
            allowed = _settings(template, self._options, self._file.labels).max_tokens
            # A text to come is at most so long; a common word takes one token in any vocabulary.
            stand_in = " word" * min(allowed, self._file.context)
            for step in range(1, self._options.steps + 1):
                prompt = template.render(
                    passage, essay, stand_in if step > 1 else "", step, self._options.steps, self._file.labels
                )
                count = self._vocabulary.count(prompt.messages)
                longest = max(longest, count + allowed)
                for variant in range(1, self._options.variants + 1):
                    tokens[Task(passage=passage.id, kind=kind, step=step, variant=variant, seed=1).id] = count
        if longest > self._file.context:
            raise PromptError(
                f"{passage.path}:{passage.lines[0]}: {passage.id} needs {longest} tokens with its output, "
                f"and {self._file.name} takes {self._file.context}.",
                "Split the passage, lower --max-tokens, take another model, or leave it out with --skip-bad.",
            )
        return tokens, longest


def _settings(template: Template, options: Options, labels: Sequence[str]) -> Settings:
    """A template's settings for a model, what the user asked for laid over them."""
    settings = template.settings(labels)
    if options.max_tokens is not None:
        settings = settings.model_copy(update={"max_tokens": options.max_tokens})
    if options.temperature is not None:
        sampling = settings.sampling.model_copy(update={"temperature": options.temperature})
        settings = settings.model_copy(update={"sampling": sampling})
    return settings


def sampling_for(template: Template, options: Options, labels: Sequence[str], seed: int) -> Sampling:
    """How a task is sampled."""
    settings = _settings(template, options, labels)
    return Sampling(seed=seed, chain=settings.sampling.chain(), max_tokens=settings.max_tokens, stop=settings.stop)


# -- carrying it out ----------------------------------------------------------------------------------------


def generate(
    job: Job,
    outputs: Path,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
) -> Outcome:
    """Carry a job out into a new folder below `outputs`; `writer` in place of the local model it was planned for.

    Setting `stop` from anywhere ends it after the current decode call. Raises `RunError` where the folder
    can't be written and `ModelError` where the model can't be loaded.
    """
    folder = RunFolder.create(outputs, job.run)
    try:
        writer = writer or _load(job.run, job.model)
    except RemixError:
        folder.discard()
        raise
    with closing(writer):
        return _carry_out(folder, writer, watch, stop)


def resume(
    folder: RunFolder,
    model_folders: Sequence[Path] = (),
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    writer: Writer | None = None,
) -> Outcome:
    """Finish a run. Reads its `run.json` and the outputs it has, and nothing else of the workspace.

    Raises `ModelError` where the very model it began with can't be found.
    """
    if folder.is_complete:
        with folder.lock():
            folder.write_failures([])
            folder.seal()
        return Outcome(folder, [], interrupted=False)
    with closing(writer or _load(folder.run, _same_model(folder.run, model_folders))) as writer:
        return _carry_out(folder, writer, watch, stop)


def draft(
    job: Job, on_text: Callable[[str], None], on_prompt: Callable[[Sequence[Message]], None]
) -> Iterator[tuple[Record, str]]:
    """Write a job's texts one after another and keep none; the two functions hear prompts and words as they come."""
    with closing(_load(job.run, job.model)) as writer:
        maker = RecordMaker(job.run, writer)
        previous, parent = "", None
        for task in job.run.tasks:
            prompt, sampling = maker.ask(task, previous)
            on_prompt(prompt.messages)
            if prompt.keep_opening:
                on_text(prompt.opening)
            generation = writer.submit(prompt, sampling, on_text).result()
            record, previous = maker.record(task, prompt, sampling, previous, parent, generation)
            parent = record.id
            yield record, previous


def _same_model(run: Run, model_folders: Sequence[Path]) -> Path:
    """Where the run's model is now: where it was found before, or anywhere with the same content."""
    if run.model is None:
        raise RunError(
            f"{run.name}: was written by a LangChain model ({run.options.model}).",
            "Resume it from Python: remix.pipeline.resume(folder, writer=…).",
        )
    candidates = models.available(model_folders)
    with suppress(ModelError):
        candidates.insert(0, models.find(run.options.model, model_folders))
    found = models.find_by_sha256(run.model.sha256, candidates)
    if found is None:
        raise ModelError(
            f"{run.name}: its model {run.model.name} (sha256 {run.model.sha256[:12]}…) isn't here.",
            "Put it into a folder named under `models` in remix.toml; `remix models list` shows what is there.",
        )
    return found.path


def _load(run: Run, model: Path | None) -> LocalModel:
    from remix.engine.local import LocalModel, Needs

    if run.model is None or model is None:
        raise ModelError("the run was planned for another writer.", "Give it with `writer`.")
    chains = sum(task.step == 1 for task in run.tasks)
    parallel = min(run.options.parallel or ROWS, ROWS, chains)
    threads = run.options.threads or environment.physical_cores()
    return LocalModel(model, run.model, Needs(run.n_ctx_seq, parallel, threads))


def _carry_out(folder: RunFolder, writer: Writer, watch: Watch | None, stop: threading.Event | None) -> Outcome:
    with folder.lock():
        work = _Work(folder, writer, watch or (lambda _: None), stop or threading.Event())
        work.run()
        folder.seal()
    return Outcome(folder, list(work.failures.values()), work.stop.is_set())


@dataclass
class _Step:
    """A task on its way: the rest of its chain, what it was asked, and what it reads."""

    task: Task
    rest: deque[Task]
    prompt: Prompt
    sampling: Sampling
    previous: str
    parent: str | None


@dataclass
class _Work:
    """The loop that keeps the writer busy: each chain's next step is submitted when the one before is on disk."""

    folder: RunFolder
    writer: Writer
    watch: Watch
    stop: threading.Event
    failures: dict[str, Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        run = self.folder.run
        self.maker = RecordMaker(run, self.writer)
        self._finished: queue.SimpleQueue[tuple[_Step, Future[Generation]]] = queue.SimpleQueue()
        self._chains = _chains(run.tasks)
        self._done = {task.id for task in self.folder.done}
        self._active = 0

    def run(self) -> None:
        """Until every chain has come to its end, or `stop` is set."""
        self.folder.write_failures([])
        # Enough chains waiting that the engine never does, and no more prompts in memory than that.
        most = 4 * (self.writer.parallel or ROWS)
        self._report()
        while not self.stop.is_set() and (self._active or self._chains):
            while self._chains and self._active < most:
                self._go_on(self._chains.popleft(), "", None)
            try:
                step, future = self._finished.get(timeout=0.2)
            except queue.Empty:
                self._report()
                continue
            self._active -= 1
            self._end(step, future)
            self._report()

    def _go_on(self, chain: deque[Task], previous: str, parent: str | None) -> None:
        """Submit the first step of a chain that isn't done yet, or that was made from another text."""
        while chain and self.folder.is_done(chain[0]):
            record, text = self.folder.read(chain[0].id)
            if record.derivation.parent != parent:
                break
            previous, parent = text, record.id
            chain.popleft()
        if chain:
            self._submit(chain, previous, parent)

    def _submit(self, chain: deque[Task], previous: str, parent: str | None) -> None:
        task = chain.popleft()
        try:
            prompt, sampling = self.maker.ask(task, previous)
            step = _Step(task, chain, prompt, sampling, previous, parent)
            future = self.writer.submit(prompt, sampling)
        except RemixError as error:
            self._fail(task, error)
            return
        self._active += 1
        future.add_done_callback(lambda future: self._finished.put((step, future)))

    def _end(self, step: _Step, future: Future[Generation]) -> None:
        try:
            generation = future.result()
        except CancelledError:
            return
        except RemixError as error:
            self._fail(step.task, error)
            return
        record, text = self.maker.record(
            step.task, step.prompt, step.sampling, step.previous, step.parent, generation
        )
        self.folder.write(step.task, record, text)
        self._done.add(step.task.id)
        self._go_on(step.rest, text, record.id)

    def _fail(self, task: Task, error: RemixError) -> None:
        """Note a failure; the rest of the chain can't go on, the other chains do."""
        self.failures[task.id] = Failure(task=task.id, error=error.message, hint=error.hint)
        self.folder.write_failures(self.failures.values())

    def _report(self) -> None:
        total = len(self.folder.run.tasks)
        self.watch(Progress(len(self._done), len(self.failures), total, self.writer.sampled))


def _chains(tasks: Sequence[Task]) -> deque[deque[Task]]:
    """The tasks by chain, in the order of the plan."""
    chains: dict[tuple[str, str, int], deque[Task]] = {}
    for task in tasks:
        chains.setdefault((task.passage, task.kind, task.variant), deque()).append(task)
    return deque(chains.values())


class RecordMaker:
    """Makes a task's prompt from what `run.json` holds, and its record from what came of it."""

    def __init__(self, run: Run, writer: Writer) -> None:
        self._run = run
        self._writer = writer
        self._labels = run.model.labels if run.model else (writer.name.lower(),)
        self._templates = {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
        self._corpus = {passage.id: (essay, passage) for essay in run.essays for passage in essay.passages}

    def ask(self, task: Task, previous: str) -> tuple[Prompt, Sampling]:
        """The prompt and the sampling of a task. Raises `PromptError`."""
        essay, passage = self._corpus[task.passage]
        template = self._templates[task.kind]
        options = self._run.options
        prompt = template.render(passage, essay, previous, task.step, options.steps, self._labels)
        return prompt, sampling_for(template, options, self._labels, task.seed)

    def record(
        self,
        task: Task,
        prompt: Prompt,
        sampling: Sampling,
        previous: str,
        parent: str | None,
        generation: Generation,
    ) -> tuple[Record, str]:
        """The record of a finished task, and its text."""
        _, passage = self._corpus[task.passage]
        text, cut = trim.trim(prompt, generation)
        derivation = self._derivation(passage, prompt, sampling, parent, generation)
        digest = sha256(body_bytes(text))
        record = Record(
            id=record_id(derivation, digest),
            source=self._source(passage, task),
            derivation=derivation,
            output=Output(
                file=f"{task.id}.md",
                sha256=digest,
                finish=generation.finish,
                token_ids=generation.token_ids,
                trimmed=cut,
            ),
            flags=flags(text, generation.finish, passage.text, previous, prompt.messages),
            circumstances=self._circumstances(generation),
        )
        return record, text

    def _derivation(
        self, passage: Passage, prompt: Prompt, sampling: Sampling, parent: str | None, generation: Generation
    ) -> Derivation:
        return Derivation(
            passage=passage.sha256,
            parent=parent,
            prompt=PromptUsed(
                template=prompt.template,
                messages=prompt.messages,
                keep_opening=prompt.keep_opening,
                chat_template_sha256=self._writer.chat_template_sha256,
                token_ids=generation.prompt_token_ids,
            ),
            model=self._writer.model_used,
            sampling=generation.sampling,
            selection=None,
            trim=trim.RULE,
            engine=self._writer.engine_used,
        )

    def _source(self, passage: Passage, task: Task) -> Source:
        return Source(
            passage=passage.id,
            essay=passage.title,
            path=passage.path,
            lines=passage.lines,
            section=passage.section,
            tags=passage.tags,
            text=passage.text,
            kind=task.kind,
            step=task.step,
            variant=task.variant,
            template=self._templates[task.kind].name,
        )

    def _circumstances(self, generation: Generation) -> Circumstances:
        file, here = self._writer.file, self._run.environment
        return Circumstances(
            run=self._run.name,
            model=self._writer.name,
            architecture=file.architecture if file else None,
            file_type=file.file_type if file else None,
            size=file.size if file else None,
            exactness=self._writer.exactness,
            started=generation.started,
            finished=generation.finished,
            seconds=round((generation.finished - generation.started).total_seconds(), 3),
            host=here.host,
            threads=self._writer.threads,
            parallel=self._writer.parallel,
            n_ctx_seq=self._writer.n_ctx_seq,
            remix=here.remix,
            commit=here.commit,
            dirty=here.dirty,
        )
