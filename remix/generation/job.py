"""A planned run: what the preparations of all sorts of runs give, and what `execute.py` carries out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from remix.errors import RemixError
from remix.records import Record, Run, Task, Trace


class TakenOver(NamedTuple):
    """A text of an earlier run that a refresh takes over unchanged."""

    task: Task
    record: Record
    text: str
    trace: Trace | None


@dataclass(frozen=True)
class Job:
    """A planned and checked run, not yet on disk."""

    run: Run
    model: Path | None
    """The path of the GGUF file; null for another writer than a local model."""
    prompt_tokens: dict[str, int]
    """Tokens of each task's prompt, by task id, for each candidate: exact for first steps, an upper bound for prompts
    that hold an unwritten text."""
    prompt_tokens_computed: int
    """Prompt tokens to compute if each passage's prompts share their common prefixes."""
    left_out: tuple[RemixError, ...]
    """Errors of essays, templates and passages that were left out."""
    notes: tuple[str, ...] = ()
    """Parts of a query without any result, and parts of the plan that couldn't be checked."""
    reader: Path | None = None
    """The path of the reader of candidates; null if no other model than the writer reads."""
    taken: Sequence[TakenOver] = ()
    """Texts that a refresh takes over unchanged from the refreshed run."""
