"""Word segmentation: taking apart words written without spaces.

Takes a word and a vocabulary, gives a `Split`: the most probable sequence of words by unigram frequencies, found by
dynamic programming (P. Norvig, "Natural Language Corpus Data", in: Beautiful Data, O'Reilly 2009), with two changes.
Words of the document and tags of the corpus count as frequent, because the words are the document's tags; and
runners-up are kept, because a close second means doubt.
"""

from __future__ import annotations

import functools
import heapq
import math
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from remix.documents.document import Doubt, Split
from remix.documents.reading import library

MOST_LETTERS = 400
"""Of a word to be taken apart; longer words are kept whole."""

SHORTEST_WORD = 3
"""Letters of a word known only from the English list, which contains nearly all pairs of letters."""

CORPUS = -3.5
"""log10 probability of a tag in the corpus."""

DOCUMENT = -4.5
"""log10 probability of a word of the document, at least."""

COMMONEST = -4.0
"""log10 probability of an English word, at most: "the" is frequent, but seldom a tag."""

RARE = -7.75
"""log10 probability below which half of the words in the English list are misspellings."""

UNKNOWN = (-6.0, -1.0)
"""log10 probability of an unknown word, and the change for each letter."""

DOUBT = 2.0
"""The difference of log10 probabilities below which the best reading counts as doubtful."""

RUNNERS_UP = 3

_COMBINING = """
anti auto bio counter cyber geo hyper inter macro mega meta micro mono multi neo non over poly post pre proto pseudo
semi sub super techno trans ultra under
"""
COMBINING = frozenset(_COMBINING.split())
"""Prefixes that are seldom separate words."""

_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_WORDS = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")

Parts = tuple[str, ...]


class _Reading(NamedTuple):
    """A reading of the beginning of a word."""

    score: float
    """log10 probability."""

    parts: Parts


class Vocabulary:
    """The corpus' tags, the document's words, and English words."""

    def __init__(self, document: str, tags: Iterable[str]) -> None:
        """Take the document's text, and the corpus' tags as written."""
        self._tags = {re.sub(r"[\s_-]+", "", tag).casefold(): tag for tag in tags}
        words = _WORDS.findall(document)
        self._document = {word.casefold() for word in words if len(word) >= SHORTEST_WORD or word.isupper()}

    def score(self, word: str) -> float:
        """log10 probability of a word as a tag."""
        plain = word.casefold()
        if plain in self._tags:
            return CORPUS
        english = english_words().get(plain, -math.inf) if len(plain) >= SHORTEST_WORD else -math.inf
        known = max(min(english, COMMONEST), DOCUMENT if plain in self._document else -math.inf)
        return known if known > -math.inf else UNKNOWN[0] + UNKNOWN[1] * len(word)

    def written(self, parts: Iterable[str]) -> Parts:
        """The parts: tags of the corpus as spelt in the corpus, further words unchanged."""
        return tuple(self._tags.get(part.casefold(), part) for part in parts)


@functools.cache
def english_words() -> dict[str, float]:
    """log10 probabilities of a third of a million English words, counted on web pages (Google, 2006)."""
    segmenter = library("wordsegment", "Taking apart tags that are run together").Segmenter
    counts = segmenter.parse(segmenter.UNIGRAMS_FILENAME)
    return {word: math.log10(count / segmenter.TOTAL) for word, count in counts.items()}


def segment(word: str, vocabulary: Vocabulary) -> Split:
    """Take a word apart. No letter is lost: unknown letters are a separate part, with a doubt.

    Raises `DocumentError` if the English list isn't installed.
    """
    if len(word) > MOST_LETTERS:
        return Split(word=word, parts=(word,), doubts=(Doubt(read=(word,), instead=()),))
    parts: list[str] = []
    doubts: list[Doubt] = []
    for piece in _CAMEL.split(word):
        best, *others = _readings(piece, vocabulary)
        parts += best.parts
        doubts += _doubts(best, others, vocabulary)
    return Split(word=word, parts=vocabulary.written(parts), doubts=tuple(doubts))


def _readings(word: str, vocabulary: Vocabulary) -> list[_Reading]:
    """The most probable readings of a word, the best first."""
    best = [[_Reading(0.0, ())]]
    for end in range(1, len(word) + 1):
        found: list[_Reading] = []
        for start in range(end):
            part = word[start:end]
            score = vocabulary.score(part)
            found += [_Reading(reading.score + score, (*reading.parts, part)) for reading in best[start]]
        best.append(heapq.nlargest(RUNNERS_UP, found, key=lambda reading: reading.score))
    return best[-1]


def _doubts(best: _Reading, others: Iterable[_Reading], vocabulary: Vocabulary) -> list[Doubt]:
    """Doubtful places of the best reading: a close runner-up, an unknown word, or a prefix as a word."""
    found: dict[Parts, list[Parts]] = {}
    for other in others:
        read, instead = _difference(best.parts, other.parts)
        # A runner-up also counts if the runner-up knows more than half of the letters unknown in the best reading.
        knows_more = _doubtful(read, vocabulary) > 2 * _doubtful(instead, vocabulary)
        if best.score - other.score < DOUBT or knows_more:
            found.setdefault(read, []).append(instead)
    # A prefix and a word may be a single unknown word: `post`, `humanism`.
    for read in (pair for pair in pairwise(best.parts) if pair[0].casefold() in COMBINING):
        found.setdefault(read, []).append(("".join(read),))
    for part in best.parts:
        if _doubtful((part,), vocabulary) and not any(part in read for read in found):
            found[(part,)] = []
    return [
        Doubt(read=vocabulary.written(read), instead=tuple(dict.fromkeys(map(vocabulary.written, instead))))
        for read, instead in found.items()
    ]


def _doubtful(parts: Parts, vocabulary: Vocabulary) -> int:
    """The number of letters in rare or unknown words."""
    return sum(len(part) for part in parts if vocabulary.score(part) < RARE)


def _difference(one: Parts, other: Parts) -> tuple[Parts, Parts]:
    """Two readings of a word, without the beginning and end in common."""
    start = 0
    while one[start] == other[start]:
        start += 1
    end = 1
    while one[-end] == other[-end]:
        end += 1
    return one[start : len(one) - end + 1], other[start : len(other) - end + 1]
