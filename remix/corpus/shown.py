"""Shown words: a stretch of Markdown in the words that a reader sees.

Takes the source of a paragraph, a heading or an item, gives the words, and the parts that were taken out. Doesn't
know blocks or files.

By CommonMark 0.31.2, except for: `[words][label]` is a link whether the label is defined or not; an address may hold
blanks if it is a file's name; `*` in formulas and addresses is no emphasis; images show nothing. A formula `$x$`, a
citation `[@key]` and a tag stay as written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.corpus.blocks import Why
from remix.corpus.emphasis import Signs, marks
from remix.corpus.inline_markup import Kind, Markup, Span, scan
from remix.corpus.inline_patterns import ADDRESS_OF_NOTE, BREAKS, NUMBER_OF_NOTE, PROGRAM


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
    cuts = _cuts(source)
    if not cuts and "  \n" not in source:
        return Shown(source, ())
    text = _HARD_BREAK.sub("", _without(source, cuts))
    return Shown(text, tuple(_removed(source, cuts)))


_HARD_BREAK = re.compile(r"(?<! )  ++(?=\n)")


class _Cut(NamedTuple):
    """A part of the source that isn't shown as written."""

    start: int
    end: int
    why: Why | None = None
    """None for marks and entities, which hold no words of their own."""
    instead: str = ""


def _cuts(source: str) -> list[_Cut]:
    """The cuts in order, none within another."""
    found = scan(source)
    groups = (Signs(span.start, span.end) for span in found.spans if span.inner and span.kind != "code")
    every = [_Cut(*signs) for signs in marks(source, found.runs, groups)]
    every += _of_spans(source, found)
    every.sort(key=lambda cut: (cut.start, -cut.end))
    kept: list[_Cut] = []
    for cut in every:
        if cut.start < cut.end and not (kept and cut.start < kept[-1].end):
            kept.append(cut)
    return kept


_WHOLE: dict[Kind, Why] = {
    "comment": "comment",
    "image": "image",
    "footnote": "footnote",
    "shortcode": "shortcode",
    "metadata": "metadata",
    "attributes": "html",
}
"""Spans that show nothing, with the reason."""


def _of_spans(source: str, found: Markup) -> Iterator[_Cut]:
    images: list[Span] = []
    for span in found.spans:
        start, end = span.start, span.end
        match span.kind:
            case "code" if span.inner:
                yield from _code(source, span, span.inner)
            case "link" if span.inner:
                within = []
                while images and images[-1].start > start:
                    within.append(images.pop())
                yield from _link(source, span, span.inner, within)
            case "wiki":
                yield from _wiki(source, start + 2, end - 2)
            case "html":
                yield _Cut(start, end, "html", _between_words(source, start, end))
            case "escape":
                yield _Cut(start, start + 1)
            case "entity":
                yield _Cut(start, end, None, _character(source[start:end]))
            case "autolink":
                yield _Cut(start, start + 1)
                yield _Cut(end - 1, end)
            case kind if kind in _WHOLE:
                yield _Cut(start, end, _WHOLE[kind])
                if kind == "image":
                    images.append(span)


def _code(source: str, span: Span, words: Signs) -> Iterator[_Cut]:
    """By CommonMark, a blank on both sides belongs to the backticks."""
    code = source[words.start : words.end]
    if PROGRAM.match(code.strip()):
        yield _Cut(span.start, span.end, "shortcode")
        return
    padded = code[:1] in (" ", "\n") and code[-1:] in (" ", "\n") and bool(code.strip())
    yield _Cut(span.start, words.start + padded)
    yield _Cut(words.end - padded, span.end)


def _link(source: str, link: Span, words: Signs, images: Sequence[Span]) -> Iterator[_Cut]:
    """The brackets and the address; the whole link if it has no words of its own, or is a footnote's mark."""
    target = source[words.end + 1 : link.end]
    label = source[words.start : words.end]
    if target.startswith("{"):
        yield from (
            _Cut(link.start, words.start),
            _Cut(words.end, words.end + 1),
            _Cut(words.end + 1, link.end, "html"),
        )
    elif NUMBER_OF_NOTE.fullmatch(label) and ADDRESS_OF_NOTE.match(target):
        yield _Cut(link.start, link.end, "footnote")
    elif not _has_words(label, words.start, images):
        yield _Cut(link.start, link.end, "image" if images else "link")
    else:
        yield _Cut(link.start, words.start)
        yield _Cut(words.end, words.end + 1)
        yield _Cut(words.end + 1, link.end, "link")


def _has_words(label: str, start: int, images: Sequence[Span]) -> bool:
    """Whether a link's label, which begins at `start`, has more than images, sorted from the last to the first."""
    rest, end = [], len(label)
    for image in images:
        rest.append(label[image.end - start : end])
        end = image.start - start
    return any(part.strip() for part in [*rest, label[:end]])


def _wiki(source: str, start: int, end: int) -> Iterator[_Cut]:
    """Obsidian's link, as Obsidian shows it: `page`, `page > heading`, or the words behind `|`."""
    yield _Cut(start - 2, start)
    yield _Cut(end, end + 2)
    bar = source.find("|", start, end)
    mark = source.find("#", start, end)
    if bar >= 0 and source[bar + 1 : end].strip():
        yield _Cut(start, bar, "link")
        yield _Cut(bar, bar + 1)
        yield from (
            cut._replace(start=cut.start + bar + 1, end=cut.end + bar + 1) for cut in _cuts(source[bar + 1 : end])
        )
        return
    if bar >= 0:
        yield _Cut(bar, end)
        end = bar
    block = source.find("#^", start, end)
    if block >= 0:
        yield _Cut(block, end, "link")
        end = block
    while 0 <= mark < end:
        yield _Cut(mark, mark + 1, None, " > " if mark > start else "")
        mark = source.find("#", mark + 1, end)


def _between_words(source: str, start: int, end: int) -> str:
    """What a reader sees of an HTML tag: a line break or the like parts words."""
    tag = source[start:end]
    if tag.startswith("<sup") and source[end : end + 1].isdigit() and source[start - 1 : start].isalnum():
        return "^"
    parts = source[start - 1 : start].strip() and source[end : end + 1].strip()
    return " " if parts and BREAKS.match(tag) else ""


def _character(entity: str) -> str:
    """The character of an entity; the entity itself if there is none. No entity makes a line."""
    character = html.unescape(entity)
    if character == "\u00ad":  # a place where a word may be broken
        return ""
    return " " if character.isspace() else character


def _removed(source: str, cuts: Sequence[_Cut]) -> Iterator[Removed]:
    line = at = 0
    for cut in cuts:
        line += source.count("\n", at, cut.start)
        at = cut.start
        if cut.why:
            yield Removed(cut.why, source[cut.start : cut.end], line)


def _without(source: str, cuts: Sequence[_Cut]) -> str:
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
            words = words.lstrip(" \t") if self._after_blank() else words
        if words:
            self._gap = None
            self.parts.append(words)

    def leave_out(self, cut: _Cut, lines: int) -> None:
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

    def _after_blank(self) -> bool:
        return not self.parts or self.parts[-1][-1:] in ("", " ", "\t", "\n")
