"""Claims that may have been turned round.

Takes two lists of sentences, gives the pairs that say nearly the same, but with a negation more or less, or with a
word of opposite meaning in the other's place. The opposites are a short list of English words: most ways of turning a
claim round are not on it, and two that swap places (“the first sets the second”) look alike to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from remix.measure.facts import negated
from remix.measure.words import content, stem, words
from remix.records import Frozen

ALIKE = 0.5
"""Share of the shorter sentence's stems that both must have, for one to be taken for the other's successor."""

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
always | never seldom rarely
everybody everyone all | nobody none no
everything | nothing
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
    contents = [(set(content(each)), each) for each in source]
    found = []
    for number, sentence in enumerate(output, 1):
        mine = set(content(sentence))
        alike, at = max(((_alike(mine, theirs), -at) for at, (theirs, _) in enumerate(contents)), default=(0.0, 0))
        if alike >= ALIKE:
            pairs = _turned(source[-at], sentence)
            found += [Reversal(source=1 - at, output=number, was=was, now=now) for was, now in pairs]
    return tuple(found)


def _alike(mine: set[str], theirs: set[str]) -> float:
    """The overlap coefficient of two sets of stems; with fewer than two in common nothing is alike."""
    shared = len(mine & theirs)
    return shared / min(len(mine), len(theirs)) if shared > 1 else 0.0


def _turned(was: str, now: str) -> list[tuple[str, str]]:
    """What was turned round between two sentences that are alike. Twice is not at all: “not easy” became “hard”."""
    opposite, negation = list(_opposites(was, now)), list(_negations(was, now))
    if (len(opposite) + len(negation)) % 2 == 0 and negation:
        return []
    return opposite + negation


def _opposites(was: str, now: str) -> Iterator[tuple[str, str]]:
    """Words of one sentence in whose place their opposite stands in the other."""
    before, after = words(was), words(now)
    for word in dict.fromkeys(before):
        if word in after or stem(word) in map(stem, after):
            continue
        for other in after:
            if (
                other in _against().get(word, ())
                and not _absent(other, before)
                and not _converse(before, word, after, other)
            ):
                yield word, other
                break


def _absent(other: str, before: Sequence[str]) -> bool:
    """Whether the other sentence had the opposite itself."""
    return other in before or stem(other) in map(stem, before)


def _converse(before: Sequence[str], word: str, after: Sequence[str], other: str) -> bool:
    """Whether the sides changed places with the word: “older than” became “younger than”, and all is as it was."""
    if not ({word, other, *(["than"] if "than" in before and "than" in after else [])} & _CONVERSE):
        return False
    at, to = before.index(word), after.index(other)
    left, right = _stems(before[:at]), _stems(before[at + 1 :])
    new_left, new_right = _stems(after[:to]), _stems(after[to + 1 :])
    return len(left & new_right) + len(right & new_left) > len(left & new_left) + len(right & new_right)


def _stems(found: Sequence[str]) -> set[str]:
    return set(content(" ".join(found)))


def _negations(was: str, now: str) -> Iterator[tuple[str, str]]:
    """Words that both have and only one negates, where not both have equally many negations."""
    before, after = negated(was), negated(now)
    if (len(before) - len(after)) % 2 == 0:
        return
    here, there = set(map(stem, words(was))), set(map(stem, words(now)))
    yield from ((f"not {word}", word) for word in before if word in there and word not in after)
    yield from ((word, f"not {word}") for word in after if word in here and word not in before)


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
