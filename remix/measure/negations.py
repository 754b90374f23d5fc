"""Negations in a sentence, and the word that each negates.

Takes an English sentence, gives stems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_CLAUSE_END = re.compile(r"[,;:.!?()—–“”\"]|\b(?:but|and|because|though|although|while|so)\b", re.IGNORECASE)
_REACH = 6
"""Words before and after a negation to search for the negated word."""


def negations_in(sentence: str) -> Iterator[str]:
    """The stem of the word that each negation negates: the next content word in the clause, else the last before."""
    for clause in _CLAUSE_END.split(_NO_NEGATION.sub(" ", sentence)):
        found = words(clause)
        for at, word in enumerate(found):
            if _NEGATION.fullmatch(word):
                near = (*found[at + 1 : at + 1 + _REACH], *reversed(found[max(at - _REACH, 0) : at]))
                content = [each for each in near if each not in FUNCTION_WORDS and not _NEGATION.fullmatch(each)]
                yield from map(stem, content[:1])
