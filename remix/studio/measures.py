"""Which sentences were kept, where a run was measured.

Takes a run's folder and a task, gives the places of sentences that were dropped and added, as the output's
`.measures.json` has them. Knows nothing of how that is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.measure.alignment import AlignedSentence
from remix.measure.ledger import MeasuresFile
from remix.outputs.layout import MEASURES
from remix.outputs.run import RunFolder
from remix.studio.diff import Difference, Span
from remix.util import json_values
from remix.util.json_values import JsonError

MOST_SENTENCES = 10_000
"""Sentences of a text that are marked; more are in no text that is shown."""


class Measured(NamedTuple):
    """What was measured of an output."""

    line: str
    """What it kept, dropped and added, in words."""
    sentences: Difference
    """Sentences of the passage that were dropped, and of the text that were added."""


def measured(folder: RunFolder, task_id: str, record: str, passage: str, text: str) -> Measured | None:
    """What was measured of an output; nothing where that wasn't done, or was of another text."""
    try:
        found = json_values.read(MeasuresFile, folder.read_bytes(f"{task_id}{MEASURES}"))
    except (OSError, JsonError):
        return None
    if found.record != record:
        return None
    return Measured(
        found.ledger.line,
        Difference(tuple(_others(passage, found.ledger.passage)), tuple(_others(text, found.ledger.text))),
    )


def _others(text: str, sentences: Sequence[AlignedSentence]) -> Iterator[Span]:
    """Where in a text the sentences are that were not kept."""
    place = 0
    for each in sentences[:MOST_SENTENCES]:
        start = text.find(each.sentence, place) if each.sentence else -1
        if start >= 0:
            place = start + len(each.sentence)
            if not each.kept:
                yield start, place
