"""Whether two models, or two sets of texts, find the same things close to each other.

Takes two tables of vectors whose rows belong together, gives how far their neighbourhoods agree and how far they
would by chance. The vectors may be of different lengths and from different models: only who is near whom counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from remix.measure.vectors import FloatArray, unit
from remix.records import Frozen

NEIGHBOURS = 10
"""As many as Huh et al. look at; fewer where there aren't three times as many rows."""

FEWEST = 4
"""Of fewer rows nothing can be said."""

PERMUTATIONS = 1000


class Alignment(Frozen):
    """How far two tables agree on who is near whom."""

    value: float
    """Mean share of the k nearest that both name: 0 to 1."""
    chance: float
    """The same with one table's rows shuffled: the mean of all shuffles."""
    high: float
    """The value that 1 shuffle in 20 reaches: what is above is hardly chance."""
    p: float
    """Share of shuffles that reach the value, itself counted as one."""
    neighbours: int
    """k."""
    rows: int
    """How many there are."""


def mutual_knn(one: npt.ArrayLike, other: npt.ArrayLike, neighbours: int | None = None) -> Alignment | None:
    """Mutual k-nearest-neighbour alignment of two tables (n, d1) and (n, d2); null for fewer than four rows.

    m = 1/n Σ_i |N_k(x_i) ∩ N_k(y_i)| / k, with N_k the k rows of highest cosine, a row itself left out. By Huh et
    al., “The Platonic Representation Hypothesis” (ICML 2024). By chance it is k/(n-1), which is a lot in a small
    set: so it is given with 1,000 shuffles of the second table's rows, drawn with a fixed seed.
    """
    near, far = _nearest_table(one, neighbours), _nearest_table(other, neighbours)
    count = len(near)
    if count != len(far):
        raise ValueError("rows that belong together are needed")
    if count < FEWEST:
        return None
    k = int(near[0].sum())
    value = float((near & far).sum() / (count * k))
    chance = np.random.default_rng(1)
    shuffled = np.array([_agreement(near, far, chance.permutation(count)) for _ in range(PERMUTATIONS)]) / (count * k)
    return Alignment(
        value=value,
        chance=float(shuffled.mean()),
        high=float(np.quantile(shuffled, 0.95)),
        p=float((1 + (shuffled >= value - 1e-12).sum()) / (1 + PERMUTATIONS)),
        neighbours=k,
        rows=count,
    )


def _nearest_table(vectors: npt.ArrayLike, neighbours: int | None) -> npt.NDArray[np.bool_]:
    """Who is among whose nearest: (n, n), true where the column is one of the row's k nearest."""
    rows: FloatArray = unit(vectors)
    count = len(rows)
    k = min(neighbours or min(NEIGHBOURS, max(1, count // 3)), max(count - 1, 0))
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    table = np.zeros((count, count), bool)
    np.put_along_axis(table, nearest, True, axis=1)
    return table


def _agreement(near: npt.NDArray[np.bool_], far: npt.NDArray[np.bool_], order: npt.NDArray[np.int64]) -> int:
    """Neighbours in common where row i of the one table is held against row `order[i]` of the other."""
    return int((near & far[np.ix_(order, order)]).sum())
