"""BM25: how like a text is to others, by the words they share.

Takes a text and others, gives scores. The index has SQLite count the same: FTS5's `bm25()` has this formula, which is
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
"""Of the text that is asked about. Of a longer one the rarest count: they say most of what it is about, as
Lucene's MoreLikeThis has it, and a whole essay takes no longer than a page."""

MOST_COUNTED = 20_000
"""Different words of the text that are counted among the others, the first: as many as a novel has."""


def scores(like: str, texts: Sequence[str]) -> dict[int, float]:
    """The score of each text that shares a word with `like`, by its place among them; more is liker."""
    counted = [Counter(words(text).split()) for text in texts]
    frequency = Counter(word for counts in counted for word in counts)
    wanted = telling_words(like, frequency.__getitem__)
    lengths = [counts.total() for counts in counted]
    average = sum(lengths) / max(len(texts), 1)
    weights = {word: _weight(len(texts), frequency[word]) for word in wanted}
    found = {}
    for at, (counts, length) in enumerate(zip(counted, lengths, strict=True)):
        if shared := [word for word in wanted if word in counts]:
            damping = K1 * (1 - B + B * length / average)
            score = sum(weights[word] * counts[word] * (K1 + 1) / (counts[word] + damping) for word in shared)
            found[at] = rounded(score)
    return found


def telling_words(like: str, frequency: Callable[[str], int]) -> list[str]:
    """The words by which a text is compared, in its order; `frequency` is how many texts have a word."""
    distinct = list(dict.fromkeys(words(like).split()))[:MOST_COUNTED]
    if len(distinct) <= MOST_WORDS:
        return distinct
    texts = {word: count for word in distinct if (count := frequency(word))}
    rarest = set(sorted(texts, key=texts.__getitem__)[:MOST_WORDS])
    return [word for word in distinct if word in rarest]


def rounded(score: float) -> float:
    """Six digits: what is left of them on another machine's logarithm."""
    return float(f"{score:.6g}")


def _weight(texts: int, having: int) -> float:
    return max(math.log((texts - having + 0.5) / (having + 0.5)), LEAST)
