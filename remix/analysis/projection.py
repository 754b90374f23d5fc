"""Many-dimensional vectors as points on a plane.

Takes rows of numbers, gives two coordinates a row, and what share of the rows' differences they show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from remix.measure.vectors import FloatArray


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
