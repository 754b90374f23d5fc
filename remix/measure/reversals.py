"""Claims that may have been turned round.

Takes two lists of sentences, gives the pairs that say nearly the same, but with a negation more or less, or with a
word of opposite meaning in the other's place. The opposites are a short list of English words: most ways of turning a
claim round are not on it, and two that swap places (“the first sets the second”) look alike to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remix.measure.facts import negated
from remix.measure.overlap import overlap
from remix.measure.words import FUNCTION_WORDS, stem, words
from remix.records import Frozen

ALIKE = 0.5
"""Share of the shorter sentence's stems that both must have, for one to be taken for the other's successor."""

NEARLY = 0.8
"""Sentences this much alike, of the most alike, may be the successor as well."""

_PAIRS = """
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
"""Words about which two sides may change places with the opposite word in between, and nothing is turned round."""


_IMPLICIT = re.compile(
    r"\b(?:too|over|until|hardly|scarcely|barely|instead|lack\w*|fail\w*|refus\w*|avoid\w*|prevent\w*|den(?:y|ied|ies)"
    r"|ceas\w*|stopp?\w*|ended|gone|free (?:of|from)|any more|rather than|far from)\b",
    re.IGNORECASE,
)
"""What denies without a negation (Karttunen 1971, "Implicative Verbs"): where it stands none is called lost."""


class Reversal(Frozen):
    """Two sentences of which one may say the opposite of the other. An aid, no verdict."""

    source: int
    """Number of the source's sentence, from 1."""
    output: int
    """Number of the output's sentence, from 1."""
    was: str
    """The word, as the source has it."""
    now: str
    """What stands for it in the output."""


def reversals(source: Sequence[str], output: Sequence[str]) -> tuple[Reversal, ...]:
    """The claims that may have been turned round between two lists of sentences."""
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
            pairs = _turned(before[at], now, near, also)
            found += [Reversal(source=at + 1, output=number + 1, was=was, now=now) for was, now in pairs]
    return tuple(found)


class _Sentence(NamedTuple):
    words: list[str]
    stems: frozenset[str]
    matter: frozenset[str]
    """Stems of the words that carry matter, opposites made one: a sentence and its reverse are about the same."""
    negated: list[str]
    denied: frozenset[str]
    """The same, each once."""
    is_negative: bool
    """Whether it denies something without a negation: “too late to turn back”."""

    def says(self, word: str) -> bool:
        """Whether it has a word, given as a stem, and doesn't negate it."""
        return word in self.stems and word not in self.denied


def _read(sentence: str) -> _Sentence:
    found, denied = words(sentence), negated(sentence)
    return _Sentence(
        words=found,
        stems=frozenset(map(stem, found)),
        matter=frozenset(_subject(word) for word in found if word not in FUNCTION_WORDS or word in _against()),
        negated=denied,
        denied=frozenset(denied),
        is_negative=bool(_IMPLICIT.search(sentence)),
    )


def _alike(ones: Sequence[_Sentence], others: Sequence[_Sentence]) -> NDArray[np.float64]:
    """The overlap coefficient of what sentences are about; with fewer than two in common nothing is alike.

    A row for each of the first, a column for each of the second.
    """
    shared = overlap([each.matter for each in ones], [each.matter for each in others])
    first, second = (np.array([len(each.matter) for each in side]) for side in (ones, others))
    least: NDArray[np.int64] = np.minimum(first[:, None], second[None, :])
    return np.where(shared > 1, shared / np.maximum(least, 1), 0.0)


Pairs = list[tuple[str, str]]


def _turned(was: _Sentence, now: _Sentence, before: Sequence[_Sentence], after: Sequence[_Sentence]) -> Pairs:
    """What was turned round between two sentences that are alike. Twice is not at all: “not easy” became “hard”."""
    opposite, negation = list(_opposites(was, now)), list(_negations(was, now, before, after))
    return [] if opposite and negation else opposite + negation


def _opposites(was: _Sentence, now: _Sentence) -> Iterator[tuple[str, str]]:
    """Words of one sentence in whose place their opposite stands in the other, which has no such word itself."""
    for word in dict.fromkeys(was.words):
        against = _against().get(word)
        others = [each for each in now.words if each in against and stem(each) not in was.stems] if against else []
        if others and stem(word) not in now.stems and not _is_balanced(was, word, now, others[0]):
            yield word, others[0]


def _is_balanced(was: _Sentence, word: str, now: _Sentence, other: str) -> bool:
    """Whether something else makes good for the opposite: a negation, or sides that changed places."""
    one_negated = (stem(word) in was.negated) != (stem(other) in now.negated)
    return one_negated or _changed_sides(was, word, now, other)


def _changed_sides(was: _Sentence, word: str, now: _Sentence, other: str) -> bool:
    """Whether the sides changed places with the word: “older than” became “younger than”, and all is as it was."""
    if not ({word, other} & _CONVERSE or ("than" in was.words and "than" in now.words)):
        return False
    left, right = _sides(was.words, word)
    new_left, new_right = _sides(now.words, other)
    return bool((left - new_left) & new_right and (right - new_right) & new_left)


def _sides(found: list[str], word: str) -> tuple[set[str], set[str]]:
    at = found.index(word)
    left, right = (set(map(stem, part)) for part in (found[:at], found[at + 1 :]))
    return left - right, right - left


def _negations(
    was: _Sentence, now: _Sentence, before: Sequence[_Sentence], after: Sequence[_Sentence]
) -> Iterator[tuple[str, str]]:
    """Words that both have and only one negates, where not both have equally many negations.

    Where another sentence that comes as near negates it, or doesn't, nothing can be told.
    """
    if (len(was.negated) - len(now.negated)) % 2 == 0:
        return
    for word in was.negated:
        borne_out = any(each.says(word) for each in before) or any(word in each.denied for each in after)
        if now.says(word) and not now.is_negative and not borne_out:
            yield f"not {word}", word
    for word in now.negated:
        borne_out = any(word in each.denied for each in before) or any(each.says(word) for each in after)
        if was.says(word) and not was.is_negative and not borne_out:
            yield word, f"not {word}"


def _subject(word: str) -> str:
    """A word's stem, or one name for it and its opposites."""
    return _lines().get(word, stem(word))


@cache
def _lines() -> dict[str, str]:
    """Each word of the list with the number of its line, of the first where there are several."""
    pairs = enumerate(_PAIRS.strip().splitlines())
    return {word: str(at) for at, line in reversed(list(pairs)) for word in line.replace("|", " ").split()}


@cache
def _against() -> dict[str, frozenset[str]]:
    """Each word on the list with its opposites."""
    against: dict[str, set[str]] = {}
    for line in _PAIRS.strip().splitlines():
        left, right = (side.split() for side in line.split("|"))
        for one, others in ((left, right), (right, left)):
            for word in one:
                against.setdefault(word, set()).update(others)
    return {word: frozenset(others) for word, others in against.items()}
