"""Negations in a sentence, and the words that each negates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remix.measure.words import FUNCTION_WORDS, stem, words

_NEGATION = re.compile(
    r"(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|unless|cannot|cant|wont"
    r"|(?:do|does|did|is|are|was|were|would|could|should|has|have|had|must|need)nt)"
)
_NO_NEGATION = re.compile(
    r"\b(?:not (?:only|just|merely|simply|even|least)|no (?:doubt|sooner|longer than)|whether or not"
    r"|(?:nothing|nobody|none|no one) (?:but|except))\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]|\b(?:but|and|because|though|although|while|so)\b", re.IGNORECASE)
_REACH = 6
"""A negation reaches no further than so many words."""


def negations_in(sentence: str) -> Iterator[str]:
    for clause in _CLAUSE.split(_NO_NEGATION.sub(" ", sentence)):
        found = words(clause)
        for at, word in enumerate(found):
            if _NEGATION.fullmatch(word):
                yield from _nearest(found, at)


def _nearest(found: Sequence[str], at: int) -> list[str]:
    """The word with a meaning of its own next after a negation, or else the one before."""
    near = (*found[at + 1 : at + 1 + _REACH], *reversed(found[max(at - _REACH, 0) : at]))
    return [stem(word) for word in near if word not in FUNCTION_WORDS and not _NEGATION.fullmatch(word)][:1]
