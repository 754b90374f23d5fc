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
from remix.records import Record


class Step(NamedTuple):
    """An output on the way from a passage."""

    run: Path
    """The run's folder."""
    task: str
    """Its name in the run."""
    record: Record
    text: str


def ancestry(folder: RunFolder, task_id: str) -> list[Step]:
    """An output, the one it was made from, and so on to the one that read the passage.

    Raises `RunError` where one of them is gone or was changed, or isn't the one that the next was made from.
    """
    tasks = {task.id: task for task in folder.run.tasks}
    steps: list[Step] = []
    name: str | None = task_id
    while name is not None:
        if name not in tasks:
            raise RunError(
                f"{folder.path}: no output '{name}' was planned.", "`remix verify` tells what doesn't belong."
            )
        record, text = folder.read(name)
        if steps and steps[-1].record.derivation.parent != record.id:
            path = folder.record_path(steps[-1].task)
            raise RunError(
                f"{path}: was made from another {name} than is here.", "`remix verify` looks at all of it."
            )
        steps.append(Step(folder.path, name, record, text))
        name = tasks[name].parent
    return steps


def descendants(outputs: Path, passage: str, on_error: Callable[[RunError], None]) -> Iterator[Step]:
    """All that came of a passage, run by run; what can't be read goes to `on_error`."""
    for path in list_runs(outputs):
        try:
            folder = RunFolder.open(path)
        except RunError as error:
            on_error(error)
            continue
        for task in folder.done:
            if task.passage == passage:
                try:
                    yield Step(path, task.id, *folder.read(task.id))
                except RunError as error:
                    on_error(error)
