"""Dates: the day meant by a date, as written by a person or a program.

Takes a string from front matter or a file's name, gives `2023-05-07`, `2023-05`, `2023` or none. Doesn't know files.

A form counts only if the day is unambiguous: `13/05/2023` is in May, and of `05/07/2023` only the year is sure. With
full stops, `05.07.2023`, the day comes first: no country puts the month first.
"""

from __future__ import annotations

import datetime
import re

LONGEST = 80
"""Characters read."""

ISO = re.compile(r"\s*(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d|[-/.]\d)")
"""The year first, as in ISO 8601."""

_CHINESE = re.compile(r"\s*(\d{4}) ?[年년](?: ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日号일])?)?")
"""As in Japanese and Korean."""

_NUMBERS = re.compile(r"(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4})(?!\d)")

_SECONDS = re.compile(r"(1\d{9})(?:\d{3})?")
"""Seconds or thousandths of seconds since 1970, as Dendron writes dates: from 2001 to 2033."""

_WORD = r"([^\W\d_]{3,})\.?"
_YEAR = r"(\d{4})(?!\d)"
_DAY_MONTH_YEAR = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[ /-]+(?:de |of )?{_WORD}(?: del? |,?[ /-]+){_YEAR}"
)
_MONTH_DAY_YEAR = re.compile(rf"{_WORD}[ -]+(\d{{1,2}})(?:st|nd|rd|th)?,?[ -]+{_YEAR}")
_MONTH_YEAR = re.compile(rf"{_WORD}(?: del? |,?[ -]+){_YEAR}")
_WEEKDAY = re.compile(r"[^\W\d_]+[.,]*\s+(?=.*\d{4})")
"""A word before the date, such as `Sunday,` or `le`."""

_MONTHS = (
    "january jan januar januari janvier janv enero ene gennaio gen janeiro января январь янв січня січень stycznia",
    "february feb februar februari février févr febrero febbraio fevereiro fev февраля февраль фев лютого lutego",
    "march mar märz mrz mars maart marzo março марта март мар березня березень marca",
    "april apr avril avr abril abr aprile апреля апрель апр квітня квітень kwietnia",
    "may mai maj mei mayo maggio mag maio мая май травня травень maja",
    "june jun juni juin junio giugno giu junho июня июнь июн червня червень czerwca",
    "july jul juli juillet juil julio luglio lug julho июля июль июл липня липень lipca",
    "august aug augusti augustus août agosto ago августа август авг серпня серпень sierpnia",
    "september sep sept septembre septiembre settembre set setembro сентября сентябрь сен сент вересня września",
    "october oct oktober okt octobre octubre ottobre ott outubro out октября октябрь окт жовтня października",
    "november nov novembre noviembre novembro ноября ноябрь ноя нояб",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro декабря декабрь дек грудня grudnia",
)
"""Names with the same month in all languages: `listopada` is November in Polish and October in Croatian."""

_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}

_IN_NAME = re.compile(
    r"(\d{4})([-_.])(\d\d)\2(\d\d)(?!\d)"
    r"|((?:19|20)\d\d)(\d\d)(\d\d)(?:T?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?(?!\d)"
)


def day(written: str | None) -> str | None:
    """The date at the beginning of a string, as precise as written and unambiguous: `2026`, `2026-05` or
    `2026-05-17`. Org's brackets, `<2026-05-17 Sun>`, are skipped."""
    words = (written or "").lstrip("<[ \t")[:LONGEST]
    if found := _CHINESE.match(words) or ISO.match(words):
        return _joined(*found.groups())
    if found := _SECONDS.fullmatch(words.strip()):
        return datetime.datetime.fromtimestamp(int(found[1]), datetime.UTC).date().isoformat()
    if found := _NUMBERS.match(words):
        return _of_numbers(*found.groups())
    words = words.casefold()
    return _with_month(words) or _with_month(_WEEKDAY.sub("", words, count=1)) or in_name(words)


def in_name(stem: str) -> str | None:
    """The date at the beginning of a file's name, as Jekyll's posts, daily notes and Zettelkasten numbers have.

    Logseq and Roam name days `Mar 2nd, 2024`.
    """
    found = _IN_NAME.match(stem)
    if not found:
        return _with_month(stem[:LONGEST].casefold())
    year, month, of_month = found.group(1, 3, 4) if found[1] else found.group(5, 6, 7)
    try:
        return datetime.date(int(year), int(month), int(of_month)).isoformat()
    except ValueError:
        return None


def _of_numbers(first: str, sign: str, second: str, year: str) -> str | None:
    """A date with the year last."""
    day_first = _joined(year, second, first)
    month_first = None if sign == "." else _joined(year, first, second)
    if day_first and month_first and day_first != month_first:
        return _joined(year)
    return day_first or month_first


def _with_month(words: str) -> str | None:
    """A date with a month in letters, at the beginning of a string in small letters."""
    if (found := _DAY_MONTH_YEAR.match(words)) and (month := _NUMBER_OF.get(found[2])):
        return _joined(found[3], month, found[1])
    if (found := _MONTH_DAY_YEAR.match(words)) and (month := _NUMBER_OF.get(found[1])):
        return _joined(found[3], month, found[2])
    if (found := _MONTH_YEAR.match(words)) and (month := _NUMBER_OF.get(found[1])):
        return _joined(found[2], month)
    return None


def _joined(year: str, month: str | int | None = None, of_month: str | None = None) -> str | None:
    """The parts of a date in digits; none if no month or no day has the number."""
    parts = [int(part) for part in (month, of_month) if part is not None]
    if any(not 1 <= part <= most for part, most in zip(parts, (12, 31), strict=False)):
        return None
    return f"{int(year):04}" + "".join(f"-{part:02}" for part in parts)
