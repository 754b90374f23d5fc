"""Cuts: the parts of a text that a reader doesn't see, taken out.

Takes a source and its cuts, gives the words and the parts that were taken out. Doesn't know any markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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


class Cut(NamedTuple):
    """A part of the source that isn't shown as written."""

    start: int
    end: int
    why: Why | None = None
    """None for marks and entities, which hold no words of their own."""
    instead: str = ""


def cut_out(source: str, cuts: Iterable[Cut]) -> Shown:
    """The source without the cuts; a cut within another is part of the other."""
    kept: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        if cut.start < cut.end and not (kept and cut.start < kept[-1].end):
            kept.append(cut)
    if not kept:
        return Shown(source, ())
    return Shown(_without(source, kept), tuple(_removed(source, kept)))


def _removed(source: str, cuts: Sequence[Cut]) -> Iterator[Removed]:
    line = at = 0
    for cut in cuts:
        line += source.count("\n", at, cut.start)
        at = cut.start
        if cut.why:
            yield Removed(cut.why, source[cut.start : cut.end], line)


def _without(source: str, cuts: Sequence[Cut]) -> str:
    """The source without the cuts, with their line ends; where a part is gone, a single blank is left."""
    text = _Text()
    at = 0
    for cut in cuts:
        text.add(source[at : cut.start])
        text.leave_out(cut, source.count("\n", cut.start, cut.end))
        at = cut.end
    text.add(source[at:])
    text.end()
    return "".join(text.parts)


_NO_BLANK_BEFORE = tuple(".,;:!?)]}\n。，、")


class _Text:
    """The words so far."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._gap: Why | None = None
        """The reason of the part that was left out right before."""

    def add(self, words: str) -> None:
        """Add words behind a part that was left out."""
        if words and self._gap:
            self._close(words)
            is_after_blank = not self.parts or self.parts[-1][-1:] in ("", " ", "\t", "\n")
            words = words.lstrip(" \t") if is_after_blank else words
        if words:
            self._gap = None
            self.parts.append(words)

    def leave_out(self, cut: Cut, lines: int) -> None:
        """Add what stands in a cut's place."""
        if cut.instead:
            self.add(cut.instead)
        elif cut.why:
            self._gap = cut.why
        if lines:
            self.end()
            self.parts.append("\n" * lines)

    def end(self) -> None:
        """Take off the blanks before a part at the end of a line."""
        if self._gap:
            self._close("\n")

    def _close(self, words: str) -> None:
        """Take off the blanks before a gap, if `words` behind the gap begin with a sign that has none before."""
        if self.parts and words.startswith(_NO_BLANK_BEFORE) and (self._gap != "html" or words[0] == "\n"):
            self.parts[-1] = self.parts[-1].rstrip(" \t")
