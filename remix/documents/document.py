"""Document: the records made from documents of every format.

Takes nothing, gives frozen records. Doesn't know formats, nor how an essay is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from remix.corpus.blocks import one_line
from remix.corpus.trailing_tags import split_trailing_tags
from remix.errors import RemixError
from remix.records import Frozen

Kind = Literal["heading", "paragraph", "list", "quote", "code", "table", "break", "markdown"]


MOST_BLOCKS = 50_000
"""Of a document: an essay may have ten thousand passages."""


class DocumentError(RemixError):
    """A document can't be read, or can't become an essay."""


class TooLongError(DocumentError):
    """A document has more than `MOST_BLOCKS`. The message doesn't name the file yet."""

    def __init__(self) -> None:
        super().__init__(f"has more than {MOST_BLOCKS} paragraphs or the like.", "Save it in pieces.")


class Block(Frozen):
    """A block of a document."""

    kind: Kind
    """`markdown` is a whole body in Markdown, copied unchanged."""

    text: str
    """A single line for headings and paragraphs; a line for each item of a list and each row of a table, marked as in
    Markdown; several lines for all further kinds."""

    tags: tuple[str, ...] = ()
    """As written; of paragraphs, lists and quotations."""

    level: int = 0
    """Of a heading, from 1."""


class Doubt(Frozen):
    """A doubtful place in words run together."""

    read: tuple[str, ...]
    """The words as read."""

    instead: tuple[tuple[str, ...], ...]
    """Alternatives, the most probable first; none if a word is unknown."""


class Split(Frozen):
    """A word taken apart into the words run together."""

    word: str
    """As in the document."""

    parts: tuple[str, ...]
    """The words, or tags of several words from the corpus."""

    doubts: tuple[Doubt, ...] = ()
    """For a person to check."""


class Document(Frozen):
    """A document in any format."""

    form: str
    """The format, in words."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    tags: tuple[str, ...] = ()
    """For all passages."""

    meta: dict[str, Any] = Field(default_factory=dict)
    """Further keys of the front matter."""

    blocks: tuple[Block, ...] = ()
    splits: tuple[Split, ...] = ()
    """The readings of tags whose words were run together."""

    left_out: tuple[str, ...] = ()
    """Parts left out, since no essay can hold such parts, in words."""


def heading(text: str, level: int = 2) -> Block:
    """A heading block."""
    return Block(kind="heading", text=one_line(text), level=level)


def paragraph(text: str, tags: Iterable[str] = ()) -> Block:
    """A paragraph block, with trailing tags taken off and `tags` added."""
    text, own = split_trailing_tags(text.strip())
    return Block(kind="paragraph", text=one_line(text), tags=(*own, *tags))


def gathered(blocks: Iterable[Block]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks with text, and the tags before the first block.

    Lines of tags belong to the paragraph above, as in an essay. Raises `TooLongError`.
    """
    kept: list[Block] = []
    first: list[str] = []
    for number, block in enumerate(blocks):
        if number == MOST_BLOCKS:
            raise TooLongError
        if block.text:
            kept.append(block)
        elif kept and kept[-1].kind == "paragraph":
            kept[-1] = kept[-1].model_copy(update={"tags": (*kept[-1].tags, *block.tags)})
        else:
            first.extend(block.tags)
    return tuple(kept), tuple(first)
