"""The log-probability of each sentence of a text, from those of the text's tokens.

Takes a text's sentences and a `Score` of the text, gives bits and tokens by sentence. Asks no model.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import accumulate
from typing import NamedTuple, Protocol

from remix.records import Score

GAP = "\n\n"
"""Between passages, and between the passages and the text."""


class TextScorer(Protocol):
    """Gives log-probabilities: a `LocalModel`."""

    def score_text(self, before: str, text: str, /) -> Future[Score]:
        """Score a text as the continuation of another text, which may be empty."""


class SentenceBits(NamedTuple):
    """A sentence's probability."""

    bits: float
    """log2 of the probability, given all that stands before: at most 0."""
    tokens: int


def by_sentence(score: Score, own: Sequence[str]) -> list[SentenceBits]:
    """The probability of each sentence of a text. A token belongs to the sentence in which its last byte stands."""
    starts = starts_of(b"".join(score.pieces), own)
    found: list[list[float]] = [[] for _ in own]
    for end, logprob in zip(accumulate(map(len, score.pieces)), score.logprobs, strict=True):
        found[max(0, bisect_left(starts, end) - 1)].append(logprob)
    return [SentenceBits(math.fsum(each) / math.log(2), len(each)) for each in found]


def starts_of(text: bytes, own: Sequence[str]) -> list[int]:
    """The byte at which each sentence begins in a text, however its words are spaced there."""
    starts, at = [], 0
    for sentence in own:
        found = re.compile(rb"\W+?".join(re.escape(word.encode()) for word in sentence.split())).search(text, at)
        starts.append(found.start() if found else at)
        at = found.end() if found else at
    return starts
