"""Names in a text: capitalised words that don't begin a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from remix.measure.numbers import MONTHS, WEEKDAYS
from remix.measure.placed import Placed, Text
from remix.measure.words import words

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
POSSESSIVES = re.compile(r"[’']s?\b")


def names_in(text: Iterable[Placed]) -> Iterator[str]:
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


def longest_names(names: Sequence[str]) -> tuple[str, ...]:
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


def _is_name(placed: Placed) -> bool:
    if placed.opens or not placed.word[0].isupper():
        return False
    word = _POSSESSIVE.sub("", placed.word)
    return not (_SELF.fullmatch(word) or word in _CALENDAR or word.casefold() in _TITLES)


_CALENDAR = frozenset([*MONTHS, *WEEKDAYS, *(f"{day}s" for day in WEEKDAYS)])


def name_parts(name: str) -> list[str]:
    """The words of a name, but for forms of address."""
    found = words(name.replace("-", " "))
    return [part for part in found if part not in _TITLES] or found


def is_related(part: str, text: Text) -> bool:
    """Whether a word and one of a text's capitalised words are made from each other: Italian from Italy, European
    from Europe, Chicagoan from Chicago. The shorter is the longer's root, with two more letters at most."""
    return word_root(part) in text.made or any(part[: len(part) - less] in text.roots for less in range(3))


def word_root(word: str) -> str:
    """What a name of a people or its tongue is made from; nothing where a word is none."""
    root = _DEMONYM.sub("", word)
    return root if root != word and len(root) > 3 else ""
