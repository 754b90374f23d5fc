"""What people say of outputs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from remix.records.values import Frozen, Many, Sha256

Verdict = Literal["accept", "reject", "star"]
"""To star is to accept, and more."""

Loss = Literal["earned", "lost", "neither"]
"""Whether what a text drops was worth dropping."""


class Edit(Frozen):
    """A person's own version of an output: a text of its own, beside it."""

    file: str
    """Below the run's folder."""
    sha256: Sha256
    """Of its body."""


class Review(Frozen):
    """One thing a person said of an output. Nothing is ever taken out of the list of these: what is undone is said to
    be, by another."""

    schema_: Literal["remix/review/1"] = Field("remix/review/1", alias="schema")
    """Name and version of this form."""
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Random, to be spoken of by."""
    at: datetime
    """When (UTC)."""
    reviewer: str = Field(min_length=1)
    """Who."""
    output: Sha256
    """The record's id: what is said holds wherever the same text of the same origin is."""
    task: str
    """The output's name in the run, for people."""
    verdict: Verdict | None = None
    """Whether to keep it; null where that isn't said."""
    loss: Loss | None = None
    """Whether the loss was worth it; null where that isn't said."""
    note: str | None = None
    """In the reviewer's words; null where nothing is said, empty to take a note back."""
    edit: Edit | None = None
    """What it should be instead; null where that isn't said."""
    undoes: str | None = None
    """Id of another of the same reviewer's, which is as if it had never been said."""


class Standing(Frozen):
    """What holds of an output, all reviews taken together: of each thing the last that was said."""

    verdict: Verdict | None = None
    """Whether to keep it."""
    loss: Loss | None = None
    """Whether the loss was worth it."""
    note: str | None = None
    """In words."""
    edit: Edit | None = None
    """The last edited version."""
    reviewers: Many[str] = ()
    """Who said any of it."""

    @property
    def is_accepted(self) -> bool:
        """Whether it is to be kept."""
        return self.verdict in ("accept", "star")
