"""From features to labels: weights worked by hand, and those that are part of the package."""

from __future__ import annotations

import math

import pytest

from remix.reader import calibration
from remix.reader.calibration import CLASSES, Calibration, Found, calibration_of, calibrations, in_words, label_of
from remix.records import Features
from tests.conftest import FILE

NAMES = tuple(Features.model_fields)
ZERO = Features(**dict.fromkeys(NAMES, 0.0))
MADE = Calibration(
    name="made",
    matches=("made", "1b"),
    means={"cost": 1.0, "denied": 0.0},
    scales={"cost": 2.0, "denied": 1.0},
    weights={
        "said": {"cost": math.log(2), "denied": 0.0, "bias": 0.0},
        "not said": {"cost": 0.0, "denied": 0.0, "bias": 0.0},
        "turned round": {"cost": 0.0, "denied": math.log(3), "bias": 0.0},
    },
    found=Found(sentences=10, right=0.7, area=0.8),
)
OTHERS = MADE.model_copy(update={"name": "made without its probe", "matches": ()})


def test_probabilities_are_those_of_a_logistic_regression():
    # Odds of 4 : 1 : 3.
    said, turned_round = MADE.probabilities(ZERO.model_copy(update={"cost": 5.0, "denied": 1.0}))
    assert (said, turned_round) == (0.5, 0.375)


@pytest.mark.parametrize(
    ("said", "turned_round", "label"),
    [
        *((0.5, 0.3, "said"), (0.1, 0.8, "turned round"), (0.1, 0.2, "not said")),
        *((0.4, 0.3, "unsure"), (None, None, "unsure")),
    ],
)
def test_the_most_probable_label_is_given_from_one_half_on(said, turned_round, label):
    assert label_of(said, turned_round) == label


def test_a_reader_is_known_by_the_words_of_one_label():
    assert MADE.is_of(FILE.model_copy(update={"labels": ("other", "made instruct 1b")}))
    assert not MADE.is_of(FILE.model_copy(update={"labels": ("made", "1b")}))


def test_it_is_said_how_often_a_reader_is_right_and_that_another_is_not_known(monkeypatch):
    monkeypatch.setattr(calibration, "calibrations", lambda: (MADE, OTHERS))
    file = FILE.model_copy(update={"labels": ("made-1b",)})
    assert "of 10 labelled sentences kept apart, it labelled 70 % as the references do" in in_words(file)
    assert "never calibrated: the probabilities are those of made without its probe" in in_words(FILE)


def test_without_weights_there_are_no_labels_and_it_is_said(monkeypatch):
    monkeypatch.setattr(calibration, "calibrations", lambda: ())
    assert calibration_of(FILE) is None
    assert "No reader is calibrated yet" in in_words(FILE)


def test_an_unknown_reader_takes_the_weights_for_readers_that_were_not_measured(monkeypatch):
    monkeypatch.setattr(calibration, "calibrations", lambda: (MADE, OTHERS))
    assert calibration_of(FILE) == OTHERS
    assert calibration_of(FILE.model_copy(update={"labels": ("made-1b",)})) == MADE


def test_one_calibration_is_for_readers_that_were_not_measured():
    (others,) = (each for each in calibrations() if not each.matches)
    assert others.probe is None


def test_each_reader_has_a_weight_for_each_feature_and_label():
    for each in calibrations():
        names = NAMES if each.probe else [name for name in NAMES if not name.startswith("state")]
        assert bool(each.probe) == bool(each.matches)
        assert set(each.means) == set(each.scales) == set(names)
        assert all(scale > 0 for scale in each.scales.values())
        assert set(each.weights) == set(CLASSES)
        assert all(set(weights) == {*names, "bias"} for weights in each.weights.values())
        assert sum(each.probabilities(ZERO)) <= 1
