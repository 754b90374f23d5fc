"""Trailing tags: the list of `#tags` at the end of a paragraph.

Takes a paragraph, gives the text without the list, and the tags. Doesn't know files.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from remix.corpus.tags import EMOJI, JOINERS, marks, unique

ENDS = ".!?…。！？｡．؟۔।॥։።"
"""Characters at the end of sentences."""

CLOSING = r"\"'’”“‘»›)\]*_=~」』）】》〉"
"""Characters after the end of a sentence: quotation marks, parentheses and Markdown's marks; for use in `[]`."""

_BEGIN = re.compile(
    rf"(?:\A|\n|[{ENDS}](?:[{CLOSING}]|[ \u00a0\u202f]»|\[\^[^\]\s]{{1,40}}\])*)[ \t\u00a0\u3000]*(?=\#)"
)
"""A list of tags may begin here. A sentence may end with a footnote (`[^1]`), in French with a blank and `»`."""


_SEPARATOR = re.compile("[,;，；、،؛]")


class _Patterns(NamedTuple):
    one: re.Pattern[str]
    """A tag."""
    listed: re.Pattern[str]
    """A tag in a list, with the separator."""


@functools.cache
def _patterns() -> _Patterns:
    """Compiled at the first use: queries of the index need no patterns, and compiling takes a while."""
    word = rf"(?:[^\W_]|[{EMOJI}])[\w{marks()}{EMOJI}{JOINERS}/'’&+.-]*"
    tag = rf"\#({word}(?:[ \t]+{word}){{0,4}}|\[\[[^\[\]\n|#]{{1,100}}\]\])"
    return _Patterns(re.compile(tag), re.compile(rf"{tag}\s*(?:[,;，；、،؛]\s*)?"))


def split_trailing_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the list of tags off the end of a paragraph: `Words. #maps, #generic pastness`.

    A tag in the list may have up to five words; a list therefore begins only after the end of a sentence or at the
    start of a line: in `I love #maps and cities` the tag is part of the sentence and stays.
    """
    start = _start_of_list(text)
    for begin in _BEGIN.finditer(text):
        if begin.end() >= start:
            tail = text[begin.end() :]
            tags = (match.group(1).strip("[]").rstrip(".").strip() for match in _patterns().one.finditer(tail))
            return text[: begin.end()].rstrip(), unique(tags)
    return text.rstrip(), ()


def split_leading_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """Take a line of tags off the head of a paragraph, if more lines follow: `#maps #cities`, then `Words.`"""
    line, _, rest = text.partition("\n")
    before, tags = split_trailing_tags(line.strip()) if line.lstrip().startswith("#") else (line, ())
    # `#bells The bell was` may be the first line of a sentence.
    if before or not rest.strip() or (any(" " in tag for tag in tags) and not _SEPARATOR.search(line)):
        return text, ()
    return rest.lstrip(), tags


def _start_of_list(text: str) -> int:
    """The start of the tags at the text's end; the text's length if the text doesn't end with tags.

    The text is read backwards from `#` to `#`; the time grows in proportion to the text's length.
    """
    end, listed = len(text), _patterns().listed
    while (start := text.rfind("#", 0, end)) >= 0 and listed.fullmatch(text, start, end):
        end = start
    return end
