"""Inline markup: the code, comments, HTML, links, notes and shortcodes within a paragraph of Markdown.

Takes a paragraph, gives spans of characters. Doesn't know files or tags, nor the shown words of a span. The time
grows in proportion to the text's length: each kind of ending is searched for once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

from remix.corpus.emphasis import Signs
from remix.corpus.inline_patterns import CLOSING, COMMENT, COMMENT_END, FORMULA_ENDS, MARKUP, POWER, UNSEEN

MOST_MARKS = 200_000
"""Of a paragraph; the text beyond stays as written, so that no paragraph fills the memory."""

LONGEST_FORMULA = 1_000
"""Characters of `$…$`."""

Kind = Literal[
    "code",
    "comment",
    "html",
    "link",  # `[words](address)`, `[words][label]`, `[words]{.class}`
    "wiki",  # `[[page]]`
    "image",  # `![…](…)`, `![[…]]`
    "footnote",  # a mark `[^1]` or a note `^[words]`
    "shortcode",
    "metadata",  # `[key:: value]`
    "attributes",  # `{#id .class}`
    "formula",
    "autolink",  # `<https://…>`
    "reference",  # `((block))` of Logseq and Roam
    "escape",
    "entity",
]


class Span(NamedTuple):
    """A part of a paragraph that is markup instead of words."""

    kind: Kind
    start: int
    end: int
    inner: Signs | None = None
    """The words of code and of a link."""


class Markup(NamedTuple):
    """All markup of a paragraph."""

    spans: list[Span]
    """Sorted by end; links may contain further spans."""
    runs: list[Signs]
    """Signs that may mark emphasis."""
    unclosed: dict[str, int]
    """Position of the first `%%`, or similar mark, left unclosed in the paragraph."""


def comments(text: str) -> list[tuple[int, int]]:
    """Start and end (exclusive) of comments: `%%…%%` and `<!--…-->`, but not in code."""
    return [(span.start, span.end) for span in markup(text) if span.kind == "comment"]


def open_comment(text: str) -> int | None:
    """The position of a `%%` that the paragraph doesn't close."""
    return scan(text).unclosed.get("%%")


def markup(text: str) -> list[Span]:
    """The spans of a paragraph of Markdown.

    By CommonMark 0.31 without link definitions, with the additions of Obsidian, Hugo, Jekyll and Pandoc. Unclosed
    marks are text.
    """
    return scan(text).spans


def scan(text: str) -> Markup:
    """Go through a paragraph once."""
    scanner = _Scanner(text)
    spans = list(scanner.spans())
    return Markup(spans, scanner.runs, scanner.unclosed)


class _Scanner:
    """A pass through a paragraph."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ticks: dict[int, list[int]] | None = None
        self._formula_ends: dict[str, list[int]] | None = None
        self._brackets: list[Signs] = []
        """Open brackets."""
        self._linked = 0
        """The start of the last link: brackets opened earlier can't be links, since links can't be nested."""
        self.runs: list[Signs] = []
        self.unclosed: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        """Yield the spans, sorted by end."""
        at = 0
        for _ in range(MOST_MARKS):
            match = MARKUP.search(self._text, at)
            if not match:
                return
            # The text after `]` is markup only if the brackets are a link.
            at = match.start() + 1 if match.lastgroup == "close" else match.end()
            for span in self._found(match):
                yield span
                at = span.end

    def _found(self, match: re.Match[str]) -> Iterator[Span]:
        """The spans that begin with a match, and links that end with the match."""
        start, end = match.span()
        match match.lastgroup:
            case "code":
                yield from self._code(start, end)
            case "enclosed" | "attributes" if COMMENT.match(self._text, start) and (
                close := self._end_of_comment(end)
            ):
                yield Span("comment", start, close)
            case "enclosed":
                yield from self._enclosed(match[0], start)
            case "formula":
                yield from self._formula(match[0], start)
            case "wiki":
                yield Span("image" if match[0].startswith("!") else "wiki", start, end)
            case "html":
                yield Span("html", start, self._end_of_unseen(match["element"], end) or end)
            case "note":
                yield from self._note(match)
            case "open":
                self._brackets.append(Signs(start, end))
            case "close":
                yield from self._bracketed(match)
            case "run":
                self.runs.append(Signs(start, end))
            case (
                "escape"
                | "entity"
                | "footnote"
                | "metadata"
                | "attributes"
                | "autolink"
                | "reference"
                | "shortcode" as kind
            ):
                yield Span(kind, start, end)

    def _code(self, start: int, end: int) -> Iterator[Span]:
        """The code up to the next run of the same number of backticks."""
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        places = self._ticks.get(end - start, [])
        after = bisect_right(places, start)
        if after < len(places):
            yield Span("code", start, places[after] + end - start, Signs(end, places[after]))

    def _enclosed(self, opening: str, start: int) -> Iterator[Span]:
        """A comment or a shortcode."""
        # `<!-->` is a whole comment.
        at = start + min(len(opening), 2)
        if (end := self._after(CLOSING[opening], at, opening)) is not None:
            kind: Kind = "comment" if opening in ("%%", "<!--") else "html" if opening == "<?" else "shortcode"
            yield Span(kind, start, end)

    def _end_of_comment(self, at: int) -> int | None:
        """The end of a comment of Liquid or kramdown."""
        if "comment" in self.unclosed:
            return None
        found = COMMENT_END.search(self._text, at)
        if not found:
            self.unclosed["comment"] = at
            return None
        return found.end()

    def _after(self, closing: str, at: int, key: str) -> int | None:
        """The end of the next `closing`; if the text has no more `closing`, the absence is remembered under `key`."""
        if key in self.unclosed:
            return None
        found = self._text.find(closing, at)
        if found < 0:
            self.unclosed[key] = at - min(len(key), 2)
            return None
        return found + len(closing)

    def _end_of_unseen(self, element: str | None, at: int) -> int | None:
        """The end of an HTML element whose content isn't prose; None for an element of prose, or without an end."""
        if not element or not UNSEEN.match(element):
            return None
        return self._after(f"</{element}>", at, f"<{element}")

    def _formula(self, opening: str, start: int) -> Iterator[Span]:
        if self._formula_ends is None:
            self._formula_ends = {"$": [], "$$": []}
            for each in FORMULA_ENDS.finditer(self._text):
                self._formula_ends[each[0]].append(each.end())
        inside = start + len(opening)
        ends = self._formula_ends[opening]
        after = bisect_right(ends, inside)
        is_close = after < len(ends) and ends[after] - start <= LONGEST_FORMULA
        if is_close and (opening == "$$" or not self._text[inside].isspace()):
            yield Span("formula", start, ends[after])

    def _note(self, match: re.Match[str]) -> Iterator[Span]:
        """The number of a footnote in HTML. The same tag holds exponents."""
        start, end = match.span()
        number = match.span("number")
        is_bare = number[0] >= 0 and self._text[number[0] - 1] == ">" and "<a" not in match[0]
        if is_bare and POWER.search(self._text[max(0, start - 4) : start]):
            yield Span("html", start, number[0])
            yield Span("html", number[1], end)
        else:
            yield Span("footnote", start, end)

    def _bracketed(self, match: re.Match[str]) -> Iterator[Span]:
        """The link, image or note that a closing bracket ends."""
        if not self._brackets:
            return
        opening = self._brackets.pop()
        inner = Signs(opening.end, match.start())
        match self._text[opening.start]:
            case "^":
                yield Span("footnote", opening.start, match.start() + 1, inner)
            case "!" if match["target"]:
                yield Span("image", opening.start, match.end(), inner)
            case "[" if opening.start >= self._linked and self._is_link(match["target"], inner):
                self._linked = opening.start + 1
                yield Span("link", opening.start, match.end(), inner)

    def _is_link(self, target: str | None, inner: Signs) -> bool:
        """Whether brackets before a target are a link: `[1][2]` cites two works, and `[ ][x]` is no markup."""
        if not target or not target.startswith("["):
            return bool(target)
        words = self._text[inner.start : inner.end]
        return bool(words.strip()) and not words.isdigit()
