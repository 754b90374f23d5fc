"""Weaves: essays of several paragraphs, each written from a group of passages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from remix.records.bounds import MOST_STEPS
from remix.records.values import Count, Frozen, Many, Rule, Sha256, is_empty, is_none

WEAVES = "_weave"
"""Folder of woven texts in a run. Essays' slugs have no underscore, so no essay takes the name."""

WeaveOrder = Literal["essay", "closest", "given"]
"""Order of the passages: as they stand in their essays, each next to the most similar, or as the user gave them."""


class WeaveGroup(Frozen):
    """The passages of a paragraph."""

    passages: Many[str] = Field(min_length=1)
    """Ids of the passages, in the order in which the paragraph reads them; of a group of accepted texts, of the
    passages behind the texts."""
    records: Many[Sha256] = Field((), exclude_if=is_empty)
    """Ids of the records of the accepted texts that the paragraph reads in place of passages."""
    summarised: Many[str] = Field((), exclude_if=is_empty)
    """Ids of the passages that are read in the words of their summaries, because the group exceeds the context."""
    words: Count
    """Words that the paragraph is asked to have."""


class Weave(Frozen):
    """The plan of a woven essay."""

    order: WeaveOrder
    """How the passages were put in order."""
    similarity: Rule | None = None
    """Name and version of the method by which passages were compared; null if they weren't."""
    length: Count
    """Words that the essay is asked to have."""
    dialectic: bool
    """Whether each group gets an objection and a synthesis after its paragraph."""
    paragraph: str
    """Name of the kind that writes a paragraph."""
    opening: str
    """Name of the kind that writes the opening."""
    title: str
    """Name of the kind that writes the title."""
    objection: str | None = Field(None, exclude_if=is_none)
    """Name of the kind that writes an objection to a paragraph; null if none is asked for."""
    synthesis: str | None = Field(None, exclude_if=is_none)
    """Name of the kind that writes what holds after the objection; null if no objection is asked for."""
    summary: str | None = Field(None, exclude_if=is_none)
    """Name of the kind that writes summaries of passages; null if no passage is summarised."""
    beginnings: bool = Field(False, exclude_if=lambda value: not value)
    """Whether opening and title read the first sentence of each paragraph, because all paragraphs together may exceed
    the context."""
    groups: Many[WeaveGroup] = Field(min_length=1, max_length=MOST_STEPS)
    """The groups, in the order of the paragraphs."""
