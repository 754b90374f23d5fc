"""The sheet: the parts found until now by the reader of a format, with a bound.

Takes blocks, parts left out and tags, singly, in the order of the text; the format's reader makes a `Body` of the
sheet.
"""

from __future__ import annotations

from remix.corpus.blocks import Block, LeftOut, one_line
from remix.corpus.drafts import Draft
from remix.corpus.groups import Group

MOST_PARTS = 500_000
"""Blocks and parts left out, of a file."""


class TooManyPartsError(Exception):
    """A file has more than `MOST_PARTS`."""


class Sheet:
    """Blocks, parts left out, and tags of the whole file."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.left_out: list[LeftOut] = []
        self.tags: list[str] = []

    def leave_out(self, *parts: LeftOut) -> None:
        """Add parts left out."""
        self.left_out += parts
        if len(self.blocks) + len(self.left_out) > MOST_PARTS:
            raise TooManyPartsError

    def add_paragraph(self, draft: Draft) -> None:
        """Read a paragraph."""
        draft.take_marks()
        draft.take_metadata()
        draft.take_leading_tags()
        draft.take_trailing_tags()
        if why := draft.why_wordless():
            draft.leave_out(why)
        text = one_line(draft.words())
        self._add(Block("paragraph", text, draft.tags, draft.place), draft)

    def add_heading(self, draft: Draft, level: int) -> None:
        """Read a heading."""
        draft.take_heading_attributes()
        draft.take_trailing_tags()
        text = one_line(draft.words())
        self._add(Block("heading", text, draft.tags, draft.place, level), draft)

    def add_group(self, group: Group) -> None:
        """Add a list or a quotation."""
        self.blocks.append(group.block)
        self.tags += group.tags
        self.leave_out(*group.left_out)

    def _add(self, block: Block, draft: Draft) -> None:
        self.blocks.append(block)
        self.tags += draft.note_tags
        self.leave_out(*draft.left_out)
