"""By how many bits each passage makes each sentence of a text more probable.

Takes a `TextScorer`, passages and sentences; gives bits by sentence and passage. The bits of a passage p for a
sentence s are log2 p(s | p) − log2 p(s | prose), where p, or some prose that says nothing, stands before the sentence
with a blank line and a quotation mark between. Each passage is read alone, so that passages that say the same don't
stand in for each other; each sentence is scored alone, because the text before it may say what the passage says; and
the passage is compared with prose, because compared with nothing any passage makes any sentence more probable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from remix.reader.leave_one_out import GAP, TextScorer
from remix.records import Score

LEAD = f"{GAP}“"
"""Between a passage and a sentence: the sentence as a quotation. The token before a sentence is computed for each
sentence, and with it the chunk that has the token: without the quotation mark, the passage's last."""

PROSE: Mapping[str, str] = {
    "en": "This is a page from an essay. It is written in plain prose, one sentence after another, for readers who "
    "have a little time. Each paragraph keeps to its subject, and each sentence says something about the matter at "
    "hand.",
    "de": "Dies ist eine Seite aus einem Essay. Sie ist in schlichter Prosa geschrieben, ein Satz nach dem anderen, "
    "für Leser, die ein wenig Zeit haben. Jeder Absatz bleibt bei seinem Thema, und jeder Satz sagt etwas zur Sache.",
    "fr": "Ceci est une page d’un essai. Elle est écrite en prose simple, une phrase après l’autre, pour des "
    "lecteurs qui ont un peu de temps. Chaque paragraphe s’en tient à son sujet, et chaque phrase dit quelque chose "
    "de la question.",
    "es": "Esta es una página de un ensayo. Está escrita en prosa sencilla, una frase tras otra, para lectores que "
    "tienen un poco de tiempo. Cada párrafo se atiene a su tema, y cada frase dice algo sobre el asunto.",
}
"""Prose that says nothing, by language; for further languages the English."""


class TextToRead(NamedTuple):
    """A text's sentences, and the passages that may stand behind them."""

    passages: tuple[str, ...]
    sentences: tuple[str, ...]
    language: str | None
    """The passages' language by its code."""


class SentenceGains(NamedTuple):
    """What the passages give to a sentence."""

    sentence: str
    tokens: int
    """The sentence's tokens."""
    bits: tuple[float, ...]
    """For each passage the bits by which the passage makes the sentence more probable; below 0 less probable."""


class AskedGains(NamedTuple):
    """The scores of a text's sentences, on their way: after prose, and after each passage."""

    text: TextToRead
    prose: tuple[Future[Score], ...]
    after: tuple[tuple[Future[Score], ...], ...]


def ask(scorer: TextScorer, texts: Sequence[TextToRead]) -> list[AskedGains]:
    """Ask for all scores of several texts; no passage and no sentence is blank.

    All sentences after a passage are asked in a row, so that the passage's prompt is computed once. Raises
    `PromptError` if a prompt doesn't fit.
    """

    def scores(before: str, text: TextToRead) -> tuple[Future[Score], ...]:
        return tuple(scorer.score_text(f"{before}{LEAD}", sentence) for sentence in text.sentences)

    prose = [scores(prose_in(each.language), each) for each in texts]
    reading: dict[str, list[int]] = {}
    """For each passage, the numbers of the texts made from the passage."""
    for at, text in enumerate(texts):
        for passage in dict.fromkeys(text.passages):
            reading.setdefault(passage, []).append(at)
    after = {(passage, at): scores(passage, texts[at]) for passage, numbers in reading.items() for at in numbers}
    return [
        AskedGains(text, prose[at], tuple(after[passage, at] for passage in text.passages))
        for at, text in enumerate(texts)
    ]


def answered(asked: AskedGains) -> tuple[SentenceGains, ...]:
    """What the passages give to each sentence, once all scores are there. Raises the engine's errors."""
    prose = [each.result() for each in asked.prose]
    after = [[_bits(each.result()) for each in scores] for scores in asked.after]
    return tuple(
        SentenceGains(
            sentence, len(prose[at].logprobs), tuple(round(bits[at] - _bits(prose[at]), 4) for bits in after)
        )
        for at, sentence in enumerate(asked.text.sentences)
    )


def prose_in(language: str | None) -> str:
    """Prose that says nothing, in a language as far as there is one."""
    return PROSE.get(language or "en", PROSE["en"])


def _bits(score: Score) -> float:
    """log2 of the probability of all that was scored."""
    return math.fsum(score.logprobs) / math.log(2)
