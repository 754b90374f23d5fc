"""Inline tags: `#tag` within a sentence, by Obsidian's rule; and comments, which are not for readers.

Takes a paragraph of Markdown, gives tags and places. Knows nothing of files, and takes no longer than a text is long:
whatever looks for an end looks for it once.

A tag begins with `#` after a space or at the start of a line, and goes on with letters of any script, digits, `_`,
`-`, `/` and emoji; digits alone are a number (`#1984`). What stands in code, in a link, in HTML or in a comment is no
tag. The tag is a word of its sentence, so the text keeps it as it is written: taking the `#` away would leave a text
that nobody wrote, and taking the word away a hole.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

from remix.corpus.tags import EMOJI, JOINERS, marks, unique

_INLINE = re.compile(rf"(?<!\S)#([\w{marks()}{EMOJI}{JOINERS}/-]+)")
_LETTER = re.compile(rf"[^\W_]|[{EMOJI}]")

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
    """Part of a paragraph that is markup, and not words."""

    kind: Literal["code", "comment", "html", "link"]
    start: int
    end: int


def inline_tags(text: str) -> tuple[str, ...]:
    """The tags within a paragraph, in their order, without repetitions."""
    if "#" not in text:
        return ()
    words = (match[1].rstrip("/") for match in _INLINE.finditer(_without_markup(text)))
    return unique(word for word in words if _names_something(word))


def _names_something(word: str) -> bool:
    """Whether a word is a tag: not a number, not a path from the root, and more than strokes."""
    return not (word.isdigit() or word.startswith("/")) and bool(_LETTER.search(word))


def _without_markup(text: str) -> str:
    """The text with something that is neither space nor letter in place of each bit of markup."""
    apart: list[Span] = []
    for span in markup(text):
        while apart and apart[-1].start >= span.start:
            apart.pop()
        apart.append(span)
    parts, at = [], 0
    for span in apart:
        parts += [text[at : span.start], "\0"]
        at = span.end
    return "".join([*parts, text[at:]])


def comments(text: str) -> list[tuple[int, int]]:
    """Where a paragraph's comments begin and end: `%%…%%` and `<!--…-->`, but not in code."""
    return [(span.start, span.end) for span in markup(text) if span.kind == "comment"]


def open_comment(text: str) -> int | None:
    """Where a `%%` stands that nothing in the paragraph closes, if there is one."""
    scanner = _Scanner(text)
    for _ in scanner.spans():
        pass
    return scanner.unclosed.get("%%")


def markup(text: str) -> list[Span]:
    """The code, comments, HTML and links of a paragraph of Markdown; links may hold others.

    By CommonMark 0.31 as far as it takes no definitions, with Obsidian's `[[links]]` and `%%comments%%`. What is
    never closed is text.
    """
    return list(_Scanner(text).spans())


class _Scanner:
    """One walk through a paragraph."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ticks: dict[int, list[int]] | None = None
        self.unclosed: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        """What is markup, by its end."""
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
        """Where as many backticks end as begin at `start`, if they do."""
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
