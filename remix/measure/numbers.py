"""Numbers and dates in a text.

Takes an English text, gives numbers as digits and dates as month and day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from text_to_num import alpha2digit

from remix.measure.sentences import PIECE, pieces
from remix.measure.word_positions import PositionedWord
from remix.measure.words import words

_VAGUE = re.compile(r"\b(?:hundreds|thousands|millions|billions|dozens)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?\b", re.IGNORECASE)
_COMMON = {"1", "1st", "2nd"}
_IMPLIED = {"three": "3", "triple": "3", "thrice": "3", "dozen": "12"}

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FULL = {month[:3]: month for month in MONTHS}
_MONTH = "|".join([*MONTHS, *(f"{each}\\.?" for each in [*_FULL, "Sept"])])
DAY = re.compile(
    rf"\b(?:(?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})(?:,? (?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y3>\d{{4}}))?)(?!\w)"
)


def numbers_in(text: str, least: int = 3) -> Iterator[str]:
    """Numbers as digits, without thousands separators; number words are converted if they stand for `least` or
    more."""
    # alpha2digit takes time in the square of the length of a row of numbers.
    spelt = "".join(alpha2digit(each, "en", least) for each in pieces(_VAGUE.sub("many", text), PIECE))
    for match in _NUMBER.finditer(spelt):
        number = re.sub(r",(?=\d{3}(?!\d))", "", match.group().lower())
        # Of consecutive number words, as in “one, two”, alpha2digit converts small numbers too.
        if number not in _COMMON and (number != "2" or not least or re.search(r"\b2\b", text)):
            yield number


def known_numbers(text: str) -> Iterator[str]:
    """All numbers that a text states or implies: a dozen is also 12; 1855 is also in the 1850s and the 19th
    century."""
    yield from (_IMPLIED[word] for word in words(text) if word in _IMPLIED)
    for number in numbers_in(text, least=0):
        yield number
        if re.fullmatch(r"1\d{3}s?|20\d\ds?", number):
            yield from (f"{number[:3]}0s", _ordinal(int(number[:2]) + 1))
        elif number.isdigit() and len(number) < 3:
            yield _ordinal(int(number))  # a day of a month, for example


def _ordinal(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else last}"


def years_in(text: str) -> Iterator[str]:
    return (year for match in DAY.finditer(text) for year in _part(match, "y"))


def dates_of(match: re.Match[str]) -> Iterator[str]:
    """A day as month and number, as in “March 14”."""
    for month, day in zip(_part(match, "m"), _part(match, "d"), strict=True):
        known = month.isdigit() and 1 <= int(month) <= 12
        yield f"{MONTHS[int(month) - 1] if known else _FULL.get(month[:3], month)} {int(day)}"


def _part(match: re.Match[str], letter: str) -> Iterator[str]:
    return (match[f"{letter}{way}"] for way in (1, 2, 3) if match[f"{letter}{way}"])


def months_in(text: Iterable[PositionedWord]) -> Iterator[str]:
    """Months and weekdays without a day's number. May and March count only if they don't begin a sentence."""
    for word, opens, _ in text:
        if word.removesuffix("s") in WEEKDAYS:
            yield word.removesuffix("s")
        elif word in MONTHS and not (opens and word in {"May", "March"}):
            yield word
