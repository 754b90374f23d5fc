"""Branches of one text that wait, and the running branch that computes their common beginning for them.

Takes waiting and running sequences, says which waiting branches go along with which running branch, and when one of
them parts: where its next given token may differ from the running branch's, it becomes a sequence of its own, as a
copy of the running one. So the given tokens that branches have in common are decoded once, and always in decode rows:
cells, logits and samplers are those that each branch would have alone. Pure bookkeeping: no model, no threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from remix.engine.queued import Queued
from remix.engine.sequence import Sequence


class WaitingBranches:
    """The waiting branches, by what they have in common (`Sequence.trunk`)."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Sequence]] = defaultdict(list)
        self._along: dict[Sequence, tuple[Sequence, int]] = {}
        """For each branch that goes along, the running branch, and after how many given tokens both part."""

    def add(self, sequence: Queued) -> None:
        """Note a sequence that begins to wait, if it is a branch."""
        if isinstance(sequence, Sequence) and sequence.trunk:
            self._waiting[sequence.trunk].append(sequence)

    def remove(self, sequence: Queued) -> None:
        """Forget a sequence that no longer waits."""
        if isinstance(sequence, Sequence) and sequence.trunk:
            self._waiting[sequence.trunk].remove(sequence)
            if not self._waiting[sequence.trunk]:
                del self._waiting[sequence.trunk]
            self._along.pop(sequence, None)

    def goes_along(self, sequence: Queued, running: Collection[Queued]) -> bool:
        """Whether a waiting sequence goes along with a running branch, and need not begin by itself."""
        if not isinstance(sequence, Sequence) or not sequence.trunk:
            return False
        trunk, common = self._along.pop(sequence, (None, 0))
        if trunk is None or trunk not in running or len(trunk.token_ids) > common:
            trunk, common = self._most_in_common(sequence, running)
        if trunk is None:
            return False
        self._along[sequence] = trunk, common
        return True

    def longest(self, sequence: Queued, running: Collection[Queued]) -> Queued:
        """The branch with most given tokens among those that begin by themselves, of the same text as `sequence`.

        All others can go along with this branch up to the token where they part.
        """
        if not isinstance(sequence, Sequence) or not sequence.trunk:
            return sequence
        own = (each for each in self._waiting[sequence.trunk] if not self.goes_along(each, running))
        return max(own, key=lambda branch: branch.given_count)

    def parting(self, running: Sequence) -> list[Sequence]:
        """The waiting branches that part from a running branch now, before its next token."""
        if running.trunk not in self._waiting:
            return []
        now = running, len(running.token_ids)
        return [branch for branch in self._waiting[running.trunk] if self._along.get(branch) == now]

    def _most_in_common(self, sequence: Sequence, running: Iterable[Queued]) -> tuple[Sequence | None, int]:
        """The running branch that a branch can go along with farthest, and the number of given tokens in common."""
        best: tuple[Sequence | None, int] = None, -1
        for other in running:
            if isinstance(other, Sequence) and other.trunk == sequence.trunk:
                common = other.in_common(sequence)
                if common > best[1] and len(other.token_ids) <= common:
                    best = other, common
        return best
