"""Sets of texts, one per passage, cut to equal length, and their similarities.

Takes a kind's chains, gives a `TextSet`, if there are enough chains with long enough texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from remix.analysis import diversity
from remix.analysis.survey_records import EqualLengthCut, Scores, SimilarityMethod
from remix.analysis.trajectory import Trajectory
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray
from remix.measure.words import words

FEWEST = 3
"""Least number of passages in a set."""

FEWEST_WORDS = 5
"""Least common length in words: shorter texts say nothing about diversity."""

MOST = 400
"""Chains of a set at most; of more chains 400 are drawn, for the time of a Vendi score grows with the cube."""


class SimilarityMethods(NamedTuple):
    """The methods by which texts are compared."""

    scores: Scores
    """By words."""
    embedder: Embedder | None
    """By meaning; null without embeddings."""


class SimilarityLookup:
    """Similarities of a run's texts. All texts are embedded in one call, see `Embedder.embed`."""

    def __init__(self, methods: SimilarityMethods, chains: Iterable[Trajectory]) -> None:
        self.scores: Scores = methods.scores
        texts = list(dict.fromkeys(text for chain in chains for text in chain.texts))
        self._rows = (
            dict(zip(texts, methods.embedder.embed(texts), strict=True)) if methods.embedder and texts else None
        )

    @property
    def methods(self) -> dict[SimilarityMethod, Scores]:
        """The available methods."""
        by_words: dict[SimilarityMethod, Scores] = {"words": self.scores}
        return by_words | {"meaning": self.cosines} if self.has_vectors else by_words

    @property
    def has_vectors(self) -> bool:
        """Whether the texts have embeddings; without embeddings `vectors` and `cosines` must not be called."""
        return self._rows is not None

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """The texts' embeddings: (texts, dimensions)."""
        assert self._rows is not None
        return np.array([self._rows[text] for text in texts])

    def cosines(self, ones: Sequence[str], others: Sequence[str]) -> FloatArray:
        """The cosine of each text of the first list with each text of the second."""
        table: FloatArray = self.vectors(ones) @ self.vectors(others).T
        return table


class TextSet(NamedTuple):
    """A kind's finished chains, one per passage, with texts cut to equal length."""

    chains: tuple[Trajectory, ...]
    cut: EqualLengthCut


def set_of(chains: Sequence[Trajectory]) -> TextSet | None:
    """The chains whose texts can be compared at each step; null for fewer than 3 passages or 5 words."""
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
    drawn_from = None
    if len(long) > MOST:
        drawn_from, order = len(long), np.random.default_rng(1).permutation(len(long))
        long = tuple(long[at] for at in sorted(order[:MOST]))
    return TextSet(long, EqualLengthCut(words=common, chains=len(long), left_out=left_out, drawn_from=drawn_from))
