"""Checks of a redo's request: a single text, with the seed made from the variant's number.

Takes a run's request, gives findings. The texts read lie in the request, where `folder.py` checks the texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.generation.plan import sources_sha256, task_seed
from remix.generation.reading import TaskInputs
from remix.outputs.layout import REQUEST
from remix.records import Run
from remix.verification.finding import Finding


def plan_findings(run: Run) -> Iterator[Finding]:
    """More than one text, or a seed that doesn't follow from the run's options and the variant's number."""
    if len(run.tasks) != 1:
        yield Finding(REQUEST, f"writes another variant of one text, and plans {len(run.tasks)} texts")
        return
    (task,) = run.tasks
    templates = [each.sha256 for each in run.templates if each.kind == task.kind]
    passages = sources_sha256(TaskInputs(run).sources(task))
    seeds = [
        task_seed(run.options.seed, passages, template, task.kind, task.step, task.variant) for template in templates
    ]
    if task.seed not in seeds:
        yield Finding(REQUEST, f"the seed of {task.id} isn't the one that its passages and options make")
