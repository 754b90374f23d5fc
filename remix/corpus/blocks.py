"""Blocks: the parts of a file's body, and the blocks that make up a passage.

Takes headings, paragraphs and groups from a format's reader, gives passages with lines, section and tags. Doesn't
know formats.

A passage is a paragraph, with a list or quotation introduced by the paragraph. Lines of tags belong to the passage
above. If no passage stands above, right below a heading or at the head of the file, lines of tags count, as the
heading's tags do, for all passages below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from remix.corpus.tags import unique
from remix.errors import SeedError

MOST_TAGS = 1_000
"""For all passages below: of the front matter, or of headings within headings."""


Why = Literal[
    "code",
    "table",
    "formula",
    "html",  # tags and comments of HTML, scripts and styles
    "footnote",
    "metadata",  # front matter, and lines of `key: value`
    "indented",  # indented text that looks like code
    "comment",
    "image",
    "link",  # addresses of links, and blocks that consist of links
    "shortcode",  # of Hugo, Jekyll and Obsidian's plugins
    "tags",  # lists of tags, which are kept as the passages' tags
    "hidden",  # parts hidden by the author, such as Org's headings that aren't exported
]


class LeftOut(NamedTuple):
    """A part of a file outside the text of passages and headings."""

    why: Why
    text: str
    """As written."""
    lines: tuple[int, int]
    """First and last line in the file, from 1, both included."""


class Block(NamedTuple):
    """A heading, a paragraph or a group."""

    kind: Literal["heading", "paragraph", "group"]
    """A group is a list or a quotation."""
    text: str
    """As a reader sees the text, without the trailing tags."""
    tags: tuple[str, ...]
    """As written, without tags of headings above."""
    lines: tuple[int, int]
    """First and last line in the file, from 1, both included."""
    level: int = 0
    """Of a heading, from 1."""


class Body(NamedTuple):
    """A file's content, as read by the format's reader."""

    meta: dict[str, Any]
    """The front matter: strings, and lists and mappings of strings."""
    title: str | None
    """From a heading, if the format has headings for the whole file."""
    blocks: tuple[Block, ...]
    """In the order of the file."""
    left_out: tuple[LeftOut, ...] = ()
    """In the order of the file. Each letter of the file is in a block's text or in a part left out."""
    tags: tuple[str, ...] = ()
    """Tags of the whole file from outside the front matter, such as a line `Tags: #maps`."""
    notes: tuple[str, ...] = ()
    """Repairs and unused entries in the front matter, each with file and line."""


class UnnamedPassage(NamedTuple):
    """A passage without an id."""

    text: str
    tags: tuple[str, ...]
    """The passage's own tags, then the tags of the headings above, the nearest heading first."""
    lines: tuple[int, int]
    section: str | None


class _Scope(NamedTuple):
    """A heading, and the tags that count below the heading."""

    level: int
    section: str | None
    tags: tuple[str, ...]


def one_line(text: str) -> str:
    """A text with single blanks between words: the form of a paragraph in a passage."""
    return " ".join(text.split())


def passages(blocks: Iterable[Block], name: str) -> Iterator[UnnamedPassage]:
    """Yield the passages in order; `name` is the file's name in errors.

    Raises `SeedError` if headings give more than `MOST_TAGS` tags.
    """
    scopes = [_Scope(0, None, ())]
    pending: list[Block] = []
    last = ""
    for block in blocks:
        if block.kind == "heading" or (block.tags and not (block.text or pending)):
            yield from _joined(pending, scopes[-1])
            pending = []
            _enter(scopes, block)
            if len(scopes[-1].tags) > MOST_TAGS:
                place = f"{name}:{block.lines[0]}"
                raise SeedError(f"{place}: has more than {MOST_TAGS} tags for all below it.", "Leave some out.")
            continue
        if not (block.text or block.tags):
            continue
        leads_in = block.kind == "group" and last.endswith(":")
        if not (pending and (leads_in or not block.text)):
            yield from _joined(pending, scopes[-1])
            pending = []
        pending.append(block)
        last = block.text or last
    yield from _joined(pending, scopes[-1])


def _enter(scopes: list[_Scope], block: Block) -> None:
    """Open a heading's scope, or add the tags of a line of tags to the innermost scope."""
    if block.kind != "heading":
        scopes[-1] = scopes[-1]._replace(tags=unique((*scopes[-1].tags, *block.tags)))
        return
    while len(scopes) > 1 and scopes[-1].level >= block.level:
        scopes.pop()
    above = scopes[-1]
    scopes.append(_Scope(block.level, block.text or above.section, unique((*block.tags, *above.tags))))


def _joined(parts: Sequence[Block], scope: _Scope) -> Iterator[UnnamedPassage]:
    """Join blocks into a passage; a block may hold tags alone."""
    if parts:
        yield UnnamedPassage(
            text="\n\n".join(each.text for each in parts if each.text),
            tags=unique((*(tag for each in parts for tag in each.tags), *scope.tags)),
            lines=(parts[0].lines[0], parts[-1].lines[1]),
            section=scope.section,
        )
