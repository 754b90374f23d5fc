"""Blocks: what a body is made of, and which of them together are a passage.

Takes the headings, paragraphs and groups that a format's reader found, gives passages with their lines, section and
tags. Knows no format.

A passage is a paragraph, with the list or quotation that it leads into. Tags that stand alone belong to the passage
above; right below a heading or at the head of the file there is none, and they count for all that follows there, as
those of the heading do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from remix.corpus.tags import unique
from remix.errors import SeedError

MOST_TAGS = 1_000
"""Of a front matter, or of headings above one another: each passage below has them all."""


class Block(NamedTuple):
    """One thing that a body holds."""

    kind: Literal["heading", "paragraph", "group"]
    """A group is a list or a quotation."""
    text: str
    """Its words, tags taken off."""
    tags: tuple[str, ...]
    """Its own tags, as written."""
    lines: tuple[int, int]
    """First and last line in the file, from 1, both included."""
    level: int = 0
    """Of a heading, from 1."""


class Body(NamedTuple):
    """A seed as its format's reader gives it."""

    meta: dict[str, Any]
    """What its head says: strings, and lists and mappings of them."""
    title: str | None
    """What a heading calls the whole, where the format has such headings."""
    blocks: tuple[Block, ...]
    """In the order of the file."""


class Found(NamedTuple):
    """A passage, before it has a name."""

    text: str
    tags: tuple[str, ...]
    """Its own, then those of the headings above, the nearest first."""
    lines: tuple[int, int]
    section: str | None


class _Scope(NamedTuple):
    """What a heading says of all that stands below it."""

    level: int
    section: str | None
    tags: tuple[str, ...]


def passages(blocks: Iterable[Block], name: str) -> Iterator[Found]:
    """The passages, in order; `name` is what an error calls the file.

    Raises `SeedError` where headings give more tags than anyone reads.
    """
    scopes = [_Scope(0, None, ())]
    pending: list[Block] = []
    last = ""
    for block in blocks:
        if block.kind == "heading" or (block.tags and not (block.text or pending)):
            yield from _joined(pending, scopes[-1])
            pending = []
            _enter(scopes, block)
            _check_tags(scopes[-1], f"{name}:{block.lines[0]}")
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
    """Go below a heading, or take tags that stand alone for those of the heading above."""
    if block.kind != "heading":
        scopes[-1] = scopes[-1]._replace(tags=unique((*scopes[-1].tags, *block.tags)))
        return
    while len(scopes) > 1 and scopes[-1].level >= block.level:
        scopes.pop()
    above = scopes[-1]
    scopes.append(_Scope(block.level, block.text or above.section, unique((*block.tags, *above.tags))))


def _check_tags(scope: _Scope, place: str) -> None:
    if len(scope.tags) > MOST_TAGS:
        raise SeedError(f"{place}: has more than {MOST_TAGS} tags for all below it.", "Leave some out.")


def _joined(parts: Sequence[Block], scope: _Scope) -> Iterator[Found]:
    """A passage of what belongs together; some of it may be tags alone."""
    if parts:
        yield Found(
            text="\n\n".join(each.text for each in parts if each.text),
            tags=unique((*(tag for each in parts for tag in each.tags), *scope.tags)),
            lines=(parts[0].lines[0], parts[-1].lines[1]),
            section=scope.section,
        )
