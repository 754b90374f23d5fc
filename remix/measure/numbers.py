"""Numbers and dates in a text.

Takes a text and the lexicon of the language, gives numbers in digits, and dates in the language's notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from text_to_num import alpha2digit

from remix.measure.lexicon import Lexicon
from remix.measure.sentences import PIECE, pieces
from remix.measure.word_positions import PositionedWord
from remix.measure.words import words

_COMMON = {"1", "1st", "2nd"}
_ROMAN = {"I": 1, "V": 5, "X": 10}


def numbers_in(text: str, lex: Lexicon, least: int = 3) -> Iterator[str]:
    """Numbers in digits, without separators of thousands; number words are converted if the number is at least
    `least`."""
    for match in lex.numerals.number.finditer(_in_digits(text, lex, least)):
        number = lex.numerals.thousands.sub("", match.group().lower())
        if lex.numerals.ordinal:
            number = lex.numerals.ordinal.sub("", number)
        # Of consecutive number words, as in “one, two”, alpha2digit converts small numbers too.
        if number not in _COMMON and (number != "2" or not least or re.search(r"\b2\b", text)):
            yield number


def _in_digits(text: str, lex: Lexicon, least: int) -> str:
    """A text with numbers in digits, as far as the language's number words are known."""
    given = lex.numerals
    if given.roman:
        text = given.roman.sub(lambda match: str(_of_roman(match["roman"])), text)
    if given.decade_named:
        text = given.decade_named.sub(rf"\g<decade>0{given.decade}", text)
    if lex.number_words is None:
        return text
    # alpha2digit takes time in the square of the length of a row of numbers.
    few = pieces(lex.number_words.vague.sub("many", text), PIECE)
    return "".join(alpha2digit(each, lex.code, least) for each in few)


def _of_roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def known_numbers(text: str, lex: Lexicon) -> Iterator[str]:
    """All numbers stated or implied in a text: a dozen is also 12; 1855 is also in the 1850s and the 19th century."""
    implied = lex.number_words.implied if lex.number_words else {}
    yield from (implied[word] for word in words(text) if word in implied)
    given = lex.numerals
    for number in numbers_in(text, lex, least=0):
        yield number
        if re.fullmatch(rf"(?:1\d{{3}}|20\d\d)(?:{given.decade})?", number):
            yield from (f"{number[:3]}0{given.decade}", given.ordinal_of(int(number[:2]) + 1))
        elif number.isdigit() and len(number) < 3:
            yield given.ordinal_of(int(number))  # a day of a month, for example


def years_in(text: str, lex: Lexicon) -> Iterator[str]:
    return (year for match in lex.calendar.day.finditer(text) for year in _part(match, "y"))


def days_of(match: re.Match[str], lex: Lexicon) -> Iterator[tuple[str, str]]:
    """A day in the language's notation, as “March 14”, and the month."""
    calendar = lex.calendar
    for each, day in zip(_part(match, "m"), _part(match, "d"), strict=True):
        known = each.isdigit() and 1 <= int(each) <= 12
        month = calendar.months[int(each) - 1] if known else calendar.forms.get(each.rstrip("."), each)
        yield calendar.written.format(month=month, day=int(day)), month


def _part(match: re.Match[str], letter: str) -> Iterator[str]:
    return (value for name, value in match.groupdict().items() if name.startswith(letter) and value)


def months_in(text: Iterable[PositionedWord], lex: Lexicon) -> Iterator[str]:
    """Months and weekdays without a day's number. May and March don't count at the beginning of a sentence."""
    calendar = lex.calendar
    for word, opens, _ in text:
        if word in calendar.weekdays:
            yield calendar.weekdays[word]
        elif word in lex.calendar_words and not (opens and word in calendar.doubtful):
            yield calendar.forms[word]
