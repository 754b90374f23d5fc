"""A woven essay: the texts of a run's weave, in reading order.

Takes a run's folder, gives the essay's title and parts with their records. Writes no file.
"""

from __future__ import annotations

from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.run import RunFolder
from remix.records import Record
from remix.records.weave import WEAVES


class EssayPart(NamedTuple):
    """A text of the essay."""

    task: str
    """Id of the text's task."""
    record: Record
    text: str


class WovenEssay(NamedTuple):
    """An essay in reading order."""

    title: EssayPart
    parts: tuple[EssayPart, ...]
    """The opening, then the paragraphs."""


def woven(folder: RunFolder) -> WovenEssay:
    """The essay of a run of `remix weave`.

    Raises `RunError` if the run weaves no essay, if a text isn't written yet, or if one was changed.
    """
    weave = folder.run.weave
    if weave is None:
        raise RunError(f"{folder.path}: weaves no essay.", "`remix weave` makes a run that does.")
    tasks = [task for task in folder.run.tasks if task.place.startswith(f"{WEAVES}/") and task.variant == 1]
    unwritten = [task for task in tasks if not folder.is_done(task)]
    if unwritten:
        raise RunError(
            f"{folder.path}: {len(unwritten)} of the essay's {len(tasks)} texts aren't written yet.",
            f"`remix resume {folder.run.name}` goes on.",
        )
    parts = {task.id: EssayPart(task.id, *folder.read(task.id)) for task in tasks}
    (title,) = [task.id for task in tasks if task.kind == weave.title]
    openings = [parts[task.id] for task in tasks if task.kind == weave.opening]
    others = [parts[task.id] for task in tasks if task.kind not in (weave.title, weave.opening)]
    return WovenEssay(parts[title], (*openings, *others))
