"""Shown words: a stretch of Markdown in the words that a reader sees.

Takes the source of a paragraph, a heading or an item, gives the words, and the parts that were taken out. Doesn't
know blocks or files.
"""

from __future__ import annotations

from typing import NamedTuple

from remix.corpus.blocks import Why


class Removed(NamedTuple):
    """A part of the source that a reader doesn't see."""

    why: Why
    text: str
    """As written."""
    line: int
    """The part's first line, from 0."""


class Shown(NamedTuple):
    """A source as a reader sees it."""

    text: str
    """Has as many line ends as the source, in the same order: line n of the text shows line n of the source."""
    removed: tuple[Removed, ...]
    """In the order of the source. Each letter of the source is in the text or in one of these; an entity (`&eacute;`)
    is in the text as its character."""


def shown(source: str) -> Shown:
    """The words of a stretch of Markdown."""
    return Shown(source, ())
