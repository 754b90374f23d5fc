"""Negations in a sentence, each with the negated word.

Takes a sentence and the lexicon of the language, gives stems.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.measure.english import LEXICON as ENGLISH
from remix.measure.lexicon import Lexicon
from remix.measure.words import words

_REACH = 6
"""Words before and after a negation to search for the negated word."""


def negations_in(sentence: str, lex: Lexicon = ENGLISH) -> Iterator[str]:
    """The stem of the word negated by each negation: the next content word in the clause, else the last before.

    None in a language whose negations aren't known.
    """
    known = lex.negations
    if known is None:
        return
    for clause in known.clause_end.split(known.idioms.sub(" ", lex.separated(sentence))):
        found = words(clause)
        negating = [at for at, word in enumerate(found) if known.word.fullmatch(word)]
        if known.with_particle and known.particle and any(map(known.particle.fullmatch, found)):
            negating = [at for at, word in enumerate(found) if at in negating or known.with_particle.fullmatch(word)]
        for at in negating[:1] if known.agreeing else negating:
            near = (*found[at + 1 : at + 1 + _REACH], *reversed(found[max(at - _REACH, 0) : at]))
            content = [each for each in near if each not in lex.function_words and not known.word.fullmatch(each)]
            yield from map(lex.stem, content[:1])
