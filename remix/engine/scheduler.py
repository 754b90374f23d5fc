"""Who may run next, and where.

Takes sequences as they come, gives each a slot as one falls free. Pure bookkeeping: no model, no threads.
"""

from __future__ import annotations

import heapq
from collections import deque

from remix.engine.sequence import Sequence


class Scheduler:
    """First come, first served, over a fixed number of slots."""

    def __init__(self, slots: int) -> None:
        self.waiting: deque[Sequence] = deque()
        self.running: dict[int, Sequence] = {}
        self._free = list(range(slots))

    def add(self, sequence: Sequence) -> None:
        """Put a sequence at the end of the queue."""
        self.waiting.append(sequence)

    def admit(self) -> Sequence | None:
        """Give the next waiting sequence the lowest free slot, if there are both."""
        while self.waiting and self._free:
            sequence = self.waiting.popleft()
            if not sequence.future.set_running_or_notify_cancel():
                continue
            sequence.start(heapq.heappop(self._free))
            self.running[sequence.slot] = sequence
            return sequence
        return None

    def release(self, sequence: Sequence) -> None:
        """Take a sequence out and free its slot."""
        del self.running[sequence.slot]
        heapq.heappush(self._free, sequence.slot)

    def close_gap(self) -> tuple[int, int] | None:
        """Let the sequence in the highest slot move down to a free one: from where, and whereto.

        llama.cpp computes rows of neighbouring slots in one piece, and splits a call at every gap.
        """
        if not self.running or not self._free or self._free[0] > (last := max(self.running)):
            return None
        sequence = self.running.pop(last)
        sequence.slot = heapq.heapreplace(self._free, last)
        self.running[sequence.slot] = sequence
        return last, sequence.slot

    def active(self) -> list[Sequence]:
        """Those that have a slot, in the order of their slots."""
        return [self.running[slot] for slot in sorted(self.running)]

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return not self.waiting and not self.running
