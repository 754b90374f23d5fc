"""The reader: asks a local model about texts and their passages, and gives `Reading`s.

Takes a `Scorer`, passages and texts. Asks for log-probabilities only, of four things: the passage by itself, once for
all its texts; the text, and the passage after the text; each sentence of the text as a claim after the passage; and
the answers to the question behind the claim. Claims about the same passage are asked in a row, so that an engine that
keeps prefixes computes the passage once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from remix.measure import reading as numbers
from remix.measure.reading import Tokens
from remix.measure.sentences import sentences
from remix.reader.calibration import Calibration, label_of
from remix.reader.questions import ANSWERS, QUESTION, before
from remix.records import Answers, Features, ModelFile, Reading, Score, SentenceReading

VERSION = 2
"""Version of questions and features: raised whenever any reading of a text would change."""

GAP = "\n\n"
"""Between a text and the passage that is scored as its continuation."""


class Scorer(Protocol):
    """Gives log-probabilities: a `LocalModel`."""

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Score a text in parts as the continuation of another text, which may be empty."""


class SentencesAsked(NamedTuple):
    """What is asked about a text's sentences, on its way."""

    passage: str
    text: str
    sentences: tuple[str, ...]
    both: Future[Score]
    """The text by itself, and whatever was asked to be scored behind."""
    claims: tuple[Future[Score], ...]
    """Each sentence after the passage, with the question and its answers behind."""


class Asked(NamedTuple):
    """All that is asked about a text, on its way."""

    alone: Future[Score]
    """The passage by itself."""
    sentences: SentencesAsked
    """Of which `both` has the passage behind the text."""


class Remembering:
    """A scorer that asks once about a passage by itself, however many texts were made from it."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[str, Future[Score]] = {}

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Score a text; a text of one part with nothing before it only once."""
        if before or len(parts) != 1 or not isinstance(parts[0], str):
            return self._scorer.score_text(before, *parts)
        if parts[0] not in self._known:
            self._known[parts[0]] = self._scorer.score_text("", parts[0])
        return self._known[parts[0]]


def ask(scorer: Scorer, passage: str, text: str) -> Asked:
    """Ask all about a text; neither passage nor text is blank. Raises `PromptError` if a prompt doesn't fit."""
    alone = scorer.score_text("", passage)
    both = scorer.score_text("", text, GAP, passage)
    return Asked(alone, _sentences_asked(scorer, passage, text, sentences(text), both))


def ask_sentences(scorer: Scorer, passage: str, text: str, claims: Sequence[str]) -> SentencesAsked:
    """Ask about sentences of a text, given in the text's order. Raises `PromptError` if a prompt doesn't fit."""
    return _sentences_asked(scorer, passage, text, claims, scorer.score_text("", text))


def _sentences_asked(
    scorer: Scorer, passage: str, text: str, claims: Sequence[str], both: Future[Score]
) -> SentencesAsked:
    given = before(passage)
    asked = [scorer.score_text(given, f" {claim}", QUESTION, ANSWERS) for claim in claims]
    return SentencesAsked(passage, text, tuple(claims), both, tuple(asked))


def features(asked: SentencesAsked) -> list[Features]:
    """The features of each sentence, once all answers are there. Raises the engine's errors."""
    return [each for _, each in _found(asked)]


def answered(asked: Asked, file: ModelFile, calibration: Calibration | None) -> Reading:
    """The reading by a model, once all answers are there. Raises the engine's errors."""
    alone, both = asked.alone.result(), asked.sentences.both.result()
    given = numbers.ending(both, len(alone.pieces))
    found = _found(asked.sentences)
    return Reading(
        reader=file.name,
        reader_sha256=file.sha256,
        calibration=calibration.name if calibration else None,
        calibrated=bool(calibration and calibration.is_of(file)),
        passage_bits=round(alone.bits, 4),
        kept_bits=round(alone.bits - given.bits, 4),
        passage=numbers.by_word(alone.pieces, numbers.gains(given, alone)),
        text=numbers.text_spans(numbers.beginning(both, asked.sentences.text), [tokens for tokens, _ in found]),
        sentences=tuple(
            _labelled(claim, tokens, each, calibration)
            for claim, (tokens, each) in zip(asked.sentences.sentences, found, strict=True)
        ),
    )


def _labelled(claim: str, tokens: Tokens, found: Features, calibration: Calibration | None) -> SentenceReading:
    said, turned_round = calibration.probabilities(found) if calibration else (None, None)
    return SentenceReading(
        sentence=claim,
        label=label_of(said, turned_round),
        said=said,
        turned_round=turned_round,
        features=found,
        against=tokens.word,
    )


def _found(asked: SentencesAsked) -> list[tuple[Tokens, Features]]:
    """For each sentence the numbers of its tokens, and its features."""
    scores = [each.result() for each in asked.claims]
    claims = [numbers.beginning(score, f" {claim}") for score, claim in zip(scores, asked.sentences, strict=True)]
    alone = numbers.beginning(asked.both.result(), asked.text)
    return [
        (tokens, _features(tokens, score.others[0]))
        for tokens, score in zip(numbers.sentence_tokens(alone, claims), scores, strict=True)
    ]


def _features(tokens: Tokens, answers: Sequence[float]) -> Features:
    supported, contradicted, silent = answers
    values = {
        "gain": tokens.gain,
        "lowest": tokens.lowest,
        "cost": tokens.cost,
        "contradicted": contradicted - supported,
        "not_mentioned": silent - supported,
    }
    return Features(**{name: round(value, 4) for name, value in values.items()})
