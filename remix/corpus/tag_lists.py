"""Tag lists: the lines of `#tags` at the head and the list at the end of a paragraph, taken out with their lines.

Takes a paragraph of any format, gives the rest, the tags, and the lists as written. Doesn't know files.
"""

from __future__ import annotations

from typing import NamedTuple

from remix.corpus.blocks import LeftOut
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_leading_tags, split_trailing_tags


class Untagged(NamedTuple):
    """A paragraph taken apart into text and lists of tags."""

    text: str
    line: int
    """The text's first line in the file."""
    tags: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def without_tag_lists(paragraph: str, first_line: int) -> Untagged:
    """Take the lists of tags off a paragraph; `first_line` is the paragraph's first line in the file."""
    text, leading = split_leading_tags(paragraph)
    head = paragraph[: len(paragraph) - len(text)]
    rest, trailing = split_trailing_tags(text)
    tail = text[len(rest) :] if trailing else ""
    line = first_line + head.count("\n")
    after = first_line + paragraph.count("\n", 0, len(head) + len(rest) + len(tail) - len(tail.lstrip()))
    lists = ((head.strip(), first_line), (tail.strip(), after))
    return Untagged(
        text=rest,
        line=line,
        tags=unique((*leading, *trailing)),
        left_out=tuple(LeftOut("tags", part, (first, first + part.count("\n"))) for part, first in lists if part),
    )
