"""By how many bits each passage makes each sentence of a text more probable.

Takes a `TextScorer`, passages and a text; gives bits by sentence and passage. The bits of a passage p for a sentence
t are log2 p(t | p, text before t) − log2 p(t | text before t), where p stands before the text with a blank line
between: the pointwise mutual information of sentence and passage. Each passage is read alone, so that passages that
say the same don't stand in for each other, and so that a passage is computed once for all texts made from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from remix.reader.sentence_bits import GAP, TextScorer, by_sentence
from remix.records import Score


class SentenceGains(NamedTuple):
    """What the passages give to a sentence."""

    sentence: str
    tokens: int
    """The sentence's tokens."""
    bits: tuple[float, ...]
    """For each passage the bits by which the passage makes the sentence more probable; below 0 less probable."""


class TextToRead(NamedTuple):
    """A text, and the passages that may stand behind it."""

    passages: tuple[str, ...]
    text: str


class AskedGains(NamedTuple):
    """The scores of a text alone, and after each passage, on their way."""

    alone: Future[Score]
    after: tuple[Future[Score], ...]


def ask(scorer: TextScorer, texts: Sequence[TextToRead]) -> list[AskedGains]:
    """Ask for all scores of several texts; no passage and no text is blank.

    All texts of a passage are asked in a row, so that the passage's prompt is computed once. Raises `PromptError` if
    a prompt doesn't fit.
    """
    alone = [scorer.score_text("", each.text) for each in texts]
    places = [(passage, at, number) for at, each in enumerate(texts) for number, passage in enumerate(each.passages)]
    order = {passage: place for place, passage in enumerate(dict.fromkeys(passage for passage, _, _ in places))}
    after = {
        (at, number): scorer.score_text(f"{passage}{GAP}", texts[at].text)
        for passage, at, number in sorted(places, key=lambda place: (order[place[0]], *place[1:]))
    }
    return [
        AskedGains(alone[at], tuple(after[at, number] for number in range(len(each.passages))))
        for at, each in enumerate(texts)
    ]


def answered(asked: AskedGains, own: Sequence[str]) -> tuple[SentenceGains, ...]:
    """What the passages give to each of the text's sentences `own`, once all scores are there. Raises the engine's
    errors."""
    alone = by_sentence(asked.alone.result(), own)
    after = [by_sentence(each.result(), own) for each in asked.after]
    return tuple(
        SentenceGains(sentence, alone[at].tokens, tuple(round(each[at].bits - alone[at].bits, 4) for each in after))
        for at, sentence in enumerate(own)
    )
