"""The language of a passage, and whether a text is in a different language.

Takes texts, gives codes of ISO 639, yes or no. The detector is py3langid (Lui & Baldwin 2012, "langid.py: An
Off-the-shelf Language Identification Tool"), a naive Bayes classifier of byte n-grams; the weights are part of the
package.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache

from remix.measure.lexicon import lexicon
from remix.measure.words import beginning, words

FEWEST = 20
"""Least number of letters of a passage to identify the language."""

SURE = 30.0
"""Nats by which a language must be more likely than the passage's language to be chosen instead: a few foreign names
don't make a text foreign, and a few words are too little evidence. Of 90 English texts by a small model no text
reached more than 0; of ten foreign sentences of three to fourteen words none fell below 41."""

PLAIN = 0.4
"""Share of English words from which a text counts as English: English function words, or words of the English
passage. 715 of 720 texts by a small model have a larger share."""

_OTHERS = ("de", "fr", "es")
"""Languages, besides English, with known words."""


@lru_cache(maxsize=1024)
def language_of(passage: str) -> str | None:
    """The code of a passage's language, in ISO 639-1 if possible, else in ISO 639-3; null for a passage of fewer than
    `FEWEST` letters.

    English, unless a different language is more likely by more than `SURE`; then German, French or Spanish, unless a
    further language is more likely by more than `SURE`. In doubt, the measures can thus use known words.
    """
    text = beginning(passage)
    if sum(map(str.isalpha, text)) < FEWEST:
        return None
    found = words(text)
    english = lexicon("en").function_words
    if _is_mostly(found, english) and all(
        _count(found, english) > _count(found, lexicon(other).function_words) for other in _OTHERS
    ):
        return "en"  # plainly; the detector's weights take over 1 s to load
    likely = _scores(text)
    most = max(likely.values())
    if most - likely["en"] <= SURE:
        return "en"
    nearest = max(_OTHERS, key=lambda language: likely[language])
    return nearest if most - likely[nearest] <= SURE else max(likely, key=lambda language: likely[language])


def is_foreign(text: str, passage: str) -> bool:
    """Whether a text is in a different language than the passage; no if either is too short to tell."""
    if sum(map(str.isalpha, passage)) < FEWEST:
        return False
    known = words(passage)
    english = lexicon("en").function_words
    if _is_mostly(known, english) and _is_mostly(words(text), english.union(known)):
        return False  # plainly English
    likely = _scores(text)
    own = max(likely[_likeliest(passage)], likely[language_of(passage) or "en"])
    return max(likely.values()) - own > SURE


def _is_mostly(found: Sequence[str], known: Set[str]) -> bool:
    return len(found) >= 5 and _count(found, known) >= PLAIN * len(found)


def _count(found: Sequence[str], known: Set[str]) -> int:
    return sum(word in known for word in found)


@lru_cache(maxsize=1024)
def _likeliest(text: str) -> str:
    likely = _scores(text)
    return max(likely, key=lambda language: likely[language])


def _scores(text: str) -> dict[str, float]:
    """Log-likelihood of a text in each language, up to a constant, in nats."""
    from py3langid.langid import rank

    return {language: float(score) for language, score in rank(text)}
