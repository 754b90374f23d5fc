"""Near-duplicate tags: pairs that differ in signs, inflection, order or a typo.

Takes tags and the number of uses of each, gives pairs with the reason, for a person to judge. Doesn't know files.
Nested tags are compared by their last parts, if the parts above are the same: `computing/cpp` and `computing/ci` are
different. Tags that differ in numbers or dates are different: `2023-05-07` is not `2023-07-05`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from remix.corpus.tags import tag_key, tag_words

Count = tuple[str, int]
"""A tag, and the number of passages with the tag."""

SHORTEST = 5
"""Letters of a last part, at least, for a typo: in shorter words a changed letter mostly makes a different word."""

LONG = 12
"""Letters of a last part, at least, for a typo of two letters."""

SELDOM = 2
"""Passages of a typo, at most: this number, or a tenth of the passages of the intended tag."""

LONGEST = 64
"""Letters of a last part, at most, for a typo."""

MOST_ALIKE = 10_000
"""Tags with the same first letter and digits compared in pairs, at most: the most frequent. The pairs of 10,000 tags
take about a second."""

MOST_PAIRS = 10**8
"""Pairs of tags compared in total, which takes two seconds. Rarer tags are not compared."""

PAIRS_OF_A_GROUP = 4_000
"""Number of pairs that take as long as the overhead of a group."""

BLOCK = 256
"""Tags whose distances to the group's tags are computed at a time, which bounds the memory."""


class Duplicate(NamedTuple):
    """Two tags with perhaps the same meaning."""

    tag: str
    """The tag used less."""
    passages: int
    """Number of passages with `tag`."""
    other: str
    """The tag used more."""
    other_passages: int
    """Number of passages with `other`."""
    why: str
    """The difference: signs, accents, plural, order or typo."""


def near_duplicates(counts: Sequence[Count]) -> list[Duplicate]:
    """Pairs of tags with perhaps the same meaning, the surest reasons first; `counts` is sorted by frequency.

    Each tag is in a single pair, with the most frequent of the tags that are similar for the same reason.
    """
    counts = [count for count in counts if _has_words(count[0])]
    found: dict[str, Duplicate] = {}
    for why, pairs in (*((why, _alike(counts, form)) for why, form in _FORMS.items()), ("typo", _mistyped(counts))):
        for rarer, commoner in pairs:
            found.setdefault(rarer[0], Duplicate(*rarer, *commoner, why))
    return list(found.values())


def _has_words(tag: str) -> bool:
    """Whether a tag's last part has a letter."""
    return any(letter.isalpha() for letter in _parts(tag)[1])


def _parts(tag: str) -> tuple[str, str]:
    """The form of the parts above, and the last part."""
    above, _, last = tag.rpartition("/")
    return _without_signs(above), last


# -- tags with the same normal form -------------------------------------------------------------------------


def _without_signs(tag: str) -> str:
    """`poet's corner` as `poets corner`, `v1-1` as `v11`: without signs within words, and without any joint."""
    return re.sub(r"[\s.'’]", "", tag_key(tag))


def _plain(tag: str) -> str:
    """`généalogie` as `genealogie`."""
    letters = _without_signs(tag)
    if letters.isascii():
        return letters
    letters = unicodedata.normalize("NFKD", letters)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _singular(tag: str) -> str:
    """`maps` as `map`, `cities` as `city`, by the rules of English. Irregular plurals aren't found."""
    return _plain(" ".join(map(_without_s, tag_words(tag))))


_PLURALS = ((r"(?<=\w\w)ies$", "y"), (r"(?<=ss|ch|sh|.x|.z|.o)es$", ""), (r"(?<=\w[^\Wsui])s$", ""))


def _without_s(word: str) -> str:
    return next((re.sub(end, other, word) for end, other in _PLURALS if re.search(end, word)), word)


_FORMS: dict[str, Callable[[str], str]] = {
    "signs": _without_signs,
    "accents": _plain,
    "plural": _singular,
    # `maps and memory` as `memory and maps`.
    "order": lambda tag: " ".join(sorted(map(_singular, tag_words(tag)))),
}
"""Normal forms, the smallest differences first: tags with the same form differ in no more than the key says."""


def _alike(counts: Iterable[Count], form: Callable[[str], str]) -> Iterator[tuple[Count, Count]]:
    """Tags whose last parts have the same form, each with the most frequent tag of the same form."""
    commonest: dict[tuple[str, str], Count] = {}
    for count in counts:
        above, last = _parts(count[0])
        first = commonest.setdefault((above, form(last)), count)
        if first is not count:
            yield count, first


# -- typos: tags that differ by a letter or two ---------------------------------------------------------------


def _mistyped(counts: Sequence[Count]) -> Iterator[tuple[Count, Count]]:
    """Rare tags, each with a more frequent tag of which the rare tag may be a typo.

    A letter is wrong, missing, added, or swapped with the next (optimal string alignment). The first letter must
    agree, since typists seldom miss the first (Kukich, Techniques for Automatically Correcting Words in Text, 1992),
    and the digits must agree: 1984 is not 1985.
    """
    for group in _comparable(counts).values():
        if len(group) == 1:
            continue
        forms = [form for form, _ in group]
        used = np.array([passages for _, (_, passages) in group])
        allowed = np.array([2 if len(form) >= LONG else 1 for form in forms], np.uint8)
        for start in range(0, len(group), BLOCK):
            rows = slice(start, min(start + BLOCK, len(group)))
            # Rarer tags come later in the group: no tag is compared with a rarer tag.
            columns = slice(0, rows.stop)
            distances = process.cdist(
                forms[rows], forms[columns], scorer=OSA.distance, score_cutoff=2, dtype=np.uint8
            )
            limits = np.minimum(allowed[rows, None], allowed[columns])
            is_seldom = used[rows, None] <= np.maximum(SELDOM, used[columns] // 10)
            is_typo = np.tril((distances > 0) & (distances <= limits) & is_seldom, start - 1)
            for row in np.flatnonzero(is_typo.any(1)):
                # The first tag in a group is the most frequent.
                yield group[start + row][1], group[is_typo[row].argmax()][1]


def not_compared(counts: Sequence[Count]) -> int:
    """The number of tags not searched for typos: too long, or in too large a group."""
    forms = [len(_plain(_parts(tag)[1])) for tag, _ in counts if _has_words(tag)]
    considered = sum(map(len, _comparable(counts).values()))
    return sum(length >= SHORTEST for length in forms) - considered


def _comparable(counts: Sequence[Count]) -> dict[tuple[str, str, str], list[tuple[str, Count]]]:
    """The tags to compare, with the forms of the last parts, grouped by the parts above, first letter and digits."""
    groups: dict[tuple[str, str, str], list[tuple[str, Count]]] = {}
    pairs = 0
    for count in counts:
        above, last = _parts(count[0])
        if SHORTEST <= len(form := _plain(last)) <= LONGEST and _has_words(last):
            group = groups.setdefault((above, form[0], re.sub(r"\D", "", form)), [])
            more = len(group) + (PAIRS_OF_A_GROUP if len(group) == 1 else 0)
            if len(group) < MOST_ALIKE and pairs + more <= MOST_PAIRS:
                pairs += more
                group.append((form, count))
    return groups
