"""Mutual k-nearest-neighbour alignment: whether two models, or two sets of texts, have the same nearest neighbours.

Takes two tables of vectors whose rows correspond, gives their alignment and the alignment expected by chance. The two
tables may have different dimensions and come from different models: only the neighbours' identity counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from remix.measure.vectors import FloatArray, unit
from remix.records import Frozen

NEIGHBOURS = 10
"""k, as in Huh et al.; a third of the rows if there are fewer than 30 rows."""

FEWEST = 4
"""Fewer rows have no alignment."""

PERMUTATIONS = 1000


class Alignment(Frozen):
    """The mutual k-NN alignment of two tables, with a permutation test."""

    value: float
    """Mean share of a row's k nearest neighbours that are the same in both tables, 0 … 1."""
    chance: float
    """Mean alignment with one table's rows shuffled."""
    high: float
    """95 % quantile of the shuffles' alignments."""
    p: float
    """p-value of the permutation test: the share of shuffles that reach the value, the value itself counted as
    one."""
    neighbours: int
    """k."""
    rows: int
    """Rows of each table."""


def mutual_knn(one: npt.ArrayLike, other: npt.ArrayLike, neighbours: int | None = None) -> Alignment | None:
    """Mutual k-nearest-neighbour alignment of two tables (n, d1) and (n, d2); null for fewer than four rows.

    m = 1/n Σ_i |N_k(x_i) ∩ N_k(y_i)| / k, with N_k(x) the k rows of highest cosine to x, x itself left out (Huh et
    al., “The Platonic Representation Hypothesis”, ICML 2024). By chance m is k/(n-1), which is high in a small set,
    hence the comparison with 1,000 shuffles of the second table's rows, drawn with a fixed seed.
    """
    near, far = _nearest_table(one, neighbours), _nearest_table(other, neighbours)
    count = len(near)
    if count != len(far):
        raise ValueError("rows that belong together are needed")
    if count < FEWEST:
        return None
    k = int(near[0].sum())
    value = float((near & far).sum() / (count * k))
    random = np.random.default_rng(1)
    orders = (random.permutation(count) for _ in range(PERMUTATIONS))
    shuffled = np.array([int((near & far[np.ix_(order, order)]).sum()) for order in orders]) / (count * k)
    return Alignment(
        value=value,
        chance=float(shuffled.mean()),
        high=float(np.quantile(shuffled, 0.95)),
        p=float((1 + (shuffled >= value - 1e-12).sum()) / (1 + PERMUTATIONS)),
        neighbours=k,
        rows=count,
    )


def _nearest_table(vectors: npt.ArrayLike, neighbours: int | None) -> npt.NDArray[np.bool_]:
    """(n, n), true if the column is one of the row's k nearest neighbours."""
    rows: FloatArray = unit(vectors)
    count = len(rows)
    k = min(neighbours or min(NEIGHBOURS, max(1, count // 3)), max(count - 1, 0))
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    table = np.zeros((count, count), bool)
    np.put_along_axis(table, nearest, True, axis=1)
    return table
