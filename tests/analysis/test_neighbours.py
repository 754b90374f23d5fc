"""Whether two tables agree on who is near whom."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from remix.analysis.neighbours import mutual_knn

CIRCLE = np.array([[np.cos(turn), np.sin(turn)] for turn in np.linspace(0, 5, 12)])


def test_by_hand() -> None:
    """Each has one nearest: 0-1 and 2-3 on the one side, 0-1 but 2-1 and 3-1 on the other: half of them agree."""
    one = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    other = np.array([[1, 0], [1, 0.1], [1, 0.5], [1, -0.9]])
    found = mutual_knn(one, other, neighbours=1)
    assert found is not None
    assert (found.value, found.neighbours, found.rows) == (0.5, 1, 4)


def test_the_same_turned_and_stretched_is_aligned() -> None:
    turned = 7 * CIRCLE @ np.array([[0.6, -0.8], [0.8, 0.6]])
    found = mutual_knn(CIRCLE, turned)
    assert found is not None
    assert found.value == 1
    assert found.p == pytest.approx(1 / 1001)


def test_the_baseline_is_what_chance_gives() -> None:
    """k/(n-1) for rows that don't belong together."""
    lots = np.random.default_rng(7)
    found = mutual_knn(lots.normal(size=(40, 8)), lots.normal(size=(40, 8)))
    assert found is not None
    assert found.neighbours == 10
    assert found.chance == pytest.approx(10 / 39, abs=0.01)
    assert found.value < found.high
    assert found.p > 0.05


@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed: int) -> None:
    lots = np.random.default_rng(seed)
    one = lots.normal(size=(30, 6))
    tables = one, one + lots.normal(size=(30, 6))
    found = mutual_knn(*tables, neighbours=5)
    # Each row is its own nearest there, and left out.
    near = [
        NearestNeighbors(n_neighbors=6, metric="cosine").fit(table).kneighbors(table, return_distance=False)[:, 1:]
        for table in tables
    ]
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(*near, strict=True)])
    assert found is not None
    assert found.value == pytest.approx(shared)


def test_too_few_rows_and_rows_that_do_not_belong_together() -> None:
    assert mutual_knn(np.eye(3), np.eye(3)) is None
    with pytest.raises(ValueError, match="belong together"):
        mutual_knn(np.eye(5), np.eye(4))


def test_the_same_again_gives_the_same() -> None:
    lots = np.random.default_rng(1).normal(size=(20, 3))
    assert mutual_knn(lots, CIRCLE[np.arange(20) % 12]) == mutual_knn(lots, CIRCLE[np.arange(20) % 12])
