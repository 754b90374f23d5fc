"""Reviews of outputs by people: verdicts, notes and edited versions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from remix.records.values import Frozen, Many, Sha256

Verdict = Literal["accept", "reject", "star"]
"""A starred output is accepted too."""

Loss = Literal["earned", "lost", "neither"]
"""Judgement on the parts of the passage that the text leaves out: rightly left out, wrongly left out, or neither."""


class Edit(Frozen):
    """A person's edited version of an output, kept in a file beside the output."""

    file: str
    """Path below the run's folder."""
    sha256: Sha256
    """sha256 of the edited text."""


class Review(Frozen):
    """A review of an output by a person. Reviews are never deleted: a later review can undo an earlier one."""

    schema_: Literal["remix/review/1"] = Field("remix/review/1", alias="schema")
    """Name and version of the file format."""
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Random id, by which a later review can undo this review."""
    at: datetime
    """Time in UTC."""
    reviewer: str = Field(min_length=1)
    """The reviewer's name."""
    output: Sha256
    """Id of the output's record: the review holds for every copy of the output with the same origin."""
    task: str
    """Id of the output's task in the run."""
    verdict: Verdict | None = None
    """Null if the review gives no verdict."""
    loss: Loss | None = None
    """Null if the review doesn't judge the loss."""
    note: str | None = None
    """The reviewer's note; null for no note, empty to withdraw an earlier note."""
    edit: Edit | None = None
    """The reviewer's edited version; null if the review has none."""
    undoes: str | None = None
    """Id of an earlier review by the same reviewer, which this review withdraws."""


class Standing(Frozen):
    """Result of all reviews of an output: the last verdict, loss, note and edit."""

    verdict: Verdict | None = None
    """Null if no review gave a verdict."""
    loss: Loss | None = None
    """Null if no review judged the loss."""
    note: str | None = None
    """Null if no review had a note, empty if the last note was withdrawn."""
    edit: Edit | None = None
    """The last edited version; null if nobody edited the text."""
    reviewers: Many[str] = ()
    """Names of all people whose reviews count."""

    @property
    def is_accepted(self) -> bool:
        """Whether the output is to be kept."""
        return self.verdict in ("accept", "star")
