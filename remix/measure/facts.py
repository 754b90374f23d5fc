"""The hard facts of a text: what is kept of them, and what was invented.

Takes a text and what it was made from, gives for numbers, dates, quotations, citations, names and negations which are
still there and which came from nowhere. Goes by words alone and knows nothing of the world: a fact moved to another
sentence is kept to it, and a name at the head of a sentence it doesn't see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from text_to_num import alpha2digit

from remix.measure.runs import Runs
from remix.measure.sentences import PIECE, pieces, sentences
from remix.measure.words import FUNCTION_WORDS, beginning, stem, words
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
    return list(_negations(sentence))


# -- comparing ----------------------------------------------------------------------------------------------


class _Text(NamedTuple):
    """A text as it is searched."""

    facts: dict[str, tuple[str, ...]]
    """Its facts by sort."""
    numbers: frozenset[str]
    """All its numbers, those in citations and dates too."""
    dates: frozenset[str]
    negations: frozenset[str]
    words: frozenset[str]
    runs: Runs
    """Its words in a row."""
    roots: frozenset[str]
    """What its capitalised words, wherever they stand, are made from, as Europe from European."""
    made: frozenset[str]
    """What may be made into others: the beginnings of its capitalised words, up to two letters shorter."""


class _Sort(NamedTuple):
    name: str
    holds: Callable[[_Text, str], bool]
    """Whether a text has a fact of another."""
    is_from: Callable[[_Text, str], bool]
    """Whether a fact may come from a text."""


def _compare(sort: _Sort, text: _Text, passage: _Text, others: Sequence[_Text]) -> Facts:
    given, found = passage.facts[sort.name], text.facts[sort.name]
    foreign = [fact for fact in found if not sort.is_from(passage, fact)]
    inherited = {fact: None for fact in foreign if any(sort.is_from(each, fact) for each in others)}
    return Facts(
        given=given,
        kept=tuple(fact for fact in given if sort.holds(text, fact)),
        invented=tuple(fact for fact in foreign if fact not in inherited),
        inherited=tuple(inherited),
    )


def _has_number(text: _Text, number: str) -> bool:
    return number in text.numbers


def _has_date(text: _Text, date: str) -> bool:
    return date in text.dates


def _has_words(text: _Text, quotation: str) -> bool:
    found = words(quotation)
    return text.runs.longest(found) == len(found)


def _has_citation(text: _Text, citation: str) -> bool:
    return all(word in text.words or word in text.numbers for word in words(citation))


def _has_half(text: _Text, name: str) -> bool:
    parts = _parts(name)
    return 2 * sum(part in text.words for part in parts) >= len(parts)


def _knows_name(text: _Text, name: str) -> bool:
    return all(part in text.words or _related(part, text) for part in _parts(name))


def _has_negation(text: _Text, word: str) -> bool:
    return word in text.negations


def _anywhere(text: _Text, word: str) -> bool:
    return True


_SORTS = (
    _Sort("numbers", _has_number, _has_number),
    _Sort("dates", _has_date, _has_date),
    _Sort("quotations", _has_words, _has_words),
    _Sort("citations", _has_citation, _has_citation),
    _Sort("names", _has_half, _knows_name),
    _Sort("negations", _has_negation, _anywhere),
)


# -- reading ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _read(text: str) -> _Text:
    """A text's facts. Passages are asked for again and again, so what was read is kept."""
    bare, citations = _take(_CITATION, text, _citations)
    bare, days = _take(_DAY, bare, _day)
    placed = list(_placed(bare))
    dates = list(dict.fromkeys([*days, *_months(placed)]))
    negations = _unique(word for each in sentences(text) for word in _negations(each))
    capitals = {word.casefold() for word in _CAPITALISED.findall(text)}
    return _Text(
        facts={
            "numbers": _unique([*_years(text), *_numbers(bare)]),
            "dates": tuple(dates),
            "quotations": _unique(
                f"“{' '.join(each.split()).rstrip(',;')}”" for each in _quoted(text) if words(each)
            ),
            "citations": _unique(citations),
            "names": _longest(_unique(_names(placed))),
            "negations": negations,
        },
        numbers=frozenset(_known_numbers(text)),
        dates=frozenset([*dates, *(date.split()[0] for date in dates)]),
        negations=frozenset(negations),
        words=frozenset([*words(text), *words(_POSSESSIVES.sub("", text))]),
        runs=Runs(words(text)),
        roots=frozenset(filter(None, map(_root, capitals))),
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


# -- numbers and dates --------------------------------------------------------------------------------------

_VAGUE = re.compile(r"\b(?:hundreds|thousands|millions|billions|dozens)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?\b", re.IGNORECASE)
_COMMON = {"1", "1st", "2nd"}
_MEANT = {"three": "3", "triple": "3", "thrice": "3", "dozen": "12"}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FULL = {month[:3]: month for month in _MONTHS}
_MONTH = "|".join([*_MONTHS, *(f"{each}\\.?" for each in [*_FULL, "Sept"])])
_DAY = re.compile(
    rf"\b(?:(?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})(?:,? (?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y3>\d{{4}}))?)(?!\w)"
)


def _numbers(text: str, least: int = 3) -> Iterator[str]:
    """Numbers in digits, without the marks between thousands; those in words where they are so much or more."""
    # The time of alpha2digit grows with the square of a row of numbers.
    spelt = "".join(alpha2digit(each, "en", least) for each in pieces(_VAGUE.sub("many", text), PIECE))
    for match in _NUMBER.finditer(spelt):
        number = re.sub(r",(?=\d{3}(?!\d))", "", match.group().lower())
        # Words that follow each other, as in “one, two”, are made digits however small they are.
        if number not in _COMMON and (number != "2" or not least or re.search(r"\b2\b", text)):
            yield number


def _known_numbers(text: str) -> Iterator[str]:
    """All numbers that a text speaks of: who has read of a dozen may write 12, and of 1855, the 1850s."""
    yield from (_MEANT[word] for word in words(text) if word in _MEANT)
    for number in _numbers(text, least=0):
        yield number
        if re.fullmatch(r"1\d{3}s?|20\d\ds?", number):
            yield from (f"{number[:3]}0s", _ordinal(int(number[:2]) + 1))
        elif number.isdigit() and len(number) < 3:
            yield _ordinal(int(number))  # of a month, say


def _ordinal(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else last}"


def _years(text: str) -> Iterator[str]:
    return (year for match in _DAY.finditer(text) for year in _part(match, "y"))


def _day(match: re.Match[str]) -> Iterator[str]:
    """A day as month and number."""
    for month, day in zip(_part(match, "m"), _part(match, "d"), strict=True):
        known = month.isdigit() and 1 <= int(month) <= 12
        yield f"{_MONTHS[int(month) - 1] if known else _FULL.get(month[:3], month)} {int(day)}"


def _part(match: re.Match[str], letter: str) -> Iterator[str]:
    return (match[f"{letter}{way}"] for way in (1, 2, 3) if match[f"{letter}{way}"])


def _months(text: Iterable[_Placed]) -> Iterator[str]:
    """Months and days of the week by themselves. At the head of a sentence May and March may be other words."""
    for word, opens, _ in text:
        if word.removesuffix("s") in _WEEKDAYS:
            yield word.removesuffix("s")
        elif word in _MONTHS and not (opens and word in {"May", "March"}):
            yield word


# -- quotations and citations -------------------------------------------------------------------------------

# However many marks stand open in a text, none is looked after further than this.
_QUOTED = re.compile(r"“([^”]{1,999})”|\"([^\"]{1,999})\"|«([^»]{1,999})»|(?<!\w)‘([^‘]{1,300}?)’(?!\w)")
_SURNAME = r"[^\W\d_][\w’'\-]{1,60}"
_WITH = rf"(?: (?:et al\.?|(?:and|&) {_SURNAME}))?"
_YEAR = r"\d{4}[a-z]?(?:[,:][^();]{0,99})?"
_CITED = rf"{_SURNAME}{_WITH},? {_YEAR}"
_CITATION = re.compile(rf"\((?:(?:see|cf\.) )?{_CITED}(?:; ?{_CITED})*\)|\b(?=[A-Z]){_SURNAME}{_WITH} \({_YEAR}\)")
_WORK = re.compile(rf"({_SURNAME}){_WITH},? \(?(\d{{4}})")


def _quoted(text: str) -> Iterator[str]:
    return ("".join(groups) for groups in _QUOTED.findall(text))


def _citations(match: re.Match[str]) -> Iterator[str]:
    return (f"{name} {year}" for name, year in _WORK.findall(match.group()))


# -- names --------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_][\w’'\-]*")
_CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w\-]+")
_OPENS = re.compile(r"[:“\"‘«(\[—–\n*_]\W*$")
_NEAR = 99
"""Signs before a word that are looked at for one that opens a part of a sentence."""
_TITLES = {
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "sir",
    "lady",
    "lord",
    "saint",
    "st",
    "king",
    "queen",
}
_DEMONYM = re.compile(r"(?:ians?|ans?|ish|ese|ics?|is?|ns?|s)$")
_SELF = re.compile(r"I(?:[’'].*)?")
_POSSESSIVE = re.compile(r"[’']s?$")
_POSSESSIVES = re.compile(r"[’']s?\b")


class _Placed(NamedTuple):
    """A word where it stands."""

    word: str
    opens: bool
    """Whether a sentence begins with it, or a part of one that may be capitalised too."""
    follows: bool
    """Whether nothing but a space stands between it and the word before."""


def _placed(text: str) -> Iterator[_Placed]:
    for sentence in sentences(text):
        if _is_title(sentence):
            continue
        end = 0
        for match in _WORD.finditer(sentence):
            between = sentence[end : match.start()]
            opens = end == 0 or bool(_OPENS.search(between[-_NEAR:]))
            yield _Placed(match.group(), opens, end > 0 and between == " ")
            end = match.end()


def _is_title(sentence: str) -> bool:
    """Whether all words but those of grammar are capitalised, and no stop ends it: then capitals say nothing."""
    if sentence.rstrip('”"’)»')[-1:] in ".!?…":
        return False
    matter = [word for word in _WORD.findall(sentence) if word.casefold() not in FUNCTION_WORDS]
    return len(matter) > 2 and all(word[0].isupper() for word in matter)


def _names(text: Iterable[_Placed]) -> Iterator[str]:
    """Runs of capitalised words that no sentence begins with."""
    name: list[str] = []
    for placed in text:
        is_name = _is_name(placed)
        if name and not (is_name and placed.follows):
            yield " ".join(name)
            name = []
        if is_name:
            bare = _POSSESSIVE.sub("", placed.word)
            name.append(bare)
            if bare != placed.word:
                yield " ".join(name)
                name = []
    yield " ".join(name)


def _longest(names: Sequence[str]) -> tuple[str, ...]:
    """The names that are no part of another: who is called Ada Lovelace may be called Lovelace as well."""
    having: dict[str, list[str]] = {}
    for name in names:
        for word in dict.fromkeys(name.split()):
            having.setdefault(word, []).append(name)
    # Another one that has all of a name has its rarest word.
    among = {name: min((having[word] for word in name.split()), key=len) for name in names}
    return tuple(
        name for name in names if not any(f" {name} " in f" {other} " for other in among[name] if other != name)
    )


def _is_name(placed: _Placed) -> bool:
    if placed.opens or not placed.word[0].isupper():
        return False
    word = _POSSESSIVE.sub("", placed.word)
    return not (_SELF.fullmatch(word) or word in _CALENDAR or word.casefold() in _TITLES)


_CALENDAR = frozenset([*_MONTHS, *_WEEKDAYS, *(f"{day}s" for day in _WEEKDAYS)])


def _parts(name: str) -> list[str]:
    """The words of a name, but for forms of address."""
    found = words(name.replace("-", " "))
    return [part for part in found if part not in _TITLES] or found


def _related(part: str, text: _Text) -> bool:
    """Whether a word and one of a text's capitalised words are made from each other: Italian from Italy, European
    from Europe, Chicagoan from Chicago. The shorter is the longer's root, with two more letters at most."""
    return _root(part) in text.made or any(part[: len(part) - less] in text.roots for less in range(3))


def _root(word: str) -> str:
    """What a name of a people or its tongue is made from; nothing where a word is none."""
    root = _DEMONYM.sub("", word)
    return root if root != word and len(root) > 3 else ""


# -- negations ----------------------------------------------------------------------------------------------

_NEGATION = re.compile(
    r"(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|unless|cannot|cant|wont"
    r"|(?:do|does|did|is|are|was|were|would|could|should|has|have|had|must|need)nt)"
)
_NO_NEGATION = re.compile(
    r"\b(?:not (?:only|just|merely|simply|even|least)|no (?:doubt|sooner|longer than)|whether or not"
    r"|(?:nothing|nobody|none|no one) (?:but|except))\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]|\b(?:but|and|because|though|although|while|so)\b", re.IGNORECASE)
_REACH = 6
"""A negation reaches no further than so many words."""


def _negations(sentence: str) -> Iterator[str]:
    for clause in _CLAUSE.split(_NO_NEGATION.sub(" ", sentence)):
        found = words(clause)
        for at, word in enumerate(found):
            if _NEGATION.fullmatch(word):
                yield from _nearest(found, at)


def _nearest(found: Sequence[str], at: int) -> list[str]:
    """The word with a meaning of its own next after a negation, or else the one before."""
    near = (*found[at + 1 : at + 1 + _REACH], *reversed(found[max(at - _REACH, 0) : at]))
    return [stem(word) for word in near if word not in FUNCTION_WORDS and not _NEGATION.fullmatch(word)][:1]
