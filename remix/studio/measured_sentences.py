"""Which sentences were kept, if the run was measured.

Takes a run's folder and a task, gives the positions of dropped and added sentences from the output's
`.measures.json`. Knows nothing of how sentences are measured.
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
"""Sentences marked in a text; no text on the page has more."""


class Measured(NamedTuple):
    """Measures of an output."""

    line: str
    """Kept, dropped and added facts and sentences, in words."""
    sentences: Difference
    """Sentences of the passage that were dropped, and of the text that were added."""


def measured(folder: RunFolder, task_id: str, record: str, passage: str, text: str) -> Measured | None:
    """The measures of an output; None if there are none, or if they belong to a different record."""
    try:
        found = json_values.read(MeasuresFile, folder.read_bytes(f"{task_id}{MEASURES}"))
    except (OSError, JsonError):
        return None
    if found.record != record:
        return None
    return Measured(
        found.ledger.line,
        Difference(tuple(_not_kept(passage, found.ledger.passage)), tuple(_not_kept(text, found.ledger.text))),
    )


def _not_kept(text: str, sentences: Sequence[AlignedSentence]) -> Iterator[Span]:
    """Positions in a text of the sentences marked as not kept."""
    place = 0
    for each in sentences[:MOST_SENTENCES]:
        start = text.find(each.sentence, place) if each.sentence else -1
        if start >= 0:
            place = start + len(each.sentence)
            if not each.kept:
                yield start, place
