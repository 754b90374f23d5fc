"""How a chain moves: how far each step is from the passage and from the step before, and whether it comes to rest.

Takes a chain's texts, the passage first, or how similar each is to each; gives numbers. Of several chains it takes a
number at their beginnings and one at their ends. Knows nothing of runs, kinds and models.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from remix.records import Frozen

FloatArray = npt.NDArray[np.float64]

SAME = 0.95
"""Two texts count as the same from this similarity on: one letter in twenty may be another."""


def to_first(similarities: FloatArray) -> list[float]:
    """Of each text but the first, how similar it is to the first: what a step has kept of its passage.

    From a table (m, m) of m texts in a row: how much of the row's text is in the column's.
    """
    return [float(each) for each in similarities[0, 1:]]


def to_previous(similarities: FloatArray) -> list[float]:
    """The same to the text before it, from the same table: how small the step was."""
    return [float(each) for each in np.diagonal(similarities, 1)]


# -- coming to rest -----------------------------------------------------------------------------------------


class Cycle(Frozen):
    """Where a chain began to go round."""

    begins: int
    """The first step whose text comes again; 0 is the passage."""
    period: int
    """After how many steps it does: 1 for a chain that stands still, a fixed point."""


def letters_shared(one: str, other: str) -> float:
    """1 - d/max(|a|, |b|), with d the Levenshtein distance: 1 for the same text, 0 for nothing in its place."""
    return float(Levenshtein.normalized_similarity(one, other))


def periodicity(texts: Sequence[str]) -> float | None:
    """Degree of 2-periodicity of successive texts, the first of which is step 1's; null for fewer than three.

    τ = 1 - 1/(M-2) Σ_{i=3…M} d(T_i, T_{i-2}), with d the Levenshtein distance as a share of the longer text. 1: every
    text is that before the last again. By Wang et al., “Unveiling Attractor Cycles in Large Language Models” (ACL
    2025). A chain at rest has a high degree too: hold it against the similarity one step back.
    """
    if len(texts) < 3:
        return None
    return float(np.mean([letters_shared(one, other) for one, other in zip(texts, texts[2:], strict=False)]))


def one_back(texts: Sequence[str]) -> float | None:
    """How similar the same texts are to the one just before them, to hold that degree against.

    1/(M-2) Σ_{i=3…M} (1 - d(T_i, T_{i-1})): from the third on, as there. Null for fewer than three.
    """
    if len(texts) < 3:
        return None
    return float(np.mean([letters_shared(one, other) for one, other in pairwise(texts[1:])]))


def cycle(texts: Sequence[str], same: float = SAME) -> Cycle | None:
    """Where the texts begin to repeat themselves up to their end, with the shortest period; null where they don't.

    A period must be seen twice: two texts the same at the end are a fixed point, four in alternation a loop of two.
    Chance has a say at each step, so a chain that rests here may yet leave.
    """
    for period in range(1, len(texts) // 2 + 1):
        begins = len(texts)
        while begins > period and letters_shared(texts[begins - 1], texts[begins - 1 - period]) >= same:
            begins -= 1
        begins -= period
        if len(texts) - begins >= 2 * period:
            return Cycle(begins=begins, period=period)
    return None


# -- attraction ---------------------------------------------------------------------------------------------


class Attractor(Frozen):
    """What a regression of ends on beginnings says of where chains are drawn."""

    slope: float
    """What is left at the end of one unit's difference at the beginning."""
    intercept: float
    """Of the line."""
    strength: float
    """1 - slope: 0 where every chain keeps its place, 1 where all end at the same value whatever they began with."""
    position: float | None
    """The value that the line leaves as it is; null for a slope of 1 or more, or of -1 or less: it draws nothing."""


def attractor(first: Sequence[float], last: Sequence[float]) -> Attractor | None:
    """The attractor of a number that texts have, from its values at the beginnings and ends of chains.

    Least squares give last = intercept + slope · first. Strength = 1 - slope; position = intercept / (1 - slope), the
    line's fixed point. By Perez et al., “When LLMs Play the Telephone Game” (2024; ICLR 2025). Null where all begin
    alike, or where there are fewer than three.
    """
    x, y = np.asarray(first, float), np.asarray(last, float)
    if len(x) < 3 or np.ptp(x) == 0:
        return None
    slope = float(np.cov(x, y, bias=True)[0, 1] / np.var(x))
    intercept = float(y.mean() - slope * x.mean())
    position = intercept / (1 - slope) if abs(slope) < 1 else None
    return Attractor(slope=slope, intercept=intercept, strength=1 - slope, position=position)
