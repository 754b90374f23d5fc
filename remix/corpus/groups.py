"""Groups: lists and quotations, item by item, as the text of a passage.

Takes a row for each line: words of a draft after a marker or an indent, a part left out, or marks alone. Gives a
block and the parts left out. Doesn't know Markdown or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.corpus.blocks import Block, LeftOut, Why
from remix.corpus.drafts import Draft
from remix.corpus.tags import unique
from remix.corpus.wordless import has_words

_MARKER = re.compile(r"(?:[-+*]|\d{1,9}[.)])[ \t]+\Z")


class Row(NamedTuple):
    """A line of the group's text."""

    line: int
    """In the file, from 1."""
    before: str
    """Indent and markers."""
    draft: Draft | None = None
    number: int = 0
    """Of the line within the draft, from 0."""
    why: Why | None = None
    """The reason, if only `before` is kept of the line."""


class Group(NamedTuple):
    """A list or a quotation, read to a block."""

    block: Block
    left_out: list[LeftOut]
    tags: list[str]
    """For the whole file."""


def group(rows: Sequence[Row]) -> Group:
    """Read a list or a quotation; `rows` has at least one row, in the order of the lines."""
    drafts = list({id(row.draft): row.draft for row in rows if row.draft}.values())
    leads = {id(row.draft): row.before for row in rows if row.draft and not row.number}
    if all(draft.is_metadata for draft in drafts):
        for draft in drafts:
            draft.take_metadata()
    if drafts and leads.get(id(drafts[0]), "").rstrip().endswith(">"):
        drafts[0].take_leading_tags()
    _take_trailing_tags(drafts, leads)
    wordless = [draft.why_wordless() for draft in drafts]
    if all(why or draft.is_empty for why, draft in zip(wordless, drafts, strict=True)):
        for why, draft in zip(wordless, drafts, strict=True):
            if why:
                draft.leave_out(why)
    words = {id(draft): draft.words().split("\n") for draft in drafts}
    left_out = [part for draft in drafts for part in draft.left_out]
    lines = list(_lines(rows, words, left_out))
    if not any(map(any, words.values())):
        why = left_out[0].why if left_out else "metadata"
        left_out += [LeftOut(why, line, (at, at)) for at, line in lines if has_words(line)]
        lines = []
    while lines and (not lines[-1][1].strip() or (len(lines) < len(rows) and not lines[-1][1].strip("> \t-+*"))):
        lines.pop()
    listed = [tag for draft in drafts for tag in draft.listed_tags]
    tags = unique([*listed, *(tag for draft in drafts for tag in draft.inline_tags)])
    place = (rows[0].line, rows[-1].line)
    text = "\n".join(line for _, line in lines)
    return Group(Block("group", text, tags, place), left_out, [t for draft in drafts for t in draft.note_tags])


def _take_trailing_tags(drafts: Sequence[Draft], leads: dict[int, str]) -> None:
    """Take the list of tags off the end: off the last paragraph, and off preceding paragraphs of tags alone."""
    for draft in reversed(drafts):
        if draft.is_empty:
            continue
        marker = _MARKER.search(leads.get(id(draft), ""))
        if not draft.take_trailing_tags(marker[0] if marker else ""):
            break
        if not draft.is_empty:
            break


def _lines(rows: Sequence[Row], words: dict[int, list[str]], left_out: list[LeftOut]) -> Iterator[tuple[int, str]]:
    """The kept lines, with their numbers. Lines left with only markers are dropped, and so are empty lines around
    dropped lines."""
    dropped = blank = False
    marker: tuple[Draft | None, str] = (None, "")
    """The draft and the start of its first line, if that line was left out and the item goes on with the next
    line."""
    for row in rows:
        said = words[id(row.draft)] if row.draft else []
        before = marker[1] if row.draft and row.draft is marker[0] else row.before
        text = f"{before}{said[row.number] if any(said) else ''}".rstrip()
        if row.why or (row.draft and not (any(said) and said[row.number])):
            dropped = True
            if any(said) and _MARKER.search(before):
                marker = (row.draft, before)
                continue
            if has_words(text):
                # The number of an item without words.
                why = row.draft.left_out[0].why if row.draft and row.draft.left_out else "tags"
                left_out.append(LeftOut(row.why or why, text, (row.line, row.line)))
            continue
        marker = (None, "")
        is_blank = not text.strip("> \t")
        if not (is_blank and blank and dropped):
            yield row.line, text
        dropped, blank = dropped and is_blank, is_blank
