"""Sets of texts, one of each chain: their vectors, and estimates over passages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from remix.analysis import diversity, intervals
from remix.analysis.intervals import Estimate, LeftOut
from remix.analysis.survey_records import Scores, SimilarityMethod
from remix.analysis.trajectory import Trajectory
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray
from remix.measure.words import words

FEWEST = 3
"""Fewer passages aren't a set whose diversity could fall."""

FEWEST_WORDS = 5
"""Texts cut to fewer words say nothing of diversity."""

MOST = 400
"""Chains of a set at most; of more chains 400 are drawn, for the time of a Vendi score grows with the cube."""


class SimilarityMethods(NamedTuple):
    """How texts are compared."""

    scores: Scores
    """By words."""
    embedder: Embedder | None
    """What makes vectors of them, if anything does."""


class SimilarityLookup:
    """How similar texts are. All are embedded together: some embedders know a text only among others."""

    def __init__(self, ways: SimilarityMethods, chains: Iterable[Trajectory]) -> None:
        self.scores: Scores = ways.scores
        texts = list(dict.fromkeys(text for chain in chains for text in chain.texts))
        self._rows = dict(zip(texts, ways.embedder.embed(texts), strict=True)) if ways.embedder and texts else None

    @property
    def ways(self) -> dict[SimilarityMethod, Scores]:
        """How texts can be compared."""
        by_words: dict[SimilarityMethod, Scores] = {"words": self.scores}
        return by_words | {"meaning": self.cosines} if self.has_vectors else by_words

    @property
    def has_vectors(self) -> bool:
        """Whether there are embeddings."""
        return self._rows is not None

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """The texts' embeddings, in rows."""
        assert self._rows is not None
        return np.array([self._rows[text] for text in texts])

    def cosines(self, ones: Sequence[str], others: Sequence[str]) -> FloatArray:
        """The cosine of each first text's embedding with each second one's."""
        table: FloatArray = self.vectors(ones) @ self.vectors(others).T
        return table


class TextSet(NamedTuple):
    """A kind's chains of equal length and of texts cut to equal length, one a passage."""

    chains: tuple[Trajectory, ...]
    words: int
    left_out: int
    drawn_from: int | None


def set_of(chains: Sequence[Trajectory]) -> TextSet | None:
    """The chains whose texts can be compared at each step; null where they are too few or too short."""
    last = max(len(chain.texts) for chain in chains)
    whole: dict[str, Trajectory] = {}
    for chain in sorted(chains, key=lambda chain: chain.variant):
        if len(chain.texts) == last:
            whole.setdefault(chain.passage, chain)
    common = diversity.common_length([chain.texts for chain in whole.values()])
    cut = [
        chain._replace(texts=tuple(diversity.cut(text, common) for text in chain.texts)) for chain in whole.values()
    ]
    long = tuple(chain for chain in cut if min(len(words(text)) for text in chain.texts) == common)
    if len(long) < FEWEST or common < FEWEST_WORDS:
        return None
    left_out = len({chain.passage for chain in chains}) - len(long)
    return TextSet(_drawn(long), common, left_out, len(long) if len(long) > MOST else None)


def _drawn(chains: tuple[Trajectory, ...]) -> tuple[Trajectory, ...]:
    """So many of them as a `SetDiversity` can take, in their order and always the same."""
    if len(chains) <= MOST:
        return chains
    return tuple(chains[at] for at in sorted(np.random.default_rng(1).permutation(len(chains))[:MOST]))


def over_passages(names: Sequence[str], values: Iterable[float]) -> Estimate:
    by_passage: dict[str, list[float]] = {}
    for name, value in zip(names, values, strict=True):
        by_passage.setdefault(name, []).append(float(value))
    estimate = intervals.mean(intervals.by_passage(by_passage))
    assert estimate is not None, "every kind has chains"
    return estimate


def if_known(found: LeftOut) -> Estimate | None:
    """Its estimate, unless some part of the set has none."""
    return found.estimate() if np.isfinite([found.value, *found.without]).all() else None


def known_estimate(estimate: Estimate | None) -> Estimate:
    assert estimate is not None, "a set has texts"
    return estimate
