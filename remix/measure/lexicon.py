"""Knowledge of a language for the measures: words, and the notation of numbers, dates and negations.

Takes the code of a language, gives a `Lexicon`. `english.py`, `german.py`, `french.py` and `spanish.py` hold the
words; the lexicon of a further language has only the facts that need no words. Reads no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import snowballstemmer

LONGEST = 60
"""Letters. A longer word is not stemmed."""


class NumberWords(NamedTuple):
    """Numbers in words."""

    vague: re.Pattern[str]
    """Words that resemble numbers without a value: hundreds, millions."""
    implied: Mapping[str, str]
    """Words that imply a number: a dozen is 12."""


class Numerals(NamedTuple):
    """Numbers in digits."""

    number: re.Pattern[str]
    """A number with separators and endings, as in 1,200 or 21st."""
    thousands: re.Pattern[str]
    """A separator of thousands."""
    ordinal: re.Pattern[str] | None = None
    """The ending of an ordinal, to be cut off; null if ordinals count as separate numbers, as in English."""
    ordinal_of: Callable[[int], str] = str
    """The ordinal of a number, as the text's numbers are given: 21st, or 21 where the ending is cut off."""
    decade: str = "s"
    """The ending of a decade: 1850s."""
    roman: re.Pattern[str] | None = None
    """A Roman numeral with the group `roman`, as in French XIXe."""
    decade_named: re.Pattern[str] | None = None
    """A decade named by a noun before the year, with the group `decade`."""


class Calendar(NamedTuple):
    """Months and days."""

    months: tuple[str, ...]
    """The twelve months by name, or by number if the language's names aren't known."""
    forms: Mapping[str, str]
    """Months as written, also abbreviated, with the month's name."""
    weekdays: Mapping[str, str]
    """Days of the week as written, also in the plural, with the day's name."""
    day: re.Pattern[str]
    """A day, with groups d, m and, if the year is given, y; each group name ends in a number for the order of the
    parts."""
    written: str
    """How a day is shown, with `month` and `day`."""
    doubtful: frozenset[str] = frozenset()
    """Months that don't count at the beginning of a sentence: May, March."""


class Negations(NamedTuple):
    """Negations."""

    word: re.Pattern[str]
    """A word that negates."""
    idioms: re.Pattern[str]
    """Phrases with a negating word and without a negation: not only, no doubt."""
    clause_end: re.Pattern[str]
    """The end of a clause, which is the end of a negation's scope."""
    agreeing: bool = False
    """Whether several negations in a clause count once, as in Spanish “no … nada”."""
    with_particle: re.Pattern[str] | None = None
    """Words that negate only in a clause with `particle`, as French “pas”; null if the language has none."""
    particle: re.Pattern[str] | None = None
    """The particle, as French “ne”."""


class Antonyms(NamedTuple):
    """Words and antonyms."""

    lines: str
    """Words before and after a bar on each line; each word before the bar is an antonym of each word after the
    bar."""
    comparing: frozenset[str]
    """Comparing words: a claim stays the same if both sides swap places and the antonym stands between the sides."""
    than: str
    """The word between the two sides of a comparison."""
    denying: re.Pattern[str]
    """Words that deny without a negation (Karttunen 1971, "Implicative Verbs"): a sentence with a denying word counts
    as having lost no negation."""
    by_stem: bool = True
    """Whether words are looked up by stem; if not, the list has each form."""


class Lexicon:
    """The known facts about a language. Equal lexicons are the same object."""

    def __init__(
        self,
        code: str,
        *,
        function_words: str = "",
        stemmer: str | None = None,
        numerals: Numerals,
        calendar: Calendar,
        number_words: NumberWords | None = None,
        negations: Negations | None = None,
        antonyms: Antonyms | None = None,
        forms_of_address: frozenset[str] | None = None,
        no_end: re.Pattern[str] | None = None,
        separated: Callable[[str], str] = str,
        unfound: tuple[str, ...] = (),
    ) -> None:
        self.code = code
        """The code in ISO 639-1 if the language has a code there, else in ISO 639-3."""
        self.function_words = frozenset(function_words.casefold().split())
        """Grammar, not content; empty if unknown."""
        self.numerals = numerals
        self.calendar = calendar
        self.number_words = number_words
        """Null if numbers in words aren't known."""
        self.negations = negations
        """Null if negations aren't known."""
        self.antonyms = antonyms
        """Null if antonyms aren't known."""
        self.forms_of_address = forms_of_address
        """Words before a name that are not part of the name; null if names aren't known."""
        self.no_end = no_end
        """The end of a piece, with a blank, where sentencex cuts although no sentence ends; null if no such end is
        known."""
        self.unfound = unfound
        """Facts that can't be found although facts of the same type can be found."""
        self.separated = separated
        """A text with separated words: French “l’eau” has two words."""
        self.stem: Callable[[str], str] = _stem(stemmer) if stemmer else str
        """A word's stem by Snowball; without a stemmer, the word."""

    @property
    def not_looked_for(self) -> tuple[str, ...]:
        """The types of facts that can't be found in the language."""
        known = {
            "numbers in words": self.number_words,
            "names of months and days": self.calendar.forms,
            "names": self.forms_of_address,
            "negations": self.negations,
            "antonyms": self.antonyms,
        }
        return (*(name for name, value in known.items() if not value), *self.unfound)

    @cached_property
    def calendar_words(self) -> frozenset[str]:
        """Months, not abbreviated, and days of the week, as written."""
        forms = self.calendar.forms.items()
        months = {form for form, month in forms if form.casefold() == month.casefold()}
        return frozenset(months.union(self.calendar.weekdays))

    def opposite_key(self, word: str) -> str:
        """The key for looking up antonyms."""
        return self.stem(word) if self.antonyms and self.antonyms.by_stem else word

    @cached_property
    def opposites(self) -> dict[str, frozenset[str]]:
        """For each key of the list of antonyms, the keys of the antonyms."""
        found: dict[str, set[str]] = {}
        for left, right in self._lines:
            for one, others in ((left, right), (right, left)):
                for word in one:
                    found.setdefault(word, set()).update(others)
        return {word: frozenset(others) for word, others in found.items()}

    @cached_property
    def line_of(self) -> dict[str, str]:
        """For each key of the list of antonyms, the number of the first line with the key: a common name for a word
        and the word's antonyms."""
        return {
            word: str(at) for at, (left, right) in reversed(list(enumerate(self._lines))) for word in left + right
        }

    @property
    def _lines(self) -> list[tuple[list[str], list[str]]]:
        lines = self.antonyms.lines.strip().casefold().splitlines() if self.antonyms else []
        sides = (line.split("|") for line in lines)
        return [(self._keys(left), self._keys(right)) for left, right in sides]

    def _keys(self, side: str) -> list[str]:
        return [self.opposite_key(word) for word in side.split()]


def lexicon(language: str | None) -> Lexicon:
    """The lexicon of a language, by code; for null (a text too short to tell), the English lexicon."""
    return _lexicon(language or "en")


@cache
def _lexicon(code: str) -> Lexicon:
    from remix.measure import english, french, german, spanish

    known = {each.LEXICON.code: each.LEXICON for each in (english, german, french, spanish)}
    return known.get(code) or Lexicon(code, numerals=_NUMERALS, calendar=_CALENDAR)


def _stem(stemmer: str) -> Callable[[str], str]:
    make = snowballstemmer.stemmer(stemmer).stemWord
    return lru_cache(maxsize=65536)(lambda word: str(make(word)) if len(word) <= LONGEST else word)


BLANKS = " \u00a0\u202f\u2009"
"""Spaces that separate thousands: common, no-break, narrow no-break, thin."""


def number_pattern(ending: str = "") -> re.Pattern[str]:
    """Digits with full stops, commas or spaces between; `ending` is a pattern for the end of the number."""
    grouped = rf"\d{{1,3}}(?:[{BLANKS}]\d{{3}})+(?!\d)"
    return re.compile(rf"(?<!\w)(?:{grouped}|\d+)(?:[.,]\d+)*{ending}\b", re.IGNORECASE)


def separator_pattern(separators: str) -> re.Pattern[str]:
    """A separator of thousands: a space, or a character of `separators`."""
    return re.compile(rf"[{separators}{BLANKS}](?=\d{{3}}(?!\d))")


ISO_DAY = r"(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)"
"""A day as 1855-03-14."""

_NUMERALS = Numerals(number_pattern(), separator_pattern(".,"))
_CALENDAR = Calendar(
    tuple(f"{month:02}" for month in range(1, 13)), {}, {}, re.compile(rf"\b{ISO_DAY}(?!\w)"), "{month}-{day:02}"
)
