"""The plan: passages x kinds x steps x variants, each task with a seed of its own.

Takes passages and the sha256 of each kind's template, gives `Task`s. Pure: no files, no model, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from remix.records import Passage, Task, canonical_sha256


def plan(
    passages: Iterable[Passage], templates: Mapping[str, str], steps: int, variants: int, seed: int
) -> list[Task]:
    """All tasks, passage by passage, a chain's steps in a row.

    `templates` maps each kind to the sha256 of its template file's bytes.
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
        for variant in range(1, variants + 1)
        for step in range(1, steps + 1)
    ]


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
