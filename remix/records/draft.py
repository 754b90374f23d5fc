"""Drafts: essays put together from accepted texts and a person's own words; and where each piece comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from remix.records.values import Count, Frozen, Many, Sha256

PieceId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9-]{1,40}$")]


class Origin(Frozen):
    """Where a piece of a draft comes from: an output of a run, as written or in an edited version."""

    record: Sha256
    """Id of the output's record."""
    run: str = Field(min_length=1, max_length=255)
    """Name of the run's folder."""
    task: str = Field(min_length=1, max_length=1000)
    """Id of the output's task."""
    passage: str = Field(min_length=1, max_length=1000)
    """Id of the passage from which the output was written; of several, of the first."""
    further: Many[str] = Field((), exclude_if=lambda value: not value)
    """Ids of the further passages behind the output, in order."""
    sha256: Sha256
    """sha256 of the text that was put into the draft."""
    edit: Sha256 | None = None
    """sha256 of the edited version that was put into the draft; null for the output as written."""

    @property
    def passages(self) -> tuple[str, ...]:
        """Ids of all passages behind the output."""
        return (self.passage, *self.further)


class StoredPiece(Frozen):
    """A piece of a draft, without its text, which is in the draft's Markdown file."""

    id: PieceId
    size: Count
    """Characters of the piece's text."""
    sha256: Sha256
    """sha256 of the piece's text."""
    origin: Origin | None = None
    """Null for a person's own words."""


class DraftSources(Frozen):
    """The pieces of a draft with their sources, as kept in `NAME.sources.json` beside the draft."""

    schema_: Literal["remix/draft/1"] = Field("remix/draft/1", alias="schema")
    """Name and version of the file format."""
    pieces: Many[StoredPiece] = ()
    """In order."""
    history: Many[Origin] = ()
    """Sources of pieces that were taken out of the draft, the latest last."""


class Piece(Frozen):
    """A piece of a draft with its text."""

    id: PieceId
    text: str
    """Markdown; lines end with a line feed."""
    origin: Origin | None = None
    """Null for a person's own words."""
