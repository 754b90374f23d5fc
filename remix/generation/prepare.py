"""Before a word is written: passages chosen, templates read, prompts measured, a run planned.

`prepare` does all that can fail, and gives a `Job`; `execute.py` carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from remix.corpus import Answer, chooser, consult
from remix.corpus import Corpus as Seeds
from remix.engine.local import Vocabulary, check_memory
from remix.errors import ModelError, RemixError, RunError, SeedError
from remix.generation.lengths import Lengths
from remix.generation.plan import GROUP, check_size, in_order, plan, plan_group, with_what_is_read
from remix.generation.staleness import Now, stale
from remix.generation.writer import Writer
from remix.measure import embedding
from remix.models import catalog, prepared
from remix.outputs.run import RunFolder
from remix.records import Essay, ModelFile, Options, Passage, Ranking, Refresh, Run, Stale, TemplateUsed, sha256
from remix.templates.folder import read_template, read_templates, template_files
from remix.templates.template import Template
from remix.util import environment, names
from remix.workspace import Workspace

Corpus = list[tuple[Essay, Passage]]


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
        return with_what_is_read(self.refreshes.chains, self.templates_used) if self.refreshes else None

    @property
    def templates_used(self) -> tuple[TemplateUsed, ...]:
        """The templates as the run's request holds them."""
        return tuple(
            TemplateUsed(kind=kind, name=each.name, sha256=each.sha256, source=each.source, reads=each.reads)
            for kind, each in self.templates.items()
        )


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
    """What of a query nothing answers to, and what of the plan couldn't be checked."""


def prepare(workspace: Workspace, options: Options, given: dict[str, object] | None = None) -> Job:
    """Plan a run for a local model, and check all of it.

    Raises `SeedError`, `PromptError` or `ModelError` for whatever would fail: a seed that can't be read, a
    broken template, a passage that can't fit the model's context.
    """
    bad = ErrorCollector(options.skip_bad)
    return _plan_local(workspace, _read(workspace, options, bad, given), bad)


def prepare_for(workspace: Workspace, options: Options, writer: Writer) -> Job:
    """Plan a run for another writer than a local model, and check all of it as `prepare` does.

    The lengths of prompts are checked if the writer can count tokens and knows the model's context; the job's notes
    say so if not.
    """
    bad = ErrorCollector(options.skip_bad)
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
    groups = [each.kind for each in found if each.passage == GROUP]
    found = [each for each in found if each.passage != GROUP]
    if groups and not found:
        raise RunError(
            f"{folder.run.name}: '{groups[0]}' was made from a group of passages, which --refresh can't write anew.",
            f"Ask for it again: `remix generate --kind {groups[0]}` with the same passages.",
        )
    if not found:
        return None
    refresh = Refresh(run=folder.run.name, request=folder.request_sha256, stale=tuple(found))
    pairs = {passage.id: (essay, passage) for essay in _essays(workspace) for passage in essay.passages}
    corpus = [pairs[id_] for id_ in dict.fromkeys(each.now for each in found) if id_]
    stale_kinds = {each.kind for each in found}
    kinds = [used.kind for used in folder.run.templates if used.kind in stale_kinds]
    wanted = Wanted(options, corpus, read_templates(workspace.prompts, kinds), given, refresh)
    bad = ErrorCollector(options.skip_bad)
    if writer:
        return _plan_for(workspace, wanted, writer, bad)
    model_it_began_with(folder.run)
    return _plan_local(workspace, wanted, bad)


def prepare_draft(workspace: Workspace, options: Options, kind: str, passage: tuple[Essay, Passage]) -> Job:
    """Plan one kind over one passage. Raises as `prepare` does."""
    templates = read_templates(workspace.prompts, [kind])
    return _plan_local(workspace, Wanted(options, [passage], templates), ErrorCollector(skip=False))


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


def _plan_local(workspace: Workspace, wanted: Wanted, bad: ErrorCollector) -> Job:
    """The job of a local model over passages and templates that are read."""
    options = wanted.options
    check_size(len(wanted.corpus), len(wanted.templates), options, wanted.only)
    path, file = prepared.resolve(options.model, workspace.model_folders)
    options = options.model_copy(update={"kinds": tuple(wanted.templates), "model": _name_alone(options.model, file)})
    wanted = wanted._replace(options=options)
    lengths, kept, tokens = measure_prompts((path, file), wanted, bad)
    run = _freeze(workspace, wanted._replace(corpus=kept), file, lengths.contexts)
    return Job(run, path, tokens, lengths.computed, tuple(bad.errors), tuple(wanted.notes))


def _plan_for(workspace: Workspace, wanted: Wanted, writer: Writer, bad: ErrorCollector) -> Job:
    """The job of another writer."""
    name = writer.info.name
    options = wanted.options.model_copy(update={"kinds": tuple(wanted.templates), "model": name})
    check_size(len(wanted.corpus), len(wanted.templates), options, wanted.only)
    lengths = Lengths(wanted.templates, options, (name.lower(),), writer.counter, wanted.only)
    kept, _ = lengths.fitting(wanted.corpus, bad.note)
    lengths.of_the_group(kept)
    run = _freeze(workspace, wanted._replace(options=options, corpus=kept), None, ())
    unchecked = (
        f"Not checked whether {lengths.unchecked} prompts fit {name}: it doesn't count tokens, or doesn't tell its "
        "context. A prompt that is too long fails when its turn comes."
    )
    notes = (*wanted.notes, unchecked) if lengths.unchecked else tuple(wanted.notes)
    return Job(run, None, {}, 0, tuple(bad.errors), notes)


def measure_prompts(
    model: tuple[Path, ModelFile], wanted: Wanted, bad: ErrorCollector
) -> tuple[Lengths, Corpus, dict[str, int]]:
    """How long a model's prompts are, which passages fit it, and the tokens of each of their prompts."""
    with closing(Vocabulary(*model)) as vocabulary:
        lengths = Lengths(wanted.templates, wanted.options, model[1].labels, vocabulary, wanted.only)
        kept, tokens = lengths.fitting(wanted.corpus, bad.note)
        tokens |= lengths.of_the_group(kept)
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
        return prepared.resolve(run.options.model, workspace.model_folders)[1]
    return None


def _name_alone(model: str | None, file: ModelFile) -> str | None:
    """The name of a model that was asked for by its path: a run says what was used, not where on a machine it lay."""
    is_path = model is not None and (catalog.is_there(model) or model.lower().endswith(".gguf"))
    return file.name if is_path else model


def _placeless(value: object) -> object:
    """An option as it was given, but of a place on this machine the last part alone."""
    if isinstance(value, str | Path) and (Path(value).is_absolute() or str(value).startswith("~")):
        return Path(value).name
    return value


class ErrorCollector:
    """What can't be used: the first of it stops the run, or all of it is left out and reported."""

    def __init__(self, skip: bool) -> None:
        self.errors: list[RemixError] = []
        self._skip = skip

    def note(self, error: RemixError) -> None:
        if not self._skip:
            raise error
        self.errors.append(error)


def _read(
    workspace: Workspace, options: Options, bad: ErrorCollector, given: dict[str, object] | None = None
) -> Wanted:
    """The passages that are wanted, each with its essay, and the templates."""
    found = _ask(workspace, chooser(options, embedding.ranking(options)), bad.note)
    templates = read_templates(workspace.prompts, options.kinds, bad.note)
    return Wanted(options, found.pairs, templates, given, rankings=found.rankings, notes=found.notes)


def _freeze(workspace: Workspace, wanted: Wanted, file: ModelFile | None, contexts: tuple[int, ...]) -> Run:
    """Everything the run needs, in one record."""
    if not wanted.corpus:
        raise SeedError("no passage is left to work on.", "See what was left out, and why.")
    options = wanted.options
    passages = [passage for _, passage in wanted.corpus]
    ids = {passage.id for passage in passages}
    by_slug = {essay.slug: essay for essay, _ in wanted.corpus}
    essays = tuple(
        essay.model_copy(update={"passages": tuple(each for each in essay.passages if each.id in ids)})
        for essay in by_slug.values()
    )
    rankings = {id_: ranking for id_, ranking in wanted.rankings.items() if id_ in ids}
    templates = wanted.templates_used
    tasks = plan(passages, templates, options.steps, options.variants, options.seed, wanted.only)
    tasks += plan_group(in_order(essays, rankings), templates, options.variants, options.seed)
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={name: _placeless(value) for name, value in (wanted.given or {}).items()},
        options=options,
        model=file,
        engine=None,
        n_ctx_seq=max(contexts, default=0),
        contexts=contexts,
        templates=templates,
        essays=essays,
        rankings=rankings,
        tasks=tuple(tasks),
        refreshes=wanted.refreshes,
        environment=environment.describe(workspace.root),
    )


def model_it_began_with(run: Run) -> ModelFile:
    if run.model is None:
        raise RunError(
            f"{run.name}: was written by a LangChain model ({run.options.model}).",
            "Resume it from Python: remix.resume(folder, writer=…).",
        )
    return run.model
