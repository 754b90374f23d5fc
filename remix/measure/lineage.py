"""Lineage by words: for each sentence of a text, the passages that have the sentence's words.

Takes a text and passages, gives a `Lineage`. Knows nothing of records of outputs and of files. docs/measures.md has
the method, and how often it is right.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from remix.measure.chrf import chrf
from remix.measure.sentences import sentences
from remix.measure.word_pieces import runs, stems
from remix.measure.words import MOST_LETTERS, beginning
from remix.records.lineage import Behind, Lineage, SentenceLineage

VERSION = 2
"""Version of the lineage by words: raised whenever any lineage would change."""

LEAST = 43.0
"""Score from which a passage stands behind a sentence."""

MORE = 0.18
"""A further passage stands behind a sentence if it has this share of the sentence, by weight, that the passages
before lack."""

ALIKE = 0.9
"""A further passage stands behind a sentence if its score is this share of the best score: passages may say the
same."""

MOST = 4
"""Most passages behind a sentence."""

MOST_READ = 10 * MOST_LETTERS
"""Letters of all passages that are read: of more passages, those after count as without words."""

_AT_ONCE = 64
"""Sentences of a text that are compared with all passages at once: bounds the memory."""


def lineage(text: str, passages: Mapping[str, str], language: str | None = "en") -> Lineage:
    """The lineage of a text's sentences. `passages` has the text of each passage by id, in order.

    Of texts longer than `MOST_LETTERS` only the beginning is read, and no more of all passages than `MOST_READ`.
    """
    own = sentences(beginning(text), language)
    ground = _Ground(passages, language)
    closest = _closest(own, ground.sentences)
    return Lineage(
        method="words",
        version=VERSION,
        passages=tuple(passages),
        sentences=tuple(_behind(ground, sentence, found) for sentence, found in zip(own, closest, strict=True)),
    )


def closest_sentences(
    own: Sequence[str], passages: Mapping[str, str], language: str | None = "en"
) -> list[dict[str, str]]:
    """For each of a text's sentences `own` the closest sentence of each passage that has one, by the passage's id."""
    parts = _parts(passages, language)
    return [{passage: each.sentence for passage, each in found.items()} for found in _closest(own, parts)]


def scores(own: Sequence[str], passages: Mapping[str, str], language: str | None = "en") -> list[dict[str, float]]:
    """For each of a text's sentences `own` how much of it each passage has, 0 … 100, by the passage's id."""
    ground = _Ground(passages, language)
    return [
        _scores(ground.weighed(sentence), found)
        for sentence, found in zip(own, _closest(own, ground.sentences), strict=True)
    ]


class _Closest(NamedTuple):
    """A passage's sentence closest to a sentence of the text, by letters."""

    score: float
    """chrF, 0 … 100."""
    sentence: str


class _Index:
    """Which passages have which pieces, and what each piece weighs: ln((n + 1) / (d + ½)) for a piece that d of the
    passages' n sentences have. Rare pieces tell passages apart; a piece that no passage has weighs most."""

    def __init__(self, parts: Mapping[str, Sequence[str]], pieces: Callable[[str], Iterable[str]]) -> None:
        self._pieces = pieces
        self._having: defaultdict[str, set[str]] = defaultdict(set)
        self._sentences: Counter[str] = Counter()
        self._count = sum(map(len, parts.values()))
        for passage, own in parts.items():
            for sentence in own:
                for piece in set(pieces(sentence)):
                    self._sentences[piece] += 1
                    self._having[piece].add(passage)

    def weighed(self, sentence: str) -> list[tuple[float, frozenset[str]]]:
        """For each distinct piece of a sentence the share of the sentence's weight, and the passages that have it."""
        counts = Counter(self._pieces(sentence))
        weights = {each: count * self._weight(each) for each, count in counts.items()}
        total = math.fsum(weights.values())
        return [(weight / total, frozenset(self._having.get(each, ()))) for each, weight in weights.items()]

    def _weight(self, piece: str) -> float:
        return math.log((self._count + 1) / (self._sentences[piece] + 0.5))


class _Ground:
    """The passages that may stand behind a sentence."""

    def __init__(self, passages: Mapping[str, str], language: str | None) -> None:
        self.sentences = _parts(passages, language)
        self._indexes = [_Index(self.sentences, pieces) for pieces in (stems, runs)]

    def weighed(self, sentence: str) -> list[tuple[float, frozenset[str]]]:
        """The pieces of a sentence, stems and runs counting half each, with the passages that have them."""
        return [(weight / 2, having) for index in self._indexes for weight, having in index.weighed(sentence)]


def _parts(passages: Mapping[str, str], language: str | None) -> dict[str, list[str]]:
    """The sentences of each passage, as far as passages are read."""
    found, left = {}, MOST_READ
    for passage, text in passages.items():
        read = beginning(text)[:left]
        left -= len(read)
        found[passage] = sentences(read, language)
    return found


def _closest(own: Sequence[str], parts: Mapping[str, Sequence[str]]) -> list[dict[str, _Closest]]:
    """For each sentence of a text the closest sentence of each passage."""
    places = [(passage, part) for passage, parts_ in parts.items() for part in parts_]
    tables = (chrf(own[at : at + _AT_ONCE], [part for _, part in places]) for at in range(0, len(own), _AT_ONCE))
    found: list[dict[str, _Closest]] = [{} for _ in own]
    for closest, row in zip(found, (row for table in tables for row in table), strict=True):
        for (passage, part), score in zip(places, row, strict=True):
            if passage not in closest or score > closest[passage].score:
                closest[passage] = _Closest(float(score), part)
    return found


def _behind(ground: _Ground, sentence: str, closest: Mapping[str, _Closest]) -> SentenceLineage:
    """A sentence with the passages behind it."""
    pieces = ground.weighed(sentence)
    found = _scores(pieces, closest)
    chosen = _chosen(pieces, found)
    shares = _shares(pieces, chosen)
    behind = [
        Behind(passage=each, share=shares[each], score=round(found[each], 4), sentence=closest[each].sentence)
        for each in chosen
    ]
    # `sorted` keeps the order of equal shares: the passage chosen first stays first.
    return SentenceLineage(
        sentence=sentence, added=not behind, behind=tuple(sorted(behind, key=lambda each: -each.share))
    )


def _scores(pieces: Sequence[tuple[float, frozenset[str]]], closest: Mapping[str, _Closest]) -> dict[str, float]:
    """The score of each passage: chrF of its closest sentence, its share of stems and of runs, a third each."""
    return {passage: (each.score + 200 * _had(pieces, passage)) / 3 for passage, each in closest.items()}


def _had(pieces: Iterable[tuple[float, frozenset[str]]], passage: str) -> float:
    """The share of a sentence's weight that a passage has."""
    return math.fsum(weight for weight, having in pieces if passage in having)


def _chosen(pieces: list[tuple[float, frozenset[str]]], scores: Mapping[str, float]) -> list[str]:
    """The passages behind a sentence: the best by score, then those that add much or are about as good."""
    best = max(scores, key=lambda each: scores[each], default="")
    if not best or scores[best] < LEAST:
        return []
    chosen = [best]
    left = pieces
    while len(chosen) < min(MOST, len(scores)):
        left = [each for each in left if chosen[-1] not in each[1]]
        gains = {each: _had(left, each) for each in scores if each not in chosen}
        further = max(gains, key=lambda each: gains[each])
        if gains[further] < MORE:
            break
        chosen.append(further)
    alike = [each for each in scores if each not in chosen and scores[each] >= max(LEAST, ALIKE * scores[best])]
    return [*chosen, *sorted(alike, key=lambda each: -scores[each])][:MOST]


def _shares(pieces: Iterable[tuple[float, frozenset[str]]], chosen: Sequence[str]) -> dict[str, float]:
    """Each passage's share of what the chosen passages have of a sentence; what several have is split evenly."""
    found = dict.fromkeys(chosen, 0.0)
    for weight, having in pieces:
        owners = having & found.keys()
        for each in owners:
            found[each] += weight / len(owners)
    total = math.fsum(found.values())
    # Rounded down, so that shares never add up to more than 1.
    return {each: math.floor(1e4 * share / total) / 1e4 if total else 0.0 for each, share in found.items()}
