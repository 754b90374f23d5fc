"""The list on the page's left: rows of runs, passages and outputs, and changes since the last request.

Frozen values that become JSON, made from records; strings are safe to show. Knows nothing of files and threads.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from remix.outputs import reviews
from remix.outputs.facts import about, branch_label
from remix.outputs.run import RunFolder
from remix.records import Frozen, Loss, Passage, Sha256, Standing, Task, Verdict
from remix.util.names import readable

MOST_NAMED = 4
"""Passages of a group given by name."""

MOST_REVIEWERS = 20
"""Reviewers of a text given by name."""


class RunRow(Frozen):
    """An open run."""

    name: str
    about: str
    """The request in words."""
    done: int
    """Number of finished texts."""
    total: int
    """Number of planned texts."""


class PassageRow(Frozen):
    """A passage of an open run, or a group of passages."""

    id: str
    """Of a group, of its first passage."""
    essay: str
    """Title of the essay; empty for a group."""
    section: str | None
    tags: tuple[str, ...]
    group: tuple[str, ...]
    """Ids of a group's passages, at most `MOST_NAMED`; empty for a single passage."""
    more: int
    """Number of the group's passages that `group` leaves out."""


class Row(Frozen):
    """An output as planned."""

    key: str
    """The output's name in addresses: a hash, so that a blind judge learns nothing of model, variant and step."""
    run: int
    """Number of the run, from 0."""
    passage: int
    """Number of the passage, from 0."""
    kind: str
    step: int
    variant: int
    branch: str
    """Where a branch leaves its original, in words; empty for a text of its own."""


class Content(Frozen):
    """Contents of an output's files."""

    output: str | None
    """The record's id; null if the output is broken."""
    model: str | None
    flags: tuple[str, ...]
    opening: str
    """The first words of the text."""


class Changes(Frozen):
    """Changes since the page's last request."""

    version: str
    """To be sent with the next request."""
    listed: int
    """Grows whenever outputs appear or disappear; the page then asks for the listing again."""
    contents: dict[str, Content]
    """Outputs read since, by key."""
    unread: int
    """Number of outputs still to be read."""
    twins: tuple[str, ...]
    """Keys of outputs with the same record as an earlier row: the same text of the same origin, in two runs."""
    standings: dict[str, Standing]
    """Changed standings, by record id."""
    broken: dict[str, str]
    """Findings about single outputs, by key."""
    findings: tuple[str, ...]
    """All findings about the runs."""


class Listing(Frozen):
    """All passages and outputs of the open runs."""

    reviewer: str
    runs: tuple[RunRow, ...]
    passages: tuple[PassageRow, ...]
    """Essay by essay, also passages without outputs."""
    outputs: tuple[Row, ...]
    """Passage by passage."""
    changes: Changes
    """Everything known of the outputs."""


class ReviewRequest(Frozen):
    """A review from the page; null leaves a value as before."""

    output: Sha256
    """Id of the record shown to the reviewer: the text may have been written anew since."""
    verdict: Verdict | None = None
    loss: Loss | None = None
    note: str | None = Field(None, max_length=reviews.LONGEST)


class ReviewResult(Frozen):
    """The result of a review, choice, edit or undo."""

    reviews: tuple[str, ...]
    """Ids of the stored reviews, needed to withdraw them."""
    keys: tuple[str, ...]
    """Keys of the reviewed outputs."""
    changes: Changes


def run_row_of(folder: RunFolder, done: int) -> RunRow:
    run = folder.run
    return RunRow(name=readable(run.name), about=readable(about(run)), done=done, total=len(run.tasks))


def passage_row_of(passages: Sequence[Passage]) -> PassageRow:
    """The row of a passage, or of a group of passages."""
    first, is_group = passages[0], len(passages) > 1
    return PassageRow(
        id=readable(first.id),
        essay="" if is_group else readable(first.title),
        section=None if is_group else first.section and readable(first.section),
        tags=tuple(dict.fromkeys(readable(tag) for passage in passages for tag in passage.tags)),
        group=tuple(readable(passage.id) for passage in passages[:MOST_NAMED]) if is_group else (),
        more=max(0, len(passages) - MOST_NAMED) if is_group else 0,
    )


def row_of(key: str, run: int, passage: int, task: Task) -> Row:
    branch = readable(branch_label(task.branch)) if task.branch else ""
    kind = readable(task.kind)
    return Row(key=key, run=run, passage=passage, kind=kind, step=task.step, variant=task.variant, branch=branch)


def shown_standing(standing: Standing) -> Standing:
    note = standing.note and readable(standing.note[: reviews.LONGEST])
    return standing.model_copy(
        update={"note": note, "reviewers": tuple(map(readable, first_lines(standing.reviewers, MOST_REVIEWERS)))}
    )


def first_lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """The first lines, and the number of further lines if there are more."""
    more = len(lines) - most
    return (*lines[:most], *([f"{more:,} more"] if more > 0 else []))
