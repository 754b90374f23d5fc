"""Which sentences were kept, where a run was measured.

Takes a run's folder and a task, gives the places of sentences that were dropped and added, as the output's
`.measures.json` has them. Knows nothing of how that is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from remix.outputs.run import RunFolder
from remix.review.diff import Difference, Span


class Measured(NamedTuple):
    """What was measured of an output."""

    line: str
    """What it kept, dropped and added, in words."""
    sentences: Difference
    """Sentences of the passage that were dropped, and of the text that were added."""


class _Sentence(BaseModel):
    sentence: str
    kept: bool


class _Ledger(BaseModel):
    line: str
    passage: tuple[_Sentence, ...]
    text: tuple[_Sentence, ...]


class _Measures(BaseModel):
    """The fields that are needed; a later version may have others."""

    schema_: Literal["remix/measures/1"] = Field(alias="schema")
    record: str
    ledger: _Ledger


def measured(folder: RunFolder, task_id: str, record: str, passage: str, text: str) -> Measured | None:
    """What was measured of an output; nothing where that wasn't done, or was of another text."""
    try:
        data = (folder.path / f"{task_id}.measures.json").read_bytes()
        found = _Measures.model_validate_json(data)
    except (OSError, ValidationError):
        return None
    if found.record != record:
        return None
    return Measured(
        found.ledger.line,
        Difference(tuple(_others(passage, found.ledger.passage)), tuple(_others(text, found.ledger.text))),
    )


def _others(text: str, sentences: Sequence[_Sentence]) -> Iterator[Span]:
    """Where in a text the sentences are that were not kept."""
    place = 0
    for each in sentences:
        start = text.find(each.sentence, place) if each.sentence else -1
        if start >= 0:
            place = start + len(each.sentence)
            if not each.kept:
                yield start, place
