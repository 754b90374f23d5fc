"""Plain text: essays as saved from a text field or a mail.

Takes a text, gives a `Document`. Plain text has no marks, and the structure is guessed: if most lines end as
sentences do, each line is a paragraph; a short line before a paragraph, without the end of a sentence, is a heading.
`remix add` shows the guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from remix.corpus.blocks import one_line
from remix.corpus.trailing_tags import CLOSING, ENDS, split_trailing_tags
from remix.documents.document import Block, Document, gathered, heading, paragraph

LONGEST_HEADING = 90
"""Characters."""

MOST_WORDS = 14
"""Of a heading."""

LONGEST_QUOTATION = 12
"""Lines of a quotation, at most, to be joined to a paragraph."""

WIDEST = 120
"""Characters of a wrapped line."""

_ENDS = re.compile(rf"[{ENDS}:;][{CLOSING}]*$")
_OPEN_END = re.compile(r"[,–—-]$")
_UNDERLINE = re.compile(r"={3,}|-{3,}|~{3,}")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)")
_BULLET = re.compile(r"^[-*+•]\s+")
_BREAK = re.compile(r"[-–—*_=~•·.⁂\s]+")
_DASH = re.compile(r"^[-–—]")


def read(text: str) -> Document:
    """Read a plain text. A heading at the very beginning is the title."""
    chunks = _chunks(text)
    by_line = _one_paragraph_a_line(chunks)
    units = [[line] for chunk in chunks for line in chunk] if by_line else chunks
    blocks, tags = gathered(_blocks(_with_quotations_joined(units) if by_line else list(_with_lists_apart(units))))
    title = blocks[0].text if len(blocks) > 1 and blocks[0].kind == "heading" else None
    return Document(
        form="plain text, one paragraph a line" if by_line else "plain text",
        title=title,
        tags=tags,
        blocks=blocks[1:] if title else blocks,
    )


def paragraphs(text: str) -> list[str]:
    """The paragraphs between empty lines, lines joined."""
    return [one_line(" ".join(chunk)) for chunk in _chunks(text)]


def _chunks(text: str) -> list[list[str]]:
    """The lines between empty lines, stripped of blanks at both ends."""
    lines = (line.strip() for line in text.split("\n"))
    return [list(chunk) for has_text, chunk in groupby(lines, key=bool) if has_text]


def _one_paragraph_a_line(chunks: Sequence[Sequence[str]]) -> bool:
    """Whether most line breaks are ends of paragraphs, not of wrapped lines."""
    lines = [line for chunk in chunks for line in chunk]
    if any(len(line) > WIDEST for line in lines):
        return True
    breaks = [line for chunk in chunks for line in chunk[:-1]]
    # Number of lines that end as paragraphs do.
    whole = sum(bool(tags or _ENDS.search(text)) for text, tags in map(split_trailing_tags, breaks))
    return whole * 2 > len(breaks)


def _with_quotations_joined(units: Sequence[list[str]]) -> list[list[str]]:
    """Lines joined to paragraphs: a quotation over several lines (mostly an epigraph), an underlined heading."""
    lines = [line for unit in units for line in unit]
    joined: list[list[str]] = []
    start = 0
    while start < len(lines):
        end = start + (2 if _is_underlined(lines[start : start + 2]) else _quotation(lines, start))
        joined.append(lines[start:end])
        start = end
    return joined


def _quotation(all_lines: Sequence[str], start: int) -> int:
    """The number of lines of a quotation from line `start` on; 1 if no quotation begins, or the quotation is
    unclosed."""
    lines = all_lines[start : start + LONGEST_QUOTATION]
    for opening, closing in (("“", "”"), ("«", "»"), ("„", "“")):
        if not lines[0].startswith(opening):
            continue
        depth = 0
        for count, line in enumerate(lines, 1):
            if count > 1 and line.startswith(opening):
                break
            depth += line.count(opening) - line.count(closing)
            if depth <= 0:
                return count
            if split_trailing_tags(line)[1]:
                break
    return 1


def _with_lists_apart(units: Sequence[list[str]]) -> Iterator[list[str]]:
    """The units; a list of two items or more is separated from the lines that introduce the list."""
    for unit in units:
        marked = [number for number, line in enumerate(unit) if _ITEM.match(line)]
        first = marked[0] if len(marked) > 1 else 0
        yield from filter(None, (unit[:first], unit[first:]))


def _blocks(units: Sequence[Sequence[str]]) -> Iterator[Block]:
    """The block of each unit. Several lines marked as items are a list."""
    items: list[str] = []
    for n, unit in enumerate(units):
        following = units[n + 1][0] if n + 1 < len(units) else ""
        # A list begins if a second item follows the first, in the same unit or the next.
        if _ITEM.match(unit[0]) and (items or any(map(_ITEM.match, unit[1:] or [following]))):
            items += _items(unit)
            continue
        if items:
            yield Block(kind="list", text="\n".join(items))
            items = []
        yield _block(unit, following)
    if items:
        yield Block(kind="list", text="\n".join(items))


def _block(unit: Sequence[str], following: str) -> Block:
    """The block of a unit other than a list; `following` is the next line, or empty."""
    if _is_underlined(unit):
        return heading(unit[0])
    if len(unit) == 1 and _BREAK.fullmatch(unit[0]):
        return Block(kind="break", text=unit[0])
    # A quotation may be followed by the source, `— Somebody`, and is then no heading.
    if len(unit) == 1 and following and not _DASH.match(following) and _could_be_heading(unit[0]):
        return heading(unit[0])
    return paragraph("\n".join(unit))


def _is_underlined(lines: Sequence[str]) -> bool:
    """Whether the lines are a heading underlined in the second line."""
    return len(lines) == 2 and bool(_UNDERLINE.fullmatch(lines[1])) and _could_be_heading(lines[0])


def _items(lines: Sequence[str]) -> list[str]:
    """A line for each item, marked as in Markdown; lines without a mark continue the item above."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(_BULLET.sub("- ", line))
        else:
            items[-1] += f" {line}"
    return items


def _could_be_heading(line: str) -> bool:
    """Whether a line is short, begins with a capital, and doesn't end as a sentence does."""
    letters = [letter for letter in line if letter.isalpha()]
    return (
        bool(letters)
        and not letters[0].islower()
        and len(line) <= LONGEST_HEADING
        and len(line.split()) <= MOST_WORDS
        and "#" not in line
        and not _ends_as_sentence(line)
        and not _OPEN_END.search(line)
        and not _DASH.match(line)
        and line.count("“") == line.count("”")
    )


def _ends_as_sentence(line: str) -> bool:
    if line.endswith("?"):
        # A heading has capitals on all long words: `What Is a Map For?`.
        return not all(word[0].isupper() for word in re.findall(r"[^\W\d_]{4,}", line))
    return bool(_ENDS.search(line))
