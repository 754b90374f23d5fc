"""A text as facts are sought in it: its words in their places, and what was found of each sort."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from remix.measure.runs import Runs
from remix.measure.sentences import sentences
from remix.measure.words import FUNCTION_WORDS


class Text(NamedTuple):
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


_WORD = re.compile(r"[^\W\d_][\w’'\-]*")
CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w\-]+")
_OPENS = re.compile(r"[:“\"‘«(\[—–\n*_]\W*$")
_NEAR = 99
"""Signs before a word that are looked at for one that opens a part of a sentence."""


class Placed(NamedTuple):
    """A word where it stands."""

    word: str
    opens: bool
    """Whether a sentence begins with it, or a part of one that may be capitalised too."""
    follows: bool
    """Whether nothing but a space stands between it and the word before."""


def placed_words(text: str) -> Iterator[Placed]:
    for sentence in sentences(text):
        if _is_title(sentence):
            continue
        end = 0
        for match in _WORD.finditer(sentence):
            between = sentence[end : match.start()]
            opens = end == 0 or bool(_OPENS.search(between[-_NEAR:]))
            yield Placed(match.group(), opens, end > 0 and between == " ")
            end = match.end()


def _is_title(sentence: str) -> bool:
    """Whether all words but those of grammar are capitalised, and no stop ends it: then capitals say nothing."""
    if sentence.rstrip('”"’)»')[-1:] in ".!?…":
        return False
    matter = [word for word in _WORD.findall(sentence) if word.casefold() not in FUNCTION_WORDS]
    return len(matter) > 2 and all(word[0].isupper() for word in matter)
