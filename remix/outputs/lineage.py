"""Ancestors of an output within a run, and descendants of a passage in all runs.

Takes a run's folder or the folder of all runs, gives records with texts. Reads no essay: the records hold the
passages as they were when the texts were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.originals import text_of_candidate
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs
from remix.records import Branch, Record, Run


class Step(NamedTuple):
    """An output among the ancestors of an output or the descendants of a passage."""

    run: Path
    """The run's folder."""
    task: str
    """Id of the output's task."""
    record: Record
    text: str
    candidate: int | None = None
    """Number of the candidate that the text is; null for the kept text, which the record is about."""


def ancestry(folder: RunFolder, task_id: str) -> list[Step]:
    """An output, then all outputs that it was made from, each once, and each after its readers; of a branch also the
    text that it leaves.

    Raises `RunError` if a text is gone, was changed, or was replaced after another text was made from it.
    """
    tasks = {task.id: task for task in folder.run.tasks}
    if task_id not in tasks:
        raise RunError(
            f"{folder.path}: no output '{task_id}' was planned.", "`remix verify` tells what doesn't belong."
        )
    needed = {task_id}
    steps: list[Step] = []
    read_by: dict[str, Step] = {}
    # In the plan each task comes after the task's inputs, so backwards each reader comes first.
    for task in reversed(folder.run.tasks):
        if task.id in needed:
            record, text = folder.read(task.id)
            reader = read_by.get(task.id)
            if reader and record.id not in reader.record.derivation.parents:
                path = folder.record_path(reader.task)
                raise RunError(
                    f"{path}: was made from another {task.id} than is here.", "`remix verify` looks at all of it."
                )
            steps.append(Step(folder.path, task.id, record, text))
            needed.update(task.reads)
            read_by |= dict.fromkeys(task.reads, steps[-1])
            if task.branch:
                steps.append(_trunk(folder, task.branch))
    return steps


def _trunk(folder: RunFolder, branch: Branch) -> Step:
    """The text that a branch leaves, as the branch's run holds it; with the record of the kept text if the branch
    leaves another candidate."""
    earlier = next(each for each in folder.run.earlier if each.record.id == branch.original)
    text = text_of_candidate(earlier.record, branch.candidate, earlier.text)
    return Step(folder.path, earlier.record.output.task_id, earlier.record, text, branch.candidate)


def descendants(outputs: Path, passage: str, on_error: Callable[[RunError], None]) -> Iterator[Step]:
    """All outputs made from a passage, run by run. `on_error` takes the errors of unreadable runs and outputs."""
    for path in list_runs(outputs):
        try:
            folder = RunFolder.open(path)
        except RunError as error:
            on_error(error)
            continue
        came_of = _made_of(folder.run, passage)
        for task in folder.done:
            if task.id in came_of:
                try:
                    yield Step(path, task.id, *folder.read(task.id))
                except RunError as error:
                    on_error(error)


def _made_of(run: Run, passage: str) -> set[str]:
    """Ids of the tasks that read a passage, or a text made from the passage."""
    found = {each.record.id for each in run.earlier if passage in {source.passage for source in each.record.sources}}
    for task in run.tasks:
        if passage in task.passages or not found.isdisjoint(task.texts):
            found.add(task.id)
    return found
