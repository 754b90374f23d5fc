"""Hard facts of a text and of a passage: numbers, dates, quotations, citations, names, negations.

Takes texts, gives a `HardFacts`. `numbers.py`, `quotations.py`, `proper_names.py`, `german_names.py` and
`negations.py` find the facts, by the rules of the passage's language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from remix.measure.german_names import german_names_in
from remix.measure.lexicon import Lexicon, lexicon
from remix.measure.negations import negations_in
from remix.measure.numbers import days_of, known_numbers, months_in, numbers_in, years_in
from remix.measure.proper_names import CAPITALISED, POSSESSIVES, longest_names, name_parts, names_in, word_root
from remix.measure.quotations import CITATION, citations_in, quotations_in
from remix.measure.sentences import sentences
from remix.measure.suffix_automaton import SuffixAutomaton
from remix.measure.word_positions import PositionedWord, positioned_words
from remix.measure.words import beginning, words
from remix.records import Frozen, Many

_Fact = TypeVar("_Fact")


class Facts(Frozen):
    """Facts of a single type."""

    given: Many[str] = ()
    """The passage's facts."""
    kept: Many[str] = ()
    """The passage's facts in the text."""
    invented: Many[str] = ()
    """The text's facts without a source in the passage, the previous step or the prompt."""
    inherited: Many[str] = ()
    """The text's facts from the previous step or the prompt that are missing in the passage."""


class HardFacts(Frozen):
    """The hard facts of a passage and of a text made from the passage."""

    numbers: Facts
    """In digits, or number words converted to digits: 17000, 1850s, 21st. The words “one”, “two”, “first” and
    “second” are too common to count as facts. Except in English, ordinals are converted to plain numbers."""
    dates: Facts
    """Months, days of months, days of the week, in the notation of the passage's language; years count as numbers."""
    quotations: Facts
    """The words between quotation marks; kept if the text has the same words in a row, quoted or not."""
    citations: Facts
    """Of the form (Hui 2016) or Hui (2016), each as name and year."""
    names: Facts
    """Capitalised words in mid-sentence; in German, names are told from nouns by the neighbouring words
    (`german_names.py`). Kept if the text has at least half of a name's words."""
    negations: Facts
    """The word nearest to each negation; never counted as invented, see `reversals`."""

    @property
    def types(self) -> tuple[Facts, ...]:
        """The facts of every type."""
        return (self.numbers, self.dates, self.quotations, self.citations, self.names, self.negations)

    @property
    def kept_share(self) -> float | None:
        """Share of the passage's facts kept in the text, 0 … 1; null if the passage has no facts."""
        given = sum(len(each.given) for each in self.types)
        return round(sum(len(each.kept) for each in self.types) / given, 4) if given else None

    @property
    def invented(self) -> tuple[str, ...]:
        """The invented facts of all types."""
        return tuple(fact for each in self.types for fact in each.invented)

    @property
    def inherited(self) -> tuple[str, ...]:
        """The inherited facts of all types."""
        return tuple(fact for each in self.types for fact in each.inherited)


def hard_facts(text: str, passage: str, *others: str, language: str | None = "en") -> HardFacts:
    """The passage's facts and the text's; `others` are the text's further sources: the previous step, the prompt.

    `language` is the passage's, as a code of ISO 639; null counts as English. Facts that can't be found in the
    language (`Lexicon.not_looked_for`) are empty. Of texts longer than `MOST_LETTERS` only the beginning is read.
    """
    here, there, *read = (_read(beginning(each), lexicon(language)) for each in (text, passage, *others))
    return HardFacts.model_validate({each.name: _compare(each, here, there, read) for each in _TYPES})


class _FactIndex(NamedTuple):
    """A text's facts, and sets for looking up the facts of a second text."""

    lex: Lexicon
    facts: dict[str, tuple[str, ...]]
    """Facts by type."""
    numbers: frozenset[str]
    """All numbers, including numbers in citations and dates."""
    dates: frozenset[str]
    negations: frozenset[str]
    words: frozenset[str]
    word_runs: SuffixAutomaton
    roots: frozenset[str]
    """Roots of the capitalised words, at any position: Europe for European."""
    prefixes: frozenset[str]
    """Beginnings of the capitalised words, at most two letters shorter: possible roots of further words."""
    beginnings: frozenset[str]
    """Beginnings of the capitalised words, of four letters and more; empty for an English text."""


class _FactType(NamedTuple):
    name: str
    holds: Callable[[_FactIndex, str], bool]
    """Whether a text keeps a fact of the passage."""
    is_source: Callable[[_FactIndex, str], bool]
    """Whether a fact may come from a text."""


def _compare(kind: _FactType, text: _FactIndex, passage: _FactIndex, others: Sequence[_FactIndex]) -> Facts:
    given, found = passage.facts[kind.name], text.facts[kind.name]
    foreign = [fact for fact in found if not kind.is_source(passage, fact)]
    inherited = {fact: None for fact in foreign if any(kind.is_source(each, fact) for each in others)}
    return Facts(
        given=given,
        kept=tuple(fact for fact in given if kind.holds(text, fact)),
        invented=tuple(fact for fact in foreign if fact not in inherited),
        inherited=tuple(inherited),
    )


def _has_number(text: _FactIndex, number: str) -> bool:
    return number in text.numbers


def _has_date(text: _FactIndex, date: str) -> bool:
    return date in text.dates


def _has_words(text: _FactIndex, quotation: str) -> bool:
    found = words(quotation)
    return text.word_runs.longest_prefix(found) == len(found)


def _has_citation(text: _FactIndex, citation: str) -> bool:
    return all(word in text.words or word in text.numbers for word in words(citation))


def _has_half(text: _FactIndex, name: str) -> bool:
    parts = name_parts(name, text.lex)
    return 2 * sum(part in text.words for part in parts) >= len(parts)


def _knows_name(text: _FactIndex, name: str) -> bool:
    """Whether a text has each part of a name, or a capitalised word of the same root."""
    has_root = _has_english_root if text.lex.code == "en" else _has_same_beginning
    return all(part in text.words or has_root(text, part) for part in name_parts(name, text.lex))


def _has_english_root(text: _FactIndex, part: str) -> bool:
    """As Italian and Italy, European and Europe, Chicagoan and Chicago: the shorter word, less two letters at most,
    is the longer word's root."""
    return word_root(part) in text.prefixes or any(part[: len(part) - less] in text.roots for less in range(3))


def _has_same_beginning(text: _FactIndex, part: str) -> bool:
    """As Anglais and Angleterre, Londoner and London: the word without the last three letters, but at least four
    letters, begins a capitalised word."""
    return part[: max(4, len(part) - 3)] in text.beginnings


_TYPES = (
    _FactType("numbers", _has_number, _has_number),
    _FactType("dates", _has_date, _has_date),
    _FactType("quotations", _has_words, _has_words),
    _FactType("citations", _has_citation, _has_citation),
    _FactType("names", _has_half, _knows_name),
    _FactType("negations", lambda text, word: word in text.negations, lambda text, word: True),
)


@lru_cache(maxsize=256)
def _read(written: str, lex: Lexicon) -> _FactIndex:
    """A text's facts. Cached, because every output of a passage is compared with the same passage."""
    text = lex.separated(written)
    bare, citations = _take(CITATION, text, citations_in)
    bare, days = _take(lex.calendar.day, bare, lambda match: days_of(match, lex))
    positioned = list(positioned_words(bare, lex))
    months = list(months_in(positioned, lex))
    negations = _unique(word for each in sentences(text, lex.code) for word in negations_in(each, lex))
    capitals = {word.casefold() for word in CAPITALISED.findall(text)}
    return _FactIndex(
        lex=lex,
        facts={
            "numbers": _unique([*years_in(text, lex), *numbers_in(bare, lex)]),
            "dates": _unique([*(day for day, _ in days), *months]),
            "quotations": _unique(
                f"“{' '.join(each.split()).rstrip(',;')}”" for each in quotations_in(written) if words(each)
            ),
            "citations": _unique(citations),
            "names": longest_names(_unique(_names(positioned, lex))),
            "negations": negations,
        },
        numbers=frozenset([*years_in(text, lex), *known_numbers(text, lex)]),
        dates=frozenset([*months, *(part for day in days for part in day)]),
        negations=frozenset(negations),
        words=frozenset(_known_words(text, lex)),
        word_runs=SuffixAutomaton(words(written)),
        roots=frozenset(filter(None, map(word_root, capitals))),
        prefixes=frozenset(word[:end] for word in capitals for end in range(max(4, len(word) - 2), len(word) + 1)),
        beginnings=frozenset()
        if lex.code == "en"
        else frozenset(word[:end] for word in capitals for end in range(4, len(word) + 1)),
    )


def _names(text: Sequence[PositionedWord], lex: Lexicon) -> Iterator[str]:
    if lex.code == "de":
        return german_names_in(text, lex)
    return names_in(text, lex) if lex.forms_of_address else iter(())


def _known_words(text: str, lex: Lexicon) -> Iterator[str]:
    """The words of a known name, also without the ending of a genitive."""
    yield from words(text)
    yield from words(POSSESSIVES.sub("", text))
    if lex.code == "de":
        yield from (word[:-1] if word.endswith("s") else f"{word}s" for word in words(text))


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


def _take(
    pattern: re.Pattern[str], text: str, read: Callable[[re.Match[str]], Iterator[_Fact]]
) -> tuple[str, list[_Fact]]:
    """The text without a pattern's matches, and the facts in the matches: a citation's year is not counted as a
    separate fact."""
    found = [fact for match in pattern.finditer(text) for fact in read(match)]
    return pattern.sub(" ; ", text), found
