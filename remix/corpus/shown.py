"""Shown words: a stretch of Markdown as readers see the text.

Takes the source of a paragraph, a heading or an item, gives the words, and the parts taken out. Doesn't know blocks
or files.

By CommonMark 0.31.2, except for: `[words][label]` is a link whether the label is defined or not; an address that is a
file's name may hold blanks; `*` in formulas and addresses is no emphasis; images are left out. A formula `$x$`, a
citation `[@key]` and a tag stay as written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from remix.corpus.blocks import Why
from remix.corpus.cuts import Cut, Shown, cut_out
from remix.corpus.emphasis import Signs, marks
from remix.corpus.inline_markup import Kind, Markup, Span, scan
from remix.corpus.inline_patterns import ADDRESS_OF_NOTE, BREAKS, NUMBER_OF_NOTE, PROGRAM


def shown(source: str) -> Shown:
    """The words of a stretch of Markdown."""
    result = cut_out(source, _cuts(source))
    return result._replace(text=_HARD_BREAK.sub("", result.text)) if "  \n" in result.text else result


_HARD_BREAK = re.compile(r"(?<! )  ++(?=\n)")


def _cuts(source: str) -> list[Cut]:
    """All cuts, including the cuts of links and within links."""
    found = scan(source)
    groups = (Signs(span.start, span.end) for span in found.spans if span.inner and span.kind != "code")
    every = [Cut(*signs) for signs in marks(source, found.runs, groups)]
    every += _of_spans(source, found)
    return every


_WHOLE: dict[Kind, Why] = {
    "comment": "comment",
    "image": "image",
    "footnote": "footnote",
    "shortcode": "shortcode",
    "metadata": "metadata",
    "attributes": "html",
    "reference": "link",
}
"""Spans without shown words, with the reason."""


def _of_spans(source: str, found: Markup) -> Iterator[Cut]:
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
                yield Cut(start, end, "html", _between_words(source, start, end))
            case "escape":
                yield Cut(start, start + 1)
            case "entity":
                # An unknown entity stays as it is. No entity makes a line, and a soft hyphen is no letter.
                letter = html.unescape(source[start:end]).replace("\u00ad", "")
                yield Cut(start, end, None, " " if letter.isspace() else letter)
            case "autolink":
                yield Cut(start, start + 1)
                yield Cut(end - 1, end)
            case kind if kind in _WHOLE:
                yield Cut(start, end, _WHOLE[kind])
                if kind == "image":
                    images.append(span)


def _code(source: str, span: Span, words: Signs) -> Iterator[Cut]:
    """By CommonMark, a blank on both sides belongs to the backticks."""
    code = source[words.start : words.end]
    if PROGRAM.match(code.strip()):
        yield Cut(span.start, span.end, "shortcode")
        return
    padded = code[:1] in (" ", "\n") and code[-1:] in (" ", "\n") and bool(code.strip())
    yield Cut(span.start, words.start + padded)
    yield Cut(words.end - padded, span.end)


def _link(source: str, link: Span, words: Signs, images: Sequence[Span]) -> Iterator[Cut]:
    """The brackets and the address; the whole link if the link has no words, or is a footnote's mark."""
    target = source[words.end + 1 : link.end]
    label = source[words.start : words.end]
    if target.startswith("{"):
        yield from (Cut(link.start, words.start), Cut(words.end, words.end + 1), Cut(words.end + 1, link.end, "html"))
    elif NUMBER_OF_NOTE.fullmatch(label) and ADDRESS_OF_NOTE.match(target):
        yield Cut(link.start, link.end, "footnote")
    elif not _has_words(label, words.start, images):
        yield Cut(link.start, link.end, "image" if images else "link")
    else:
        yield Cut(link.start, words.start)
        yield Cut(words.end, words.end + 1)
        yield Cut(words.end + 1, link.end, "link")


def _has_words(label: str, start: int, images: Sequence[Span]) -> bool:
    """Whether a link's label, which begins at `start`, has more than images, sorted from the last to the first."""
    rest, end = [], len(label)
    for image in images:
        rest.append(label[image.end - start : end])
        end = image.start - start
    return any(part.strip() for part in [*rest, label[:end]])


def _wiki(source: str, start: int, end: int) -> Iterator[Cut]:
    """Obsidian's link in Obsidian's form: `page`, `page > heading`, or the words after `|`."""
    yield Cut(start - 2, start)
    yield Cut(end, end + 2)
    bar = source.find("|", start, end)
    mark = source.find("#", start, end)
    if bar >= 0 and source[bar + 1 : end].strip():
        yield Cut(start, bar, "link")
        yield Cut(bar, bar + 1)
        yield from (
            cut._replace(start=cut.start + bar + 1, end=cut.end + bar + 1) for cut in _cuts(source[bar + 1 : end])
        )
        return
    if bar >= 0:
        yield Cut(bar, end)
        end = bar
    block = source.find("#^", start, end)
    if block >= 0:
        yield Cut(block, end, "link")
        end = block
    while 0 <= mark < end:
        yield Cut(mark, mark + 1, None, " > " if mark > start else "")
        mark = source.find("#", mark + 1, end)


def _between_words(source: str, start: int, end: int) -> str:
    """The replacement of an HTML tag: `^` before an exponent, a blank if the tag alone separates two words, else
    nothing."""
    tag = source[start:end]
    if tag.startswith("<sup") and source[end : end + 1].isdigit() and source[start - 1 : start].isalnum():
        return "^"
    parts = source[start - 1 : start].strip() and source[end : end + 1].strip()
    return " " if parts and BREAKS.match(tag) else ""
