"""Which tags stand together.

Takes passages, gives pairs of tags with how many passages carry both. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from remix.corpus.tags import count_tags, tag_key
from remix.records import Passage

MOST_TAGS = 1_000
"""Of the commonest: each of them may stand with each other."""

_BLOCK = 4_096
"""Passages whose tags are in memory at a time."""


class Pair(NamedTuple):
    """Two tags that stand together."""

    tag: str
    """One of them."""
    other: str
    """The other, which isn't the commoner one."""
    together: int
    """Passages that carry both."""
    share: float
    """Of the passages that carry either, 0 … 1: Jaccard's index (1901)."""


def cooccurrences(passages: Sequence[Passage], most: int = MOST_TAGS) -> list[Pair]:
    """All pairs of the commonest tags that stand on one passage or more, those on the most passages first."""
    counts = count_tags(passages)[: min(most, MOST_TAGS)]
    both = _both(passages, [tag for tag, _ in counts])
    pairs = []
    for first, second in np.argwhere(np.triu(both, 1)):
        (tag, passages_of), (other, passages_of_other) = counts[first], counts[second]
        together = int(both[first, second])
        pairs.append(Pair(tag, other, together, together / (passages_of + passages_of_other - together)))
    return _ordered(pairs)


def _both(passages: Sequence[Passage], tags: Sequence[str]) -> npt.NDArray[np.int64]:
    """How many passages carry both of each two tags; shape (tags, tags)."""
    columns = {tag_key(tag): number for number, tag in enumerate(tags)}
    both = np.zeros((len(tags), len(tags)), np.int64)
    for start in range(0, len(passages), _BLOCK):
        block = passages[start : start + _BLOCK]
        # Floats of 32 bits are multiplied fastest, and count exactly to 2**24: a block has far fewer passages.
        carries = np.zeros((len(block), len(tags)), np.float32)
        for row, passage in enumerate(block):
            carries[row, [columns[key] for tag in passage.tags if (key := tag_key(tag)) in columns]] = 1
        both += (carries.T @ carries).astype(np.int64)
    return both


def companions(passages: Sequence[Passage], tag: str) -> list[Pair]:
    """A tag with each other that stands where it does, or any below it does; in the same order."""
    key = tag_key(tag.removeprefix("#"))
    totals = {tag_key(each): (each, count) for each, count in count_tags(passages)}
    carrying = [passage for passage in passages if any(_is_below(each, key) for each in passage.tags)]
    name, _ = totals.get(key, (tag.removeprefix("#"), 0))
    pairs = []
    for other, together in count_tags(carrying):
        if not _is_below(other, key):
            either = len(carrying) + totals[tag_key(other)][1] - together
            pairs.append(Pair(name, other, together, together / either))
    return _ordered(pairs)


def _is_below(tag: str, key: str) -> bool:
    """Whether a tag is the one of that key, or lies below it as `a/b` does below `a`."""
    return f"{tag_key(tag)}/".startswith(f"{key}/")


def _ordered(pairs: Iterable[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: (-pair.together, -pair.share))
