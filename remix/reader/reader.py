"""The reader: asks a local model about texts and their passages, and gives `Reading`s.

Takes a `Scorer`, passages and texts. Asks for log-probabilities only: of the passage with and without the text before
it, of the text with and without the passage before it, and of “Yes” after each question about each sentence. Prompts
of the same passage are asked in a row, so that an engine that keeps prefixes computes the passage once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from remix.measure import reading as numbers
from remix.measure.sentences import sentences
from remix.reader.calibration import Calibration, label_of
from remix.reader.questions import QUESTIONS, YES, messages
from remix.reader.reading_flags import flags_of
from remix.records import Features, Message, ModelFile, Reading, Score, SentenceReading

VERSION = 1
"""Version of questions and features: raised whenever any reading of a text would change."""

GAP = "\n\n"
"""Between two texts, one scored as the continuation of the other."""


class Scorer(Protocol):
    """Gives log-probabilities: a `LocalModel`."""

    def score(self, messages: Sequence[Message], text: str) -> Future[Score]:
        """Score a text as the answer to messages."""

    def score_text(self, before: str, text: str) -> Future[Score]:
        """Score a text as the continuation of another text, which may be empty."""


class Both(NamedTuple):
    """Scores of a text with and without another text before it."""

    given: Future[Score]
    alone: Future[Score]


class SentencesAsked(NamedTuple):
    """The questions about a text's sentences, on their way."""

    sentences: tuple[str, ...]
    text: Both
    answers: tuple[dict[str, Future[Score]], ...]
    """For each sentence the score of “Yes”, by question."""


class Asked(NamedTuple):
    """All that is asked about a text, on its way."""

    passage: Both
    sentences: SentencesAsked


def ask(scorer: Scorer, passage: str, text: str) -> Asked:
    """Ask all about a text; neither passage nor text is blank. Raises `PromptError` if a prompt doesn't fit."""
    kept = Both(scorer.score_text(text + GAP, passage), scorer.score_text("", passage))
    return Asked(kept, ask_sentences(scorer, passage, text, sentences(text)))


def ask_sentences(scorer: Scorer, passage: str, text: str, claims: Sequence[str]) -> SentencesAsked:
    """Ask about sentences of a text, given in the text's order. Raises `PromptError` if a prompt doesn't fit."""
    source = sentences(passage)
    both = Both(scorer.score_text(passage + GAP, text), scorer.score_text("", text))
    answers = [
        {name: scorer.score(messages(passage, source, claim, name), YES) for name in QUESTIONS} for claim in claims
    ]
    return SentencesAsked(tuple(claims), both, tuple(answers))


def features(asked: SentencesAsked) -> list[Features]:
    """The features of each sentence, once all answers are there. Raises the engine's errors."""
    return [_features(tokens, answers) for tokens, answers in zip(_tokens(asked), asked.answers, strict=True)]


def answered(asked: Asked, file: ModelFile, calibration: Calibration | None) -> Reading:
    """The reading by a model, once all answers are there. Raises the engine's errors."""
    kept, text = (Both(*both) for both in (asked.passage, asked.sentences.text))
    alone, given = kept.alone.result(), kept.given.result()
    of_text, text_alone = text.given.result(), text.alone.result()
    reading = Reading(
        reader=file.name,
        reader_sha256=file.sha256,
        calibration=calibration.name if calibration else None,
        calibrated=bool(calibration and calibration.is_of(file)),
        passage_bits=round(alone.bits, 4),
        kept_bits=round(alone.bits - given.bits, 4),
        passage=numbers.by_word(alone.pieces, numbers.gains(given, alone)),
        text_bits=round(text_alone.bits, 4),
        text=numbers.by_token(of_text.pieces, numbers.gains(of_text, text_alone)),
        sentences=tuple(_sentences(asked.sentences, calibration)),
    )
    return reading.model_copy(update={"flags": flags_of(reading, file)})


def _sentences(asked: SentencesAsked, calibration: Calibration | None) -> list[SentenceReading]:
    found = []
    for claim, tokens, answers in zip(asked.sentences, _tokens(asked), asked.answers, strict=True):
        each = _features(tokens, answers)
        said, turned_round = calibration.probabilities(each) if calibration else (None, None)
        found.append(
            SentenceReading(
                sentence=claim,
                label=label_of(said, turned_round),
                said=said,
                turned_round=turned_round,
                features=each,
                against=tokens.word,
            )
        )
    return found


def _tokens(asked: SentencesAsked) -> list[numbers.Tokens]:
    return numbers.sentence_tokens(asked.text.given.result(), asked.text.alone.result(), asked.sentences)


def _features(tokens: numbers.Tokens, answers: dict[str, Future[Score]]) -> Features:
    # An answer of several tokens counts as a whole.
    odds = {name: numbers.log_odds(sum(answer.result().logprobs)) for name, answer in answers.items()}
    values = {"gain": tokens.gain, "lowest": tokens.lowest, "cost": tokens.cost, **odds}
    return Features(**{name: round(value, 4) for name, value in values.items()})
