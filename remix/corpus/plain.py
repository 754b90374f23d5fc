"""Plain text: paragraphs between empty lines, with tags and lines.

Takes a file's text, gives a `Body`. Editors that don't wrap lines write a paragraph on a line, often without empty
lines in between: if a line is longer than `LONGEST_WRAPPED`, each line is a paragraph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from remix.corpus import heads
from remix.corpus.blocks import Block, Body, one_line
from remix.corpus.inline_tags import inline_tags
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_trailing_tags

LONGEST_WRAPPED = 160
"""Letters of a line; editors wrap at 72 to 132."""


def read(text: str, name: str) -> Body:
    """The front matter, if present, and the paragraphs of a file. Raises `FrontMatterError`."""
    head = heads.split(text, name)
    return Body(head.meta, None, tuple(_blocks(head.body.split("\n"), head.body_line)), notes=head.notes)


def _blocks(lines: Sequence[str], first_line: int) -> Iterator[Block]:
    numbered = enumerate(lines, first_line)
    for is_text, group in groupby(numbered, key=lambda pair: bool(pair[1].strip())):
        source = list(group) if is_text else []
        is_unwrapped = any(len(line) > LONGEST_WRAPPED for _, line in source)
        for part in [[pair] for pair in source] if is_unwrapped else [source]:
            if part:
                text, tags = split_trailing_tags("\n".join(line.strip() for _, line in part))
                place = (part[0][0], part[-1][0])
                yield Block("paragraph", one_line(text), unique((*tags, *inline_tags(text))), place)
