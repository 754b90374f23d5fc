"""Many-dimensional vectors as points on a plane.

Takes rows of numbers, gives two coordinates a row, and what share of the rows' differences they show.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from remix.analysis.diversity import FloatArray, unit
from remix.measure.words import words


class Plane(NamedTuple):
    """Points, and how much of the truth they are."""

    points: FloatArray
    """(n, 2)."""
    share: float
    """Of the variance of the vectors, how much lies in these two directions: 0 to 1."""


def project(vectors: FloatArray) -> Plane:
    """The two directions in which rows differ most: principal components, by a singular value decomposition.

    Signs are settled, so that the same rows give the same map: the largest coordinate of each direction is positive.
    """
    rows = vectors - vectors.mean(axis=0) if len(vectors) else vectors
    if len(rows) < 2 or not rows.any():
        return Plane(np.zeros((len(rows), 2)), 0.0)
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    points = np.zeros((len(rows), 2))
    width = min(2, len(values))
    points[:, :width] = left[:, :width] * values[:width]
    largest = np.abs(points).argmax(axis=0)
    points *= np.where(points[largest, [0, 1]] < 0, -1, 1)
    return Plane(points, float((values[:2] ** 2).sum() / (values**2).sum()))


def tfidf(texts: list[str]) -> FloatArray:
    """Texts by their words, rare ones weighing more, in rows of length 1: (texts, different words).

    tf · (1 + ln((1 + n) / (1 + df))): smoothed TF-IDF as scikit-learn has it. Words in one text alone are left out:
    they say nothing of what is near what.
    """
    counts = [Counter(words(text)) for text in texts]
    having = Counter(word for each in counts for word in each)
    columns = {word: at for at, word in enumerate(sorted(word for word in having if having[word] > 1))}
    rows = np.zeros((len(texts), max(1, len(columns))))
    for row, each in zip(rows, counts, strict=True):
        for word in each.keys() & columns.keys():
            row[columns[word]] = each[word] * (1 + np.log((1 + len(texts)) / (1 + having[word])))
    return unit(rows)
