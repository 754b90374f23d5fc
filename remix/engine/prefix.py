"""Which slot holds the beginning of which prompt.

Takes prompts and the slots they were computed in, gives for a new prompt the slot that shares most with it. A
trie over whole chunks (after SGLang's RadixAttention, 2023): prompts are computed chunk by chunk, and a chunk's
bits are the same wherever it is computed only if it begins and ends where the other one does. Pure bookkeeping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Chunk = tuple[int, ...]


class Shared(NamedTuple):
    """The part of a prompt that a slot holds already."""

    slot: int
    length: int
    """In tokens; a multiple of the chunk."""


@dataclass
class _Node:
    """A chunk in its place: what may follow it, and the slots that hold it."""

    children: dict[Chunk, _Node] = field(default_factory=dict)
    slots: set[int] = field(default_factory=set)


class Prefixes:
    """The trie of all prompts in memory."""

    def __init__(self, chunk: int) -> None:
        self._chunk = chunk
        self._root = _Node()
        self._held: dict[int, tuple[Chunk, ...]] = {}

    def hold(self, slot: int, prompt: Sequence[int]) -> None:
        """Note that a slot holds a prompt: its whole chunks can be shared from now on."""
        self.drop(slot)
        self._held[slot] = tuple(self._chunks(prompt, len(prompt)))
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
        self.hold(target, [token for chunk in chunks for token in chunk])

    def longest(self, prompt: Sequence[int]) -> Shared:
        """The slot that holds most of a prompt's beginning, the lowest of several; never all of the prompt.

        At least the last token is left to compute: its logits are what the text begins from.
        """
        node, best = self._root, Shared(-1, 0)
        for number, chunk in enumerate(self._chunks(prompt, len(prompt) - 1), 1):
            found = node.children.get(chunk)
            if found is None:
                break
            node, best = found, Shared(min(found.slots), number * self._chunk)
        return best

    def length(self, slot: int) -> int:
        """How many tokens of a slot can be shared."""
        return len(self._held.get(slot, ())) * self._chunk

    def holders(self, slot: int) -> int:
        """How many slots hold all that this one can share, itself included."""
        node = self._root
        for chunk in self._held.get(slot, ()):
            node = node.children[chunk]
        return len(node.slots)

    def _chunks(self, prompt: Sequence[int], end: int) -> Iterator[Chunk]:
        for start in range(0, end - self._chunk + 1, self._chunk):
            yield tuple(prompt[start : start + self._chunk])
