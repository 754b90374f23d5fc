"""Edits of a claim, in English only: a word exchanged for its opposite, a negation put in or taken out.

Takes a sentence, gives sentences that say otherwise, of which many say nothing sensible: no grammar is known, and
whatever reads them must tell. `opposites.txt` holds a pair of lists on each line, forms of a word and the same
forms of its opposite; lines are in the order in which edits are worth reading: quantifiers and words of time and
place first, then adjectives, verbs and nouns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

MOST_OPPOSITES = 1
"""Opposites tried of a word, the first of the list; two of the words in `_TWO`."""

LONGEST = 3
"""Words of the longest phrase that has an opposite."""

NEGATION = 260
"""Place of a negation put in, among the lines of opposites: after adjectives, before verbs."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TWO = _words("more most all some hard open opened closed always never")
_LEFT = _words(
    "in on to from into and that this off over under up down like had has have then for against here there left "
    "right said by used men women king sun moon man woman read light made make"
)
"""Words whose opposites seldom turn a claim round."""

_AUXILIARIES = _words("is are was were am has have had can could will would may might must should shall do does did")
_PASTS = _words(
    "went came gave took kept lost won fell rose sank grew shrank began ran sold bought brought sent spent made "
    "built broke found hid knew thought understood forgot spoke said told wrote read drew drove flew held led "
    "left let lay sat stood slept woke wore ate drank sang threw caught taught learnt felt meant met paid put cut "
    "set shut hit got became chose froze lit burnt dealt died lent bent beat bit blew saw heard stuck struck "
    "swore swam tore shook stole spread wound fought sought bound fed fled hung dug showed swept wept leapt crept "
    "dwelt"
)
"""Irregular past tenses, some of which are participles too."""
_NO_SUBJECTS = _words(
    "the a an his her their its my our your this that these those of by with for to in on at from into as be been "
    "being most more very so too not never no and"
)
"""Words after which a past tense is a participle or a noun."""
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*")
_TAKEN_OUT = (
    (re.compile(r"\b(?:not|never) ", re.IGNORECASE), ("",)),
    (re.compile(r"\bcan(?:not|[’']t)\b"), ("can",)),
    (re.compile(r"\bwon[’']t\b"), ("will",)),
    (re.compile(r"(?<=\w)(?<!\bca)(?<!\bwo)n[’']t\b"), ("",)),
    (re.compile(r"\bno (?!longer|one|more|less|fewer)", re.IGNORECASE), ("a ", "the ")),
    (re.compile(r"\bno one\b", re.IGNORECASE), ("everyone",)),
    (re.compile(r"\bnone\b", re.IGNORECASE), ("all",)),
)
"""Negations, and what stands in their place."""


class Edit(NamedTuple):
    """A changed claim."""

    text: str
    was: str
    """The exchanged words; empty if a negation was put in."""
    now: str
    place: int
    """Line of the opposites, from 0: edits with a lower place are worth reading first."""


def edits(claim: str) -> tuple[Edit, ...]:
    """All edits of a sentence, without repetitions, those worth reading first in front."""
    made = [*_exchanged(claim), *_taken_out(claim), *_put_in(claim)]
    found: dict[str, Edit] = {}
    for each in made:
        found.setdefault(each.text, each)
    return tuple(sorted((each for each in found.values() if each.text != claim), key=lambda each: each.place))


class _Opposite(NamedTuple):
    word: str
    place: int


@cache
def opposites() -> dict[str, tuple[_Opposite, ...]]:
    """The opposites of words and phrases in lower case, in the order of the list."""
    found: dict[str, dict[str, int]] = {}
    lines = (Path(__file__).parent / "opposites.txt").read_text(encoding="utf-8").splitlines()
    for place, line in enumerate(lines):
        left, right = (side.strip().split(", ") for side in line.split("|"))
        for one, other in zip(left, right, strict=True):
            found.setdefault(one, {}).setdefault(other, place)
            found.setdefault(other, {}).setdefault(one, place)
    return {word: tuple(_Opposite(*each) for each in known.items()) for word, known in found.items()}


def _exchanged(claim: str) -> Iterator[Edit]:
    """The claim with a word or phrase exchanged for an opposite; no word of a phrase is exchanged by itself."""
    spans = [match.span() for match in _WORD.finditer(claim)]
    used: set[int] = set()
    for size in range(LONGEST, 0, -1):
        for first in range(len(spans) - size + 1):
            within = range(first, first + size)
            begin, end = spans[first][0], spans[first + size - 1][1]
            phrase = claim[begin:end].casefold().replace("’", "'")
            if used.isdisjoint(within) and phrase not in _LEFT and phrase in opposites():
                most = MOST_OPPOSITES + (phrase in _TWO)
                for each in opposites()[phrase][:most]:
                    yield _edit(claim, (begin, end), each.word, each.place)
                used.update(within if size > 1 else ())


def _taken_out(claim: str) -> Iterator[Edit]:
    for pattern, instead in _TAKEN_OUT:
        for match in pattern.finditer(claim):
            for new in instead:
                yield _edit(claim, match.span(), new, 0)


def _put_in(claim: str) -> Iterator[Edit]:
    """The claim with *not* behind an auxiliary, or with *never* before a verb in the past tense."""
    spans = [match.span() for match in _WORD.finditer(claim)]
    found = [claim[slice(*span)].casefold() for span in spans]
    for at, (begin, end), word, before, after in zip(
        count(), spans, found, ["", *found], [*found[1:], ""], strict=False
    ):
        if word in _AUXILIARIES:
            if after not in ("not", "never", "no") and before != "to":
                yield _edit(claim, (end, end), " not", NEGATION)
        elif at and claim[begin].islower() and _is_past(word) and before not in _NO_SUBJECTS | _AUXILIARIES:
            yield _edit(claim, (begin, begin), "never ", NEGATION)


def _is_past(word: str) -> bool:
    return word in _PASTS or (word.endswith("ed") and len(word) > len("need"))


def _edit(claim: str, span: tuple[int, int], new: str, place: int) -> Edit:
    begin, end = span
    was = claim[begin:end]
    if was[:1].isupper():
        new = new[:1].upper() + new[1:]
    start = claim[:begin]
    if new:
        start = re.sub(r"\b([Aa])n? $", lambda match: match[1] + ("n " if new[0] in "aeiouAEIOU" else " "), start)
    text = start + new + claim[end:]
    return Edit(text if begin else text[:1].upper() + text[1:], was, new, place)
