"""Lineage by words: for each sentence of a text, the passages whose sentences are similar.

Takes a text and passages, gives a `Lineage`. Knows nothing of records of outputs and of files.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from remix.measure.chrf import CHRF
from remix.measure.sentences import sentences
from remix.records.lineage import Behind, Lineage, SentenceLineage

VERSION = 1
"""Version of the lineage by words: raised whenever any lineage would change."""


def lineage(text: str, passages: Mapping[str, str], language: str | None = "en") -> Lineage:
    """The lineage of a text's sentences. `passages` has the text of each passage by id, in order."""
    own = {passage: sentences(words, language) for passage, words in passages.items()}
    return Lineage(
        method="words",
        version=VERSION,
        passages=tuple(passages),
        sentences=tuple(_behind(each, own) for each in sentences(text, language)),
    )


def _behind(sentence: str, own: Mapping[str, list[str]]) -> SentenceLineage:
    """A sentence with the passages of which a sentence is similar enough; `own` has each passage's sentences."""
    closest: list[tuple[float, str, str]] = []
    for passage, parts in own.items():
        if parts:
            scores = np.round(CHRF.scores([sentence], parts)[0], 4)
            closest.append((float(scores.max()), passage, parts[int(scores.argmax())]))
    kept = sorted((each for each in closest if each[0] >= CHRF.kept), key=lambda each: -each[0])
    total = sum(score for score, _, _ in kept)
    return SentenceLineage(
        sentence=sentence,
        added=not kept,
        behind=tuple(
            Behind(passage=passage, share=round(score / total, 4), score=score, sentence=words)
            for score, passage, words in kept
        ),
    )
