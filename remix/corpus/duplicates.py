"""Tags that are perhaps one: spelt, inflected or mistyped otherwise.

Takes tags and how often each is used, gives pairs with the reason, for a person to judge. Knows nothing of files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from remix.corpus.tags import tag_key

Count = tuple[str, int]
"""A tag, and on how many passages it stands."""

SHORTEST = 5
"""Letters of a tag that may be a typo: in a shorter one another letter makes another word."""

LONG = 12
"""A tag of so many letters may have two wrong ones."""

SELDOM = 2
"""On so many passages, or a tenth of those of the other tag, a typo may stand: what is used more is meant."""

LONGEST = 64
"""Letters of a tag that may be a typo."""

MOST_ALIKE = 10_000
"""Tags with the same first letter and the same digits that are held against each other: the commonest. Each is held
against each, which takes a second for as many."""

MOST_PAIRS = 10**8
"""Of tags that are held against each other, in all groups together: two seconds. Then the rarest aren't any more."""

PAIRS_OF_A_GROUP = 4_000
"""Pairs that take as long as what each group takes beside its pairs."""

BLOCK = 256
"""Tags whose distances to all others are in memory at a time."""


class Duplicate(NamedTuple):
    """Two tags that are perhaps one."""

    tag: str
    """The one used less."""
    passages: int
    """On how many it stands."""
    other: str
    """The one used more."""
    other_passages: int
    """On how many it stands."""
    why: str
    """What tells them apart: joints, accents, plural, order or typo."""


def near_duplicates(counts: Sequence[Count]) -> list[Duplicate]:
    """Tags that are perhaps others, the surest reasons first; `counts` has the commonest first.

    Each is named once, with the commonest of those it is like for that reason.
    """
    found: dict[str, Duplicate] = {}
    for why, pairs in (*((why, _alike(counts, form)) for why, form in _FORMS.items()), ("typo", _mistyped(counts))):
        for rarer, commoner in pairs:
            found.setdefault(rarer[0], Duplicate(*rarer, *commoner, why))
    return list(found.values())


# -- alike in another form ----------------------------------------------------------------------------------


def _joined(tag: str) -> str:
    """`post-colonial` as `postcolonial`, `poet's corner` as `poets corner`."""
    return re.sub(r"[\s.'’-]", "", tag_key(tag))


def _plain(tag: str) -> str:
    """`généalogie` as `genealogie`."""
    letters = _joined(tag)
    if letters.isascii():
        return letters
    letters = unicodedata.normalize("NFKD", letters)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _singular(tag: str) -> str:
    """`maps` as `map`, `cities` as `city`. By the rules of English: tags that break them aren't found."""
    return _plain(" ".join(map(_without_s, tag_key(tag).split())))


_PLURALS = ((r"(?<=\w\w)ies$", "y"), (r"(?<=ss|ch|sh|.x|.z|.o)es$", ""), (r"(?<=\w[^\Wsui])s$", ""))


def _without_s(word: str) -> str:
    return next((re.sub(end, other, word) for end, other in _PLURALS if re.search(end, word)), word)


def _ordered(tag: str) -> str:
    """`maps and memory` as `memory and maps`."""
    return " ".join(sorted(map(_singular, tag_key(tag).split())))


_FORMS: dict[str, Callable[[str], str]] = {
    "joints": _joined,
    "accents": _plain,
    "plural": _singular,
    "order": _ordered,
}
"""What is the same of two tags that only this tells apart, the lesser differences first."""


def _alike(counts: Iterable[Count], form: Callable[[str], str]) -> Iterator[tuple[Count, Count]]:
    """Tags that are the same in a form, each with the commonest of them."""
    commonest: dict[str, Count] = {}
    for count in counts:
        first = commonest.setdefault(form(count[0]), count)
        if first is not count:
            yield count, first


# -- a few letters apart ------------------------------------------------------------------------------------


def _mistyped(counts: Sequence[Count]) -> Iterator[tuple[Count, Count]]:
    """Seldom used tags with a commoner one that they may be meant for.

    A letter is wrong, missing, too many, or has changed places with the next (optimal string alignment). The first
    one is right, as it nearly always is (Kukich, Techniques for Automatically Correcting Words in Text, 1992), and
    digits are meant: 1984 is not 1985.
    """
    for group in _comparable(counts).values():
        if len(group) == 1:
            continue
        forms = [form for form, _ in group]
        used = np.array([passages for _, (_, passages) in group])
        allowed = np.array([2 if len(form) >= LONG else 1 for form in forms], np.uint8)
        for start in range(0, len(group), BLOCK):
            rows = slice(start, min(start + BLOCK, len(group)))
            # No tag is held against a rarer one, which is behind it.
            columns = slice(0, rows.stop)
            distances = process.cdist(
                forms[rows], forms[columns], scorer=OSA.distance, score_cutoff=2, dtype=np.uint8
            )
            limits = np.minimum(allowed[rows, None], allowed[columns])
            is_seldom = used[rows, None] <= np.maximum(SELDOM, used[columns] // 10)
            is_typo = np.tril((distances > 0) & (distances <= limits) & is_seldom, start - 1)
            for row in np.flatnonzero(is_typo.any(1)):
                # The first is the commonest.
                yield group[start + row][1], group[is_typo[row].argmax()][1]


def not_compared(counts: Sequence[Count]) -> int:
    """How many tags were not searched for typos, because they are too long, or too many begin alike."""
    forms = [len(_plain(tag)) for tag, _ in counts]
    considered = sum(map(len, _comparable(counts).values()))
    return sum(length >= SHORTEST for length in forms) - considered


def _comparable(counts: Sequence[Count]) -> dict[tuple[str, str], list[tuple[str, Count]]]:
    """The tags that may be mistyped, with their plain forms, by their first letters and their digits."""
    groups: dict[tuple[str, str], list[tuple[str, Count]]] = {}
    pairs = 0
    for count in counts:
        if SHORTEST <= len(form := _plain(count[0])) <= LONGEST:
            group = groups.setdefault((form[0], re.sub(r"\D", "", form)), [])
            more = len(group) + (PAIRS_OF_A_GROUP if len(group) == 1 else 0)
            if len(group) < MOST_ALIKE and pairs + more <= MOST_PAIRS:
                pairs += more
                group.append((form, count))
    return groups
