"""BM25: how similar texts are to a query text, by the words in common.

Takes a query text and texts, gives scores. The index uses SQLite's FTS5, whose `bm25()` has the same formula:
Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with k1 = 1.2, b = 0.75 and
no word's weight below a millionth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from remix.corpus.words import words
from remix.records import Rule

RULE = Rule(name="bm25", version=1)

K1, B, LEAST = 1.2, 0.75, 1e-6

MOST_WORDS = 64
"""Words used of the query text; of a longer text the rarest, as in Lucene's MoreLikeThis: rare words say most about
the subject, and an essay as query takes no longer than a page."""

MOST_COUNTED = 20_000
"""Distinct words at the beginning of the query text whose frequencies are counted: as many as in a novel."""


def scores(like: str, texts: Sequence[str]) -> dict[int, float]:
    """The score of each text that shares a word with `like`, by position in `texts`; higher is more similar."""
    counted = [Counter(words(text).split()) for text in texts]
    frequency = Counter(word for counts in counted for word in counts)
    wanted = query_words(like, frequency.__getitem__)
    lengths = [counts.total() for counts in counted]
    average = sum(lengths) / max(len(texts), 1)
    weights = {
        word: max(math.log((len(texts) - count + 0.5) / (count + 0.5)), LEAST)
        for word in wanted
        for count in [frequency[word]]
    }
    found = {}
    for at, (counts, length) in enumerate(zip(counted, lengths, strict=True)):
        if shared := [word for word in wanted if word in counts]:
            damping = K1 * (1 - B + B * length / average)
            score = sum(weights[word] * counts[word] * (K1 + 1) / (counts[word] + damping) for word in shared)
            found[at] = rounded(score)
    return found


def query_words(like: str, frequency: Callable[[str], int]) -> list[str]:
    """The query words, in the order of the text; `frequency` gives the number of texts that contain a word."""
    distinct = list(dict.fromkeys(words(like).split()))[:MOST_COUNTED]
    if len(distinct) <= MOST_WORDS:
        return distinct
    texts = {word: count for word in distinct if (count := frequency(word))}
    rarest = set(sorted(texts, key=texts.__getitem__)[:MOST_WORDS])
    return [word for word in distinct if word in rarest]


def rounded(score: float) -> float:
    """Six digits: the logarithms of different machines agree in as many."""
    return float(f"{score:.6g}")
