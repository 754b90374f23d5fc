"""Who may run next, where, and what of their prompts is in memory already.

Takes sequences as they come, gives each a slot as one falls free. Slots come in two kinds: those that decode,
numbered from 0, and behind them a *shelf* of slots that keep the prompts of finished sequences for others that
begin alike. Pure bookkeeping: no model, no threads.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from remix.engine.prefix import Prefixes, Shared
from remix.engine.sequence import Sequence

PATIENCE = 64
"""So many times may others that share more be let in before the first in the queue."""


class Copy(NamedTuple):
    """The first `length` tokens of one slot, to be copied to another."""

    source: int
    target: int
    length: int


class Scheduler:
    """Mostly first come, first served; whoever shares what is in memory goes before."""

    def __init__(self, slots: Iterable[int], prefix_slots: Iterable[int]) -> None:
        self.waiting: deque[Sequence] = deque()
        self.running: dict[int, Sequence] = {}
        self._free = sorted(slots)
        self._prefixes = Prefixes()
        # Shelf slots, the least recently used first.
        self._prefix_slots = deque(prefix_slots)
        self._passed_over = 0

    def add(self, sequence: Sequence) -> None:
        """Put a sequence at the end of the queue."""
        self.waiting.append(sequence)

    def admit(self) -> tuple[Sequence, Copy | None] | None:
        """Give a waiting sequence the lowest free slot, if there are both, and say what it can copy into it."""
        while self.waiting and self._free:
            sequence, shared = self._next()
            self.waiting.remove(sequence)
            if not sequence.claim():
                continue
            sequence.start(heapq.heappop(self._free))
            self.running[sequence.slot] = sequence
            if not shared.length:
                return sequence, None
            self._touch(shared.slot)
            return sequence, Copy(shared.slot, sequence.slot, shared.length)
        return None

    def computed(self, sequence: Sequence) -> None:
        """Note that a sequence's prompt is in memory: others may copy from it, but for the last chunk.

        That one is its own: no prompt goes on from where another ends.
        """
        self._prefixes.hold(sequence.slot, sequence.chunks[:-1])

    def release(self, sequence: Sequence) -> Copy | None:
        """Take a sequence out and free its slot; say where its prompt should be kept, if it should."""
        slot = sequence.slot
        kept = self._shelve(slot)
        self._prefixes.drop(slot)
        del self.running[slot]
        heapq.heappush(self._free, slot)
        return kept

    def forget(self) -> None:
        """Note that nothing in memory can be relied on."""
        for slot in (*self.running, *self._prefix_slots):
            self._prefixes.drop(slot)

    def close_gap(self) -> tuple[int, int] | None:
        """Let the sequence in the highest slot move down to a free one: from where, and whereto.

        llama.cpp computes rows of neighbouring slots in one piece, and splits a call at every gap.
        """
        if not self.running or not self._free or self._free[0] > (last := max(self.running)):
            return None
        sequence = self.running.pop(last)
        sequence.slot = heapq.heapreplace(self._free, last)
        self.running[sequence.slot] = sequence
        self._prefixes.move(last, sequence.slot)
        return last, sequence.slot

    def active(self) -> list[Sequence]:
        """Those that have a slot, in the order of their slots."""
        return [self.running[slot] for slot in sorted(self.running)]

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return not self.waiting and not self.running

    def _next(self) -> tuple[Sequence, Shared]:
        """The waiting sequence that shares most with what is in memory, the first of several."""
        candidates = islice(self.waiting, PATIENCE if self._passed_over < PATIENCE else 1)
        shares = [(sequence, self._prefixes.longest(sequence.chunks)) for sequence in candidates]
        best = max(shares, key=lambda share: share[1].length)
        self._passed_over = 0 if best is shares[0] else self._passed_over + 1
        return best

    def _shelve(self, slot: int) -> Copy | None:
        """A place for a finished sequence's prompt, unless it is short or another slot holds it too."""
        if not self._prefix_slots or self._prefixes.holders(slot) != 1:
            return None
        target = self._prefix_slots.popleft()
        self._prefix_slots.append(target)
        length = self._prefixes.length(slot)
        self._prefixes.move(slot, target)
        return Copy(slot, target, length)

    def _touch(self, slot: int) -> None:
        """Note that a slot of the shelf was of use."""
        if slot in self._prefix_slots:
            self._prefix_slots.remove(slot)
            self._prefix_slots.append(slot)
