"""Events of a run at work: the run's folder is on disk, new words were written, a text is finished.

Frozen values, made by `execute.py` and `graph.py` for listeners. Knows nothing of the listeners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from remix.outputs.run import RunFolder
from remix.records import Record, Task


class RunBegan(NamedTuple):
    """A run's folder is on disk, and the run's texts are about to be written."""

    folder: RunFolder


class NewWords(NamedTuple):
    """Words that a model has just written."""

    task: Task
    candidate: int
    """Number of the candidate, from 1."""
    at: int
    """Characters of the text before these words; 0 if the text begins, perhaps once more."""
    words: str


class TextFinished(NamedTuple):
    """A text and its record are on disk."""

    task: Task
    record: Record


RunEvent = RunBegan | NewWords | TextFinished

Listener = Callable[[RunEvent], None]
"""Called with each event, by the engine's thread and by the thread that carries the run out; must be quick, and must
not raise: an error would end the text."""
