"""Whether a text is in another language than what it was made from.

Takes two texts, gives a yes or no. The detector is py3langid (Lui & Baldwin 2012, "langid.py: An Off-the-shelf
Language Identification Tool"), a naive Bayes over byte n-grams whose weights come in its package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cache, lru_cache

from remix.measure.words import FUNCTION_WORDS, words

FEWEST = 20
"""Letters that a passage must have for its language to be told."""

SURE = 30.0
"""Nats by which another language must be likelier than the passage's: a name or two don't make a text foreign, and a
word or two are too few to tell by. None of 90 English texts by a small model came above 0; of ten foreign sentences
of three to fourteen words none fell below 41."""


PLAIN = 0.4
"""Share of English words of grammar, or of its passage's, from which on a text is English as well: 715 of 720 by a
small model have more."""


def is_foreign(text: str, passage: str) -> bool:
    """Whether a text is in another language than its passage. Of a text or passage of few words nobody can tell."""
    if sum(map(str.isalpha, passage)) < FEWEST or _is_plainly_english(text, passage):
        return False
    likely = _scores(text)
    own = _language(passage)
    return max(likely.values()) - likely[own] > SURE


def _is_plainly_english(text: str, passage: str) -> bool:
    """Whether so much can be told without the detector, whose weights take more than a second to load."""
    own = words(passage)
    return _is_mostly(own, FUNCTION_WORDS) and _is_mostly(words(text), FUNCTION_WORDS.union(own))


def _is_mostly(found: Sequence[str], known: Set[str]) -> bool:
    return len(found) >= 5 and sum(word in known for word in found) >= PLAIN * len(found)


@lru_cache(maxsize=1024)
def _language(text: str) -> str:
    likely = _scores(text)
    return max(likely, key=lambda language: likely[language])


def _scores(text: str) -> dict[str, float]:
    """Log-likelihood of a text in each language, but for a constant."""
    return {language: float(score) for language, score in _rank()(text)}


@cache
def _rank() -> Callable[[str], list[tuple[str, float]]]:
    from py3langid.langid import rank

    found: Callable[[str], list[tuple[str, float]]] = rank
    return found
