"""Line breaks of HTML within a paragraph of Markdown: two in a row part paragraphs.

Takes a paragraph, gives the places of breaks in a row. Doesn't know blocks or files. Posts exported from Blogger and
WordPress have `<br><br>` between paragraphs. The time grows in proportion to the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remix.corpus.inline_markup import markup

_BREAK = re.compile(r"<br\s*+/?+>", re.IGNORECASE)
_TWO = re.compile(r"<br\s*+/?+>(?:\s|&nbsp;)*+<br\s*+/?+>", re.IGNORECASE)
_BLANKS = re.compile(r"(?:\s|&nbsp;)*+")


def double_breaks(paragraph: str) -> Iterator[tuple[int, int]]:
    """Start and end (exclusive) of each run of two or more line breaks with the blanks after, except in code."""
    if not _TWO.search(paragraph):
        return
    row = (0, 0, 0)
    """Start, end, and number of breaks."""
    for span in markup(paragraph):
        if span.kind != "html" or not _BREAK.fullmatch(paragraph, span.start, span.end):
            continue
        start, end, count = row
        if count and _BLANKS.fullmatch(paragraph, end, span.start):
            row = (start, _BLANKS.match(paragraph, span.end).end(), count + 1)  # type: ignore[union-attr]  # the pattern matches the empty string
            continue
        if count > 1:
            yield start, end
        row = (span.start, span.end, 1)
    start, end, count = row
    if count > 1:
        yield start, end
