"""Which slot holds the beginning of which prompt.

Takes prompts in chunks and the slots they were computed in, gives for a new prompt the slot that shares most with
it. A trie over whole chunks (after SGLang's RadixAttention, 2023): prompts are computed chunk by chunk, and a chunk's
bits are the same wherever it is computed only if it begins and ends where the other one does. Pure bookkeeping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from remix.engine.chunks import Chunk


class Shared(NamedTuple):
    """The part of a prompt that a slot holds already."""

    slot: int
    length: int
    """In tokens; it ends where a chunk does."""


@dataclass
class _Node:
    """A chunk in its place: what may follow it, and the slots that hold it."""

    children: dict[Chunk, _Node] = field(default_factory=dict)
    slots: set[int] = field(default_factory=set)


class Prefixes:
    """The trie of all prompts in memory."""

    def __init__(self) -> None:
        self._root = _Node()
        self._held: dict[int, tuple[Chunk, ...]] = {}

    def hold(self, slot: int, chunks: Sequence[Chunk]) -> None:
        """Note that a slot holds those chunks, from its beginning: they can be shared from now on."""
        self.drop(slot)
        self._held[slot] = tuple(chunks)
        node = self._root
        for chunk in self._held[slot]:
            node = node.children.setdefault(chunk, _Node())
            node.slots.add(slot)

    def drop(self, slot: int) -> None:
        """Note that a slot holds nothing any more."""
        node = self._root
        for chunk in self._held.pop(slot, ()):
            child = node.children[chunk]
            child.slots.discard(slot)
            if not child.slots:
                del node.children[chunk]
                return
            node = child

    def move(self, source: int, target: int) -> None:
        """Note that what one slot held is now held by another."""
        chunks = self._held.get(source, ())
        self.drop(source)
        self.hold(target, chunks)

    def longest(self, chunks: Sequence[Chunk]) -> Shared:
        """The slot that holds most of a prompt's beginning, the lowest of several; never all of the prompt.

        The last chunk is left to compute: its last token's logits are what the text begins from.
        """
        node, best = self._root, Shared(-1, 0)
        for chunk in chunks[:-1]:
            found = node.children.get(chunk)
            if found is None:
                break
            node, best = found, Shared(min(found.slots), best.length + len(chunk))
        return best

    def length(self, slot: int) -> int:
        """How many tokens of a slot can be shared."""
        return sum(map(len, self._held.get(slot, ())))

    def holders(self, slot: int) -> int:
        """How many slots hold all that this one can share, itself included."""
        node = self._root
        for chunk in self._held.get(slot, ()):
            node = node.children[chunk]
        return len(node.slots)
