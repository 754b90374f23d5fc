"""Org's inline markup: a stretch of Org as readers see the text.

Takes the source of a paragraph, a heading or an item, gives the words, and the parts taken out. Doesn't know blocks
or files. By the Org Syntax document (orgmode.org/worg/org-syntax.html), "Objects". Formulas, `\\alpha`, citations
`[cite:@key]` and timestamps stay as written. The time grows in proportion to the text's length.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from remix.corpus.blocks import Why
from remix.corpus.cuts import Cut, Shown, cut_out

_NESTED = r"(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*+\])*+\])*+"
_OBJECT = re.compile(
    r"(?=[\[<@{\\$shf*/_+=~])(?:"
    r"(?P<link>\[\[(?P<target>[^\[\]]++)\](?:\[(?P<words>[^\[\]]++)\])?+\])"
    rf"|(?P<footnote>\[fn:[\w-]*+(?::{_NESTED})?+\])"
    r"|(?P<shown_target><<<(?P<radio>[^<>\n]++)>>>)"
    r"|(?P<hidden_target><<[^<>\n]++>>)"
    r"|(?P<address><(?:https?|ftp|mailto|file):[^\s<>]++>)"
    r"|(?P<snippet>@@(?P<backend>[\w-]++):(?:[^@\n]|@(?!@)){0,1000}+@@)"
    r"|(?P<macro>\{\{\{[A-Za-z][\w-]*+(?:\([^{}\n]{0,1000}?\))?+\}\}\})"
    r"|(?P<source>\bsrc_[\w+-]++(?:\[[^\[\]\n]*+\])?+\{(?P<program>[^{}\n]*+)\})"
    r"|(?P<break>\\\\(?=[ \t]*+(?:\n|\Z)))"
    r"|(?P<bare>(?:https?|ftp|file)://?[^\s<>\[\]()]*[^\s<>\[\]()*_+=~.,;:!?'\"])"
    r"|(?P<formula>\\\((?:[^\\]|\\(?![()\[\]]))*+\\\)|\\\[(?:[^\\]|\\(?![()\[\]]))*+\\\]"
    r"|\$\$[^$]++\$\$|\$(?![\s$])[^$\n]{0,200}+(?<!\s)\$(?![\w$]))"
    r"|(?P<verbatim>[=~])"
    r"|(?P<mark>[*/_+]))"
)

_IMAGE = re.compile(r"[^\[\]]*\.(?:png|jpe?g|gif|svg|webp|avif|tiff?|bmp)(?:::[^\[\]]*)?\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|ftp|mailto|doi):")
_PATH = re.compile(r"(?:file\+\w+|file|attachment|denote|docview|roam):|[*#]")
"""The beginning of a link's target that isn't part of the target's name."""
_ID = re.compile(r"(?:id|denote|cite):[\w-]*\Z")
_BEFORE = frozenset("*/_+-({'\"‘“«„「（—–")
_AFTER = frozenset("*/_+-.,;:!?')}]\"\\[’”»」）—–。，、；：！？")
"""Org's signs before and after emphasis, with marks within marks and further languages' quotation marks."""

MOST_LINES = 1
"""Line ends within emphasis."""


def shown(source: str) -> Shown:
    """The words of a stretch of Org."""
    return cut_out(source, _cuts(source))


def _cuts(source: str) -> Iterator[Cut]:
    marks = _Emphasis(source)
    at = 0
    while match := _OBJECT.search(source, at):
        start, at = match.span()
        match match.lastgroup:
            case "link":
                yield from _link(match)
            case "mark":
                yield from marks.pair(start)
            case "shown_target":
                yield from (Cut(start, start + 3), Cut(at - 3, at))
            case "address":
                yield from (Cut(start, start + 1), Cut(at - 1, at))
            case "verbatim" if (end := marks.end_of_verbatim(start)) is not None:
                at = end
                yield from (Cut(start, start + 1), Cut(at - 1, at))
            case "break":
                yield Cut(start, at)
            case "source":
                yield from (Cut(start, match.start("program"), "code"), Cut(at - 1, at))
            case "snippet":
                yield Cut(start, at, "comment" if match["backend"] == "comment" else "html")
            case kind if kind in _WHOLE:
                yield Cut(start, at, _WHOLE[kind])


_WHOLE: dict[str, Why] = {"footnote": "footnote", "hidden_target": "link", "macro": "shortcode"}


def _link(match: re.Match[str]) -> Iterator[Cut]:
    """The brackets and the target; of an image, the whole link."""
    start, end = match.span()
    target, words = match["target"], match["words"]
    if _IMAGE.match(words or target):
        yield Cut(start, end, "image")
    elif words:
        first = match.start("words")
        yield from (
            Cut(start, start + 2),
            Cut(start + 2, first - 2, "link"),
            Cut(first - 2, first),
            Cut(end - 2, end),
        )
        yield from (cut._replace(start=cut.start + first, end=cut.end + first) for cut in _cuts(words))
    elif _ID.match(target):
        yield Cut(start, end, "link")
    else:
        yield from (Cut(start, start + 2), Cut(end - 2, end))
        path = None if _ADDRESS.match(target) else _PATH.match(target)
        if path:
            yield Cut(start + 2, start + 2 + path.end(), "link" if path[0][-1] == ":" else None)


class _Opened(NamedTuple):
    """An opening mark of emphasis, not closed yet."""

    sign: str
    at: int


class _Emphasis:
    """The marks of emphasis and of verbatim text, found in a single pass."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._opened: list[_Opened] = []
        self._counts = dict.fromkeys("*/_+", 0)

    @functools.cached_property
    def _line_ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self._text)]

    @functools.cached_property
    def _ends_of_verbatim(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {"=": [], "~": []}
        for match in re.finditer("[=~]", self._text):
            if self._closes(match.start()):
                places[match[0]].append(match.start())
        return places

    def end_of_verbatim(self, at: int) -> int | None:
        """The end of the text between `=` or `~` from `at` on."""
        if not self._opens(at):
            return None
        ends = self._ends_of_verbatim[self._text[at]]
        after = bisect_right(ends, at + 1)
        return ends[after] + 1 if after < len(ends) and self._is_near(at, ends[after]) else None

    def pair(self, at: int) -> Iterator[Cut]:
        """The opening and the closing mark, if the sign at `at` closes the nearest open mark of the same sign."""
        sign = self._text[at]
        if self._counts[sign] and self._closes(at):
            opened = self._back_to(sign)
            if opened.at + 1 < at and self._is_near(opened.at, at):
                yield from (Cut(opened.at, opened.at + 1), Cut(at, at + 1))
                return
        if self._opens(at):
            self._opened.append(_Opened(sign, at))
            self._counts[sign] += 1

    def _opens(self, at: int) -> bool:
        before, after = self._text[at - 1] if at else " ", self._text[at + 1 : at + 2] or " "
        return not after.isspace() and (before.isspace() or before in _BEFORE)

    def _closes(self, at: int) -> bool:
        before, after = self._text[at - 1] if at else " ", self._text[at + 1 : at + 2] or " "
        return not before.isspace() and (after.isspace() or after in _AFTER)

    def _is_near(self, start: int, end: int) -> bool:
        return bisect_right(self._line_ends, end) - bisect_right(self._line_ends, start) <= MOST_LINES

    def _back_to(self, sign: str) -> _Opened:
        """Forget the open marks from the nearest mark with a sign on; gives the nearest mark."""
        while True:
            opened = self._opened.pop()
            self._counts[opened.sign] -= 1
            if opened.sign == sign:
                return opened
