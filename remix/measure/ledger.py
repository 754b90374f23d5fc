"""The ledger of one output: what a text kept of its passage, dropped, added and invented.

Takes a text and its sources, gives a `Ledger`: all measures of the text, and one line that sums them up. Knows
nothing of records and files. There is no total score: only a reader can say what was worth losing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from remix.measure.alignment import AlignedSentence, align
from remix.measure.chrf import CHRF
from remix.measure.extractive import Extractive, extractive
from remix.measure.facts import HardFacts, hard_facts
from remix.measure.flags import flags
from remix.measure.language import language_of
from remix.measure.lexicon import Lexicon, lexicon
from remix.measure.reversals import Reversal, reversals
from remix.measure.sentences import sentences
from remix.measure.similarity import Similarity
from remix.measure.words import MOST_LETTERS, beginning, words
from remix.records import CandidateMeasures, Frozen, Many, Message, Sha256, Weights

VERSION = 2
"""Version of the measures: raised whenever any measure of a text would change."""

MOST_SENTENCES = 1000
"""Greatest number of sentences to compare per text: time grows with the number of pairs."""

SHOWN = 4
"""Facts that the line names; of further facts the line gives the number."""

_IN_WORDS = "none one two three four five six seven eight nine ten eleven twelve"


class LedgerInput(NamedTuple):
    """A text and its sources."""

    text: str
    finish: Literal["stop", "length"]
    passage: str
    previous: str
    """Text of the previous step; empty for step 1."""
    messages: tuple[Message, ...]
    """The prompt."""
    length: float | None = None
    """The length that the template asks for, as a share of the words read; null if the template sets no length."""


class Length(Frozen):
    """How long a text is, in words."""

    words: int
    """Words of the text."""
    passage: int
    """Words of the passage."""
    read: int
    """Words of the previous step; for step 1, of the passage."""
    wanted: int | None
    """Words that the template asks for; null if the template sets no length."""

    @property
    def share(self) -> float:
        """Words of the text per word of the passage."""
        return round(self.words / self.passage, 4) if self.passage else 0.0

    @property
    def off(self) -> float | None:
        """|log2(words / wanted)|: 1 for twice or half as many words as asked for; null if the template sets no
        length."""
        return round(abs(math.log2(max(self.words, 1) / max(self.wanted, 1))), 4) if self.wanted is not None else None


class Ledger(Frozen):
    """All measures of one output."""

    line: str
    """The measures in words: what was kept, dropped, added and invented."""
    similarity: str
    """How sentences were compared: `chrf`, or the name of the embedding model."""
    similarity_version: str = "1"
    """Version of chrF as implemented here, or the embedding model's package and version."""
    language: str | None
    """The passage's language by its code in ISO 639; null for a passage too short to tell, which is read as
    English."""
    not_looked_for: Many[str]
    """Facts that can't be found in the passage's language."""
    threshold: float
    """A sentence counts as kept from this score on. An aid, no verdict."""
    passage: Many[AlignedSentence]
    """Each sentence of the passage with its closest match in the text: kept or dropped."""
    text: Many[AlignedSentence]
    """Each sentence of the text with its closest match in the passage: kept or added."""
    facts: HardFacts
    """The passage's and the text's hard facts."""
    reversals: Many[Reversal]
    """Claims that the text may have reversed."""
    extractive: Extractive
    """Coverage, density and compression."""
    length: Length
    """Length in words."""
    flags: Many[str]
    """Failed checks, see `flags`."""

    @property
    def by_meaning(self) -> bool:
        """Whether sentences were compared by embeddings instead of chrF."""
        return self.similarity != CHRF.name

    @property
    def kept(self) -> float:
        """Share of the passage's sentences that the text keeps, 0 … 1."""
        return _share([each.kept for each in self.passage])

    @property
    def added(self) -> float:
        """Share of the text's sentences without a match in the passage, 0 … 1."""
        return _share([not each.kept for each in self.text])


class MeasuresFile(Frozen):
    """A ledger as a file beside its record; no part of the record's id."""

    schema_: Literal["remix/measures/1"] = Field("remix/measures/1", alias="schema")
    """Name and version of the file format."""
    version: int = VERSION
    """Version of the measures."""
    record: Sha256
    """Id of the output's record."""
    ledger: Ledger
    """The measures."""


def ledger(given: LedgerInput, similarity: Similarity = CHRF) -> Ledger:
    """All measures of a text.

    Of texts longer than `MOST_LETTERS` or `MOST_SENTENCES` only the beginning is measured, and the line says so;
    lengths are the whole texts'.
    """
    passage, text = beginning(given.passage), beginning(given.text)
    language = language_of(given.passage)
    source, output = measured_sentences(passage, language), measured_sentences(text, language)
    parts = Ledger(
        line="",
        similarity=similarity.name,
        similarity_version=similarity.version,
        language=language,
        not_looked_for=lexicon(language).not_looked_for,
        threshold=similarity.kept,
        passage=align(source, output, similarity),
        text=align(output, source, similarity),
        facts=hard_facts(
            *(given.text, given.passage, given.previous),
            *(each.content for each in given.messages),
            language=language,
        ),
        reversals=reversals(source, output, language),
        extractive=extractive(text, passage),
        length=_length(given),
        flags=flags(given.text, given.finish, given.passage, given.previous, given.messages),
    )
    return parts.model_copy(update={"line": _line(parts) + _left_out(given)})


def measured_sentences(text: str, language: str | None) -> list[str]:
    """The first `MOST_SENTENCES` sentences of a text in a language."""
    return sentences(beginning(text), language)[:MOST_SENTENCES]


def _left_out(given: LedgerInput) -> str:
    """A clause on what was not measured; empty if the whole texts were."""
    read = (given.text, given.passage, given.previous, *(each.content for each in given.messages))
    parts = []
    if any(len(each) > MOST_LETTERS for each in read):
        parts.append(f"{MOST_LETTERS:,} letters")
    if any(len(sentences(beginning(each))) > MOST_SENTENCES for each in read[:2]):
        parts.append(f"{MOST_SENTENCES:,} sentences")
    return f"; measured by no more than the first {' and '.join(parts)} of a text" if parts else ""


def candidate_measures(found: Ledger, weights: Weights, heard: float | None = None) -> CandidateMeasures:
    """The measures for choosing among candidates; merit is the weighted sum.

    `heard` is the share of the passages that are heard, if the template gives it a weight.
    """
    values = {
        "kept": found.kept,
        "facts": found.facts.kept_share or 0.0,
        "added": found.added,
        "reversed": float(len(found.reversals)),
        "coverage": found.extractive.coverage,
        "density": found.extractive.density,
        "length": found.length.off or 0.0,
    }
    merit = math.fsum(getattr(weights, name) * value for name, value in {**values, "heard": heard or 0.0}.items())
    invented = len(found.facts.invented)
    return CandidateMeasures(version=VERSION, invented=invented, **values, heard=heard, merit=round(merit, 6))


def _length(given: LedgerInput) -> Length:
    read = len(words(given.previous or given.passage))
    return Length(
        words=len(words(given.text)),
        passage=len(words(given.passage)),
        read=read,
        wanted=round(given.length * read) if given.length is not None else None,
    )


def _share(marks: Sequence[bool]) -> float:
    return round(sum(marks) / len(marks), 4) if marks else 0.0


# -- in words -----------------------------------------------------------------------------------------------


def _line(found: Ledger) -> str:
    """The measures in words."""
    total, kept = len(found.passage), sum(each.kept for each in found.passage)
    count = f"all {total}" if kept == total else f"{kept or 'none'} of {total}"
    sentences = f"sentence{'s' if total != 1 else ''}{' by meaning' if found.by_meaning else ''}"
    added = sum(not each.kept for each in found.text)
    parts = [
        f"keeps {count} {sentences} in {found.length.share:.0%} of the words".replace("%", " %"),
        _dropped(found),
        f"adds {_in_words(added)}" if added else "",
        _named("invents", found.facts.invented),
        _named("goes on with", found.facts.inherited),
        _named("may turn round", [f"“{each.was}” to “{each.now}”" for each in found.reversals]),
    ]
    return "; ".join(part for part in parts if part)


def _dropped(found: Ledger) -> str:
    dropped = [each.sentence for each in found.passage if not each.kept]
    if not dropped or len(dropped) == len(found.passage):
        return ""
    kept = [each.sentence for each in (*found.text, *found.passage) if each.kept]
    on = " and ".join(_topics(dropped, kept, lexicon(found.language)))
    return f"drops the {_in_words(len(dropped))}" + (f" on {on}" if on else "")


def _named(what: str, facts: Sequence[str]) -> str:
    if not facts:
        return ""
    more = f" and {len(facts) - SHOWN} more" if len(facts) > SHOWN else ""
    return f"{what} {', '.join(facts[:SHOWN])}{more}"


def _in_words(count: int) -> str:
    known = _IN_WORDS.split()
    return known[count] if count < len(known) else str(count)


def _topics(dropped: Sequence[str], kept: Sequence[str], lex: Lexicon) -> list[str]:
    """Two content words that dropped sentences have and kept sentences lack: the most frequent, then the longest.
    None in a language whose function words aren't known."""
    if not lex.function_words:
        return []
    stem = lex.stem
    there = {stem(word) for sentence in kept for word in words(lex.separated(sentence))}
    found = [word for each in dropped for word in words(lex.separated(each)) if word not in lex.function_words]
    counts = Counter(stem(word) for word in found)
    first = {stem(word): word for word in reversed(found) if stem(word) not in there and not word.isdigit()}
    places = {word: at for at, word in reversed(list(enumerate(found)))}
    return sorted(first.values(), key=lambda word: (-counts[stem(word)], -len(word), places[word]))[:2]
