"""Two runs side by side: what differs between texts of the same passage, kind, step and variant.

Takes numbers of each text of two runs, gives their paired differences with intervals. Whether more is better, a
reader must say; knows nothing of files and models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from remix.analysis import intervals
from remix.analysis.intervals import Estimate
from remix.analysis.neighbours import Alignment
from remix.records import Frozen


class TextKey(NamedTuple):
    """Where a text stands, the same in both runs."""

    passage: str
    kind: str
    step: int
    variant: int


MeasuresByText = Mapping[TextKey, Mapping[str, float]]
"""Of each text, its measures by name."""


class Difference(Frozen):
    """A measure in two runs."""

    kind: str
    """Of which texts."""
    measure: str
    """Its name."""
    texts: int
    """Pairs of texts that have it."""
    one: float
    """Mean over passages in the first run."""
    other: float
    """In the second."""
    difference: Estimate
    """The second less the first, passage by passage."""


class ComparedNeighbours(Frozen):
    """How far two runs agree on which passages are alike."""

    what: str
    """What was compared."""
    alignment: Alignment
    """How far."""


class Comparison(Frozen):
    """Two runs side by side."""

    one: str
    """Name of the first run."""
    other: str
    """And of the second."""
    pairs: int
    """Texts that both have."""
    left_out: int
    """Texts that one of them has alone, or of a passage that has changed."""
    similarity: str
    """What their sentences were matched by."""
    differences: tuple[Difference, ...]
    """By kind and measure."""
    aligned: tuple[ComparedNeighbours, ...]
    """Where there are embeddings."""


def differences(one: MeasuresByText, other: MeasuresByText) -> list[Difference]:
    """Of each kind and measure, the paired differences: the second run less the first.

    A passage's texts are taken together first, since they aren't independent; the interval is a bootstrap over
    passages. Of twenty such intervals one leaves out the truth by chance.
    """
    pairs = [place for place in one if place in other]
    made = []
    for kind in dict.fromkeys(place.kind for place in pairs):
        own = [place for place in pairs if place.kind == kind]
        for measure in dict.fromkeys(name for place in own for name in one[place]):
            found = _difference(kind, measure, [place for place in own if measure in one[place]], one, other)
            if found:
                made.append(found)
    return made


def _difference(
    kind: str, measure: str, places: list[TextKey], one: MeasuresByText, other: MeasuresByText
) -> Difference | None:
    values: dict[str, list[tuple[float, float]]] = {}
    for place in places:
        if measure in other[place]:
            values.setdefault(place.passage, []).append((one[place][measure], other[place][measure]))
    means = [np.mean(own, axis=0) for own in values.values()]
    estimate = intervals.mean([float(after - before) for before, after in means])
    if estimate is None:
        return None
    before, after = np.mean(means, axis=0)
    return Difference(
        kind=kind,
        measure=measure,
        texts=sum(map(len, values.values())),
        one=float(before),
        other=float(after),
        difference=estimate,
    )
