"""How many items each of several lists has in common with each list of a second group.

Takes lists of any items, gives a table. Time grows with the pairs of equal items, memory with the pairs of lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def overlap(rows: Sequence[Iterable[Hashable]], columns: Sequence[Iterable[Hashable]]) -> Counts:
    """The number of items that each row shares with each column; an item with m and n copies counts min(m, n)
    times."""
    numbers: dict[Hashable, int] = {}
    row_items = [np.array([numbers.setdefault(key, len(numbers)) for key in _keys(each)], np.int64) for each in rows]
    column_items = [
        np.array([number for key in _keys(each) if (number := numbers.get(key)) is not None], np.int64)
        for each in columns
    ]
    # An inverted index: the columns with the first item, then the columns with the second item, and the rest
    # likewise.
    items = np.concatenate([np.zeros(0, np.int64), *column_items])
    owners = np.repeat(np.arange(len(column_items)), [len(each) for each in column_items])
    postings = owners[np.argsort(items, kind="stable")]
    lengths = np.bincount(items, minlength=len(numbers))
    starts = np.cumsum(lengths) - lengths
    table = np.zeros((len(rows), len(columns)), np.int64)
    for number, own in enumerate(row_items):
        # Number of occurrences of each column in the ranges of `postings` of the row's items.
        counts = lengths[own]
        before = np.cumsum(counts) - counts
        places = np.repeat(starts[own] - before, counts) + np.arange(int(counts.sum()))
        table[number] = np.bincount(postings[places], minlength=len(columns))
    return table


def _keys(items: Iterable[Hashable]) -> list[Hashable]:
    """Each copy of an item as (item, 0), (item, 1) …: two lists then share min(m, n) keys of an item."""
    return [(item, number) for item, count in Counter(items).items() for number in range(count)]
