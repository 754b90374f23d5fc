"""The texts that are being written, as far as they have come.

Takes new words, gives events for the page and, to a page that comes later, each text so far. Knows nothing of
processes and HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypedDict

from remix.records import Frozen
from remix.studio.engine_messages import Words

_TASK = re.compile(r"(?P<place>.+)/(?P<kind>[^/]+)\.(?P<step>\d+)(?:\.v(?P<variant>\d+))?")


class Place(TypedDict):
    """Where a text belongs."""

    place: str
    kind: str
    step: int
    variant: int


class TextEvent(Frozen):
    """New words of a text."""

    job: str
    run: str
    place: str
    kind: str
    step: int
    variant: int
    candidate: int
    """Number of the candidate, from 1."""
    at: int
    """Characters of the text before the words; 0 if the text begins, perhaps once more."""
    piece: str


class LiveTexts:
    """Texts of one run at a time. Not for several threads at once."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, int], TextEvent] = {}
        """By task and candidate: the text so far, as an event that begins it."""

    def add(self, job: str, run: str, words: Iterable[Words]) -> list[TextEvent]:
        """Take new words; gives an event for each text."""
        events = []
        for each in words:
            place = self.place_of(each.task)
            event = TextEvent(job=job, run=run, **place, candidate=each.candidate, at=each.at, piece=each.piece)
            so_far = self._texts.get((each.task, each.candidate))
            text = (so_far.piece[: each.at] if so_far else "") + each.piece
            self._texts[each.task, each.candidate] = event.model_copy(update={"at": 0, "piece": text})
            events.append(event)
        return events

    def all(self) -> list[TextEvent]:
        """Each text so far."""
        return [*self._texts.values()]

    def end(self, task: str) -> None:
        """Forget a finished text, with all its candidates."""
        for key in [key for key in self._texts if key[0] == task]:
            del self._texts[key]

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()

    @staticmethod
    def place_of(task: str) -> Place:
        """Where a task's text belongs, from the task's id. Raises `ValueError` for no such id."""
        found = _TASK.fullmatch(task)
        if not found:
            raise ValueError(f"{task!r} is no task")
        variant = int(found["variant"] or 1)
        return Place(place=found["place"], kind=found["kind"], step=int(found["step"]), variant=variant)
