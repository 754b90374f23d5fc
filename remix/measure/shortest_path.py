"""Order of things so that neighbours are close: a shortest open path through a table of distances.

Takes a table of distances, gives the order of its rows. Few things are ordered exactly, many by a heuristic. The
result follows from the table alone: no random numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Distances = NDArray[np.float64]
"""Symmetric: the distance of each thing (row) from each thing (column)."""

MOST_EXACT = 12
"""Things that are ordered exactly: time and memory double with each further thing."""

MOST_STARTS = 3
"""Beginnings from which the heuristic tries a path."""

LEAST_GAIN = 1e-9
"""A change that shortens the path by less is left: it may be an error of rounding."""


def shortest_path(distances: Distances) -> list[int]:
    """The rows in the order of a shortest path that visits each row once and begins and ends anywhere.

    Exact for at most `MOST_EXACT` rows, by dynamic programming over sets (Held and Karp 1962). For more, the best of
    some paths that go on to the nearest row, each improved by reversing stretches (2-opt, Croes 1958) and by moving
    stretches of up to three rows (Or 1976) until neither shortens the path. Of the two directions the one is given
    that begins with the lower row.
    """
    size = len(distances)
    if size < 2:
        return list(range(size))
    path = _exact(distances) if size <= MOST_EXACT else _heuristic(distances)
    return path if path[0] < path[-1] else path[::-1]


def length(distances: Distances, path: list[int]) -> float:
    """The sum of the distances of neighbours."""
    return float(distances[path[:-1], path[1:]].sum())


def _exact(distances: Distances) -> list[int]:
    size = len(distances)
    # `best[rows][last]`: length of the shortest path over a set of rows (as bits) that ends with `last`.
    best = np.full((1 << size, size), np.inf)
    before = np.zeros((1 << size, size), np.int64)
    best[1 << np.arange(size), np.arange(size)] = 0
    for rows in range(1, 1 << size):
        for last in range(size):
            rest = rows & ~(1 << last)
            if rows >> last & 1 and rest:
                lengths = best[rest] + distances[:, last]
                before[rows, last] = lengths.argmin()
                best[rows, last] = lengths.min()
    rows = (1 << size) - 1
    path = [int(best[rows].argmin())]
    while len(path) < size:
        last = path[-1]
        path.append(int(before[rows, last]))
        rows &= ~(1 << last)
    return path


def _heuristic(distances: Distances) -> list[int]:
    size = len(distances)
    # The rows that are farthest from all others are likely ends of a short path.
    starts = np.argsort(-distances.sum(axis=1), kind="stable")[: min(MOST_STARTS, size)]
    paths = [_improved(distances, _nearest(distances, int(start))) for start in starts]
    return min(paths, key=lambda path: length(distances, path))


def _nearest(distances: Distances, start: int) -> list[int]:
    """A path that goes on to the nearest row that it hasn't visited."""
    left = distances.copy()
    left[:, start] = np.inf
    path = [start]
    while len(path) < len(distances):
        path.append(int(left[path[-1]].argmin()))
        left[:, path[-1]] = np.inf
    return path


def _improved(distances: Distances, path: list[int]) -> list[int]:
    """The path after all changes that shorten it."""
    order = np.array(path)
    while True:
        if not (_reverse_a_stretch(distances, order) or _move_a_stretch(distances, order)):
            return [int(each) for each in order]


def _reverse_a_stretch(distances: Distances, order: NDArray[np.int64]) -> bool:
    """Reverse, in place, the stretch whose reversal shortens the path most; gives whether there was one."""
    size = len(order)
    # With a row of zeros before and behind, the path's ends are like all other places.
    table = np.pad(distances[np.ix_(order, order)], 1)
    places = np.arange(1, size + 1)
    first, last = np.meshgrid(places, places, indexing="ij")
    change = table[first - 1, last] + table[first, last + 1] - table[first - 1, first] - table[last, last + 1]
    change[first >= last] = 0
    at = np.unravel_index(change.argmin(), change.shape)
    if change[at] > -LEAST_GAIN:
        return False
    begin, end = int(at[0]), int(at[1]) + 1
    order[begin:end] = order[begin:end][::-1].copy()
    return True


def _move_a_stretch(distances: Distances, order: NDArray[np.int64]) -> bool:
    """Move, in place, the stretch of up to three rows whose move shortens the path most; gives whether there was
    one."""
    size = len(order)
    table = np.pad(distances[np.ix_(order, order)], 1)
    # The gap at place p is between p and p + 1.
    gaps = np.arange(size + 1)
    closed = table[gaps, gaps + 1]
    best = (-LEAST_GAIN, 0, 0, 0, False)
    for count in range(1, min(4, size)):
        begins = np.arange(1, size - count + 2)
        ends = begins + count - 1
        gain = closed[begins - 1] + closed[ends] - table[begins - 1, ends + 1]
        outside = (gaps[None, :] < begins[:, None] - 1) | (gaps[None, :] > ends[:, None])
        for is_turned in (False, True):
            heads, tails = (ends, begins) if is_turned else (begins, ends)
            cost = table[gaps[None, :], heads[:, None]] + table[tails[:, None], gaps[None, :] + 1] - closed
            change = np.where(outside, cost - gain[:, None], np.inf)
            at = np.unravel_index(change.argmin(), change.shape)
            if change[at] < best[0]:
                best = (float(change[at]), int(begins[at[0]]), count, int(gaps[at[1]]), is_turned)
    _, begin, count, gap, is_turned = best
    if not count:
        return False
    stretch = order[begin - 1 : begin - 1 + count]
    rest = np.delete(order, np.arange(begin - 1, begin - 1 + count))
    order[:] = np.insert(rest, gap if gap < begin else gap - count, stretch[::-1] if is_turned else stretch)
    return True
