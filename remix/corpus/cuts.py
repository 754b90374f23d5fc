"""Cuts: parts of a text hidden from readers, taken out.

Takes a source and its cuts, gives the words and the removed parts. Doesn't know any markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from remix.corpus.blocks import Why


class Removed(NamedTuple):
    """A part of the source hidden from readers."""

    why: Why
    text: str
    """As written."""
    line: int
    """The part's first line, from 0."""


class Shown(NamedTuple):
    """A source as readers see the source: the words, and the removed parts."""

    text: str
    """Has as many line ends as the source, in the same order: line n of the text shows line n of the source."""
    removed: tuple[Removed, ...]
    """In the order of the source. Each letter of the source is in the text or in a removed part; an entity
    (`&eacute;`) is in the text as a character."""


class Cut(NamedTuple):
    """A part of the source not shown as written."""

    start: int
    end: int
    why: Why | None = None
    """None for marks and entities, which contain no words."""
    instead: str = ""


def cut_out(source: str, cuts: Iterable[Cut]) -> Shown:
    """The source without the cuts; a cut within a larger cut is ignored."""
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
    """The source without the cuts, but with the cuts' line ends; each cut leaves a single blank."""
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
    """The words of the text up to the present place."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._gap: Why | None = None
        """The reason of the part left out directly before."""

    def add(self, words: str) -> None:
        """Add words after a part left out."""
        if words and self._gap:
            self._close(words)
            is_after_blank = not self.parts or self.parts[-1][-1:] in ("", " ", "\t", "\n")
            words = words.lstrip(" \t") if is_after_blank else words
        if words:
            self._gap = None
            self.parts.append(words)

    def leave_out(self, cut: Cut, lines: int) -> None:
        """Add the replacement of a cut."""
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
        """Remove the blanks before a gap, if `words`, after the gap, begin with a sign that has no blank before."""
        if self.parts and words.startswith(_NO_BLANK_BEFORE) and (self._gap != "html" or words[0] == "\n"):
            self.parts[-1] = self.parts[-1].rstrip(" \t")
