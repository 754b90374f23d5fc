"""Waiting branches of a text, and the running branch that decodes their common tokens.

Takes waiting and running sequences; says which running branch each waiting branch *follows*, and when the two part:
before the first token in which the branches may differ. Then the waiting branch becomes a separate sequence, as a
copy of the running branch. Given tokens that branches have in common are thus decoded once, and always in decode
rows: cells, logits and samplers are the same as for each branch alone. Pure bookkeeping: no model, no threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from remix.engine.queued import Queued
from remix.engine.sequence import Sequence


class WaitingBranches:
    """The waiting branches, grouped by text (`Sequence.trunk`)."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Sequence]] = defaultdict(list)
        self._along: dict[Sequence, tuple[Sequence, int]] = {}
        """For each following branch, the running branch, and the number of given tokens after which the two part."""

    def add(self, sequence: Queued) -> None:
        """Note a newly waiting sequence, if the sequence is a branch."""
        if isinstance(sequence, Sequence) and sequence.trunk:
            self._waiting[sequence.trunk].append(sequence)

    def remove(self, sequence: Queued) -> None:
        """Forget a sequence that has left the queue."""
        if isinstance(sequence, Sequence) and sequence.trunk:
            self._waiting[sequence.trunk].remove(sequence)
            if not self._waiting[sequence.trunk]:
                del self._waiting[sequence.trunk]
            self._along.pop(sequence, None)

    def follows(self, sequence: Queued, running: Collection[Queued]) -> bool:
        """Whether a waiting sequence follows a running branch, and need not begin by itself."""
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
        """Of the branches of the same text as `sequence` that follow no running branch, the branch with most given
        tokens.

        The rest can follow this branch up to the token where the two part.
        """
        if not isinstance(sequence, Sequence) or not sequence.trunk:
            return sequence
        own = (each for each in self._waiting[sequence.trunk] if not self.follows(each, running))
        return max(own, key=lambda branch: branch.given_count)

    def parting(self, running: Sequence) -> list[Sequence]:
        """The waiting branches that part from a running branch before the next token."""
        if running.trunk not in self._waiting:
            return []
        now = running, len(running.token_ids)
        return [branch for branch in self._waiting[running.trunk] if self._along.get(branch) == now]

    def _most_in_common(self, sequence: Sequence, running: Iterable[Queued]) -> tuple[Sequence | None, int]:
        """The running branch that a branch can follow farthest, and the number of given tokens in common."""
        best: tuple[Sequence | None, int] = None, -1
        for other in running:
            if isinstance(other, Sequence) and other.trunk == sequence.trunk:
                common = other.in_common(sequence)
                if common > best[1] and len(other.token_ids) <= common:
                    best = other, common
        return best
