"""What the plan gives: tasks."""

from __future__ import annotations

from remix.records.values import Frozen, Seed, Step, Variant


class Task(Frozen):
    """One text to be written: passage x kind x step x variant."""

    passage: str
    """Id of the passage."""

    kind: str
    """Name of the prompt template."""

    step: Step
    """1 reads the passage; k reads the text of step k-1."""

    variant: Variant
    """Number of the independent chain, from 1."""

    seed: Seed
    """Sampling seed, a hash of what the task is and never of when it runs."""

    @property
    def id(self) -> str:
        """`essay/NNN/kind.step[.vN]`: its name in the run, and its file without suffix."""
        return task_id(self.passage, self.kind, self.step, self.variant)

    @property
    def parent(self) -> str | None:
        """Id of the task whose text this one reads, if it isn't the first step."""
        return task_id(self.passage, self.kind, self.step - 1, self.variant) if self.step > 1 else None


def task_id(passage: str, kind: str, step: int, variant: int) -> str:
    """Name a task within its run; variant 1 goes without saying."""
    return f"{passage}/{kind}.{step}" + (f".v{variant}" if variant > 1 else "")
