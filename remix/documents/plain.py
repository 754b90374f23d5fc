"""Plain text: essays as they come out of a text field or a mail.

Takes a text, gives a `Document`. Nothing in such a text is marked, so this module guesses: a line is a paragraph
where most lines end as sentences do; a short line that doesn't, before a paragraph, is a heading. What it took for
what is shown to the person who asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remix.corpus.tags import CLOSING, ENDS, split_trailing_tags
from remix.documents.document import Block, Document, gathered, heading, one_line, paragraph

LONGEST_HEADING = 90
"""Letters."""

MOST_WORDS = 14
"""Of a heading."""

LONGEST_QUOTATION = 12
"""Lines of a quotation that is one paragraph."""

WIDEST = 120
"""Letters of a line that somebody wrapped."""

_ENDS = re.compile(rf"[{ENDS}:;][{CLOSING}]*$")
_OPEN_END = re.compile(r"[,–—-]$")
_UNDERLINE = re.compile(r"={3,}|-{3,}|~{3,}")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)")
_BULLET = re.compile(r"^[-*+•]\s+")
_BREAK = re.compile(r"[-–—*_=~•·.⁂\s]+")
_DASH = re.compile(r"^[-–—]")


def read(text: str) -> Document:
    """An essay in plain text. A heading before everything else is its title."""
    chunks = [chunk for chunk in _chunks(text) if chunk]
    by_line = _one_paragraph_a_line(chunks)
    units = [[line] for chunk in chunks for line in chunk] if by_line else chunks
    blocks, tags = gathered(_blocks(_joined(units) if by_line else list(_parted(units))))
    title = blocks[0].text if len(blocks) > 1 and blocks[0].kind == "heading" else None
    return Document(
        form="plain text, one paragraph a line" if by_line else "plain text",
        title=title,
        tags=tags,
        blocks=blocks[1:] if title else blocks,
    )


def paragraphs(text: str) -> list[str]:
    """What empty lines divide, its lines joined."""
    return [one_line(" ".join(chunk)) for chunk in _chunks(text) if chunk]


def _chunks(text: str) -> Iterator[list[str]]:
    """The lines between empty ones."""
    chunk: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            chunk.append(line.strip())
        elif chunk:
            yield chunk
            chunk = []
    yield chunk


def _one_paragraph_a_line(chunks: Sequence[Sequence[str]]) -> bool:
    """Whether the breaks within what empty lines divide are ends of paragraphs rather than of wrapped lines."""
    lines = [line for chunk in chunks for line in chunk]
    if any(len(line) > WIDEST for line in lines):
        return True
    breaks = [line for chunk in chunks for line in chunk[:-1]]
    return sum(_is_whole(line) for line in breaks) * 2 > len(breaks)


def _is_whole(line: str) -> bool:
    """Whether a line ends as a paragraph does."""
    text, tags = split_trailing_tags(line)
    return bool(tags) or bool(_ENDS.search(text))


def _joined(units: Sequence[list[str]]) -> list[list[str]]:
    """Lines that belong together: a quotation that another line closes, an epigraph mostly; an underlined heading."""
    lines = [line for unit in units for line in unit]
    joined: list[list[str]] = []
    start = 0
    while start < len(lines):
        end = start + (2 if _is_underlined(lines[start : start + 2]) else _quotation(lines, start))
        joined.append(lines[start:end])
        start = end
    return joined


def _quotation(all_lines: Sequence[str], start: int) -> int:
    """How many lines the quotation takes that one opens; 1 where it opens none, or none is closed."""
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


def _parted(units: Sequence[list[str]]) -> Iterator[list[str]]:
    """The same, but that a list of two items or more stands apart from the lines that lead into it."""
    for unit in units:
        marked = [number for number, line in enumerate(unit) if _ITEM.match(line)]
        first = marked[0] if len(marked) > 1 else 0
        yield from filter(None, (unit[:first], unit[first:]))


def _blocks(units: Sequence[Sequence[str]]) -> Iterator[Block]:
    """What each group of lines is. Several lines that are marked as items are a list."""
    items: list[str] = []
    for n, unit in enumerate(units):
        if _ITEM.match(unit[0]) and (items or _goes_on(units, n)):
            items += _items(unit)
            continue
        if items:
            yield Block(kind="list", text="\n".join(items))
            items = []
        yield _block(unit, units[n + 1][0] if n + 1 < len(units) else "")
    if items:
        yield Block(kind="list", text="\n".join(items))


def _block(unit: Sequence[str], following: str) -> Block:
    """What a group of lines is that is no list; `following` is the line after it, if there is one."""
    if _is_underlined(unit):
        return heading(unit[0])
    if len(unit) == 1 and _BREAK.fullmatch(unit[0]):
        return Block(kind="break", text=unit[0])
    if len(unit) == 1 and _is_heading(unit[0], following):
        return heading(unit[0])
    return paragraph("\n".join(unit))


def _is_underlined(lines: Sequence[str]) -> bool:
    """Whether these are a heading and the strokes below it."""
    return len(lines) == 2 and bool(_UNDERLINE.fullmatch(lines[1])) and _could_be_heading(lines[0])


def _goes_on(units: Sequence[Sequence[str]], n: int) -> bool:
    """Whether a second item follows the first, in the same group of lines or as the next."""
    following = units[n][1:] or (units[n + 1][:1] if n + 1 < len(units) else [])
    return any(_ITEM.match(line) for line in following)


def _items(lines: Sequence[str]) -> list[str]:
    """An item a line, marked as in Markdown; lines without a mark go on with the item above."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(_BULLET.sub("- ", line))
        else:
            items[-1] += f" {line}"
    return items


def _is_heading(line: str, following: str) -> bool:
    """Whether a line heads what follows it, and isn't the saying before a name: `— Somebody`."""
    return bool(following) and not _DASH.match(following) and _could_be_heading(line)


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
        return not _in_title_case(line)
    return bool(_ENDS.search(line))


def _in_title_case(line: str) -> bool:
    """Whether all its long words begin with a capital: `What Is a Map For?`."""
    return all(word[0].isupper() for word in re.findall(r"[^\W\d_]{4,}", line))
