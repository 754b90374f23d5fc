"""What every form of document is read into.

Takes nothing, gives frozen records. Knows neither the forms they come from nor the Markdown they become.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from remix.corpus.tags import split_trailing_tags
from remix.errors import RemixError
from remix.records import Frozen

Kind = Literal["heading", "paragraph", "list", "quote", "code", "table", "break", "markdown"]


MOST_BLOCKS = 50_000
"""Of a document: a seed may have ten thousand passages."""


class DocumentError(RemixError):
    """A document can't be read, or can't become a seed."""


class TooLongError(DocumentError):
    """A document has more pieces than anyone reads. Its message doesn't name the file yet."""

    def __init__(self) -> None:
        super().__init__(f"has more than {MOST_BLOCKS} paragraphs or the like.", "Save it in pieces.")


class Block(Frozen):
    """A piece of a document, in its order."""

    kind: Kind
    """`markdown` is a whole body that needs no more than to be copied."""

    text: str
    """A heading's or a paragraph's is one line; a list has a line an item, marked as in Markdown, and a table a line
    a row, likewise; others have their lines."""

    tags: tuple[str, ...] = ()
    """As written; of paragraphs, lists and quotations."""

    level: int = 0
    """A heading's, from 1."""


class Doubt(Frozen):
    """A place at which words that were run together could be read in another way."""

    read: tuple[str, ...]
    """How they were read."""

    instead: tuple[tuple[str, ...], ...]
    """How else they could be, the likeliest first; none where a word is simply unknown."""


class Split(Frozen):
    """How words that were run together were taken apart."""

    word: str
    """As it stood in the document."""

    parts: tuple[str, ...]
    """The words, or tags of several words that the corpus has."""

    doubts: tuple[Doubt, ...] = ()
    """What a person should look at."""


class Document(Frozen):
    """A document, whatever its form was."""

    form: str
    """What it was taken for, in words."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    tags: tuple[str, ...] = ()
    """They count for all passages."""

    meta: dict[str, Any] = Field(default_factory=dict)
    """What else is to stand in the front matter."""

    blocks: tuple[Block, ...] = ()
    splits: tuple[Split, ...] = ()
    """How tags that were run together were read."""

    left_out: tuple[str, ...] = ()
    """What no seed can hold, in words."""


def one_line(text: str) -> str:
    """A text with single blanks between its words: the form in which remix reads a paragraph."""
    return " ".join(text.split())


def heading(text: str, level: int = 2) -> Block:
    """A heading."""
    return Block(kind="heading", text=one_line(text), level=level)


def paragraph(text: str, tags: Iterable[str] = ()) -> Block:
    """A paragraph, with the tags at its end taken off; `tags` are more of them."""
    text, own = split_trailing_tags(text.strip())
    return Block(kind="paragraph", text=one_line(text), tags=(*own, *tags))


def gathered(blocks: Iterable[Block]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks that say something, and tags that stand before all of them.

    Tags on a line of their own belong to the paragraph above, as in a seed. Raises `TooLongError`.
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
