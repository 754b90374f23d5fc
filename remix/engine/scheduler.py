"""The choice of the next sequence to run, of the slot, and of the slot from which the prompt's beginning is copied.

Takes sequences, gives each a slot when a slot becomes free. Slots 0 … n-1 decode. The next slots, the *prefix slots*,
keep beginnings of prompts, for later prompts with the same beginning. If slots can be cut at the end of any chunk,
the beginning is copied from a running sequence too, and prefix slots keep the prompts of finished sequences. If slots
can be copied whole only, a prefix slot gets a beginning at the moment when exactly the beginning is computed:
wherever a waiting or recent prompt parts from the prompt. Branches of a text wait until the running branch that they
follow (`branches.py`) comes to the token where the two part. Pure bookkeeping: no model, no threads.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from remix.engine.branches import WaitingBranches
from remix.engine.chunks import Chunk
from remix.engine.prefix import PrefixCache, SharedPrefix, common
from remix.engine.queued import Queued
from remix.engine.sequence import Sequence

PATIENCE = 64
"""How often later sequences with a longer shared prefix may overtake the first of the queue."""

RECENT = 64
"""Prompts remembered after admission: a repeated beginning may occur again."""


class Copy(NamedTuple):
    """The first `length` tokens of slot `source`, to be copied to slot `target`."""

    source: int
    target: int
    length: int


class Scheduler:
    """First come, first served, except that sequences with a longer cached prefix go first, within `PATIENCE`."""

    def __init__(self, slots: Iterable[int], prefix_slots: Iterable[int], copies_whole: bool = False) -> None:
        self.waiting: deque[Queued] = deque()
        self.running: dict[int, Queued] = {}
        self._free = sorted(slots)
        self._copies_whole = copies_whole
        self._prefixes = PrefixCache(copies_whole)
        self._recent: deque[tuple[Chunk, ...]] = deque(maxlen=RECENT)
        # The least recently used first.
        self._prefix_slots = deque(prefix_slots)
        self._overtaken = 0
        self._branches = WaitingBranches()

    def add(self, sequence: Queued) -> None:
        """Append a sequence to the queue."""
        self.waiting.append(sequence)
        self._branches.add(sequence)

    def admit(self) -> tuple[Queued, Copy | None] | None:
        """Give a waiting sequence the lowest free slot; also the prefix to copy into the slot, if any is cached.

        None if no slot is free, or if all free slots are reserved for branches that follow running branches.
        """
        while self._free and (found := self._next()):
            sequence, shared = found
            if not self._start(sequence):
                continue
            if not shared.length:
                return sequence, None
            if shared.slot in self._prefix_slots:
                self._prefix_slots.remove(shared.slot)
                self._prefix_slots.append(shared.slot)
            return sequence, Copy(shared.slot, sequence.slot, shared.length)
        return None

    def part(self, running: Iterable[Sequence]) -> list[tuple[Sequence, Sequence]]:
        """Pairs of a running branch and a waiting branch that parts from the running branch now and has got a slot.

        While no slot is free, a branch stays in the queue, and begins by itself later.
        """
        pairs = [(trunk, branch) for trunk in running for branch in self._branches.parting(trunk)]
        return [(trunk, branch) for trunk, branch in pairs if self._free and self._start(branch)]

    def keep(self, sequence: Queued, count: int) -> Copy | None:
        """The copy to keep in a prefix slot, when the first `count` chunks of a prompt have just been computed.

        None if slots can be cut, or if no waiting or recent prompt parts from the prompt here.
        """
        if not self._copies_whole or not self._prefix_slots:
            return None
        others = chain((each.beginning for each in self.waiting), self._recent)
        if all(common(sequence.beginning, other) != count for other in others):
            return None
        target = self._take_prefix_slot()
        self._prefixes.add(target, sequence.chunks[:count])
        return Copy(sequence.slot, target, self._prefixes.length(target))

    def computed(self, sequence: Queued) -> None:
        """Note that a sequence's prompt is computed. If slots can be cut, all chunks except the last can be copied
        from now on.

        The last chunk is of no use: no prompt continues after the end of a different prompt.
        """
        if self._copies_whole:
            self._recent.append(sequence.beginning)
        else:
            self._prefixes.add(sequence.slot, sequence.chunks[:-1])

    def release(self, sequence: Queued) -> Copy | None:
        """Remove a sequence and free the slot; gives the copy of the prompt to keep in a prefix slot, if any."""
        slot = sequence.slot
        kept = self._keep_prefix(slot)
        self._prefixes.drop(slot)
        del self.running[slot]
        heapq.heappush(self._free, slot)
        return kept

    def close_gap(self) -> tuple[int, int] | None:
        """Move the sequence in the highest slot to a lower free slot; gives both slots, or None without a gap.

        llama.cpp computes rows of neighbouring slots together, and splits a batch at every gap.
        """
        if not self.running or not self._free or self._free[0] > (last := max(self.running)):
            return None
        sequence = self.running.pop(last)
        sequence.slot = heapq.heapreplace(self._free, last)
        self.running[sequence.slot] = sequence
        self._prefixes.move(last, sequence.slot)
        return last, sequence.slot

    def active(self) -> list[Queued]:
        """The running sequences, in the order of the slots."""
        return [self.running[slot] for slot in sorted(self.running)]

    @property
    def idle(self) -> bool:
        """Whether no sequence waits or runs."""
        return not self.waiting and not self.running

    def _start(self, sequence: Queued) -> bool:
        """Take a sequence out of the queue and into the lowest free slot; false if the sequence was cancelled."""
        self.waiting.remove(sequence)
        self._branches.remove(sequence)
        if not sequence.claim():
            return False
        sequence.start(heapq.heappop(self._free))
        self.running[sequence.slot] = sequence
        return True

    def _next(self) -> tuple[Queued, SharedPrefix] | None:
        """The waiting sequence with the longest cached prefix, the first of several; null if none may begin."""
        candidates = islice(self._ready(), PATIENCE if self._overtaken < PATIENCE else 1)
        shares = [(each, self._prefixes.longest(each.beginning)) for each in candidates]
        if not shares:
            return None
        best = max(shares, key=lambda share: share[1].length)
        self._overtaken = 0 if best is shares[0] else self._overtaken + 1
        # The longest branch has the same prompt, and thus the same prefix.
        return self._branches.longest(best[0], self.running.values()), best[1]

    def _ready(self) -> Iterator[Queued]:
        """The waiting sequences that may begin now, in the order of the queue.

        Branches that follow a running branch don't begin, and each reserves a free slot until the two part: a branch
        without a slot at that moment would have to decode all given tokens by itself.
        """
        kept = 0
        for sequence in self.waiting:
            if self._branches.follows(sequence, self.running.values()):
                kept += 1
            else:
                yield sequence
            if kept == len(self._free):
                return

    def _keep_prefix(self, slot: int) -> Copy | None:
        """Choose a prefix slot for a finished sequence's prompt, unless a second slot holds the same chunks."""
        if not self._prefix_slots or self._prefixes.holders(slot) != 1:
            return None
        target = self._take_prefix_slot()
        length = self._prefixes.length(slot)
        self._prefixes.move(slot, target)
        return Copy(slot, target, length)

    def _take_prefix_slot(self) -> int:
        """The least recently used prefix slot, from now on the most recently used."""
        self._prefix_slots.rotate(-1)
        return self._prefix_slots[-1]
