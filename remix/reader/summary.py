"""Readings in words and in numbers by kind: bits kept of the passages, and sentences said, added and turned round.

Takes readings, gives lines and summaries.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from remix.measure.words import words
from remix.records import Frozen, Label, Reading

if TYPE_CHECKING:
    # At run time the module would load llama.cpp, although showing a reading needs no model.
    from remix.reader.run_readings import ReadOutput

SHOWN = 4
"""Words named on a line; of further words the line gives the number."""


class KindReadings(Frozen):
    """The readings of the outputs of a kind."""

    kind: str
    """Name of the kind."""
    outputs: int
    """Number of outputs."""
    kept: float
    """Median share of the passage's bits kept in the text."""
    words: float
    """Median words of the text per word of the passage."""
    sentences: int
    """Sentences of all texts."""
    labels: dict[Label, int]
    """Number of sentences by label."""
    gibberish: int = 0
    """Number of outputs with the flag `gibberish`."""


def by_kind(outputs: Sequence[ReadOutput]) -> list[KindReadings]:
    """A summary for each kind, in the order of the plan."""
    kinds = dict.fromkeys(each.task.kind for each in outputs)
    return [_summary(kind, [each.reading for each in outputs if each.task.kind == kind]) for kind in kinds]


def _summary(kind: str, readings: Sequence[Reading]) -> KindReadings:
    labels = [each.label for reading in readings for each in reading.sentences]
    known: tuple[Label, ...] = ("said", "not said", "turned round", "unsure")
    return KindReadings(
        kind=kind,
        outputs=len(readings),
        kept=round(statistics.median(each.kept for each in readings), 4),
        words=round(statistics.median(map(share_of_words, readings)), 4),
        sentences=len(labels),
        labels={label: labels.count(label) for label in known},
        gibberish=sum("gibberish" in reading.flags for reading in readings),
    )


def share_of_words(reading: Reading) -> float:
    """Words of the text per word of the passage."""
    text, passage = ("".join(each.text for each in side) for side in (reading.text, reading.passage))
    return len(words(text)) / max(1, len(words(passage)))


def line(reading: Reading) -> str:
    """A reading in words."""
    parts = [f"keeps {reading.kept:.0%} of the passage's bits in {share_of_words(reading):.0%} of its words"]
    parts += ["reads as gibberish"] if "gibberish" in reading.flags else []
    if reading.calibration is None and reading.sentences:
        worst = min(reading.sentences, key=lambda each: each.against_bits)
        return f"{'; '.join(parts)}; goes most against it at *{worst.against}*".replace("%", " %")
    labels = [each.label for each in reading.sentences]
    turned = [each.against for each in reading.sentences if each.label == "turned round"]
    if turned:
        more = f" and {len(turned) - SHOWN} more" if len(turned) > SHOWN else ""
        parts.append(f"turns round {', '.join(f'*{word}*' for word in turned[:SHOWN])}{more}")
    parts += [f"{count} not said"] if (count := labels.count("not said")) else []
    parts += [f"{count} unsure"] if (count := labels.count("unsure")) else []
    return "; ".join(parts).replace("%", " %")
