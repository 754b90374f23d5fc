"""The readings of a run by kind and step, with intervals over passages.

Takes a run's folder and outputs, gives a `ReadingSurvey` of the stored readings. Loads no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, get_args

from remix.analysis import intervals
from remix.analysis.intervals import Estimate
from remix.analysis.run_ledgers import Measured
from remix.analysis.survey_records import KindReadingSurvey, ReadingSurvey, StepReadings
from remix.analysis.trajectory import place_of
from remix.outputs.run import RunFolder
from remix.outputs.stored_readings import stored_reading
from remix.reader import calibration, summary
from remix.records import Label, Reading


class ReadText(NamedTuple):
    """A text with a reading."""

    passage: str
    """Id of the text's passage."""
    kind: str
    step: int
    reading: Reading


def of_run(folder: RunFolder, measured: Sequence[Measured]) -> ReadingSurvey | None:
    """The survey of the readings stored beside a run's outputs; null without readings."""
    texts = [
        ReadText(place_of(each.record), each.task.kind, each.task.step, found)
        for each in measured
        if (found := stored_reading(folder, each.task.id, each.record.id))
    ]
    return survey(texts, len(measured)) if texts else None


def survey(texts: Sequence[ReadText], outputs: int) -> ReadingSurvey:
    """The survey of at least one reading of `outputs` texts, by the model with most readings.

    Readings by further models are left out: bits of two models can't be compared.
    """
    (sha256, _), *_ = Counter(each.reading.reader_sha256 for each in texts).most_common(1)
    own = [each for each in texts if each.reading.reader_sha256 == sha256]
    reading = own[0].reading
    return ReadingSurvey(
        reader=reading.reader,
        reader_sha256=sha256,
        trust=calibration.reading_in_words(reading),
        has_labels=any(each.reading.calibration is not None for each in own),
        outputs=len(own),
        unread=outputs - len(own),
        kinds=tuple(
            KindReadingSurvey(kind=kind, steps=_steps([each for each in own if each.kind == kind]))
            for kind in dict.fromkeys(each.kind for each in own)
        ),
    )


def _steps(texts: Sequence[ReadText]) -> tuple[StepReadings, ...]:
    return tuple(
        _step(step, [each for each in texts if each.step == step]) for step in sorted({each.step for each in texts})
    )


def _step(step: int, texts: Sequence[ReadText]) -> StepReadings:
    with_sentences = [each for each in texts if each.reading.sentences]
    labels: tuple[Label, ...] = get_args(Label)
    return StepReadings(
        step=step,
        outputs=len(texts),
        kept=_mean(texts, lambda reading: reading.kept),
        words=_mean(texts, summary.share_of_words),
        labels={label: _mean(with_sentences, _share_of(label)) for label in labels} if with_sentences else {},
    )


def _share_of(label: Label) -> Callable[[Reading], float]:
    """The share of a reading's sentences with a label."""
    return lambda reading: sum(each.label == label for each in reading.sentences) / len(reading.sentences)


def _mean(texts: Sequence[ReadText], number: Callable[[Reading], float]) -> Estimate:
    return intervals.over_passages([each.passage for each in texts], [number(each.reading) for each in texts])
