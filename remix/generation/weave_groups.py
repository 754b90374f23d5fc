"""Order and groups of the passages of a woven essay.

Takes texts, gives the order of their numbers, and how many neighbours make a group. Pure: no files, no model, no
random numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from remix.generation.weave_reading import OBJECTION_WORDS, OPENING_WORDS
from remix.measure.shortest_path import shortest_path
from remix.measure.vectors import FloatArray, tfidf
from remix.records import Rule
from remix.records.bounds import MOST_STEPS

LEAST, MOST = 2, 4
"""Passages of a group; a single passage is a group of its own."""

USUAL_WORDS = 100
"""Words of a paragraph, if the number of passages and the essay's length allow."""

FEWEST_WORDS, MOST_WORDS = 60, 160
"""Words that a paragraph is asked to have: with fewer it is no paragraph, and small models rarely write more."""

LONGEST_COUNTED = 300
"""Words of a passage that count when groups are balanced."""

BY_WORDS = Rule(name="tfidf-cosine", version=1)
"""How passages are compared by words."""

MOST_PASSAGES = MOST * MOST_STEPS
"""Passages of an essay."""


class Grouped(NamedTuple):
    """The sizes of an essay's groups, and the words of each paragraph."""

    sizes: tuple[int, ...]
    """Number of passages of each group, in order."""
    words: int
    """Words that each paragraph is asked to have."""


def closest_order(texts: Sequence[str], vectors: FloatArray | None = None) -> list[int]:
    """The numbers of texts in an order in which neighbours are similar: a shortest open path through 1 - cosine.

    The cosine of TF-IDF vectors, or of the given rows of length 1. Rounded to six decimals: further decimals depend
    on the machine.
    """
    rows = tfidf(texts) if vectors is None else vectors
    return shortest_path(np.round(1 - rows @ rows.T, 6))


def grouped(lengths: Sequence[int], words: int, dialectic: bool) -> Grouped:
    """Groups of neighbouring passages, given the words of each passage and of the whole essay.

    The essay's length decides how many groups there are, as far as groups of two to four passages allow; groups hold
    as nearly the same number of words of their passages as neighbours can. With `dialectic` a group's share of the
    essay also holds an objection and a synthesis.
    """
    beside = 2 * OBJECTION_WORDS if dialectic else 0
    body = max(0, words - OPENING_WORDS)
    least, most = math.ceil(len(lengths) / MOST), max(1, len(lengths) // LEAST)
    count = min(max(round(body / (USUAL_WORDS + beside)), least), most)
    each = min(max(round(body / count) - beside, FEWEST_WORDS), MOST_WORDS)
    return Grouped(_balanced([min(each, LONGEST_COUNTED) for each in lengths], count), each)


def _balanced(lengths: Sequence[int], count: int) -> tuple[int, ...]:
    """The sizes of `count` groups of `LEAST` to `MOST` neighbours with the smallest sum of squared lengths.

    Lengths of groups add up to the same sum, so the smallest sum of squares has the groups nearest to their mean.
    """
    total = len(lengths)
    if count == 1:
        return (total,)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    best = np.full((count + 1, total + 1), np.inf)
    chosen = np.zeros((count + 1, total + 1), np.int64)
    best[0, 0] = 0
    for group in range(1, count + 1):
        for end in range(total + 1):
            for size in range(LEAST, min(MOST, end) + 1):
                cost = best[group - 1, end - size] + float(ends[end] - ends[end - size]) ** 2
                if cost < best[group, end]:
                    best[group, end], chosen[group, end] = cost, size
    sizes: list[int] = []
    for group in range(count, 0, -1):
        sizes.append(int(chosen[group, total - sum(sizes)]))
    return tuple(reversed(sizes))
