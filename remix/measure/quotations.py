"""Quotations and citations in a text.

Takes a text, gives the words of quotations, and the name and year of citations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Lengths are bounded to save time at unclosed quotation marks.
_QUOTED = re.compile(
    r"“([^”]{1,999})”|\"([^\"]{1,999})\"|«([^»]{1,999})»|(?<!\w)‘([^‘]{1,300}?)’(?!\w)"
    # As in German: some marks open a quotation in one language and close a quotation in a different language; the
    # first mark decides.
    r"|„([^„“”]{1,999})[“”]|(?<!\w)»([^«»]{1,999})«|(?<!\w)‚([^‚‘’]{1,300}?)[‘’](?!\w)|(?<!\w)›([^‹›]{1,300})‹"
)
_SURNAME = r"[^\W\d_][\w’'\-]{1,60}"
_WITH = rf"(?: (?:et al\.?|(?:and|&) {_SURNAME}))?"
_YEAR = r"\d{4}[a-z]?(?:[,:][^();]{0,99})?"
_CITED = rf"{_SURNAME}{_WITH},? {_YEAR}"
CITATION = re.compile(rf"\((?:(?:see|cf\.) )?{_CITED}(?:; ?{_CITED})*\)|\b(?=[A-Z]){_SURNAME}{_WITH} \({_YEAR}\)")
_WORK = re.compile(rf"({_SURNAME}){_WITH},? \(?(\d{{4}})")


def quotations_in(text: str) -> Iterator[str]:
    return ("".join(groups) for groups in _QUOTED.findall(text))


def citations_in(match: re.Match[str]) -> Iterator[str]:
    return (f"{name} {year}" for name, year in _WORK.findall(match.group()))
