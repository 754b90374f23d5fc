"""Org: headings with `:tags:`, and the prose below, as readers see the prose.

Takes a file's text, gives a `Body`. By the Org Syntax document (orgmode.org/worg/org-syntax.html). Code, tables,
drawers, comments, footnotes and images are left out, and all parts under a heading that is commented out or excluded
from export. Paragraphs may end in a list of `#tags`, as in all formats; Org has no `#tag` within a sentence.

Known Org parsers read the dates in every line, and raise for dates not in the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from remix.corpus import org_inline, org_keywords
from remix.corpus.blocks import Block, Body, LeftOut, Why
from remix.corpus.cuts import Shown
from remix.corpus.org_elements import Elements
from remix.corpus.tags import unique

_HEADING = re.compile(r"(\*+)[ \t]+(.*)")
_HEADING_TAGS = re.compile(r":[\w@#%:]+:")
_PRIORITY = re.compile(r"\[#\w{1,2}\]")
_COOKIE = re.compile(r"\[(?:\d*/\d*|\d*%)\]")
_OF_PROGRAMS = frozenset({"ATTACH", "crypt"})
"""Tags set by Emacs instead of the author."""

_UNREAD = frozenset({"noexport", "ARCHIVE"})
"""Tags of headings excluded from export."""


def read(text: str, name: str) -> Body:
    """The keywords before the first heading and the blocks of a file. Any file is accepted, so `name` isn't used."""
    del name
    return read_with(text, org_inline.shown)


def read_with(text: str, inline: Callable[[str], Shown]) -> Body:
    """As `read`; `inline` gives the words of a paragraph, a heading or an item."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _HEADING.fullmatch(line)), len(lines))
    sections = _Sections(lines, org_keywords.states(lines[:first]), inline)
    blocks = tuple(sections.blocks())
    return Body(
        meta=org_keywords.read_head(lines[:first]),
        title=None,
        blocks=blocks,
        left_out=tuple(sorted(sections.left_out, key=lambda each: each.lines)),
        tags=unique(sections.tags),
    )


class _Heading(NamedTuple):
    """The parts of a heading line."""

    level: int
    title: str
    tags: tuple[str, ...]
    hidden: bool
    """Whether Org leaves out the heading and the text below."""
    left_out: tuple[tuple[Why, str], ...]
    """Words of the line outside the title."""


class _Hidden(NamedTuple):
    """A heading excluded from export, with all headings below."""

    level: int
    start: int
    """The heading's line, from 0."""


class _Sections:
    """A file's headings, each with the lines below."""

    def __init__(self, lines: Sequence[str], states: set[str], inline: Callable[[str], Shown]) -> None:
        self._lines = lines
        self._states = states
        self._inline = inline
        self.left_out: list[LeftOut] = []
        self.tags: list[str] = []
        """Tags for the whole file."""

    def blocks(self) -> Iterator[Block]:
        """Yield the exported headings and blocks; afterwards `left_out` has all further parts."""
        lines = self._lines
        starts = [0, *(n for n, line in enumerate(lines) if n and _HEADING.fullmatch(line)), len(lines)]
        hidden: _Hidden | None = None
        for start, end in pairwise(starts):
            heading = _heading(lines[start], self._states)
            if heading and hidden and heading.level <= hidden.level:
                self._hide(hidden.start, start)
                hidden = None
            if heading and heading.hidden and not hidden:
                hidden = _Hidden(heading.level, start)
            if not hidden:
                yield from self._section(heading, start, end)
        if hidden:
            self._hide(hidden.start, len(lines))

    def _hide(self, start: int, end: int) -> None:
        self.left_out.append(LeftOut("hidden", "\n".join(self._lines[start:end]), (start + 1, end)))

    def _section(self, heading: _Heading | None, start: int, end: int) -> Iterator[Block]:
        """A heading, and the blocks up to the next heading."""
        if heading:
            line = start + 1
            seen = self._inline(heading.title)
            yield Block("heading", seen.text, heading.tags, (line, line), heading.level)
            self.left_out += (LeftOut(why, text, (line, line)) for why, text in heading.left_out)
            self.left_out += (LeftOut(each.why, each.text, (line, line)) for each in seen.removed)
            start += 1
        elements = Elements(self._lines[start:end], start + 1, self._inline)
        yield from elements.blocks()
        self.left_out += elements.left_out
        self.tags += elements.tags


def _heading(line: str, states: set[str]) -> _Heading | None:
    match = _HEADING.fullmatch(line)
    if not match:
        return None
    *words, last = match[2].split() or [""]
    tags: tuple[str, ...] = ()
    left_out: list[tuple[Why, str]] = []
    if _HEADING_TAGS.fullmatch(last):
        tags = tuple(tag for tag in last.split(":") if tag and tag not in _OF_PROGRAMS)
        left_out.append(("tags", last))
    else:
        words.append(last)
    if words and words[0] in states:
        left_out.append(("metadata", words.pop(0)))
    if words and _PRIORITY.fullmatch(words[0]):
        left_out.append(("metadata", words.pop(0)))
    left_out += [("metadata", word) for word in words if _COOKIE.fullmatch(word)]
    words = [word for word in words if not _COOKIE.fullmatch(word)]
    hidden = words[:1] == ["COMMENT"] or not _UNREAD.isdisjoint(tags)
    return _Heading(len(match[1]), " ".join(words), unique(tags), hidden, tuple(left_out))
