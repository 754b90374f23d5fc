"""Similarity of sentences: a named, versioned method with a threshold.

`chrf.py` has the method by words; `embedding.py` the method by meaning, with `cosine` from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
"""A row for each sentence of the first list, a column for each of the second; 0 … 100."""


class Similarity(NamedTuple):
    """A method to compare sentences."""

    name: str
    """`chrf`, or the name of an embedding model."""
    version: str
    """Version of the method or of the model's package: scores of different versions may differ."""
    kept: float
    """The threshold: the least score of a sentence counted as kept."""
    scores: Callable[[Sequence[str], Sequence[str]], Scores]
    """How much of each sentence of the first list is in each sentence of the second."""


Matching = Callable[[Sequence[str]], Similarity]
"""Gives the method for comparing the sentences of a list, which holds the sentences of both sides."""


def cosine(vectors: Mapping[str, Scores]) -> Callable[[Sequence[str], Sequence[str]], Scores]:
    """100 · max(cos, 0) of sentences, from each sentence's vector of length 1.

    Rounded to two decimals: further decimals depend on the batch of embedded sentences, and on the machine.
    """

    def scores(rows: Sequence[str], columns: Sequence[str]) -> Scores:
        first, second = (np.array([vectors[text] for text in side]) for side in (rows, columns))
        table: Scores = np.round(100 * np.maximum(first @ second.T, 0), 2)
        return table

    return scores
