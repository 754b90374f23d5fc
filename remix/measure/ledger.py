"""What a text kept of its passage, dropped, added and invented, and what that earned.

Takes a text and what it was made from, gives a `Ledger`: all measures of one output, and one line that says them.
Knows nothing of records and files. There is no total score: what was worth losing, a reader must say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from remix.measure.alignment import CHRF, Aligned, Similarity, align
from remix.measure.extractive import Extractive, extractive
from remix.measure.facts import HardFacts, hard_facts
from remix.measure.flags import flags
from remix.measure.reversals import Reversal, reversals
from remix.measure.sentences import sentences
from remix.measure.words import FUNCTION_WORDS, MOST_LETTERS, beginning, stem, words
from remix.records import CandidateMeasures, Frozen, Many, Message, Sha256, Weights

VERSION = 1
"""Of all measures of one output together: raised whenever one would come out differently."""

MOST_SENTENCES = 1000
"""Sentences of a text that are held against those of another: the time grows with the pairs."""

SHOWN = 4
"""Inventions that are named in a line; of more it says how many."""

_IN_WORDS = "none one two three four five six seven eight nine ten eleven twelve"


class Made(NamedTuple):
    """A text with what it was made from."""

    text: str
    finish: Literal["stop", "length"]
    passage: str
    previous: str
    """Text of the step before; empty for the first."""
    messages: tuple[Message, ...]
    """What was asked."""
    length: float | None = None
    """Words that the kind asks for, as a share of those it reads; null where it doesn't say."""


class Length(Frozen):
    """How long a text is, in words."""

    words: int
    """Its own."""
    passage: int
    """The passage's."""
    read: int
    """Those of what it was made from: of the step before, or else of the passage."""
    wanted: int | None
    """Those that the kind asks for; null where it doesn't say."""

    @property
    def share(self) -> float:
        """Its words for each of the passage's."""
        return round(self.words / self.passage, 4) if self.passage else 0.0

    @property
    def off(self) -> float | None:
        """How far from what was wanted: 1 for twice or half as many words; null where nothing was said."""
        return round(abs(math.log2(max(self.words, 1) / max(self.wanted, 1))), 4) if self.wanted is not None else None


class Ledger(Frozen):
    """All measures of one output, against its passage."""

    line: str
    """What it kept, dropped, added and invented, in words."""
    similarity: str
    """What the scores of sentences are: `chrf`, or the model whose vectors' cosines they are."""
    similarity_version: str = "1"
    """Of what makes them; of a model, the package that carried it."""
    threshold: float
    """The score from which on a sentence counts as kept. An aid, no verdict."""
    passage: Many[Aligned]
    """Each of the passage's sentences with its best counterpart in the text: kept or dropped."""
    text: Many[Aligned]
    """Each of the text's sentences with its best source in the passage: kept or added."""
    facts: HardFacts
    """What became of the hard facts."""
    reversals: Many[Reversal]
    """Claims that may have been turned round."""
    extractive: Extractive
    """How much was copied out."""
    length: Length
    """How long it is."""
    flags: Many[str]
    """What looks wrong with it, by the checks of this version."""

    @property
    def by_meaning(self) -> bool:
        """Whether sentences were matched by what they say, and not by their letters."""
        return self.similarity != CHRF.name

    @property
    def kept(self) -> float:
        """Share of the passage's sentences that are kept."""
        return _share([each.kept for each in self.passage])

    @property
    def added(self) -> float:
        """Share of the text's sentences that nothing in the passage comes near."""
        return _share([not each.kept for each in self.text])


class MeasuresFile(Frozen):
    """A ledger as it is stored beside its record, and outside the record's id."""

    schema_: Literal["remix/measures/1"] = Field("remix/measures/1", alias="schema")
    """Name and version of this form."""
    version: int = VERSION
    """Version of the measures."""
    record: Sha256
    """Id of the output's record."""
    ledger: Ledger
    """The measures."""


def ledger(made: Made, similarity: Similarity = CHRF) -> Ledger:
    """All measures of a text.

    Of longer texts than are measured, the measures of their beginnings, but for lengths; the line says so.
    """
    passage, text = beginning(made.passage), beginning(made.text)
    source, output = measured_sentences(passage), measured_sentences(text)
    parts = Ledger(
        line="",
        similarity=similarity.name,
        similarity_version=similarity.version,
        threshold=similarity.kept,
        passage=align(source, output, similarity),
        text=align(output, source, similarity),
        facts=hard_facts(made.text, made.passage, made.previous, *(each.content for each in made.messages)),
        reversals=reversals(source, output),
        extractive=extractive(text, passage),
        length=_length(made),
        flags=flags(made.text, made.finish, made.passage, made.previous, made.messages),
    )
    return parts.model_copy(update={"line": _line(parts) + _left_out(made)})


def measured_sentences(text: str) -> list[str]:
    """The sentences of a text that are held against others."""
    return sentences(beginning(text))[:MOST_SENTENCES]


def _left_out(made: Made) -> str:
    """What was not measured, in words; nothing where all was."""
    read = (made.text, made.passage, made.previous, *(each.content for each in made.messages))
    parts = []
    if any(len(each) > MOST_LETTERS for each in read):
        parts.append(f"{MOST_LETTERS:,} letters")
    if any(len(sentences(beginning(each))) > MOST_SENTENCES for each in read[:2]):
        parts.append(f"{MOST_SENTENCES:,} sentences")
    return f"; measured by no more than the first {' and '.join(parts)} of a text" if parts else ""


def numbers(of: Ledger, weights: Weights) -> CandidateMeasures:
    """What a candidate is chosen by; its merit is the weighted sum of its measures."""
    values = {
        "kept": of.kept,
        "facts": of.facts.kept_share or 0.0,
        "added": of.added,
        "reversed": float(len(of.reversals)),
        "coverage": of.extractive.coverage,
        "density": of.extractive.density,
        "length": of.length.off or 0.0,
    }
    merit = math.fsum(getattr(weights, name) * value for name, value in values.items())
    return CandidateMeasures(version=VERSION, invented=len(of.facts.invented), **values, merit=round(merit, 6))


def _length(made: Made) -> Length:
    read = len(words(made.previous or made.passage))
    return Length(
        words=len(words(made.text)),
        passage=len(words(made.passage)),
        read=read,
        wanted=round(made.length * read) if made.length is not None else None,
    )


def _share(marks: Sequence[bool]) -> float:
    return round(sum(marks) / len(marks), 4) if marks else 0.0


# -- in words -----------------------------------------------------------------------------------------------


def _line(of: Ledger) -> str:
    """What the measures say, in words."""
    said = [_kept(of), _dropped(of), _added(of), _named("invents", of.facts.invented)]
    said += [
        _named("goes on with", of.facts.inherited),
        _named("may turn round", [_turn(each) for each in of.reversals]),
    ]
    return "; ".join(part for part in said if part)


def _kept(of: Ledger) -> str:
    total, kept = len(of.passage), sum(each.kept for each in of.passage)
    count = f"all {total}" if kept == total else f"{kept or 'none'} of {total}"
    sentences = f"sentence{'s' if total != 1 else ''}{' by meaning' if of.by_meaning else ''}"
    return f"keeps {count} {sentences} in {of.length.share:.0%} of the words".replace("%", " %")


def _dropped(of: Ledger) -> str:
    dropped = [each.sentence for each in of.passage if not each.kept]
    if not dropped or len(dropped) == len(of.passage):
        return ""
    on = " and ".join(_topics(dropped, [each.sentence for each in (*of.text, *of.passage) if each.kept]))
    return f"drops the {_in_words(len(dropped))}" + (f" on {on}" if on else "")


def _added(of: Ledger) -> str:
    added = sum(not each.kept for each in of.text)
    return f"adds {_in_words(added)}" if added else ""


def _named(what: str, facts: Sequence[str]) -> str:
    if not facts:
        return ""
    more = f" and {len(facts) - SHOWN} more" if len(facts) > SHOWN else ""
    return f"{what} {', '.join(facts[:SHOWN])}{more}"


def _turn(reversal: Reversal) -> str:
    return f"“{reversal.was}” to “{reversal.now}”"


def _in_words(count: int) -> str:
    known = _IN_WORDS.split()
    return known[count] if count < len(known) else str(count)


def _topics(dropped: Sequence[str], kept: Sequence[str]) -> list[str]:
    """Two words that the dropped sentences are about and the others are not: the most frequent, then the longest."""
    there = {stem(word) for sentence in kept for word in words(sentence)}
    found = [word for sentence in dropped for word in words(sentence) if word not in FUNCTION_WORDS]
    counts = Counter(stem(word) for word in found)
    first = {stem(word): word for word in reversed(found) if stem(word) not in there and not word.isdigit()}
    places = {word: at for at, word in reversed(list(enumerate(found)))}
    return sorted(first.values(), key=lambda word: (-counts[stem(word)], -len(word), places[word]))[:2]
