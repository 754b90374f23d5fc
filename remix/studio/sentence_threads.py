"""Threads: for each sentence of a woven text the passages behind the sentence, as places in the texts of both.

Takes texts and their lineage, gives stretches of text, each with its sentence; strings are safe to show. Knows
nothing of runs and HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from remix.records import Frozen
from remix.records.lineage import Lineage, SentenceLineage
from remix.studio.output_detail import SHOWN
from remix.util.names import readable

MOST_SENTENCES = 2000
"""Sentences of a text whose lineage is shown; no text of `SHOWN` characters has more."""

Piece = tuple[str, int | None]
"""A stretch of a text, and the number of its sentence, from 0; null between sentences."""


class ShownBehind(Frozen):
    """A passage behind a sentence."""

    passage: int
    """Number of the passage in the essay, from 0."""
    share: float
    """The passage's share of all that the passages give to the sentence, 0 to 1."""
    closest: int | None
    """Number of the passage's sentence closest to this one, from 0; null if it isn't shown."""


class ShownSentence(Frozen):
    """A sentence's lineage."""

    added: bool
    """Whether no passage stands behind the sentence."""
    behind: tuple[ShownBehind, ...]
    """The largest share first."""


def pieces_of(text: str, sentences: Sequence[str]) -> tuple[Piece, ...]:
    """A text cut where its sentences begin and end. `sentences` are in order; their words may be spaced otherwise."""
    pieces: list[Piece] = []
    at = 0
    for number, sentence in enumerate(sentences[:MOST_SENTENCES]):
        found = re.compile(r"\s+".join(map(re.escape, sentence.split()))).search(text, at)
        if not found or found.end() > SHOWN:
            continue
        pieces += [(text[at : found.start()], None), (found[0], number)]
        at = found.end()
    pieces.append((text[at:SHOWN], None))
    return tuple((readable(words), number) for words, number in pieces if words)


def shown_sentences(
    lineage: Lineage, numbers: Mapping[str, int], own: Mapping[str, Sequence[str]]
) -> tuple[ShownSentence, ...]:
    """The lineage of a text's sentences. `numbers` has the essay's number of each passage by id, `own` each passage's
    sentences."""
    shown = lineage.sentences[:MOST_SENTENCES]
    return tuple(ShownSentence(added=each.added, behind=tuple(_behind(each, numbers, own))) for each in shown)


def _behind(
    sentence: SentenceLineage, numbers: Mapping[str, int], own: Mapping[str, Sequence[str]]
) -> Iterator[ShownBehind]:
    for each in sentence.behind:
        if each.passage in numbers:
            sentences = own[each.passage]
            closest = sentences.index(each.sentence) if each.sentence in sentences else None
            yield ShownBehind(passage=numbers[each.passage], share=each.share, closest=closest)
