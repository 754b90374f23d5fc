"""Formulas of how a chain moves: fixed points, loops, 2-periodicity, attraction.

Takes a chain's texts, the passage first, or a number at the beginning and at the end of each chain; gives numbers.
Knows nothing of runs, kinds and models.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import Levenshtein

from remix.records import Frozen

SAME = 0.95
"""Two texts count as the same from this similarity on: one letter in twenty may differ."""


# -- cycles -----------------------------------------------------------------------------------------------


class Cycle(Frozen):
    """A repetition at the end of a chain."""

    begins: int
    """The first step of the repetition; 0 is the passage."""
    period: int
    """Steps until the text repeats: 1 for a fixed point."""


def letters_shared(one: str, other: str) -> float:
    """Normalised edit similarity, 1 - d/max(|a|, |b|) with d the Levenshtein distance: 1 for equal texts."""
    return float(Levenshtein.normalized_similarity(one, other))


def periodicity(texts: Sequence[str]) -> float | None:
    """Degree of 2-periodicity of a chain's texts from step 1 on; null for fewer than three texts.

    τ = 1 - 1/(M-2) Σ_{i=3…M} d(T_i, T_{i-2}), with d the Levenshtein distance as a share of the longer text; 1 if
    each text equals the text two steps before (Wang et al., “Unveiling Attractor Cycles in Large Language Models”,
    ACL 2025). A chain at a fixed point has a high degree too, so compare with `one_back`.
    """
    if len(texts) < 3:
        return None
    return float(np.mean([letters_shared(one, other) for one, other in zip(texts, texts[2:], strict=False)]))


def one_back(texts: Sequence[str]) -> float | None:
    """Mean similarity of the same texts to the previous text, for comparison with `periodicity`.

    1/(M-2) Σ_{i=3…M} (1 - d(T_i, T_{i-1})); null for fewer than three texts.
    """
    if len(texts) < 3:
        return None
    return float(np.mean([letters_shared(one, other) for one, other in pairwise(texts[1:])]))


def cycle(texts: Sequence[str], same: float = SAME) -> Cycle | None:
    """The repetition of shortest period that lasts to the chain's end; null if there is none.

    A period must occur twice: two equal texts at the end are a fixed point, four alternating texts a loop of two.
    Sampling is random, so a chain may leave a fixed point or a loop later on.
    """
    for period in range(1, len(texts) // 2 + 1):
        begins = len(texts)
        while begins > period and letters_shared(texts[begins - 1], texts[begins - 1 - period]) >= same:
            begins -= 1
        begins -= period
        if len(texts) - begins >= 2 * period:
            return Cycle(begins=begins, period=period)
    return None


# -- attractors ---------------------------------------------------------------------------------------------


class Attractor(Frozen):
    """The value to which chains are drawn, by linear regression of last values on first values."""

    slope: float
    """Difference at the end per unit of difference at the beginning."""
    intercept: float
    """Intercept of the regression line."""
    strength: float
    """1 - slope: 0 if every chain keeps its value, 1 if all chains end at the same value."""
    position: float | None
    """Fixed point of the regression line; null for |slope| ≥ 1, which attracts to no value."""


def attractor(first: Sequence[float], last: Sequence[float]) -> Attractor | None:
    """The attractor of a property, from the property's values at the beginnings and ends of chains.

    Least squares: last = intercept + slope · first. Strength = 1 - slope, position = intercept / (1 - slope) (Perez
    et al., “When LLMs Play the Telephone Game”, 2024; ICLR 2025). Null for fewer than three chains, or if all begin
    with the same value.
    """
    x, y = np.asarray(first, float), np.asarray(last, float)
    if len(x) < 3 or np.ptp(x) == 0:
        return None
    slope = float(np.cov(x, y, bias=True)[0, 1] / np.var(x))
    intercept = float(y.mean() - slope * x.mean())
    position = intercept / (1 - slope) if abs(slope) < 1 else None
    return Attractor(slope=slope, intercept=intercept, strength=1 - slope, position=position)
