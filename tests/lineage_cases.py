"""Essays made of sentences whose passages are known: what lineage of sentences must find.

Sentences are verbatim (of the repository's seeds and of `planted.py`), paraphrased or said freely in quite other
words (`planted.py`), by models and labelled *said* (`labelled.jsonl`), joined from two passages, or *added*: of
passages that aren't in the essay's group, made up for these cases about a passage's matter, or by models and labelled
*added*. Passages are split in two halves: one for development, one kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

from remix.corpus import read_seeds
from remix.measure.sentences import sentences
from remix.workspace import shipped
from tests import planted
from tests.labelled import labelled

CaseKind = Literal[
    "verbatim", "paraphrased", "said freely", "by models", "joined", "other matter", "made up", "models' own"
]
ADDED: tuple[CaseKind, ...] = ("other matter", "made up", "models' own")
"""Kinds of sentences without a passage behind them."""

SIZES = (2, 3, 4)
"""Numbers of passages of the groups, in turns."""

MANY = 10
"""Number of passages of the large groups."""


class LineageCase(NamedTuple):
    """A sentence of an essay."""

    kind: CaseKind
    sentence: str
    passages: tuple[str, ...]
    """Ids of the passages that the sentence comes from; empty if the sentence is added."""


class KnownEssay(NamedTuple):
    """An essay whose sentences come from known passages."""

    passages: Mapping[str, str]
    """Text of each passage of the group by id, in order."""
    cases: tuple[LineageCase, ...]
    """The sentences, in order."""
    held_out: bool

    @property
    def text(self) -> str:
        """The essay."""
        return " ".join(case.sentence for case in self.cases)


_PLANTED = (
    *("BRIDGE", "ALMANAC", "LIGHT", "MAP", "ORCHARD", "CHOIR", "POST", "CLERK", "GLASS", "SALT", "CLOCK", "LOOM"),
    *("FERRY", "DYE", "TUNE", "BEES"),
)

MADE_UP = (
    ("BRIDGE", "Iron rusts sooner near the sea, and painters of bridges never run out of work."),
    ("BRIDGE", "Cheese keeps longer than either milk or butter if the cellar is cool."),
    ("ALMANAC", "Forecasts for a week ahead are better today, thanks to satellites."),
    ("ALMANAC", "Margins are where students learn to argue with a book."),
    ("LIGHT", "Astronomers now climb mountains to get away from the lamps of towns."),
    ("MAP", "Sailors used to tattoo a compass on the back of the hand."),
    ("MAP", "Kings seldom ask for the same map as merchants do."),
    ("ORCHARD", "An apple eaten with its skin has more fibre."),
    ("CHOIR", "Many singers first learn music at school, from a teacher at a piano."),
    ("POST", "Postage stamps show rulers, birds and now and then a lighthouse."),
    ("CLERK", "Lawyers today sign their deeds on a screen."),
    ("GLASS", "Sand, soda and lime are melted together at great heat."),
    ("SALT", "Doctors advise eating less salt, above all to people with high blood pressure."),
    ("CLOCK", "Wrist watches became common among soldiers in the First World War."),
    ("LOOM", "Linen creases more than wool, whatever the weaver does."),
    ("FERRY", "Seagulls follow any boat on which somebody eats a sandwich."),
    ("DYE", "Cotton takes up colour in another way than silk."),
    ("TUNE", "A fiddle wants new strings about twice a year."),
    ("BEES", "Wild flowers along motorways feed more insects than one would think."),
    ("a-hole-high-in-the-wall/001", "Old buildings often surprise those who restore them."),
    ("a-hole-high-in-the-wall/002", "Every ministry now has servers that hum in a cellar."),
    ("a-hole-high-in-the-wall/004", "Monks rose before dawn and slept in their habits."),
    ("a-hole-high-in-the-wall/005", "Libraries lend fewer books each year and more tools."),
    ("a-hole-high-in-the-wall/007", "Children draw the sun in a corner of the sheet."),
    ("calling-over/001", "Taxi fares in the capital rose again last spring, to nobody's delight."),
    ("calling-over/003", "A moped uses little petrol and is easy to park."),
    ("calling-over/004", "Nervous candidates should eat a good breakfast before an examination."),
    ("calling-over/006", "Larger models need more electricity than some towns."),
    ("consecutive/001", "Diplomats are said to prefer long lunches to long speeches."),
    ("consecutive/003", "Headphones have become smaller since the war, and cheaper."),
    ("consecutive/005", "Finnish has fifteen cases and no grammatical gender."),
    ("consecutive/006", "Glass walls let an office look modern and sound noisy."),
    ("number-two-spring/002", "Bread rises best in a warm kitchen without a draught."),
    ("number-two-spring/003", "Farmers also fear hail, and some of them insure against it."),
    ("number-two-spring/005", "Traders in the pit used to shout and wave their arms."),
    ("ogilbys-ribbon/001", "Horses had to be changed at an inn every dozen miles or so."),
    ("ogilbys-ribbon/003", "Walking an hour a day is good for the heart."),
    ("ogilbys-ribbon/004", "Cars that drive themselves have been promised for a generation."),
    ("seventeen-thousand-houses/001", "Potatoes came to Europe by ship and were distrusted at first."),
    ("seventeen-thousand-houses/004", "A good saw is worth its price, as any carpenter will tell you."),
    ("seventeen-thousand-houses/005", "Shops that close early lose the trade of those who work late."),
    ("the-compositors-stone/002", "Dictionaries sell best in the weeks before school begins."),
    ("the-compositors-stone/003", "Ink stains come out with milk if one is quick."),
    ("the-dark-staircase/001", "Cinemas smell of popcorn because popcorn earns more than tickets."),
    ("the-dark-staircase/004", "The Mississippi floods whenever the snow melts too fast in the north."),
    ("the-dark-staircase/005", "Museums insure a picture before it travels."),
    ("the-tide-machine/001", "Brass wants polishing, and most museums have a volunteer for that."),
    ("the-tide-machine/004", "Surfers check the waves on a telephone before they leave the house."),
    ("the-tide-machine/005", "Insurance against storms has grown dear along every coast."),
    ("the-wolf/002", "Organs are expensive to heat around, and churches are cold."),
    ("the-wolf/003", "A grand piano weighs about as much as a small car."),
    ("the-wolf/004", "Conductors live long, which some put down to the exercise."),
)
"""Sentences that take up the matter of a passage and say nothing that the passage says, by the passage's id."""


@cache
def known_essays() -> tuple[KnownEssay, ...]:
    """All essays on groups of two to four passages, those of development first."""
    return tuple(
        _essay(group, half, number, is_apart)
        for is_apart in (False, True)
        for half in [_halves()[is_apart]]
        for number, group in enumerate(_groups(list(half)))
    )


@cache
def large_essays() -> tuple[KnownEssay, ...]:
    """Essays on groups of ten passages, with the same sentences, those of development first."""
    found = []
    for is_apart in (False, True):
        half = _halves()[is_apart]
        ids = list(half)
        groups = [ids[start : start + MANY] for start in range(0, len(ids) - MANY + 1, MANY)]
        found += [_essay(group, half, number, is_apart) for number, group in enumerate(groups)]
    return tuple(found)


@cache
def _halves() -> tuple[dict[str, str], dict[str, str]]:
    """The passages of development, and those kept apart: each second passage of an essay, and of the planted ones."""
    folder = shipped("seeds")
    essays = [[(each.id, each.text) for each in essay.passages] for essay in read_seeds(folder, folder.parent)]
    essays.insert(0, [(name, getattr(planted, name)) for name in _PLANTED])
    return dict(each for essay in essays for each in essay[::2]), dict(
        each for essay in essays for each in essay[1::2]
    )


def _groups(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Neighbouring passages in groups of two, three, four, two …: most distractors are of the same essay."""
    start, number = 0, 0
    while len(ids) - start >= min(SIZES):
        yield ids[start : start + SIZES[number % len(SIZES)]]
        start += SIZES[number % len(SIZES)]
        number += 1


def _essay(group: Sequence[str], half: Mapping[str, str], number: int, is_apart: bool) -> KnownEssay:
    passages = {each: half[each] for each in group}
    from_passages = [list(_from(each, text)) for each, text in passages.items()]
    # A sentence of each passage in turn, so that neighbours come from different passages.
    longest = max(map(len, from_passages))
    cases = [each[at] for at in range(longest) for each in from_passages if at < len(each)]
    strange = [
        each for each in half if each not in passages and each.split("/")[0] not in {x.split("/")[0] for x in group}
    ]
    away = strange[(7 * number + 3) % len(strange)]
    cases.insert(len(cases) // 2, LineageCase("other matter", sentences(half[away])[0], ()))
    if number % 2:
        cases.append(_joined(passages))
    return KnownEssay(passages, tuple(cases), is_apart)


def _from(passage: str, text: str) -> Iterator[LineageCase]:
    """The sentences that a passage gives to an essay, and the added ones about its matter."""
    own = sentences(text)
    for sentence in own[1:3]:
        yield LineageCase("verbatim", sentence, (passage,))
    yield from (LineageCase(kind, sentence, (passage,)) for kind, sentence in _paraphrased(text))
    yield from (LineageCase("made up", sentence, ()) for about, sentence in MADE_UP if about == passage)
    marked = [each for each in labelled() if each.passage == text]
    said = dict.fromkeys(each.sentence for each in marked if each.label == "said" and each.sentence not in own)
    added = dict.fromkeys(each.sentence for each in marked if each.label == "added")
    yield from (LineageCase("by models", sentence, (passage,)) for sentence in said)
    yield from (LineageCase("models' own", sentence, ()) for sentence in list(added)[:3])


def _paraphrased(text: str) -> Iterator[tuple[CaseKind, str]]:
    whole = [*planted.FAITHFUL, *(each for each in planted.HELD_OUT if each.kind == "paraphrase")]
    for each in (*whole, *planted.FREE, *planted.INNOCENT):
        if each.passage == text:
            kind: CaseKind = "said freely" if each.kind == "free" else "paraphrased"
            yield from ((kind, sentence) for sentence in sentences(each.text))


def _joined(passages: Mapping[str, str]) -> LineageCase:
    """A sentence made of the shortest sentences of the first two passages."""
    first, second = list(passages)[:2]
    one, other = (min(sentences(passages[each]), key=lambda words: abs(len(words) - 80)) for each in (first, second))
    return LineageCase("joined", f"{one.rstrip('.!?')}, and {other[0].lower()}{other[1:]}", (first, second))
