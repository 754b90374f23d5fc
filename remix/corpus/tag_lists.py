"""Tag lists: the lines of `#tags` at the head and the list at the end of a paragraph, taken out with their lines.

Takes a paragraph of any format, gives the rest, the tags, and the lists as written. Doesn't know files.
"""

from __future__ import annotations

from typing import NamedTuple

from remix.corpus.blocks import LeftOut
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_leading_tags, split_trailing_tags


class Untagged(NamedTuple):
    """A paragraph without its lists of tags."""

    text: str
    tags: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def without_tag_lists(paragraph: str, first_line: int) -> Untagged:
    """Take the lists of tags off a paragraph that begins at `first_line` of the file."""
    text, first = split_leading_tags(paragraph)
    head = paragraph[: len(paragraph) - len(text)]
    rest, last = split_trailing_tags(text)
    tail = text[len(rest) :] if last else ""
    before = first_line + paragraph.count("\n", 0, len(head) + len(rest) + len(tail) - len(tail.lstrip()))
    lists = ((head.strip(), first_line), (tail.strip(), before))
    return Untagged(
        text=rest,
        tags=unique((*first, *last)),
        left_out=tuple(LeftOut("tags", part, (line, line + part.count("\n"))) for part, line in lists if part),
    )
