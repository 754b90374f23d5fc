"""Inline markup: the code, comments, HTML and links within a paragraph of Markdown.

Takes a paragraph, gives spans of characters. Doesn't know files or tags. The time grows in proportion
to the text's length: each kind of ending is searched for once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

_MARKUP = re.compile(
    r"(?P<escape>\\[^\w\s])"
    r"|(?P<code>`+)"
    r"|(?P<comment>%%|<!--)"
    r"|(?P<wiki>!?\[\[[^\[\]\n]*+\]\])"
    r"|(?P<html></?[A-Za-z][^<>]*+>)"
    r"|(?P<open>\[)"
    r"|(?P<close>\](?P<target>\((?:[^()\\]++|\\.|\([^()]*+\))*+\)|\[[^\[\]]*+\])?)",
    re.DOTALL,
)
_COMMENT_ENDS = {"%%": "%%", "<!--": "-->"}


class Span(NamedTuple):
    """A part of a paragraph that is markup, not words."""

    kind: Literal["code", "comment", "html", "link"]
    start: int
    end: int


def comments(text: str) -> list[tuple[int, int]]:
    """First and last-plus-one characters of comments: `%%…%%` and `<!--…-->`, but not in code."""
    return [(span.start, span.end) for span in markup(text) if span.kind == "comment"]


def open_comment(text: str) -> int | None:
    """The position of a `%%` that is not closed within the paragraph."""
    scanner = _Scanner(text)
    for _ in scanner.spans():
        pass
    return scanner.unclosed.get("%%")


def markup(text: str) -> list[Span]:
    """The code, comments, HTML and links of a paragraph of Markdown; links may contain further spans.

    By CommonMark 0.31 without link definitions, with Obsidian's `[[links]]` and `%%comments%%`. Unclosed marks are
    text.
    """
    return list(_Scanner(text).spans())


class _Scanner:
    """A pass through a paragraph."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ticks: dict[int, list[int]] | None = None
        self.unclosed: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        """Yield the spans, sorted by end."""
        opened: list[int] = []
        at = 0
        while match := _MARKUP.search(self._text, at):
            start, at = match.span()
            match match.lastgroup:
                case "code":
                    if end := self._end_of_code(start, at):
                        yield Span("code", start, end)
                        at = end
                case "comment":
                    if end := self._end_of_comment(match[0], at):
                        yield Span("comment", start, end)
                        at = end
                case "wiki":
                    yield Span("link", start, at)
                case "html":
                    yield Span("html", start, at)
                case "open":
                    opened.append(start)
                case "close":
                    begin = opened.pop() if opened else None
                    if begin is not None and match["target"]:
                        yield Span("link", begin, at)

    def _end_of_code(self, start: int, end: int) -> int | None:
        """The end of the next run of as many backticks as begin at `start`."""
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        length = end - start
        places = self._ticks.get(length, [])
        after = bisect_right(places, start)
        return places[after] + length if after < len(places) else None

    def _end_of_comment(self, opening: str, at: int) -> int | None:
        if opening in self.unclosed:
            return None
        closing = _COMMENT_ENDS[opening]
        found = self._text.find(closing, at)
        if found < 0:
            self.unclosed[opening] = at - len(opening)
            return None
        return found + len(closing)
