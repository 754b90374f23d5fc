"""The index of the prefix cache: slots by the computed beginnings of prompts.

Takes prompts in chunks and the slots with the chunks, gives for a new prompt the slot with the longest common
beginning. A trie of whole chunks (after SGLang's RadixAttention, 2023): prompts are computed chunk by chunk, and the
bits of a chunk's keys and values are the same only if the chunk has the same beginning and end in both prompts. The
state of a recurrent layer can't be cut: slots of recurrent models are copied whole, and all chunks of a slot are
shared or none. Pure bookkeeping: the KV cache is the decoder's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from remix.engine.chunks import Chunk


class SharedPrefix(NamedTuple):
    """The computed beginning of a prompt, in a slot."""

    slot: int
    length: int
    """In tokens, up to the end of a chunk."""


@dataclass
class _Node:
    """A path of chunks from a prompt's beginning: the next chunks, and the slots that hold the path."""

    children: dict[Chunk, _Node] = field(default_factory=dict)
    slots: set[int] = field(default_factory=set)


class PrefixCache:
    """The trie of all cached prompts; with `copies_whole`, of slots that can't be cut."""

    def __init__(self, copies_whole: bool = False) -> None:
        self._copies_whole = copies_whole
        self._root = _Node()
        self._chunks: dict[int, tuple[Chunk, ...]] = {}

    def add(self, slot: int, chunks: Sequence[Chunk]) -> None:
        """Note the chunks of a slot, from a prompt's beginning; earlier chunks of the slot are dropped."""
        self.drop(slot)
        self._chunks[slot] = tuple(chunks)
        node = self._root
        for chunk in self._chunks[slot]:
            node = node.children.setdefault(chunk, _Node())
            node.slots.add(slot)

    def drop(self, slot: int) -> None:
        """Forget the chunks of a slot."""
        node = self._root
        for chunk in self._chunks.pop(slot, ()):
            child = node.children[chunk]
            child.slots.discard(slot)
            if not child.slots:
                del node.children[chunk]
                return
            node = child

    def move(self, source: int, target: int) -> None:
        """Note a move of all chunks between two slots."""
        chunks = self._chunks.get(source, ())
        self.drop(source)
        self.add(target, chunks)

    def longest(self, chunks: Sequence[Chunk]) -> SharedPrefix:
        """The slot with the longest part of a prompt's beginning, the lowest of several; never the last chunk.

        The last chunk is always computed, since the first token is sampled from the last chunk's logits.
        """
        node, best, length = self._root, SharedPrefix(-1, 0), 0
        for chunk in chunks[:-1]:
            if chunk not in node.children:
                break
            node, length = node.children[chunk], length + len(chunk)
            slots = node.slots
            if self._copies_whole:
                slots = {slot for slot in slots if self.length(slot) == length}
            if slots:
                best = SharedPrefix(min(slots), length)
        return best

    def length(self, slot: int) -> int:
        """The number of tokens of a slot that can be shared."""
        return sum(map(len, self._chunks.get(slot, ())))

    def holders(self, slot: int) -> int:
        """The number of slots with all chunks of a slot, itself included."""
        node = self._root
        for chunk in self._chunks.get(slot, ()):
            node = node.children[chunk]
        return len(node.slots)


def common(one: Sequence[Chunk], other: Sequence[Chunk]) -> int:
    """The number of chunks that two prompts can share: equal chunks at the beginning, without the last of each."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one[:-1], other[:-1], strict=False)))
