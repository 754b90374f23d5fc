"""Lineage by a model: for each sentence of a text, the passages that make the sentence more probable.

Takes the bits that passages give to sentences (`gains.py`), gives a `Lineage`. docs/measures.md has the method, and
how often it is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from remix.measure import lineage as by_words
from remix.reader.gains import SentenceGains
from remix.records import ModelFile
from remix.records.lineage import Behind, Lineage, SentenceLineage

VERSION = 1
"""Version of the lineage by a model: raised whenever any lineage would change."""

LEAST = 1.4
"""Bits for each token of a sentence from which a passage stands behind it, as Qwen2.5-Coder-1.5B reads."""

FURTHER = 0.5
"""A further passage stands behind a sentence if it gives this share of the most bits that a passage gives."""

MEASURED = ("qwen2.5", "coder", "1.5b")
"""Words in the name of the reader by which the bounds were measured."""

FOUND = (
    "With this reader the right passage was first for all of 56 sentences kept apart, 2 of them were called added, "
    "and so were all of 21 sentences that no passage says."
)
"""What the benchmark found by that reader."""


def lineage(
    passages: Mapping[str, str], gains: Sequence[SentenceGains], reader: ModelFile, language: str | None
) -> Lineage:
    """The lineage of a text's sentences. `passages` has the text of each passage by id, in the order of the bits."""
    closest = by_words.closest_sentences([each.sentence for each in gains], passages, language)
    return Lineage(
        method="model",
        version=VERSION,
        reader=reader.name,
        reader_sha256=reader.sha256,
        passages=tuple(passages),
        sentences=tuple(_behind(each, tuple(passages), near) for each, near in zip(gains, closest, strict=True)),
    )


def in_words(reader: str) -> str:
    """What a lineage by a reader is worth; `reader` is the model's name."""
    if all(word in reader.lower() for word in MEASURED):
        return FOUND
    return "The bounds were measured with Qwen2.5-Coder-1.5B: how often this reader is right is not known."


def _behind(gains: SentenceGains, passages: Sequence[str], closest: Mapping[str, str]) -> SentenceLineage:
    """A sentence with the passages behind it, and their closest sentences."""
    most = max(gains.bits)
    least = max(LEAST * max(1, gains.tokens), FURTHER * most)
    kept = sorted(
        ((bits, passage) for bits, passage in zip(gains.bits, passages, strict=True) if bits >= least),
        key=lambda each: -each[0],
    )
    total = math.fsum(bits for bits, _ in kept)
    return SentenceLineage(
        sentence=gains.sentence,
        added=not kept,
        # Rounded down, so that shares never add up to more than 1.
        behind=tuple(
            Behind(
                passage=passage,
                share=math.floor(1e4 * bits / total) / 1e4,
                score=bits,
                sentence=closest.get(passage, ""),
            )
            for bits, passage in kept
        ),
    )
