"""Plain text: paragraphs between empty lines, with tags and lines.

Takes a file's text, gives a `Body`. Editors that don't wrap lines write a paragraph on a line, often without empty
lines in between: if a line is longer than `LONGEST_WRAPPED`, each line is a paragraph. Typed books begin a paragraph
with an indent. Rules of strokes, and paragraphs of nothing but web addresses, are no passages; lines such as `Tags:
#maps` are the note's metadata. No sign is markup: the words stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from remix.corpus import heads
from remix.corpus.blocks import Block, Body, LeftOut, one_line
from remix.corpus.drafts import Draft
from remix.corpus.inline_tags import inline_tags
from remix.corpus.sheet import Sheet
from remix.corpus.tag_lists import without_tag_lists
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import CLOSING, ENDS, split_trailing_tags

LONGEST_WRAPPED = 160
"""Characters of a line; editors wrap at 72 to 132."""

_WORDLESS = re.compile(r"(?>(?:https?://|ftp://|www\.|mailto:)\S++|[\W_]++)*+", re.IGNORECASE)
"""Signs and addresses alone."""


_ITEM = re.compile(r"\s*+(?:[-+*•–—]|\(?\w{1,3}[.)]|\[\d++\])\s")
_SENTENCE = re.compile(rf"[{ENDS}:][{CLOSING}]*\Z")


def read(text: str, name: str) -> Body:
    """The front matter, if present, and the paragraphs of a file. Raises `FrontMatterError`."""
    head = heads.split(text, name)
    sheet = Sheet()
    if above := text.split("\n")[: head.body_line - 1]:
        sheet.leave_out(LeftOut("metadata", "\n".join(above), (1, len(above))))
    for lines, first_line in _paragraphs(head.body.split("\n"), head.body_line):
        _add_paragraph(sheet, Draft(lines, first_line))
    return Body(head.meta, None, tuple(sheet.blocks), tuple(sheet.left_out), unique(sheet.tags), head.notes)


def _paragraphs(lines: Sequence[str], first_line: int) -> Iterator[tuple[list[str], int]]:
    """The lines of each paragraph without indents, and the number of the first."""
    for is_text, group in groupby(enumerate(lines, first_line), key=lambda pair: bool(pair[1].strip())):
        source = list(group) if is_text else []
        is_unwrapped = any(len(line) > LONGEST_WRAPPED for _, line in source)
        for part in [[pair] for pair in source] if is_unwrapped else _indented_apart(source):
            if part:
                yield [line.strip() for _, line in part], part[0][0]


def _indented_apart(source: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """The paragraphs of typed text, each begun by an indent instead of an empty line; or all lines together.

    In verse lines are indented, too: an indented line counts only after the end of a sentence. Text with list items
    isn't taken apart: lists are indented, too.
    """
    indented = [at for at in range(1, len(source)) if source[at][1][:1].isspace()]
    above = (split_trailing_tags(source[at - 1][1].strip())[0] for at in indented)
    is_typed = (
        0 < len(indented) < len(source) - 1
        and all(map(_SENTENCE.search, above))
        and not any(_ITEM.match(line) for _, line in source)
    )
    starts = [0, *(indented if is_typed else ()), len(source)]
    for start, end in pairwise(starts):
        yield source[start:end]


def _add_paragraph(sheet: Sheet, draft: Draft) -> None:
    draft.take_metadata()
    sheet.leave_out(*draft.left_out)
    sheet.tags += draft.note_tags
    first, last = draft.place
    text, line, tags, lists = without_tag_lists(draft.source.strip("\n"), first)
    sheet.leave_out(*lists)
    if _WORDLESS.fullmatch(text):
        if any(map(str.isalnum, text)):
            sheet.leave_out(LeftOut("link", text, (line, line + text.count("\n"))))
        text = ""
    if text or tags:
        sheet.blocks.append(Block("paragraph", one_line(text), unique((*tags, *inline_tags(text))), (first, last)))
