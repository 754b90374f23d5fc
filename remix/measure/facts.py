"""Hard facts of a text, against those of its passage: numbers, dates, quotations, citations, names, negations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from remix.measure.negations import negations_in
from remix.measure.numbers import DAY, dates_of, known_numbers, months_in, numbers_in, years_in
from remix.measure.placed import CAPITALISED, Text, placed_words
from remix.measure.proper_names import POSSESSIVES, is_related, longest_names, name_parts, names_in, word_root
from remix.measure.quotations import CITATION, citations_in, quotations_in
from remix.measure.runs import Runs
from remix.measure.sentences import sentences
from remix.measure.words import beginning, words
from remix.records import Frozen, Many


class Facts(Frozen):
    """Facts of one sort."""

    given: Many[str] = ()
    """Those of the passage."""
    kept: Many[str] = ()
    """Those of them that the text has too."""
    invented: Many[str] = ()
    """What the text has, and nothing that it was made from."""
    inherited: Many[str] = ()
    """What it has from the step before or the prompt, and the passage has not."""


class HardFacts(Frozen):
    """What became of a passage's hard facts."""

    numbers: Facts
    """In digits, or in words made digits: 17000, 1850s, 21st. One, two in words, first and second are too
    common to be facts."""
    dates: Facts
    """Months, days of months, days of the week; years count as numbers."""
    quotations: Facts
    """The words between quotation marks; kept where they stand in a row, quoted or not."""
    citations: Facts
    """Of the form (Hui 2016) or Hui (2016), each as name and year."""
    names: Facts
    """Capitalised words in mid-sentence; kept where half of them are there."""
    negations: Facts
    """The word that each negation is nearest to; none is ever called invented, see `reversals`."""

    @property
    def sorts(self) -> tuple[Facts, ...]:
        """All of them."""
        return (self.numbers, self.dates, self.quotations, self.citations, self.names, self.negations)

    @property
    def kept_share(self) -> float | None:
        """Share of the passage's facts that the text keeps; null where it has none."""
        given = sum(len(each.given) for each in self.sorts)
        return round(sum(len(each.kept) for each in self.sorts) / given, 4) if given else None

    @property
    def invented(self) -> tuple[str, ...]:
        """All that was invented."""
        return tuple(fact for each in self.sorts for fact in each.invented)

    @property
    def inherited(self) -> tuple[str, ...]:
        """All that was invented before."""
        return tuple(fact for each in self.sorts for fact in each.inherited)


def hard_facts(text: str, passage: str, *others: str) -> HardFacts:
    """What became of the passage's facts in a text; `others` is what else it was made from: the step before, say.

    Of longer texts than are measured, the facts of their beginnings.
    """
    here, there = _read(beginning(text)), _read(beginning(passage))
    read = [_read(beginning(each)) for each in others]
    return HardFacts.model_validate({sort.name: _compare(sort, here, there, read) for sort in _SORTS})


def negated(sentence: str) -> list[str]:
    """The stem of the word that each negation of a sentence is nearest to."""
    return list(negations_in(sentence))


class _Sort(NamedTuple):
    name: str
    holds: Callable[[Text, str], bool]
    """Whether a text has a fact of another."""
    is_from: Callable[[Text, str], bool]
    """Whether a fact may come from a text."""


def _compare(sort: _Sort, text: Text, passage: Text, others: Sequence[Text]) -> Facts:
    given, found = passage.facts[sort.name], text.facts[sort.name]
    foreign = [fact for fact in found if not sort.is_from(passage, fact)]
    inherited = {fact: None for fact in foreign if any(sort.is_from(each, fact) for each in others)}
    return Facts(
        given=given,
        kept=tuple(fact for fact in given if sort.holds(text, fact)),
        invented=tuple(fact for fact in foreign if fact not in inherited),
        inherited=tuple(inherited),
    )


def _has_number(text: Text, number: str) -> bool:
    return number in text.numbers


def _has_date(text: Text, date: str) -> bool:
    return date in text.dates


def _has_words(text: Text, quotation: str) -> bool:
    found = words(quotation)
    return text.runs.longest(found) == len(found)


def _has_citation(text: Text, citation: str) -> bool:
    return all(word in text.words or word in text.numbers for word in words(citation))


def _has_half(text: Text, name: str) -> bool:
    parts = name_parts(name)
    return 2 * sum(part in text.words for part in parts) >= len(parts)


def _knows_name(text: Text, name: str) -> bool:
    return all(part in text.words or is_related(part, text) for part in name_parts(name))


def _has_negation(text: Text, word: str) -> bool:
    return word in text.negations


def _anywhere(text: Text, word: str) -> bool:
    return True


_SORTS = (
    _Sort("numbers", _has_number, _has_number),
    _Sort("dates", _has_date, _has_date),
    _Sort("quotations", _has_words, _has_words),
    _Sort("citations", _has_citation, _has_citation),
    _Sort("names", _has_half, _knows_name),
    _Sort("negations", _has_negation, _anywhere),
)


@lru_cache(maxsize=256)
def _read(text: str) -> Text:
    """A text's facts. Passages are asked for again and again, so what was read is kept."""
    bare, citations = _take(CITATION, text, citations_in)
    bare, days = _take(DAY, bare, dates_of)
    placed = list(placed_words(bare))
    dates = list(dict.fromkeys([*days, *months_in(placed)]))
    negations = _unique(word for each in sentences(text) for word in negations_in(each))
    capitals = {word.casefold() for word in CAPITALISED.findall(text)}
    return Text(
        facts={
            "numbers": _unique([*years_in(text), *numbers_in(bare)]),
            "dates": tuple(dates),
            "quotations": _unique(
                f"“{' '.join(each.split()).rstrip(',;')}”" for each in quotations_in(text) if words(each)
            ),
            "citations": _unique(citations),
            "names": longest_names(_unique(names_in(placed))),
            "negations": negations,
        },
        numbers=frozenset(known_numbers(text)),
        dates=frozenset([*dates, *(date.split()[0] for date in dates)]),
        negations=frozenset(negations),
        words=frozenset([*words(text), *words(POSSESSIVES.sub("", text))]),
        runs=Runs(words(text)),
        roots=frozenset(filter(None, map(word_root, capitals))),
        made=frozenset(word[:end] for word in capitals for end in range(max(4, len(word) - 2), len(word) + 1)),
    )


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


def _take(
    pattern: re.Pattern[str], text: str, read: Callable[[re.Match[str]], Iterator[str]]
) -> tuple[str, list[str]]:
    """What a pattern finds, and the text without it: a year in a citation isn't a number of its own."""
    found = [fact for match in pattern.finditer(text) for fact in read(match)]
    return pattern.sub(" ; ", text), found
