"""A woven essay: the texts of a run's weave, in reading order, and as one file (`essay.md`).

Takes a run's folder, gives the essay's title and parts with their records, and writes the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import ESSAY
from remix.outputs.run import RunFolder
from remix.records import Record, Task
from remix.records.weave import Weave
from remix.util.files import write_whole


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

    @property
    def heading(self) -> str:
        """The title in a line, without the marks that models put around titles."""
        return heading_of(self.title.text) or "Untitled"

    @property
    def markdown(self) -> str:
        """The essay as Markdown: the heading, then the parts, each a paragraph."""
        parts = [" ".join(part.text.split()) for part in self.parts]
        return "\n\n".join([f"# {self.heading}", *(part for part in parts if part)]) + "\n"


def woven(folder: RunFolder) -> WovenEssay:
    """The essay of a run of `remix weave`.

    Raises `RunError` if the run weaves no essay, if a text isn't written yet, or if one was changed.
    """
    weave = folder.run.weave
    if weave is None:
        raise RunError(f"{folder.path}: weaves no essay.", "`remix weave` makes a run that does.")
    tasks = in_reading_order(folder.run.tasks, weave)
    unwritten = [task for task in tasks if not folder.is_done(task)]
    if unwritten:
        raise RunError(
            f"{folder.path}: {len(unwritten)} of the essay's {len(tasks)} texts aren't written yet.",
            f"`remix resume {folder.run.name}` goes on.",
        )
    title, *parts = (EssayPart(task.id, *folder.read(task.id)) for task in tasks)
    return WovenEssay(title, tuple(parts))


def in_reading_order(tasks: Sequence[Task], weave: Weave) -> list[Task]:
    """The tasks of an essay's texts: the title, the opening, the paragraphs."""
    first = {weave.title: 0, weave.opening: 1}
    return sorted((task for task in tasks if task.is_woven), key=lambda task: first.get(task.kind, 2))


def heading_of(title: str) -> str:
    """The first line of the title's text that has words, without the marks around it; empty if there is none."""
    for line in title.splitlines():
        bare = _MARKS.sub("", line)
        if heading := bare[:-1] if bare.endswith(".") and not bare.endswith("..") else bare:
            return heading
    return ""


def write_essay(folder: RunFolder) -> None:
    """Write `essay.md` from a run's finished texts. Raises `RunError` as `woven` does, and if writing fails."""
    write_whole(folder.path / ESSAY, woven(folder).markdown.encode())


_MARKS = re.compile(r"\A(?:[#*_\"“”„«»'‘’`\s]|title:)+|[*_\"“”«»'’`\s]+\Z", re.IGNORECASE)
"""Marks of headings, emphasis and quotation around a title; within a title they stay."""
