"""What stands behind each sentence of a text: by how much one part of the passage makes the sentence more probable.

Takes a `Scorer`, the parts of a passage and a text; gives bits by sentence and part. The bits of a part s for a
sentence t are log2 p(t | whole passage, text before t) − log2 p(t | passage without s, text before t), where the
passage stands before the text with a blank line between: leave one out, as in ContextCite (Cohen-Wang et al. 2024).
Parts that say the same stand in for each other: without one of them little is lost.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import accumulate, pairwise
from typing import NamedTuple, Protocol

from remix.measure.sentences import sentences
from remix.records import Frozen, Score

GAP = "\n\n"
"""Between the passage and the text."""


class TextScorer(Protocol):
    """Gives log-probabilities: a `LocalModel`."""

    def score_text(self, before: str, text: str, /) -> Future[Score]:
        """Score a text as the continuation of another text, which may be empty."""


class Part(NamedTuple):
    """A part of a passage, and the passage without the part."""

    words: str
    without: str


class Supported(Frozen):
    """A sentence of a text."""

    sentence: str
    """The sentence."""
    bits: tuple[float, ...]
    """For each part of the passage the bits by which the part makes the sentence more probable; below 0 it makes the
    sentence less probable."""


class Support(Frozen):
    """What stands behind each sentence of a text."""

    parts: tuple[str, ...]
    """The sentences of the passage; or the passages, if the text was made from several."""
    sentences: tuple[Supported, ...]
    """The sentences of the text."""


class Asked(NamedTuple):
    """The scores of a text after the whole passage, and after the passage without each part, on their way."""

    parts: tuple[Part, ...]
    text: str
    whole: Future[Score]
    without: tuple[Future[Score], ...]


def parts_of(passages: Sequence[str]) -> tuple[Part, ...]:
    """The parts to leave out: of several passages each passage, of a single passage each sentence."""
    if len(passages) > 1:
        return tuple(
            Part(each, GAP.join(other for place, other in enumerate(passages) if place != at))
            for at, each in enumerate(passages)
        )
    passage = passages[0]
    own = sentences(passage)
    places = [*_starts(passage.encode(), own), len(passage.encode())]
    cuts = [(passage.encode()[:begin], passage.encode()[end:]) for begin, end in pairwise(places)]
    return tuple(
        Part(sentence, (before + after).decode().strip()) for sentence, (before, after) in zip(own, cuts, strict=True)
    )


def ask(scorer: TextScorer, passages: Sequence[str], text: str) -> Asked:
    """Ask for all scores; neither passage nor text is blank. Raises `PromptError` if a prompt doesn't fit."""
    parts = parts_of(passages)
    whole = scorer.score_text(GAP.join(passages) + GAP, text)
    return Asked(parts, text, whole, tuple(scorer.score_text(_before(each), text) for each in parts))


def _before(part: Part) -> str:
    return part.without + GAP if part.without else ""


def answered(asked: Asked) -> Support:
    """The bits of each part for each sentence, once all scores are there. Raises the engine's errors."""
    own = sentences(asked.text)
    whole = by_sentence(asked.whole.result(), own)
    without = [by_sentence(each.result(), own) for each in asked.without]
    return Support(
        parts=tuple(each.words for each in asked.parts),
        sentences=tuple(
            Supported(sentence=sentence, bits=tuple(round(whole[at] - each[at], 4) for each in without))
            for at, sentence in enumerate(own)
        ),
    )


def by_sentence(score: Score, own: Sequence[str]) -> list[float]:
    """log2 of each sentence's probability. A token belongs to the sentence in which its last byte stands."""
    starts = _starts(b"".join(score.pieces), own)
    sums: list[list[float]] = [[] for _ in own]
    for end, logprob in zip(accumulate(map(len, score.pieces)), score.logprobs, strict=True):
        sums[max(0, bisect_left(starts, end) - 1)].append(logprob)
    return [math.fsum(each) / math.log(2) for each in sums]


def _starts(text: bytes, own: Sequence[str]) -> list[int]:
    """The byte at which each sentence begins in a text, however its words are spaced there."""
    starts, at = [], 0
    for sentence in own:
        found = re.compile(rb"\W+?".join(re.escape(word.encode()) for word in sentence.split())).search(text, at)
        starts.append(found.start() if found else at)
        at = found.end() if found else at
    return starts
