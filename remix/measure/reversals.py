"""Reversals: claims of a passage that a text may have turned into the opposite.

Takes two lists of sentences, gives pairs of similar sentences that differ by a negation, or by a word and an antonym.
The antonyms are a short list of words for each of a few languages: most ways of reversing a claim are not on the
list, and parties with swapped roles (“the first sets the second”) go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remix.measure.lexicon import Lexicon, lexicon
from remix.measure.negations import negations_in
from remix.measure.overlap import overlap
from remix.measure.words import words
from remix.records import Frozen

ALIKE = 0.5
"""Least overlap coefficient of a sentence and the source sentence."""

NEARLY = 0.8
"""Share of the highest overlap coefficient from which a further sentence may also be the source."""


class Reversal(Frozen):
    """A sentence of the source and a sentence of the output that may say the opposite. An aid, no verdict."""

    source: int
    """Number of the sentence in the source, from 1."""
    output: int
    """Number of the sentence in the output, from 1."""
    was: str
    """The word in the source, or “not” and the word."""
    now: str
    """The word in the output: the antonym, or the same word with or without “not”."""


def reversals(source: Sequence[str], output: Sequence[str], language: str | None = "en") -> tuple[Reversal, ...]:
    """The claims that may have been reversed from the source's sentences to the output's, in the source's language (a
    code of ISO 639; null counts as English). None in a language whose negations and antonyms aren't known."""
    lex = lexicon(language)
    before, after = [_read(each, lex) for each in source], [_read(each, lex) for each in output]
    if not before or lex.antonyms is None:
        return ()
    found: list[Reversal] = []
    table = _alike(after, before)
    for number, now in enumerate(after):
        at = int(table[number].argmax())
        alike = table[number, at]
        if alike >= ALIKE:
            near = [before[each] for each in np.flatnonzero(table[number] >= NEARLY * alike)]
            also = [after[each] for each in np.flatnonzero(table[:, at] >= NEARLY * alike)]
            opposites, negations = (
                list(_opposites(before[at], now, lex)),
                list(_negations(before[at], now, near, also)),
            )
            # An antonym and a negation cancel out: “not easy” became “hard”.
            pairs = [] if opposites and negations else opposites + negations
            found += [Reversal(source=at + 1, output=number + 1, was=was, now=now) for was, now in pairs]
    return tuple(found)


class _Sentence(NamedTuple):
    words: list[str]
    stems: frozenset[str]
    content: frozenset[str]
    """Stems of content words, with antonyms counted as the same word: a claim and the reversed claim have equal
    content."""
    negated: list[str]
    """The stem of each negated word, repeated for each negation."""
    negated_stems: frozenset[str]
    is_negative: bool
    """Whether the sentence denies without a negation: “too late to turn back”."""

    def affirms(self, word: str) -> bool:
        """Whether the sentence has a word, given as a stem, without negating the word."""
        return word in self.stems and word not in self.negated_stems


def _read(sentence: str, lex: Lexicon) -> _Sentence:
    found, negated = words(lex.separated(sentence)), list(negations_in(sentence, lex))
    keys = {word: lex.opposite_key(word) for word in found}
    return _Sentence(
        words=found,
        stems=frozenset(map(lex.stem, found)),
        content=frozenset(
            lex.line_of.get(key, lex.stem(word))
            for word, key in keys.items()
            if word not in lex.function_words or key in lex.opposites
        ),
        negated=negated,
        negated_stems=frozenset(negated),
        is_negative=bool(lex.antonyms and lex.antonyms.denying.search(sentence)),
    )


def _alike(rows: Sequence[_Sentence], columns: Sequence[_Sentence]) -> NDArray[np.float64]:
    """The overlap coefficient of sentences' content, |A ∩ B| / min(|A|, |B|); 0 for fewer than two common words."""
    shared = overlap([each.content for each in rows], [each.content for each in columns])
    first, second = (np.array([len(each.content) for each in side]) for side in (rows, columns))
    least: NDArray[np.int64] = np.minimum(first[:, None], second[None, :])
    return np.where(shared > 1, shared / np.maximum(least, 1), 0.0)


def _opposites(was: _Sentence, now: _Sentence, lex: Lexicon) -> Iterator[tuple[str, str]]:
    """Words of the source replaced by an antonym in the output."""
    stem = lex.stem
    for word in dict.fromkeys(was.words):
        antonyms = lex.opposites.get(lex.opposite_key(word))
        # Nearly every word has none: the other sentence, which may have thousands of words, isn't searched for those.
        if antonyms is None or stem(word) in now.stems:
            continue
        found = [each for each in now.words if lex.opposite_key(each) in antonyms and stem(each) not in was.stems]
        if found:
            # A negation cancels out the antonym, and swapped sides do too.
            one_negated = (stem(word) in was.negated) != (stem(found[0]) in now.negated)
            if not one_negated and not _swapped_sides(was, word, now, found[0], lex):
                yield word, found[0]


def _swapped_sides(was: _Sentence, word: str, now: _Sentence, antonym: str, lex: Lexicon) -> bool:
    """Whether the sides swapped places too: “A is older than B” and “B is younger than A” are the same claim."""
    assert lex.antonyms
    than = lex.antonyms.than
    if not ({word, antonym} & lex.antonyms.comparing or (than in was.words and than in now.words)):
        return False
    left, right = _sides(was.words, word, lex)
    new_left, new_right = _sides(now.words, antonym, lex)
    return bool((left - new_left) & new_right and (right - new_right) & new_left)


def _sides(found: list[str], word: str, lex: Lexicon) -> tuple[set[str], set[str]]:
    at = found.index(word)
    left, right = (set(map(lex.stem, part)) for part in (found[:at], found[at + 1 :]))
    return left - right, right - left


def _negations(
    was: _Sentence, now: _Sentence, before: Sequence[_Sentence], after: Sequence[_Sentence]
) -> Iterator[tuple[str, str]]:
    """Words that both sentences have and only one sentence negates, if the numbers of negations differ by an odd
    number.

    A word is left out if a nearly as similar sentence (of `before` in the source, `after` in the output) has the word
    with the same sign as the sentence on the opposite side.
    """
    if (len(was.negated) - len(now.negated)) % 2 == 0:
        return
    for word in was.negated:
        borne_out = any(each.affirms(word) for each in before) or any(word in each.negated_stems for each in after)
        if now.affirms(word) and not now.is_negative and not borne_out:
            yield f"not {word}", word
    for word in now.negated:
        borne_out = any(word in each.negated_stems for each in before) or any(each.affirms(word) for each in after)
        if was.affirms(word) and not was.is_negative and not borne_out:
            yield word, f"not {word}"
