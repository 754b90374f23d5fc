"""Where an output comes from, and what came of a passage.

Takes a run's folder, or that of all runs; gives records with their texts. Reads nothing of the seeds: what a passage
was then is in the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.find import list_runs
from remix.outputs.run import RunFolder
from remix.records import Record, Run


class Step(NamedTuple):
    """An output on the way from a passage."""

    run: Path
    """The run's folder."""
    task: str
    """Its name in the run."""
    record: Record
    text: str


def ancestry(folder: RunFolder, task_id: str) -> list[Step]:
    """An output, then all that it was made from, each once: what an output reads stands behind it.

    Raises `RunError` if a text is gone or was changed, or isn't the one that another was made from.
    """
    tasks = {task.id: task for task in folder.run.tasks}
    if task_id not in tasks:
        raise RunError(
            f"{folder.path}: no output '{task_id}' was planned.", "`remix verify` tells what doesn't belong."
        )
    needed = {task_id}
    steps: list[Step] = []
    read_by: dict[str, Step] = {}
    # A task stands behind those that it reads, so that backwards each reader comes first.
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
    return steps


def descendants(outputs: Path, passage: str, on_error: Callable[[RunError], None]) -> Iterator[Step]:
    """All that came of a passage, run by run; what can't be read goes to `on_error`."""
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
    """Ids of the tasks that read a passage, or a text that was made from it."""
    found = {each.record.id for each in run.earlier if passage in {source.passage for source in each.record.sources}}
    for task in run.tasks:
        if passage in task.passages or not found.isdisjoint(task.texts):
            found.add(task.id)
    return found
