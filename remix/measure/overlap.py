"""How many items each of some lists has in common with each of others.

Takes lists, gives a table. Time grows with the pairs of equal items, and memory with the pairs of lists; what the
items are, it doesn't know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def overlap(rows: Sequence[Iterable[Hashable]], columns: Sequence[Iterable[Hashable]]) -> Counts:
    """How many items each row shares with each column; repeated items count as often as both have them."""
    numbers: dict[Hashable, int] = {}
    wanted = [_numbered(each, numbers) for each in rows]
    there = [_known(each, numbers) for each in columns]
    # The columns that have the first item, then those that have the second, and so on.
    items = np.concatenate([np.zeros(0, np.int64), *there])
    owners = np.repeat(np.arange(len(there)), [len(each) for each in there])
    where = owners[np.argsort(items, kind="stable")]
    lengths = np.bincount(items, minlength=len(numbers))
    starts = np.cumsum(lengths) - lengths
    return np.array([_row(where, starts[own], lengths[own], len(columns)) for own in wanted], np.int64).reshape(
        len(rows), len(columns)
    )


def _keys(items: Iterable[Hashable]) -> list[Hashable]:
    """Each item with the number of its like before it: then two lists share the pairs that both have."""
    return [(item, number) for item, count in Counter(items).items() for number in range(count)]


def _known(items: Iterable[Hashable], numbers: dict[Hashable, int]) -> NDArray[np.int64]:
    return np.array([number for key in _keys(items) if (number := numbers.get(key)) is not None], np.int64)


def _numbered(items: Iterable[Hashable], numbers: dict[Hashable, int]) -> NDArray[np.int64]:
    return np.array([numbers.setdefault(key, len(numbers)) for key in _keys(items)], np.int64)


def _row(where: Counts, starts: Counts, lengths: Counts, count: int) -> Counts:
    """How often each column stands in the stretches of `where` that begin at `starts`."""
    total = int(lengths.sum())
    before = np.cumsum(lengths) - lengths
    places = np.repeat(starts - before, lengths) + np.arange(total)
    return np.bincount(where[places], minlength=count)
