"""The reader: asks a local model about texts and passages, and gives `Reading`s.

Takes a `Scorer`, passages and texts. Asks for log-probabilities of four things: the passage by itself, once for all
texts; the text, and the passage after the text; each sentence of the text as a claim after the passage; and the
answers to the question after the claim, with the hidden state that predicts the answer. Claims about the same passage
are asked in a row: an engine with a prefix cache computes the passage once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from remix.measure import reading as numbers
from remix.measure.chrf import CHRF
from remix.measure.facts import hard_facts
from remix.measure.language import language_of
from remix.measure.reading import Tokens
from remix.measure.sentences import sentences
from remix.reader.calibration import Calibration, label_of
from remix.reader.questions import ANSWERS, QUESTION, before
from remix.reader.reading_flags import flags_of
from remix.reader.state_probe import StateProbe
from remix.records import Answers, Features, ModelFile, Reading, Score, SentenceReading

VERSION = 5
"""Version of questions, features and weights: raised whenever any reading of a text would change."""

MOST_INVENTED = 2
"""Invented facts counted in a sentence, at most."""

GAP = "\n\n"
"""Between a text and the passage scored as the text's continuation."""


class Scorer(Protocol):
    """Gives log-probabilities: a `LocalModel`."""

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Score a text in parts as the continuation of the text `before`, which may be empty."""


class Claims(NamedTuple):
    """Scores asked for the sentences of a text, to be awaited."""

    passage: str
    sentences: tuple[str, ...]
    scores: tuple[Future[Score], ...]
    """For each sentence, the score after the passage, followed by the scores of the question's answers."""


StateOdds = tuple[float, float] | tuple[None, None]
"""Log-odds of *not said* and *turned round* against *said*, by a probe; nulls without a probe."""


class Compared(NamedTuple):
    """Features of a sentence found by counting, compared with the passage."""

    closest: float
    """chrF2 of the passage's most similar sentence, 0 … 1."""
    invented: int
    """Facts missing in the passage, at most `MOST_INVENTED`."""


class Asked(NamedTuple):
    """All scores asked for a text, to be awaited."""

    text: str
    alone: Future[Score]
    """The passage by itself."""
    both: Future[Score]
    """The text by itself, followed by the passage."""
    claims: Claims


class Remembering:
    """A scorer that scores a passage by itself only once, for all texts made from the passage."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[str, Future[Score]] = {}

    def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
        """Score a text; the score of a single part without a text before is kept and used again."""
        if before or len(parts) != 1 or not isinstance(parts[0], str):
            return self._scorer.score_text(before, *parts)
        if parts[0] not in self._known:
            self._known[parts[0]] = self._scorer.score_text("", parts[0])
        return self._known[parts[0]]


def ask(scorer: Scorer, passage: str, text: str) -> Asked:
    """Ask all about a text; neither passage nor text is blank. Raises `PromptError` if a prompt doesn't fit."""
    alone = scorer.score_text("", passage)
    claims = ask_claims(scorer, passage, sentences(text))
    return Asked(text, alone, scorer.score_text("", text, GAP, passage), claims)


def ask_claims(scorer: Scorer, passage: str, claims: Sequence[str]) -> Claims:
    """Ask about sentences only. Raises `PromptError` if a prompt doesn't fit."""
    given = before(passage)
    scores = [scorer.score_text(given, f" {claim}", QUESTION, ANSWERS) for claim in claims]
    return Claims(passage, tuple(claims), tuple(scores))


def features(asked: Claims, probe: StateProbe | None) -> list[Features]:
    """The features of each sentence, after waiting for all answers; `probe` is the reader's. Raises the engine's
    errors."""
    source = sentences(asked.passage) or [asked.passage]
    closest = CHRF.scores(asked.sentences, source).max(axis=1) / 100 if asked.sentences else ()
    language = language_of(asked.passage)
    found = []
    for claim, asked_for, most in zip(asked.sentences, asked.scores, closest, strict=True):
        score = asked_for.result()
        invented = len(hard_facts(claim, asked.passage, language=language).invented)
        compared = Compared(float(most), min(invented, MOST_INVENTED))
        state = probe.log_odds(score.states[0]) if probe else (None, None)
        found.append(_features(_claim(score, claim), score.others[0], compared, state))
    return found


def answered(asked: Asked, file: ModelFile, calibration: Calibration | None) -> Reading:
    """The reading by a model, after waiting for all answers. Raises the engine's errors."""
    alone, both = asked.alone.result(), asked.both.result()
    given, text = numbers.ending(both, len(alone.pieces)), numbers.beginning(both, asked.text)
    claims = [_claim(score.result(), claim) for claim, score in zip(*asked.claims[1:], strict=True)]
    tokens = numbers.sentence_tokens(text, claims)
    probe = calibration.probe if calibration else None
    found = zip(asked.claims.sentences, tokens, features(asked.claims, probe), strict=True)
    reading = Reading(
        reader=file.name,
        reader_sha256=file.sha256,
        calibration=calibration.name if calibration else None,
        calibrated=bool(calibration and calibration.is_of(file)),
        passage_bits=round(alone.bits, 4),
        kept_bits=round(alone.bits - given.bits, 4),
        passage=numbers.by_word(alone.pieces, numbers.gains(given, alone)),
        text_bits=round(text.bits, 4),
        text=numbers.text_spans(text, tokens),
        sentences=tuple(_labelled(*each, calibration) for each in found),
    )
    return reading.model_copy(update={"flags": flags_of(reading, file)})


def _claim(score: Score, claim: str) -> Score:
    """The score of the sentence's own tokens, without the question."""
    return numbers.beginning(score, f" {claim}")


def _labelled(claim: str, tokens: Tokens, found: Features, calibration: Calibration | None) -> SentenceReading:
    said, turned_round = calibration.probabilities(found) if calibration else (None, None)
    return SentenceReading(
        sentence=claim,
        label=label_of(said, turned_round),
        said=said,
        turned_round=turned_round,
        features=found,
        gain=round(tokens.gain, 4),
        against=tokens.word,
        against_bits=round(tokens.lowest, 4),
    )


def _features(claim: Score, answers: Sequence[float], compared: Compared, state: StateOdds) -> Features:
    costs = sorted((-each / math.log(2) for each in claim.logprobs), reverse=True)
    yes, no = answers
    closest = compared.closest
    values = {
        "cost": math.fsum(costs) / len(costs),
        "dearest": costs[0],
        "second": costs[min(1, len(costs) - 1)],
        "closest": closest,
        "invented": compared.invented,
        "denied": no - yes,
        "altered": costs[0] * closest,
        "disputed": (no - yes) * closest,
        "state_not_said": state[0],
        "state_turned_round": state[1],
    }
    return Features(**{name: None if value is None else round(value, 4) for name, value in values.items()})
