"""Reversals: claims of a passage that a text may have turned into their opposite.

Takes two lists of sentences, gives pairs of similar sentences that differ by a negation, or by a word and its
antonym. The antonyms are a short list of English words: most ways of reversing a claim are not on the list, and two
parties that swap roles (“the first sets the second”) go unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remix.measure.negations import negations_in
from remix.measure.overlap import overlap
from remix.measure.words import FUNCTION_WORDS, stem, words
from remix.records import Frozen

ALIKE = 0.5
"""Least overlap coefficient of a sentence and its source."""

NEARLY = 0.8
"""A sentence whose overlap coefficient is at least this share of the highest may be the source as well."""

_ANTONYMS = """
easy easier easily easiest ease | hard harder hardest difficult
fast faster quick quicker quickly | slow slower slowly
more | less fewer
most | least fewest
many | few
rise rises rose risen rising raise raised raises | fall falls fell fallen falling sink sank lower lowered drop dropped
increase increased increases increasing | decrease decreased decreases decreasing
grow grew grows grown | shrink shrank shrinks reduce reduced reduces
gain gained gains win won wins | lose lost loses losing
before | after
early earlier earliest | late later latest
always often | seldom rarely
first | last
above over | below under
top upper | bottom foot lower
good better best | bad worse worst poor
strong stronger strongest strengthen strengthened | weak weaker weakest weaken weakened
large larger largest big bigger great greater | small smaller smallest little
long longer longest lengthen | short shorter shortest shorten
high higher highest | low lower lowest
old older oldest | young younger new newer
rich richer wealthy | poor poorer
near nearer close closer | far farther further distant
open opened opens | close closed closes shut
begin began begins start started starts | end ended ends stop stopped stops finish finished
accept accepted accepts agree agreed agrees | refuse refused refuses reject rejected rejects disagree disagreed
allow allowed allows permit permitted | forbid forbade forbidden prevent prevented ban banned
remember remembered remembers | forget forgot forgotten forgets
keep kept keeps | lose lost discard discarded
succeed succeeded success | fail failed fails failure
true truth | false falsehood
right | wrong
same alike | different differently unlike
simple simpler simple | complex complicated
visible seen | invisible unseen hidden
public publicly | private privately secret
common | rare uncommon
certain sure | uncertain doubtful
possible | impossible
safe safer safely | dangerous unsafe
careful carefully | careless carelessly
cheap cheaper cheaply | dear dearer expensive costly
light lighter bright brighter | dark darker heavy heavier
warm warmer hot | cold colder cool
full | empty
love loved loves like liked | hate hated hates dislike disliked
praise praised praises | blame blamed criticise criticised
help helped helps helping | hinder hindered hinders hurt
build built builds create created | destroy destroyed destroys demolish demolished
join joined unite united | separate separated divide divided part
friend friends ally | enemy enemies foe
arrive arrived arrives come came | leave left leaves depart departed
buy bought buys | sell sold sells
give gave given | take took taken
enter entered | exit exited left
north northern | south southern
east eastern | west western
left | right
inside inner | outside outer
happy happier glad | unhappy sad sadder
wise wiser | foolish
win won victory | lose lost defeat defeated
improve improved improves | worsen worsened spoil spoiled
"""

_CONVERSE = frozenset({"than", "before", "after", "above", "below", "buy", "bought", "sell", "sold"})
"""Comparing words: a claim stays the same if both sides swap places and the antonym stands between the sides."""

_IMPLICIT = re.compile(
    r"\b(?:too|over|until|hardly|scarcely|barely|instead|lack\w*|fail\w*|refus\w*|avoid\w*|prevent\w*|den(?:y|ied|ies)"
    r"|ceas\w*|stopp?\w*|ended|gone|free (?:of|from)|any more|rather than|far from)\b",
    re.IGNORECASE,
)
"""Words that deny without a negation (Karttunen 1971, "Implicative Verbs"): a sentence with such a word counts as
having lost no negation."""


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


def reversals(source: Sequence[str], output: Sequence[str]) -> tuple[Reversal, ...]:
    """The claims that may have been reversed from the source's sentences to the output's."""
    before, after = [_read(each) for each in source], [_read(each) for each in output]
    if not before:
        return ()
    found: list[Reversal] = []
    table = _alike(after, before)
    for number, now in enumerate(after):
        at = int(table[number].argmax())
        alike = table[number, at]
        if alike >= ALIKE:
            near = [before[each] for each in np.flatnonzero(table[number] >= NEARLY * alike)]
            also = [after[each] for each in np.flatnonzero(table[:, at] >= NEARLY * alike)]
            opposites, negations = list(_opposites(before[at], now)), list(_negations(before[at], now, near, also))
            # An antonym and a negation cancel out: “not easy” became “hard”.
            pairs = [] if opposites and negations else opposites + negations
            found += [Reversal(source=at + 1, output=number + 1, was=was, now=now) for was, now in pairs]
    return tuple(found)


class _Sentence(NamedTuple):
    words: list[str]
    stems: frozenset[str]
    content: frozenset[str]
    """Stems of content words, with antonyms counted as the same word: a claim and its reversal have equal content."""
    negated: list[str]
    """The stem of each negated word, repeated for each negation."""
    negated_stems: frozenset[str]
    is_negative: bool
    """Whether the sentence denies something without a negation: “too late to turn back”."""

    def affirms(self, word: str) -> bool:
        """Whether the sentence has a word, given as a stem, without negating the word."""
        return word in self.stems and word not in self.negated_stems


def _read(sentence: str) -> _Sentence:
    found, negated = words(sentence), list(negations_in(sentence))
    return _Sentence(
        words=found,
        stems=frozenset(map(stem, found)),
        content=frozenset(
            _lines().get(word, stem(word)) for word in found if word not in FUNCTION_WORDS or word in _antonyms()
        ),
        negated=negated,
        negated_stems=frozenset(negated),
        is_negative=bool(_IMPLICIT.search(sentence)),
    )


def _alike(rows: Sequence[_Sentence], columns: Sequence[_Sentence]) -> NDArray[np.float64]:
    """The overlap coefficient of sentences' content, |A ∩ B| / min(|A|, |B|); 0 for fewer than two common words."""
    shared = overlap([each.content for each in rows], [each.content for each in columns])
    first, second = (np.array([len(each.content) for each in side]) for side in (rows, columns))
    least: NDArray[np.int64] = np.minimum(first[:, None], second[None, :])
    return np.where(shared > 1, shared / np.maximum(least, 1), 0.0)


def _opposites(was: _Sentence, now: _Sentence) -> Iterator[tuple[str, str]]:
    """Words of the source replaced by an antonym in the output."""
    for word in dict.fromkeys(was.words):
        antonyms = _antonyms().get(word, frozenset())
        found = [each for each in now.words if each in antonyms and stem(each) not in was.stems]
        if found and stem(word) not in now.stems:
            # A negation cancels out the antonym, and swapped sides do too.
            one_negated = (stem(word) in was.negated) != (stem(found[0]) in now.negated)
            if not one_negated and not _swapped_sides(was, word, now, found[0]):
                yield word, found[0]


def _swapped_sides(was: _Sentence, word: str, now: _Sentence, antonym: str) -> bool:
    """Whether the sides swapped places too: “A is older than B” and “B is younger than A” are the same claim."""
    if not ({word, antonym} & _CONVERSE or ("than" in was.words and "than" in now.words)):
        return False
    left, right = _sides(was.words, word)
    new_left, new_right = _sides(now.words, antonym)
    return bool((left - new_left) & new_right and (right - new_right) & new_left)


def _sides(found: list[str], word: str) -> tuple[set[str], set[str]]:
    at = found.index(word)
    left, right = (set(map(stem, part)) for part in (found[:at], found[at + 1 :]))
    return left - right, right - left


def _negations(
    was: _Sentence, now: _Sentence, before: Sequence[_Sentence], after: Sequence[_Sentence]
) -> Iterator[tuple[str, str]]:
    """Words that both sentences have and only one sentence negates, if the numbers of negations differ by an odd
    number.

    A word is left out if a nearly as similar sentence (of `before` in the source, `after` in the output) has the word
    as the opposite side does.
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


@cache
def _lines() -> dict[str, str]:
    """Each word of the list with the number of its first line: one name for a word and its antonyms."""
    pairs = enumerate(_ANTONYMS.strip().splitlines())
    return {word: str(at) for at, line in reversed(list(pairs)) for word in line.replace("|", " ").split()}


@cache
def _antonyms() -> dict[str, frozenset[str]]:
    """Each word of the list with its antonyms."""
    antonyms: dict[str, set[str]] = {}
    for line in _ANTONYMS.strip().splitlines():
        left, right = (side.split() for side in line.split("|"))
        for one, others in ((left, right), (right, left)):
            for word in one:
                antonyms.setdefault(word, set()).update(others)
    return {word: frozenset(others) for word, others in antonyms.items()}
