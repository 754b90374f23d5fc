"""A passage as prose: its text cut into paragraphs, items of lists and quotations, without the marks of Markdown.

Takes a passage's text, in which links and emphasis are words already; gives blocks. Knows nothing of files.
"""

from __future__ import annotations

import re
from typing import Literal

from remix.records import Frozen

_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-+*]|(?P<number>\d{1,9}[.)]))[ \t]+(?P<words>.*)")
_QUOTATION = re.compile(r"[ \t]*(?:>[ \t]?)+")

INDENT = 2
"""Characters by which an item is indented for each level, at least."""

MOST_LEVELS = 5


class Block(Frozen):
    """A part of a passage."""

    kind: Literal["paragraph", "item", "quotation"]
    text: str
    mark: str = ""
    """Number of an item, as written; empty for an item without a number."""
    level: int = 0
    """Lists around the item's list."""


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a passage's text, in order. A line without a mark goes on with the block before."""
    blocks: list[Block] = []
    for line in text.split("\n"):
        block = _block_of(line)
        if blocks and block.kind in ("paragraph", blocks[-1].kind) and block.kind != "item" and block.text:
            words = f"{blocks[-1].text}\n{block.text}"
            blocks[-1] = blocks[-1].model_copy(update={"text": words})
        elif block.text:
            blocks.append(block)
    return tuple(blocks)


def _block_of(line: str) -> Block:
    if quoted := _QUOTATION.match(line):
        return Block(kind="quotation", text=line[quoted.end() :].strip())
    if item := _ITEM.fullmatch(line):
        level = min(len(item["indent"].expandtabs(4)) // INDENT, MOST_LEVELS)
        return Block(kind="item", text=item["words"].strip(), mark=item["number"] or "", level=level)
    return Block(kind="paragraph", text=line.strip())
