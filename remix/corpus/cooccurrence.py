"""Co-occurrence: pairs of tags on the same passages.

Takes passages, gives pairs of tags with the number of passages that have both. Doesn't know files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from remix.corpus.tags import count_tags, tag_key, tag_keys
from remix.records import Passage

MOST_TAGS = 1_000
"""Compared in pairs: the most frequent tags."""

_BLOCK = 4_096
"""Passages whose tags are in memory at a time."""


class Pair(NamedTuple):
    """Two tags on the same passages."""

    tag: str
    """The more frequent tag, or the tag asked about."""
    other: str
    """The second tag."""
    together: int
    """Number of passages with both tags."""
    share: float
    """Of the passages with either tag, 0 to 1: Jaccard's index (1901)."""


def cooccurrences(passages: Sequence[Passage], most: int = MOST_TAGS) -> list[Pair]:
    """The pairs of the most frequent tags that share a passage, sorted by the number of shared passages."""
    counts = count_tags(passages)[: min(most, MOST_TAGS)]
    both = _both(passages, [tag for tag, _ in counts])
    pairs = []
    for first, second in np.argwhere(np.triu(both, 1)):
        (tag, passages_of), (other, passages_of_other) = counts[first], counts[second]
        together = int(both[first, second])
        pairs.append(Pair(tag, other, together, together / (passages_of + passages_of_other - together)))
    return _ordered(pairs)


def _both(passages: Sequence[Passage], tags: Sequence[str]) -> npt.NDArray[np.int64]:
    """The number of passages with both tags of each pair; shape (tags, tags)."""
    columns = {tag_key(tag): number for number, tag in enumerate(tags)}
    both = np.zeros((len(tags), len(tags)), np.int64)
    for start in range(0, len(passages), _BLOCK):
        block = passages[start : start + _BLOCK]
        # Multiplying 32-bit floats is fastest, and counts up to 2**24 are exact: a block has far fewer passages.
        carries = np.zeros((len(block), len(tags)), np.float32)
        for row, passage in enumerate(block):
            carries[row, [columns[key] for tag in passage.tags if (key := tag_key(tag)) in columns]] = 1
        both += (carries.T @ carries).astype(np.int64)
    return both


def companions(passages: Sequence[Passage], tag: str) -> list[Pair]:
    """Pairs of a tag (tags below included) with each tag on the same passages, sorted as `cooccurrences` does."""
    key = tag_key(tag.removeprefix("#"))
    totals = {tag_key(each): (each, count) for each, count in count_tags(passages)}
    carrying = [passage for passage in passages if any(key in tag_keys(each) for each in passage.tags)]
    name, _ = totals.get(key, (tag.removeprefix("#"), 0))
    pairs = []
    for other, together in count_tags(carrying):
        if key not in tag_keys(other):
            either = len(carrying) + totals[tag_key(other)][1] - together
            pairs.append(Pair(name, other, together, together / either))
    return _ordered(pairs)


def _ordered(pairs: Iterable[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: (-pair.together, -pair.share))
