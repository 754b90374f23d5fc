"""Readings of a run by kind and step."""

from __future__ import annotations

import pytest

from remix.analysis import run_ledgers
from remix.outputs import RunFolder
from remix.reader import reading_survey
from remix.reader.reading_survey import ReadText
from remix.records import Label
from tests.reader.made import made, store_made

PASSAGE, TEXT = "The clock runs fast today.", "It is late. It knows."


def read(passage: str, kept: float, labels: tuple[Label, ...] = ("said", "said"), step: int = 1) -> ReadText:
    return ReadText(passage, "rewrite", step, made(PASSAGE, TEXT, {"clock": kept}, labels=labels))


def test_bits_kept_are_means_over_passages_with_intervals() -> None:
    texts = [read(f"p/{at}", 40.0 * share) for at, share in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))]
    found = reading_survey.survey([*texts, read("p/0", 40.0 * 0.3)], 7)
    ((step,),) = [each.steps for each in found.kinds]
    # The first passage has two texts, whose mean is 0.2.
    assert step.kept.value == pytest.approx((0.2 + 0.2 + 0.3 + 0.4 + 0.5) / 5)
    assert step.kept.low is not None
    assert step.kept.high is not None
    assert 0.2 <= step.kept.low < step.kept.value < step.kept.high <= 0.5
    assert step.words.value == pytest.approx(5 / 5)
    assert (step.outputs, found.outputs, found.unread) == (6, 6, 1)


def test_labels_are_shares_of_a_texts_sentences() -> None:
    texts = [read("p/0", 1.0, ("said", "turned round")), read("p/1", 1.0, ("said", "not said"), step=2)]
    one, two = reading_survey.survey(texts, 2).kinds[0].steps
    assert {name: each.value for name, each in one.labels.items()} == {
        "said": 0.5,
        "not said": 0.0,
        "turned round": 0.5,
        "unsure": 0.0,
    }
    assert two.labels["not said"].value == 0.5
    assert two.labels["said"].low is None, "two passages have no interval"


def test_the_model_that_read_most_is_taken_and_the_others_texts_are_unread() -> None:
    other = read("p/9", 40.0)
    other = other._replace(reading=other.reading.model_copy(update={"reader": "other", "reader_sha256": "9" * 64}))
    found = reading_survey.survey([other, read("p/0", 4.0), read("p/1", 4.0)], 3)
    assert (found.reader, found.outputs, found.unread) == ("fake", 2, 1)
    assert found.kinds[0].steps[0].kept.value == pytest.approx(0.1)


def test_without_weights_there_are_no_labels() -> None:
    text = read("p/0", 4.0)
    bare = text._replace(reading=text.reading.model_copy(update={"calibration": None}))
    assert not reading_survey.survey([bare], 1).has_labels
    assert reading_survey.survey([text], 1).has_labels


def test_a_runs_stored_readings_are_found(finished: RunFolder) -> None:
    measured = run_ledgers.measure(finished)
    assert reading_survey.of_run(finished, measured) is None
    store_made(finished, "two-clocks/001/again.1")
    store_made(finished, "two-clocks/001/again.2")
    found = reading_survey.of_run(finished, measured)
    assert found
    assert [(kind.kind, [step.step for step in kind.steps]) for kind in found.kinds] == [("again", [1, 2])]
    assert (found.outputs, found.unread) == (2, 10)
