"""What the page is given: rows of runs, passages and texts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from remix.outputs import reviews
from remix.outputs.facts import about, shown_under
from remix.outputs.layout import MOST_ENTRIES, RECORD, TEXT
from remix.outputs.run import RunFolder
from remix.records import Frozen, Loss, Passage, Sha256, Standing, Task, Verdict
from remix.studio import sheet
from remix.studio.sheet import shown
from remix.util.files import entries

OPENING = 90
"""Letters of an output that its row shows."""

MOST_REVIEWERS = 20
"""Reviewers of a text that are named."""


class RunRow(Frozen):
    """A run on the desk."""

    name: str
    about: str
    """What it was asked for."""
    done: int
    """Finished texts."""
    total: int
    """Planned ones."""


class PassageRow(Frozen):
    """A passage with outputs on the desk."""

    id: str
    essay: str
    section: str | None
    tags: tuple[str, ...]


class Row(Frozen):
    """An output on the desk, as it was planned."""

    key: str
    """Names it in addresses: a hash, which tells nothing of model, variant and step."""
    run: int
    """Number of its run, from 0."""
    passage: int
    """Number of its passage, from 0."""
    kind: str
    step: int
    variant: int


class Content(Frozen):
    """What an output's files say."""

    output: str | None
    """Its record's id; null where it is broken."""
    model: str | None
    """What wrote it."""
    flags: tuple[str, ...]
    opening: str
    """How its text begins."""


class Changes(Frozen):
    """What is new since a page asked last."""

    version: str
    """To be given when asking the next time."""
    listed: int
    """Grows when outputs come or go: the listing is another then."""
    contents: dict[str, Content]
    """Of outputs that were read since, by rows' keys."""
    unread: int
    """Outputs that are still to be read."""
    twins: tuple[str, ...]
    """Rows whose output is that of a row before them: the same text of the same origin, in two runs, is one."""
    standings: dict[str, Standing]
    """Of outputs, by their records' ids."""
    broken: dict[str, str]
    """What isn't as it was written, by rows' keys."""
    findings: tuple[str, ...]
    """The same of runs as a whole."""


class Listing(Frozen):
    """All that lies on the desk."""

    reviewer: str
    runs: tuple[RunRow, ...]
    passages: tuple[PassageRow, ...]
    """Essay by essay, those without outputs too."""
    outputs: tuple[Row, ...]
    """Passage by passage."""
    changes: Changes
    """What holds of them."""


class Said(Frozen):
    """What came of saying something."""

    reviews: tuple[str, ...]
    """Ids of what was said, for taking it back."""
    keys: tuple[str, ...]
    """Of the outputs that it was said of."""
    changes: Changes


class Words(Frozen):
    """Something to say of an output; what is null isn't said."""

    output: Sha256
    """Id of the record that was looked at: the text may have been written anew since."""
    verdict: Verdict | None = None
    loss: Loss | None = None
    note: str | None = Field(None, max_length=reviews.LONGEST)


@dataclass(frozen=True)
class Place:
    """An output of a run."""

    folder: RunFolder
    passage: Passage
    task: Task

    @cached_property
    def names(self) -> tuple[str, str]:
        """Of its files, below the run's folder."""
        return f"{self.task.id}{TEXT}", f"{self.task.id}{RECORD}"

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """Its text and its record."""
        return self.folder.text_path(self.task.id), self.folder.record_path(self.task.id)


class Read(NamedTuple):
    """What was read of an output."""

    state: tuple[int, ...]
    """Of its files."""
    version: int
    """As of which it is told."""
    content: Content
    text: str
    """For searching: in lower case."""


def outputs_by_passage(folders: Sequence[RunFolder]) -> Iterator[tuple[Passage, list[tuple[int, Place]]]]:
    """The outputs of each passage, with the numbers of their runs: essay by essay, kind by kind."""
    essays: dict[tuple[str, str], dict[tuple[str, str], list[tuple[int, Place]]]] = {}
    for number, folder in enumerate(folders):
        passages = {passage.id: passage for essay in folder.run.essays for passage in essay.passages}
        under = shown_under(folder.run)
        for task in folder.run.tasks:
            passage = passages[under[task.id]]
            group = essays.setdefault((passage.essay, passage.title), {})
            group.setdefault((passage.id, passage.sha256), []).append((number, Place(folder, passage, task)))
    for essay in essays.values():
        for places in essay.values():
            # Runs, variants and steps stay in their order.
            yield places[0][1].passage, sorted(places, key=lambda each: each[1].task.kind)


def equal_texts(read: Mapping[str, Read]) -> Iterator[str]:
    """The keys of those whose record was there before, in their order."""
    seen: set[str] = set()
    for key, each in read.items():
        if each.content.output in seen:
            yield key
        elif each.content.output:
            seen.add(each.content.output)


def files_of(folder: Path) -> set[str]:
    """The names of all files below a folder, as runs write them: with forward slashes."""
    start = len(os.path.join(folder, ""))  # noqa: PTH118 (what `entries` begins each path with)
    below = (entry.path[start:] for entry in entries(folder, MOST_ENTRIES) if not entry.is_dir(follow_symlinks=False))
    return {name.replace(os.sep, "/") for name in below}


def state_of(place: Place) -> tuple[int, ...]:
    """By which it shows that an output's files changed; empty where one of them isn't there."""
    try:
        stats = [path.stat() for path in place.files]
    except OSError:
        return ()
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def row_of(key: str, run: int, passage: int, task: Task) -> Row:
    return Row(key=key, run=run, passage=passage, kind=shown(task.kind), step=task.step, variant=task.variant)


def content_of(place: Place) -> tuple[Content, str]:
    """What an output's files say, and what is searched."""
    text, record, _ = sheet.read(place.folder, place.task)
    content = Content(
        output=record.id if record else None,
        model=shown(record.circumstances.model) if record else None,
        flags=tuple(map(shown, record.flags)) if record else (),
        opening=shown(" ".join(text[: 2 * OPENING].split())[:OPENING]),
    )
    return content, " ".join(text.casefold().split())


def run_row_of(folder: RunFolder, done: int) -> RunRow:
    run = folder.run
    return RunRow(name=shown(run.name), about=shown(about(run)), done=done, total=len(run.tasks))


def passage_row_of(passage: Passage) -> PassageRow:
    return PassageRow(
        id=shown(passage.id),
        essay=shown(passage.title),
        section=passage.section and shown(passage.section),
        tags=tuple(map(shown, passage.tags)),
    )


def first_lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Of very many lines the first, and how many more there are."""
    more = len(lines) - most
    return (*lines[:most], *([f"{more:,} more"] if more > 0 else []))


def shown_standing(standing: Standing) -> Standing:
    note = standing.note and shown(standing.note[: reviews.LONGEST])
    return standing.model_copy(
        update={"note": note, "reviewers": tuple(map(shown, first_lines(standing.reviewers, MOST_REVIEWERS)))}
    )
