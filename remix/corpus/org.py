"""Org: headings with `:tags:`, paragraphs, lists and quotations, with lines.

Takes a file's text, gives a `Body`. By the Org Syntax document (orgmode.org/worg/org-syntax.html). Code, tables,
drawers, comments and images are left out, and so is everything under a heading that is commented out or not for
export. Paragraphs may end in a list of `#tags`, as in all formats; Org has no `#tag` within a sentence. Marks of
emphasis and links stay.

Each line is looked at once. Known Org parsers read the dates in every line, and raise for dates not in the calendar.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from remix.corpus.blocks import Block, Body, one_line
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_trailing_tags

_HEADING = re.compile(r"(\*+)[ \t]+(.*)")
_HEADING_TAGS = re.compile(r":[\w@#%:]+:")
_PRIORITY = re.compile(r"\[#\w{1,2}\]")
_KEYWORD = re.compile(r"[ \t]*#\+([\w-]+)(?:\[[^\]]*\])?:[ \t]*(.*)")
_BEGIN = re.compile(r"[ \t]*#\+begin(?:_([\w-]+)|:)", re.IGNORECASE)
_DRAWER = re.compile(r"[ \t]*:(?!end:)[\w-]+:[ \t]*", re.IGNORECASE)
_LATEX = re.compile(r"[ \t]*\\begin\{(\w+\*?)\}")
_END = re.compile(r"[ \t]*(#\+end_[\w-]+|#\+end:|:end:|\\end\{\w+\*?\})", re.IGNORECASE)
_ITEM = re.compile(r"(?:[ \t]*(?:[-+]|\d+[.)])|[ \t]+\*)(?:[ \t]+|$)")
_IMAGE = re.compile(r"\[\[[^\]]*\.(?:png|jpe?g|gif|svg|webp|tiff?|bmp)\](?:\[[^\]]*\])?\]", re.IGNORECASE)
_NO_WORDS = re.compile(
    r"[ \t]*(?:"
    r"#(?:[ \t]|$)"  # comments
    r"|:(?:[ \t]|$)"  # fixed-width text
    r"|\||\+-[+-]"  # tables
    r"|-{5,}[ \t]*$"  # rules
    r"|(?:CLOCK|SCHEDULED|DEADLINE|CLOSED):[ \t]*[\[<]"
    r"|%%\("  # diary
    r")"
)
_CODE = frozenset({"src", "example", "export", "comment", "html", "latex", "ascii"})
"""Blocks without prose; in all further blocks (quotation, verse, centred, own names) the lines are prose."""
_UNREAD = frozenset({"noexport", "ARCHIVE"})
"""Tags of headings that Org doesn't export."""

_WORDS = {"title", "author", "date"}
_TODO = {"todo", "seq_todo", "typ_todo"}


def read(text: str, name: str) -> Body:
    """The keywords before the first heading and the blocks of a file. Nothing is refused, so `name` isn't used."""
    del name
    lines = text.split("\n")
    keywords = list(_keywords(lines))
    said: dict[str, list[str]] = {}
    for key, value in keywords:
        if key in _WORDS and value:
            said.setdefault(key, []).append(value)
    meta: dict[str, Any] = {key: " ".join(values) for key, values in said.items()}
    meta["tags"] = [tag for key, value in keywords if key == "filetags" for tag in re.split(r"[:\s]+", value) if tag]
    sets = [value for key, value in keywords if key in _TODO] or ["TODO DONE"]
    states = {word.partition("(")[0] for words in sets for word in words.split()}
    return Body(meta, None, tuple(_blocks(lines, states)))


def _keywords(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The keywords before the first heading, keys in lower case."""
    for line in lines:
        if _HEADING.fullmatch(line):
            return
        if match := _KEYWORD.fullmatch(line):
            yield match[1].lower(), match[2].strip()


def _blocks(lines: Sequence[str], states: set[str]) -> Iterator[Block]:
    """The headings, paragraphs and groups that Org exports, in order."""
    hidden: int | None = None
    starts = [0, *(number for number, line in enumerate(lines) if number and _HEADING.fullmatch(line)), len(lines)]
    for start, end in pairwise(starts):
        heading = _heading(lines[start], states)
        if heading and (hidden is None or heading.level <= hidden):
            hidden = heading.level if heading.hidden else None
        if hidden is not None:
            continue
        if heading:
            yield Block("heading", heading.title, heading.tags, (start + 1, start + 1), heading.level)
            start += 1
        yield from _elements(lines[start:end], start + 1)


# -- headings -----------------------------------------------------------------------------------------------


class _Heading(NamedTuple):
    """The parts of a heading line."""

    level: int
    title: str
    tags: tuple[str, ...]
    hidden: bool
    """Whether Org leaves out the heading and the text below."""


def _heading(line: str, states: set[str]) -> _Heading | None:
    match = _HEADING.fullmatch(line)
    if not match:
        return None
    *words, last = match[2].split() or [""]
    tags: tuple[str, ...] = ()
    if _HEADING_TAGS.fullmatch(last):
        tags = tuple(filter(None, last.split(":")))
    else:
        words.append(last)
    if words and words[0] in states:
        del words[0]
    if words and _PRIORITY.fullmatch(words[0]):
        del words[0]
    hidden = words[:1] == ["COMMENT"] or not _UNREAD.isdisjoint(tags)
    return _Heading(len(match[1]), " ".join(words), unique(tags), hidden)


# -- between headings ---------------------------------------------------------------------------------------


class _Element(NamedTuple):
    """Lines of the same element."""

    kind: Literal["paragraph", "group"] | None
    """None if the lines aren't prose."""
    end: int
    """The line after the last, from 0."""
    words: Sequence[str]


def _elements(lines: Sequence[str], first_line: int) -> Iterator[Block]:
    """The blocks between two headings."""
    closings = _closings(lines)
    at = 0
    while at < len(lines):
        kind, end, words = _element(lines, at, closings)
        if kind:
            place = (first_line + at, first_line + end - 1)
            text, tags = split_trailing_tags("\n".join(words).strip("\n"))
            text = one_line(text) if kind == "paragraph" else text
            if not _IMAGE.fullmatch(text):
                yield Block(kind, text, tags, place)
        at = end


def _element(lines: Sequence[str], at: int, closings: dict[str, list[int]]) -> _Element:
    """The element that begins at line `at`."""
    line = lines[at]
    if (last := _closed(line, at, closings)) is not None:
        begin = _BEGIN.match(line)
        is_prose = begin and begin[1] and begin[1].lower() not in _CODE
        return _Element("group" if is_prose else None, last + 1, lines[at + 1 : last])
    if not line.strip() or _is_mark(line):
        return _Element(None, at + 1, ())
    if _ITEM.match(line):
        end = _end_of_list(lines, at)
        return _Element("group", end, [each.rstrip() for each in lines[at:end]])
    end = at + 1
    while end < len(lines) and not _begins(lines[end], end, closings):
        end += 1
    return _Element("paragraph", end, [each.strip() for each in lines[at:end]])


def _closings(lines: Sequence[str]) -> dict[str, list[int]]:
    """The lines on which blocks, drawers and LaTeX end, by the ending."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if match := _END.match(line):
            found.setdefault(match[1].lower(), []).append(number)
    return found


def _closed(line: str, at: int, closings: dict[str, list[int]]) -> int | None:
    """The last line of the block, drawer or LaTeX that begins on a line; none if nothing begins, or ends later."""
    if match := _BEGIN.match(line):
        ending = f"#+end_{match[1]}" if match[1] else "#+end:"
    elif _DRAWER.fullmatch(line):
        ending = ":end:"
    elif match := _LATEX.match(line):
        ending = f"\\end{{{match[1]}}}"
    else:
        return None
    numbers = closings.get(ending.lower(), [])
    after = bisect_right(numbers, at)
    return numbers[after] if after < len(numbers) else None


def _is_mark(line: str) -> bool:
    """Whether a line is a mark or a keyword, not prose."""
    return bool(_NO_WORDS.match(line) or _KEYWORD.fullmatch(line))


def _begins(line: str, at: int, closings: dict[str, list[int]]) -> bool:
    """Whether a paragraph ends before a line."""
    return not line.strip() or bool(_ITEM.match(line)) or _is_mark(line) or _closed(line, at, closings) is not None


def _end_of_list(lines: Sequence[str], at: int) -> int:
    """The line after a list. A list ends at a line that isn't indented under its items, and at two empty lines."""
    indent = _indent(lines[at])
    end = at + 1
    for number in range(at + 1, len(lines)):
        line = lines[number]
        if line.strip():
            if _indent(line) < indent or (_indent(line) == indent and not _ITEM.match(line)):
                break
            end = number + 1
        elif number - end >= 1:
            break
    return end


def _indent(line: str) -> int:
    line = line.expandtabs(8)
    return len(line) - len(line.lstrip())
