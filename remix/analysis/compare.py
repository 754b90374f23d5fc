"""Two runs side by side: paired differences between texts of the same passage, kind, step and variant.

Takes the measures of each text of two runs, gives differences with 95 % intervals. Whether a difference is good or
bad is for a reader to say. Knows nothing of files and models.
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
    """What identifies a text in both runs."""

    passage: str
    kind: str
    step: int
    variant: int


MeasuresByText = Mapping[TextKey, Mapping[str, float]]
"""The measures of each text by name."""


class Difference(Frozen):
    """A measure in two runs."""

    kind: str
    """Kind of the texts."""
    measure: str
    """Name of the measure."""
    texts: int
    """Pairs of texts with this measure."""
    one: float
    """Mean over passages in the first run."""
    other: float
    """Mean over passages in the second run."""
    difference: Estimate
    """Mean over passages of second run - first run."""


class ComparedNeighbours(Frozen):
    """Whether two sets of vectors have the same nearest neighbours."""

    what: str
    """What was compared."""
    alignment: Alignment
    """The mutual k-NN alignment."""


class TextPair(Frozen):
    """Two different texts of the same passage, kind, step and variant, or of a passage before and after an edit."""

    one: str
    """Id of the text's task in the first run."""
    other: str
    """Id of the text's task in the second run."""
    is_edited: bool
    """Whether the passage was edited between the runs."""
    passages: tuple[str, str]
    """Words of the passage in both runs."""
    texts: tuple[str, str]
    """The text in both runs."""


class Comparison(Frozen):
    """Two runs side by side."""

    one: str
    """Name of the first run."""
    other: str
    """Name of the second run."""
    pairs: int
    """Texts in both runs."""
    left_out: int
    """Texts in one run alone."""
    edited: int
    """Pairs whose passage was edited between the runs."""
    equal: int
    """Pairs of equal texts."""
    different: tuple[TextPair, ...]
    """All other pairs, in the order of the first run; pairs of edited passages come first."""
    similarity: str
    """How sentences were compared: `chrf` or an embedding model."""
    differences: tuple[Difference, ...]
    """By kind and measure."""
    aligned: tuple[ComparedNeighbours, ...]
    """Alignments of embeddings; empty without embeddings."""

    @property
    def is_identical(self) -> bool:
        """Whether all texts of both runs are equal."""
        return not self.different and not self.left_out


def differences(one: MeasuresByText, other: MeasuresByText) -> list[Difference]:
    """The paired differences of each kind and measure, second run - first run.

    A passage's texts are averaged first, because they aren't independent; then a bootstrap over passages gives the
    95 % interval.
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
