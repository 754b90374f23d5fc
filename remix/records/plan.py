"""Tasks: the texts that a run plans, and the passages and outputs that each text is made from."""

from __future__ import annotations

from pydantic import Field

from remix.records.bounds import MOST_CANDIDATES
from remix.records.generation import Fork
from remix.records.values import Count, Frozen, Length, Many, Seed, Sha256, Step, Variant, is_none
from remix.records.weave import WEAVES

GROUPS = "_group"
"""Folder of texts made from a group of passages. Essays' slugs have no underscore, so no essay takes the name."""


class PassageInput(Frozen):
    """A passage of the run."""

    passage: str
    """Id of the passage."""


class TaskInput(Frozen):
    """The text of a task of the same run."""

    task: str
    """Id of the task."""


class RecordInput(Frozen):
    """An output of an earlier run. The frozen request holds this output, so that the run is self-contained."""

    record: Sha256
    """Id of the output's record."""


Input = PassageInput | TaskInput | RecordInput


class EditUsed(Frozen):
    """A person's edited version of an output, from which a branch goes on."""

    sha256: Sha256
    """sha256 of the edited text, as in the reviews."""
    editor: str
    """Name of the person who wrote the edited version."""


class Branch(Frozen):
    """Where a text leaves an output of an earlier run, and what stands there instead."""

    original: Sha256
    """Id of the record of the output that the text branches from."""
    candidate: int | None = Field(None, ge=1, le=MOST_CANDIDATES, exclude_if=is_none)
    """Number of the candidate in the original's record that the text branches from; null for the kept text."""
    edit: EditUsed | None = Field(None, exclude_if=is_none)
    """The edited version of the original that the text goes on from; null if nobody's edited version is continued."""
    token: Count
    """Number of the first token that is not the original's, from 1, among the tokens of the original's text."""
    character: Count
    """Number of the first character that this token writes in the original's text, from 1."""
    was: str
    """The original's word at this token; empty at the end of the original's text."""
    put: str
    """The given words in place of the original's; empty if all given tokens are the original's."""
    max_tokens: Length
    """Largest number of tokens of the text, given tokens included."""
    fork: Fork
    """The tokens up to the last that was put there, and the random numbers after."""


class Task(Frozen):
    """A text to be written."""

    place: str
    """Folder of the text in the run: the passage's id, `_group/NNN` if a group of passages is read, or `_weave/NNN`
    if the text is part of an essay."""

    kind: str
    """Name of the prompt template."""

    step: Step
    """Number of the step in the chain, from 1: step k reads the text of step k-1."""

    variant: Variant
    """Number of the chain, from 1; chains of different numbers are independent."""

    inputs: Many[Input] = Field(min_length=1)
    """The passages and outputs that the task reads, in the order of the record's `sources` and `parents`."""

    seed: Seed
    """Sampling seed: a hash of the task's contents, the same whenever the task runs; of a branch, the original's."""

    branch: Branch | None = Field(None, exclude_if=is_none)
    """Where the text leaves an earlier output, one of the inputs; null for a text of its own."""

    @property
    def id(self) -> str:
        """`essay/NNN/kind.step[.vN]`: name of the task in the run, and of its files without suffix."""
        return task_id(self.place, self.kind, self.step, self.variant)

    @property
    def is_woven(self) -> bool:
        """Whether the text is a part of a woven essay."""
        return self.place.startswith(f"{WEAVES}/")

    @property
    def passages(self) -> tuple[str, ...]:
        """Ids of the passages that are read."""
        return tuple(each.passage for each in self.inputs if isinstance(each, PassageInput))

    @property
    def reads(self) -> tuple[str, ...]:
        """Ids of the tasks of the same run whose texts are read."""
        return tuple(each.task for each in self.inputs if isinstance(each, TaskInput))

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the texts that are read: ids of tasks of the same run, ids of records of earlier runs."""
        return tuple(
            each.task if isinstance(each, TaskInput) else each.record
            for each in self.inputs
            if not isinstance(each, PassageInput)
        )

    @property
    def previous(self) -> str | None:
        """Id of the step before, if this isn't the first step."""
        return task_id(self.place, self.kind, self.step - 1, self.variant) if self.step > 1 else None


def task_id(place: str, kind: str, step: int, variant: int) -> str:
    """Name of a task within its run. The first variant has no number."""
    return f"{place}/{kind}.{step}" + (f".v{variant}" if variant > 1 else "")
