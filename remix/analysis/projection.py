"""Vectors of many dimensions as points in a plane, by principal components.

Takes rows of numbers, gives two coordinates per row and the share of the variance that the plane shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from remix.measure.vectors import FloatArray


class Plane(NamedTuple):
    """Points in the plane of the first two principal components."""

    points: FloatArray
    """(n, 2)."""
    share: float
    """Share of the vectors' variance in these two directions, 0 … 1."""


def project(vectors: FloatArray) -> Plane:
    """The first two principal components, by a singular value decomposition.

    The largest coordinate of each direction is made positive, so that the same rows give the same map.
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
