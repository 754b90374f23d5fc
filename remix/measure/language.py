"""Whether a text is in another language than its passage.

Takes two texts, gives yes or no. The detector is py3langid (Lui & Baldwin 2012, "langid.py: An Off-the-shelf
Language Identification Tool"), a naive Bayes classifier of byte n-grams; its weights are in its package.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache

from remix.measure.words import FUNCTION_WORDS, words

FEWEST = 20
"""Least number of letters of a passage to identify the language."""

SURE = 30.0
"""Nats by which another language must be more likely than the passage's language: a few foreign names don't make a
text foreign, and a few words are too little evidence. Of 90 English texts by a small model none came above 0; of ten
foreign sentences of three to fourteen words none fell below 41."""

PLAIN = 0.4
"""A text is English if at least this share of its words are English function words or words of the English passage:
715 of 720 texts by a small model have a larger share."""


def is_foreign(text: str, passage: str) -> bool:
    """Whether a text is in another language than its passage; no if either is too short to tell."""
    if sum(map(str.isalpha, passage)) < FEWEST:
        return False
    known = words(passage)
    if _is_mostly(known, FUNCTION_WORDS) and _is_mostly(words(text), FUNCTION_WORDS.union(known)):
        return False  # plainly English; the detector's weights take over 1 s to load
    likely = _scores(text)
    own = _language(passage)
    return max(likely.values()) - likely[own] > SURE


def _is_mostly(found: Sequence[str], known: Set[str]) -> bool:
    return len(found) >= 5 and sum(word in known for word in found) >= PLAIN * len(found)


@lru_cache(maxsize=1024)
def _language(text: str) -> str:
    likely = _scores(text)
    return max(likely, key=lambda language: likely[language])


def _scores(text: str) -> dict[str, float]:
    """Log-likelihood of a text in each language, up to a constant, in nats."""
    from py3langid.langid import rank

    return {language: float(score) for language, score in rank(text)}
