"""The plan: passages x kinds x steps x variants, each task with a seed of its own.

Takes passages and the sha256 of each kind's template, gives `Task`s. Pure: no files, no model, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping

from remix.errors import RunError
from remix.records import Options, Passage, Run, Task, canonical_sha256
from remix.records.bounds import MOST_TASKS


def check_size(passages: int, kinds: int, options: Options, only: Collection[tuple[str, str]] | None = None) -> None:
    """Raise `RunError` where a plan would hold more texts than a run may; `only` as for `plan`."""
    chains = passages * kinds if only is None else len(only)
    texts = max(chains * options.steps * options.variants, passages * kinds)
    if texts > MOST_TASKS:
        raise RunError(
            f"{texts:,} texts are asked for, and a run holds {MOST_TASKS:,} at most.",
            "Take fewer passages, kinds, --steps or --variants, or make several runs.",
        )


def plan(
    passages: Iterable[Passage],
    templates: Mapping[str, str],
    steps: int,
    variants: int,
    seed: int,
    only: Container[tuple[str, str]] | None = None,
) -> list[Task]:
    """All tasks, passage by passage, a chain's steps in a row.

    `templates` maps each kind to the sha256 of its template file's bytes; `only` names the passages and kinds that
    are wanted, if that isn't each with each.
    """
    return [
        Task(
            passage=passage.id,
            kind=kind,
            step=step,
            variant=variant,
            seed=task_seed(seed, passage.sha256, template, kind, step, variant),
        )
        for passage in passages
        for kind, template in templates.items()
        if only is None or (passage.id, kind) in only
        for variant in range(1, variants + 1)
        for step in range(1, steps + 1)
    ]


def plan_of(run: Run) -> list[Task]:
    """The tasks that follow from a run's passages, templates and options. Raises `RunError` for too many."""
    passages = [passage for essay in run.essays for passage in essay.passages]
    hashes = {template.kind: template.sha256 for template in run.templates}
    only = run.refreshes.chains if run.refreshes else None
    check_size(len(passages), len(hashes), run.options, only)
    return plan(passages, hashes, run.options.steps, run.options.variants, run.options.seed, only)


def task_seed(
    run_seed: int, passage_sha256: str, template_sha256: str, kind: str, step: int, variant: int, candidate: int = 1
) -> int:
    """A task's sampling seed, 1 … 2**32-2.

    A hash of what the task is, so that neither order nor company nor a resume changes it. The first candidate
    goes without saying: asking for more leaves its text as it was.
    """
    parts = [run_seed, passage_sha256, template_sha256, kind, step, variant]
    digest = canonical_sha256(parts if candidate == 1 else [*parts, candidate])
    return int(digest[:16], 16) % (2**32 - 2) + 1
