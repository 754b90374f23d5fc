"""The plan of a run: passages x kinds x steps x variants, each task with its inputs and its own seed.

Takes passages and each kind's template, gives `Task`s. Pure: no files, no model, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

from remix.errors import RunError
from remix.records import (
    GROUPS,
    Essay,
    Input,
    Options,
    Passage,
    PassageInput,
    Ranking,
    Run,
    Source,
    Task,
    TaskInput,
    TemplateUsed,
    canonical_sha256,
    sha256,
    task_id,
)
from remix.records.bounds import MOST_TASKS

Pairs = Collection[tuple[str, str]]
"""Pairs of a passage's id and a kind."""

GROUP = f"{GROUPS}/001"
"""Folder of texts made from all passages of a run."""


def check_size(passages: int, kinds: int, options: Options, only: Pairs | None = None) -> None:
    """Raise `RunError` if a plan would hold more texts than a run may; `only` as for `plan`."""
    chains = passages * kinds if only is None else len(only)
    texts = max(chains * options.steps * options.variants, passages * kinds)
    if texts > MOST_TASKS:
        raise RunError(
            f"{texts:,} texts are asked for, and a run holds {MOST_TASKS:,} at most.",
            "Take fewer passages, kinds, --steps or --variants, or make several runs.",
        )


def plan(
    passages: Iterable[Passage],
    templates: Sequence[TemplateUsed],
    steps: int,
    variants: int,
    seed: int,
    only: Container[tuple[str, str]] | None = None,
) -> list[Task]:
    """All tasks over single passages, passage by passage: a chain's steps in a row, and each task after its inputs.

    Each template must follow the templates of the kinds that it reads. `only` restricts the plan to pairs of passage
    and kind. Raises `RunError` for a kind that reads an unplanned kind.
    """
    kinds = {template.kind: template for template in templates}
    return [
        Task(
            place=passage.id,
            kind=kind,
            step=step,
            variant=variant,
            inputs=tuple(_inputs(passage, template, step, variant, last)),
            seed=task_seed(seed, passage.sha256, template.sha256, kind, step, variant),
        )
        for last in [_last_steps(templates, steps)]
        for passage in passages
        for kind, template in kinds.items()
        if template.reads != "passages"
        if only is None or (passage.id, kind) in only
        for variant in range(1, variants + 1)
        for step in range(1, last[kind] + 1)
    ]


def _last_steps(templates: Iterable[TemplateUsed], steps: int) -> dict[str, int]:
    """The number of each kind's last step: 1 for a kind that reads other kinds. Raises `RunError`."""
    last: dict[str, int] = {}
    for template in templates:
        if template.reads == "passages":
            continue
        chained = template.reads == "passage"
        if not chained and (missing := [kind for kind in template.reads if kind not in last]):
            raise RunError(
                f"{template.name}: reads '{missing[0]}', which isn't planned before it.", "Plan that kind, too."
            )
        last[template.kind] = steps if chained else 1
    return last


def _inputs(
    passage: Passage, template: TemplateUsed, step: int, variant: int, last: dict[str, int]
) -> Iterator[Input]:
    """The passage, and the previous step or the last step of each kind that the template reads."""
    yield PassageInput(passage=passage.id)
    if template.reads == "passage":
        if step > 1:
            yield TaskInput(task=task_id(passage.id, template.kind, step - 1, variant))
    else:
        yield from (TaskInput(task=task_id(passage.id, kind, last[kind], variant)) for kind in template.reads)


def plan_group(
    passages: Sequence[Passage], templates: Iterable[TemplateUsed], variants: int, seed: int
) -> list[Task]:
    """The tasks of kinds that read a group: all passages of the run, in the order of `in_order`."""
    together = hash_of([passage.sha256 for passage in passages])
    return [
        Task(
            place=GROUP,
            kind=template.kind,
            step=1,
            variant=variant,
            inputs=tuple(PassageInput(passage=passage.id) for passage in passages),
            seed=task_seed(seed, together, template.sha256, template.kind, 1, variant),
        )
        for template in templates
        if template.reads == "passages"
        for variant in range(1, variants + 1)
    ]


def in_order(essays: Iterable[Essay], rankings: Mapping[str, Ranking]) -> list[Passage]:
    """The passages of a run: by rank if a query ranked the passages, or else essay by essay."""
    passages = [passage for essay in essays for passage in essay.passages]
    return sorted(passages, key=lambda passage: rankings[passage.id].rank if passage.id in rankings else 0)


def plan_of(run: Run) -> list[Task]:
    """The tasks that follow from a run's passages, templates and options. Raises `RunError` for too many tasks."""
    passages = in_order(run.essays, run.rankings)
    only = with_what_is_read(run.refreshes.chains, run.templates) if run.refreshes else None
    check_size(len(passages), len(run.templates), run.options, only)
    options = run.options
    tasks = plan(passages, run.templates, options.steps, options.variants, options.seed, only)
    return [*tasks, *plan_group(passages, run.templates, options.variants, options.seed)]


def with_what_is_read(
    chains: Iterable[tuple[str, str]], templates: Sequence[TemplateUsed]
) -> frozenset[tuple[str, str]]:
    """The pairs of passage and kind, extended by all kinds that a kind reads.

    The texts of these kinds are written again with the same seeds.
    """
    wanted: dict[str, set[str]] = {}
    for passage, kind in chains:
        wanted.setdefault(kind, set()).add(passage)
    for template in reversed(templates):
        if template.kind in wanted and not isinstance(template.reads, str):
            for kind in template.reads:
                wanted.setdefault(kind, set()).update(wanted[template.kind])
    return frozenset((passage, kind) for kind, passages in wanted.items() for passage in passages)


def sources_sha256(sources: Sequence[Source]) -> str:
    """The hash for a task's seed: the sha256 of a single passage, or the hash of several passages' hashes."""
    return hash_of([sha256(each.text) for each in sources])


def hash_of(hashes: Sequence[str]) -> str:
    """A hash of several hashes; a single hash is unchanged."""
    return hashes[0] if len(hashes) == 1 else canonical_sha256(list(hashes))


def task_seed(
    run_seed: int, passage_sha256: str, template_sha256: str, kind: str, step: int, variant: int, candidate: int = 1
) -> int:
    """A task's sampling seed, 1 … 2**32-2.

    A hash of the task's definition: neither the order of tasks, nor further tasks, nor a resume changes the seed. The
    first candidate has no number in the hash: asking for more candidates doesn't change the first text. For a group,
    `passage_sha256` is the hash of the passages' hashes.
    """
    parts = [run_seed, passage_sha256, template_sha256, kind, step, variant]
    digest = canonical_sha256(parts if candidate == 1 else [*parts, candidate])
    return int(digest[:16], 16) % (2**32 - 2) + 1
