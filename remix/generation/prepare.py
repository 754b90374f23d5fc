"""Preparation of a run: chooses passages, reads templates, measures prompts, plans tasks.

Takes a workspace and options, gives a `Job`, which `execute.py` carries out. Bad input fails here, before the first
text. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from remix.corpus import Corpus as Seeds
from remix.corpus import chooser
from remix.corpus.error_collector import ErrorCollector, naming
from remix.engine import reasoning
from remix.engine.local import Vocabulary, check_memory
from remix.errors import ModelError, PromptError, RunError, SeedError
from remix.generation.job import Job
from remix.generation.languages import with_languages
from remix.generation.lengths import Lengths
from remix.generation.placeless import name_alone, placeless
from remix.generation.plan import GROUP, check_size, in_order, plan, plan_group, with_what_is_read
from remix.generation.reader_plan import Reader, Readings, another_reader, refuse_unread
from remix.generation.refreshed import stale_texts
from remix.generation.staleness import stale
from remix.generation.weave_refresh import prepare_weave_refresh
from remix.generation.workspace_state import ask, model_it_began_with, refuse_uncompared, state_of
from remix.generation.writer import Writer
from remix.measure import embedding
from remix.models import prepared
from remix.outputs.run import RunFolder
from remix.records import Essay, ModelFile, Options, Passage, Ranking, Refresh, Run, Stale, TemplateUsed
from remix.templates.folder import read_templates
from remix.templates.template import Template
from remix.util import environment, names
from remix.workspace import Workspace

Corpus = list[tuple[Essay, Passage]]


class RunInputs(NamedTuple):
    """Options, passages and templates of a planned run, not yet checked."""

    options: Options
    corpus: Corpus
    templates: dict[str, Template]
    given: dict[str, object] | None = None
    """The options that the user set, before defaults."""
    refreshes: Refresh | None = None
    rankings: Mapping[str, Ranking] = MappingProxyType({})
    """Ranks by passage id, if a query ranked the passages."""
    notes: Sequence[str] = ()
    """What the user should know: parts of a query without any result, stale texts that a refresh leaves out."""
    reader: Reader | None = None
    """The model that reads candidates; null if none does, or the model that writes does."""

    @property
    def only(self) -> frozenset[tuple[str, str]] | None:
        """Pairs of passage and kind to write; null for all pairs."""
        return with_what_is_read(self.refreshes.chains, self.templates_used) if self.refreshes else None

    def with_models(self, name: str | None, reader: str | None) -> RunInputs:
        """The same inputs for models of these names: the model that writes, and the reader of candidates."""
        return self._replace(options=self.options.model_copy(update={"model": name, "reader": reader}))

    def readings(self, labels: Sequence[str]) -> Readings:
        """The texts to be read; `labels` are those of the model that writes."""
        return Readings(self.options, self.templates.values(), labels)

    @property
    def templates_used(self) -> tuple[TemplateUsed, ...]:
        """The templates in the form of a run's request."""
        return tuple(each.used for each in self.templates.values())


def prepare(workspace: Workspace, options: Options, given: dict[str, object] | None = None) -> Job:
    """Plan a run for a local model, and check all inputs.

    What can't be used is left out: essays that can't be read, broken templates, passages longer than the model's
    context. Raises their `SeedError` or `PromptError` if they were asked for by name, if nothing is left, or if the
    options say `strict`; and `ModelError` for a missing or broken model.
    """
    collector = ErrorCollector(options.strict)
    return _plan_local(workspace, _read(workspace, options, collector, given), collector)


def prepare_for(workspace: Workspace, options: Options, writer: Writer) -> Job:
    """Plan a run for another writer than a local model, and check all inputs like `prepare`.

    The lengths of prompts are checked if the writer can count tokens and knows the model's context; if not, the job's
    notes name the unchecked prompts.
    """
    collector = ErrorCollector(options.strict)
    return _plan_for(workspace, _read(workspace, options, collector), writer, collector)


def status(
    workspace: Workspace,
    run: Run,
    note: Callable[[str], None] = lambda message: None,
    collector: ErrorCollector | None = None,
) -> list[Stale]:
    """Texts of a run whose inputs have changed in the workspace; `note` is called for essays that can't be compared.

    Essays and templates that can't be read now are left out; `collector` gets their errors.
    """
    return stale(run, state_of(workspace, run, collector or ErrorCollector()), note)


def prepare_refresh(
    workspace: Workspace, folder: RunFolder, given: dict[str, object] | None = None, writer: Writer | None = None
) -> Job | None:
    """Plan a new run of only the stale texts of an earlier run, with the earlier run's options. Texts that an earlier
    refresh wrote again aren't written once more.

    `given` overrides options; `writer` replaces the local model. Gives null if no stale text can be written again.
    Raises the same errors as `prepare`, and `RunError` if only texts of groups are stale, or for a run of branches.
    """
    if folder.run.weave:
        return prepare_weave_refresh(workspace, folder, given, writer)
    if any(task.branch for task in folder.run.tasks):
        raise RunError(
            f"{folder.run.name}: holds branches, which can't be refreshed: their tokens belong to another text.",
            "Refresh the original's run, and branch again from the new text.",
        )
    if folder.run.redoes:
        raise RunError(
            f"{folder.run.name}: holds another variant of one text, which can't be refreshed alone.",
            "Refresh the run of the text, and redo the new text.",
        )
    options = folder.run.options.model_copy(update=given)
    collector = ErrorCollector(options.strict)
    notes: list[str] = []
    run = folder.run.model_copy(update={"options": options})
    state = state_of(workspace, run, collector)

    def stale_in(run: Run) -> list[Stale]:
        changed = run.model_copy(update={"options": run.options.model_copy(update=given)})
        return stale(changed, state_of(workspace, changed, collector), notes.append)

    found = [each for each in stale_texts(folder, workspace.outputs, stale_in).stale if not each.is_lost]
    groups = [each.kind for each in found if each.passage == GROUP]
    found = [each for each in found if each.passage != GROUP]
    if groups and not found:
        raise RunError(
            f"{folder.run.name}: '{groups[0]}' was made from a group of passages, which --refresh can't write anew.",
            f"Ask for it again: `remix generate --kind {groups[0]}` with the same passages.",
        )
    if not found:
        refuse_uncompared(run, state, collector)
        return None
    stale_kinds = {each.kind for each in found}
    kinds = [used.kind for used in folder.run.templates if used.kind in stale_kinds]
    with collector.explaining():
        templates = read_templates(workspace.prompts, kinds, collector.note)
    found = [each for each in found if each.kind in templates]
    refresh = Refresh(run=folder.run.name, request=folder.request_sha256, stale=tuple(found))
    pairs = {passage.id: (essay, passage) for essay in state.essays for passage in essay.passages}
    corpus = [pairs[id_] for id_ in dict.fromkeys(each.now for each in found) if id_]
    notes += [
        f"'{kind}' is stale too, and not written again: it was made from a group of passages. Ask for it again: "
        f"`remix generate --kind {kind}` with the same passages."
        for kind in dict.fromkeys(groups)
    ]
    inputs = RunInputs(options, corpus, templates, given, refresh, notes=notes)
    if writer:
        return _plan_for(workspace, inputs, writer, collector)
    model_it_began_with(folder.run)
    return _plan_local(workspace, inputs, collector)


def prepare_draft(workspace: Workspace, options: Options, kind: str, passage: tuple[Essay, Passage]) -> Job:
    """Plan a single kind over a single passage. Raises the same errors as `prepare`."""
    return prepare_templates(workspace, options, read_templates(workspace.prompts, [kind]), passage)


def prepare_templates(
    workspace: Workspace, options: Options, templates: dict[str, Template], passage: tuple[Essay, Passage]
) -> Job:
    """Plan templates over a single passage, saved or not: each after those that it reads. Raises the same errors as
    `prepare`."""
    return _plan_local(workspace, RunInputs(options, [passage], templates), ErrorCollector(strict=True))


def passage_by_id(workspace: Workspace, id_: str) -> tuple[Essay, Passage]:
    """The passage with the given id, and its essay. Raises `SeedError`, with similar ids, for an unknown id."""
    collector = ErrorCollector()

    def fetch(seeds: Seeds) -> tuple[Essay, Passage]:
        if hit := seeds.named(id_):
            return seeds.pairs([hit])[0]
        collector.refuse(id_.rpartition("/")[0], "Or take another passage: `remix passages` lists what there is.")
        near = names.similar(id_, (each.id for each in seeds.find(None)))
        also = f"Did you mean {' or '.join(near)}? " if near else ""
        raise SeedError(f"no passage '{id_}'.", f"{also}`remix passages` lists what there is.")

    return ask(workspace, fetch, collector)


def _plan_local(workspace: Workspace, inputs: RunInputs, collector: ErrorCollector) -> Job:
    """A job for a local model, from the passages and templates read before."""
    options, inputs = inputs.options, inputs._replace(corpus=with_languages(inputs.corpus))
    check_size(len(inputs.corpus), len(inputs.templates), options, inputs.only)
    path, file = prepared.resolve(options.model, workspace.model_folders)
    inputs = inputs._replace(reader=another_reader(options, workspace.model_folders, file))
    lengths, kept, tokens = measure_prompts((path, file), inputs, collector)
    inputs = _what_is_left(inputs, lengths, kept, collector)
    names = name_alone(options.model, file), name_alone(options.reader, inputs.reader[1] if inputs.reader else file)
    run = _freeze(workspace, inputs.with_models(*names), file, lengths.contexts)
    reader = inputs.reader and inputs.reader[0]
    return Job(run, path, tokens, lengths.computed, collector.errors, tuple(inputs.notes), reader)


def _plan_for(workspace: Workspace, inputs: RunInputs, writer: Writer, collector: ErrorCollector) -> Job:
    """A job for another writer than a local model."""
    name = writer.info.name
    options, inputs = inputs.options, inputs._replace(corpus=with_languages(inputs.corpus))
    check_size(len(inputs.corpus), len(inputs.templates), options, inputs.only)
    inputs = inputs._replace(reader=another_reader(options, workspace.model_folders, writer.info.file))
    refuse_unread(options, writer)
    lengths = Lengths(inputs.templates, options, (name.lower(),), writer.counter, inputs.only)
    kept, _ = lengths.fitting(inputs.corpus, collector.note)
    lengths.of_the_group(kept)
    inputs = _what_is_left(inputs, lengths, kept, collector)
    read_by = name_alone(options.reader, inputs.reader[1]) if inputs.reader else None
    run = _freeze(workspace, inputs.with_models(name, read_by), None, ())
    unchecked = (
        f"Not checked whether {lengths.unchecked} prompts fit {name}: it doesn't count tokens, or doesn't tell its "
        "context. A prompt that is too long fails when its turn comes."
    )
    notes = (*inputs.notes, unchecked) if lengths.unchecked else tuple(inputs.notes)
    return Job(run, None, {}, 0, collector.errors, notes, inputs.reader and inputs.reader[0])


def measure_prompts(
    model: tuple[Path, ModelFile], inputs: RunInputs, collector: ErrorCollector
) -> tuple[Lengths, Corpus, dict[str, int]]:
    """The lengths of all prompts, the passages that fit the model, and the tokens of each prompt by task id."""
    options = inputs.options
    with closing(Vocabulary(*model, options.think)) as vocabulary:
        options = options.model_copy(update={"max_thoughts": reasoning.budget(options, model[1])})
        lengths = Lengths(inputs.templates, options, model[1].labels, vocabulary, inputs.only, model[1].languages)
        kept, tokens = lengths.fitting(inputs.corpus, collector.note)
        tokens |= lengths.of_the_group(kept)
        if options.reads_candidates and not inputs.reader:
            lengths.read_too(inputs.readings(model[1].labels).needed(vocabulary, kept))
        check_memory(*model, lengths.contexts, inputs.options)
    return lengths, kept, tokens


def _what_is_left(inputs: RunInputs, lengths: Lengths, kept: Corpus, collector: ErrorCollector) -> RunInputs:
    """The inputs without the passages and kinds that can't be used.

    Raises the error of a kind that was asked for by name, and an error with all reasons if nothing is left.
    """
    asked = () if inputs.refreshes else inputs.options.kinds
    for error in (lengths.failed[kind] for kind in asked if kind in lengths.failed):
        raise error
    failed = [*lengths.failed.values()]
    if not lengths.templates and (len(failed) == 1 or all(isinstance(error, ModelError) for error in failed)):
        # There is a single kind, or the model's chat template refuses all kinds.
        raise failed[0]
    with collector.explaining():
        if not lengths.templates:
            raise PromptError("no template is left to work with.", "Mend one of the templates.")
        if not kept:
            raise SeedError("no passage is left to work on.", "Mend what was left out, or choose other passages.")
    options = inputs.options.model_copy(update={"kinds": tuple(lengths.templates)})
    return inputs._replace(options=options, corpus=kept, templates=lengths.templates)


def _read(
    workspace: Workspace, options: Options, collector: ErrorCollector, given: dict[str, object] | None = None
) -> RunInputs:
    """The chosen passages with their essays, and the templates."""
    question = naming(chooser(options, embedding.ranking(options)), options.essays, collector)
    found = ask(workspace, question, collector)
    with collector.explaining():
        templates = _templates(workspace.prompts, options.kinds, collector)
    return RunInputs(options, found.pairs, templates, given, rankings=found.rankings, notes=found.notes)


def _templates(folder: Path, kinds: Sequence[str], collector: ErrorCollector) -> dict[str, Template]:
    """The templates of the kinds, which were asked for by name; without kinds, all templates that can be used."""
    if not kinds:
        return read_templates(folder, (), collector.note)
    try:
        return read_templates(folder, kinds)
    except PromptError as error:
        raise PromptError(error.message, f"{error.hint} Or ask for other kinds with --kind.") from error


def _freeze(workspace: Workspace, inputs: RunInputs, file: ModelFile | None, contexts: tuple[int, ...]) -> Run:
    """The run's request: all inputs in a single record."""
    options = inputs.options
    passages = [passage for _, passage in inputs.corpus]
    chosen = {passage.id: passage for passage in passages}
    by_slug = {essay.slug: essay for essay, _ in inputs.corpus}
    essays = tuple(
        essay.model_copy(update={"passages": tuple(chosen[each.id] for each in essay.passages if each.id in chosen)})
        for essay in by_slug.values()
    )
    rankings = {id_: ranking for id_, ranking in inputs.rankings.items() if id_ in chosen}
    templates = inputs.templates_used
    tasks = plan(passages, templates, options.steps, options.variants, options.seed, inputs.only)
    tasks += plan_group(in_order(essays, rankings), templates, options.variants, options.seed)
    labels = file.labels if file else ((options.model or "").lower(),)
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={name: placeless(value) for name, value in (inputs.given or {}).items()},
        options=options,
        model=file,
        engine=None,
        n_ctx_seq=max(contexts, default=0),
        contexts=contexts,
        reader=inputs.readings(labels).planned(inputs.reader, inputs.corpus) if inputs.reader else None,
        templates=templates,
        essays=essays,
        rankings=rankings,
        tasks=tuple(tasks),
        refreshes=inputs.refreshes,
        environment=environment.describe(workspace.root),
    )
