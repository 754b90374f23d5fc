"""Preparation of a run that weaves an essay: chooses passages, puts them in order and in groups, checks lengths.

Takes a workspace and options, gives a `Job` like `prepare.py`. Loads no weights and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from remix.corpus.error_collector import ErrorCollector
from remix.engine import reasoning
from remix.engine.local import Vocabulary, check_memory
from remix.errors import PromptError, SeedError
from remix.generation import weave_material, weave_plan
from remix.generation.job import Job
from remix.generation.languages import with_languages
from remix.generation.placeless import name_alone, placeless
from remix.generation.weave_groups import BY_WORDS, MOST_PASSAGES, closest_order, grouped
from remix.generation.weave_lengths import EssayLengths, EssayMeasure
from remix.generation.weave_material import Material, Member
from remix.generation.weave_plan import EssayPlan
from remix.generation.weave_tasks import kinds_of, weave_tasks
from remix.generation.writer import Writer
from remix.measure.embedding import Embedder
from remix.measure.words import words
from remix.models import prepared
from remix.records import ModelFile, Options, Refresh, Rule, Run
from remix.records.weave import Weave, WeaveGroup, WeaveOrder
from remix.templates.folder import SUFFIX, read_template, template_files
from remix.templates.template import Template
from remix.util import environment
from remix.workspace import Workspace, shipped

PARAGRAPH, OPENING, TITLE, OBJECTION, SYNTHESIS, SUMMARY = (
    "weave",
    "opening",
    "title",
    "weave-objection",
    "weave-synthesis",
    "summary",
)
"""Kinds of an essay's texts."""

READS = {
    PARAGRAPH: "weave",
    OPENING: "paragraphs",
    TITLE: "paragraphs",
    OBJECTION: "paragraph",
    SYNTHESIS: "paragraph",
    SUMMARY: "passage",
}
"""For each kind, the required value of `reads` in the kind's template."""


class WeaveOptions(NamedTuple):
    """The options of an essay."""

    order: WeaveOrder = "closest"
    length: int = 600
    """Words of the essay."""
    dialectic: bool = False
    """Whether each paragraph gets an objection and a synthesis."""
    accepted: bool = False
    """Whether accepted texts are woven in place of passages."""
    everything: bool = True
    """With `accepted`: whether the accepted texts of all passages are meant, and not only those of chosen ones."""
    plan: Path | None = None
    """A plan file, in place of all other options."""
    embedder: Embedder | None = None
    """Compares passages by meaning; null for a comparison by words."""


class EssayInputs(NamedTuple):
    """An essay before its lengths are known."""

    options: Options
    weave: Weave
    members: list[list[Member]]
    """What each group reads."""
    templates: dict[str, Template]
    material: Material
    given: dict[str, object] | None
    refreshes: Refresh | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        return kinds_of(self.weave)


def prepare_weave(
    workspace: Workspace,
    options: Options,
    asked: WeaveOptions,
    given: dict[str, object] | None = None,
    writer: Writer | None = None,
) -> Job:
    """Plan the run of an essay, by a local model or by another writer, and check all inputs.

    Raises `SeedError` for passages that can't be found and for broken plan files, `PromptError` for broken templates
    and for groups that exceed the model's context, `ModelError` for a missing or broken model.
    """
    collector = ErrorCollector(options.strict)
    plan = weave_plan.read(asked.plan) if asked.plan else None
    material = _material(workspace, options, asked, plan, collector)
    if len(material.members) > MOST_PASSAGES:
        raise SeedError(
            f"{len(material.members)} passages are chosen, and an essay takes {MOST_PASSAGES} at most.",
            "Choose fewer: with --sample or --limit, or by a narrower query.",
        )
    if plan:
        passages = tuple(id_ for each in plan.paragraph for id_ in each.passages)
        options = options.model_copy(update={"passages": passages})
    weave, members = _of_file(plan, material) if plan else _grouped(material, asked, options)
    notes, templates = essay_templates(workspace, kinds_of(weave))
    material = material._replace(notes=[*material.notes, *notes])
    return job_of(workspace, EssayInputs(options, weave, members, templates, material, given), collector, writer)


def _material(
    workspace: Workspace, options: Options, asked: WeaveOptions, plan: EssayPlan | None, collector: ErrorCollector
) -> Material:
    if plan and asked.plan:
        return weave_material.planned(workspace, plan, asked.plan, collector)
    if not asked.accepted:
        return weave_material.chosen(workspace, options, collector)
    among = None if asked.everything else weave_material.chosen(workspace, options, collector)
    return weave_material.accepted(workspace, among)


def _of_file(plan: EssayPlan, material: Material) -> tuple[Weave, list[list[Member]]]:
    """The plan of a file."""
    by_id = {member.id: member for member in material.members}
    members = [[by_id[id_] for id_ in (*each.passages, *each.texts)] for each in plan.paragraph]
    groups = [_group(each, paragraph.words) for each, paragraph in zip(members, plan.paragraph, strict=True)]
    return _weave(groups, "given", plan.length, plan.dialectic, None), members


def _grouped(material: Material, asked: WeaveOptions, options: Options) -> tuple[Weave, list[list[Member]]]:
    """The plan that follows from order and length."""
    members, similarity = _ordered(material.members, asked, options)
    found = grouped([len(words(each.text)) for each in members], asked.length, asked.dialectic)
    groups: list[list[Member]] = []
    for size in found.sizes:
        groups.append(members[:size])
        members = members[size:]
    planned = [_group(each, found.words) for each in groups]
    return _weave(planned, asked.order, asked.length, asked.dialectic, similarity), groups


def _ordered(members: list[Member], asked: WeaveOptions, options: Options) -> tuple[list[Member], Rule | None]:
    """The members in the order that is asked for, and how they were compared."""
    if asked.order == "given" and options.passages:
        # `--passage` takes names as people type them; names other than ids come last.
        places = {id_: at for at, id_ in enumerate(options.passages)}
        return sorted(members, key=lambda each: places.get(each.passage.id, len(places))), None
    if asked.order != "closest":
        by_essay: dict[str, list[Member]] = {}
        for each in members:
            by_essay.setdefault(each.essay.slug, []).append(each)
        in_essays = [each for own in by_essay.values() for each in own]
        return (in_essays if asked.order == "essay" else members), None
    texts = [each.text for each in members]
    order = closest_order(texts, asked.embedder.embed(texts) if asked.embedder else None)
    rule = Rule(name=asked.embedder.name, version=1) if asked.embedder else BY_WORDS
    return [members[at] for at in order], rule


def _group(members: Sequence[Member], words: int) -> WeaveGroup:
    return WeaveGroup(
        passages=tuple(dict.fromkeys(id_ for each in members for id_ in each.passages)),
        records=tuple(each.id for each in members if each.accepted),
        words=words,
    )


def _weave(
    groups: Sequence[WeaveGroup], order: WeaveOrder, length: int, dialectic: bool, similarity: Rule | None
) -> Weave:
    has_passages = any(not group.records for group in groups)
    return Weave(
        order=order,
        similarity=similarity,
        length=length,
        dialectic=dialectic,
        paragraph=PARAGRAPH,
        opening=OPENING,
        title=TITLE,
        objection=OBJECTION if dialectic else None,
        synthesis=SYNTHESIS if dialectic else None,
        summary=SUMMARY if has_passages else None,
        groups=tuple(groups),
    )


def essay_templates(workspace: Workspace, kinds: Sequence[str]) -> tuple[list[str], dict[str, Template]]:
    """The templates of an essay: the workspace's, or else the shipped ones, with a note on each of these.

    Raises `PromptError` for a broken template, and for one that doesn't read what the kind has to read.
    """
    own, notes = template_files(workspace.prompts), []
    found: dict[str, Template] = {}
    for kind in kinds:
        path = own.get(kind)
        if path is None:
            path = shipped("prompts") / f"{kind}{SUFFIX}"
            notes.append(f"{workspace.prompts} has no {kind}{SUFFIX}: the template that comes with remix is used.")
        template = read_template(path)
        if template.reads != READS[kind]:
            raise PromptError(
                f"{template.place_of_reads}: `reads`: the kind '{kind}' of an essay reads `{READS[kind]}`.",
                f"Write `reads: {READS[kind]}`, or rename the file.",
            )
        found[kind] = template
    return notes, found


def job_of(workspace: Workspace, inputs: EssayInputs, collector: ErrorCollector, writer: Writer | None = None) -> Job:
    """The job of an essay. Raises the same errors as `prepare_weave`."""
    if writer:
        name = writer.info.name
        file, labels, card = None, (name.lower(),), ()
        lengths = _fitting(inputs, EssayMeasure(inputs.templates, inputs.options, labels, writer.counter, card))
        inputs = inputs._replace(options=inputs.options.model_copy(update={"model": name}))
        return _job(workspace, inputs, lengths, collector, None, None)
    path, file = prepared.resolve(inputs.options.model, workspace.model_folders)
    with closing(Vocabulary(path, file, inputs.options.think)) as vocabulary:
        options = inputs.options.model_copy(update={"max_thoughts": reasoning.budget(inputs.options, file)})
        measure = EssayMeasure(inputs.templates, options, file.labels, vocabulary, file.languages)
        lengths = _fitting(inputs, measure)
        check_memory(path, file, (lengths.needed,), inputs.options)
    named = inputs.options.model_copy(update={"model": name_alone(inputs.options.model, file)})
    return _job(workspace, inputs._replace(options=named), lengths, collector, path, file)


def _fitting(inputs: EssayInputs, measure: EssayMeasure) -> EssayLengths:
    read = [
        with_languages([(each.essay, each.passage.model_copy(update={"text": each.text})) for each in group])
        for group in inputs.members
    ]
    return measure.fitting(inputs.weave, read)


def _job(
    workspace: Workspace,
    inputs: EssayInputs,
    lengths: EssayLengths,
    collector: ErrorCollector,
    path: Path | None,
    file: ModelFile | None,
) -> Job:
    weave = lengths.weave
    kinds = kinds_of(weave)
    members = [each for group in inputs.members for each in group]
    essays = tuple(
        essay.model_copy(
            update={
                "passages": tuple(
                    passage for _, passage in with_languages([(essay, each) for each in essay.passages])
                )
            }
        )
        for essay in weave_material.essays_of(members)
    )
    held = {passage.id for essay in essays for passage in essay.passages}
    run = Run(
        name="planned",
        created=datetime.now(UTC),
        given={name: placeless(value) for name, value in (inputs.given or {}).items()},
        options=inputs.options.model_copy(update={"kinds": kinds, "steps": 1, "variants": 1}),
        model=file,
        engine=None,
        n_ctx_seq=lengths.needed,
        contexts=(lengths.needed,) if lengths.needed else (),
        templates=tuple(inputs.templates[kind].used for kind in kinds),
        essays=essays,
        rankings={id_: ranking for id_, ranking in inputs.material.rankings.items() if id_ in held},
        earlier=tuple(each.accepted for each in members if each.accepted),
        tasks=(),
        refreshes=inputs.refreshes,
        weave=weave,
        environment=environment.describe(workspace.root),
    )
    run = run.model_copy(update={"tasks": tuple(weave_tasks(run, weave))})
    total = sum(lengths.tokens.values()) * run.options.best_of
    notes = (*inputs.material.notes, *lengths.notes)
    return Job(run, path, lengths.tokens, total, collector.errors, notes)
