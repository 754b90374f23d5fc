"""Calibrations: from a sentence's features to the probabilities of the labels, by reader.

Takes features, gives probabilities. `calibration.toml` holds for each measured reader a probe of its states
(state_probe.py), the weights of a multinomial logistic regression over *said*, *not said* and *turned round*, and how
often the reader was right on held-out passages; `benchmarks/reading.py` fits and measures all of that. A reader
without measurements has no probe, and takes the weights that the best measured reader has without its probe; the
readings name these weights. Without weights there are no probabilities.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import numpy as np

from remix.reader.state_probe import StateProbe
from remix.records import Features, Frozen, Label, ModelFile, Reading

SURE = 0.5
"""Least probability of a label."""

CLASSES: tuple[Label, ...] = ("said", "not said", "turned round")
"""The labels with weights."""


class Found(Frozen):
    """How often a reader is right, on passages kept apart."""

    sentences: int
    """Labelled sentences of real texts."""
    right: float
    """Share of the labelled sentences with the same label by the reader; `unsure` counts as a wrong label."""
    area: float
    """Area under the ROC curve: *said* against all else."""


class Calibration(Frozen):
    """The weights of a reader."""

    name: str
    """The reader's name."""
    matches: tuple[str, ...]
    """Words that identify the reader's model: one of the model's labels has all of these words. None: for readers
    that weren't measured."""
    probe: StateProbe | None = None
    """The probe of the reader's states, which gives two of the features."""
    means: dict[str, float]
    """Mean of each feature in the sentences of calibration."""
    scales: dict[str, float]
    """Standard deviation of each feature in the sentences of calibration."""
    weights: dict[str, dict[str, float]]
    """By label and feature, and by `bias`: the weight of the feature, standardised by mean and scale."""
    found: Found
    """The accuracy of the reader."""

    def is_of(self, file: ModelFile) -> bool:
        """Whether a model is this calibration's reader, by the model's labels."""
        return bool(self.matches) and any(all(word in label for word in self.matches) for label in file.labels)

    def probabilities(self, features: Features) -> tuple[float, float]:
        """The probabilities of *said* and *turned round*.

        A sentence of the passage, letter for letter, is said, whatever a model answers. Part of a sentence may not be
        said: *he denied that the bridge fell*.
        """
        if features.closest == 1:
            return 1.0, 0.0
        values = {"bias": 1.0}
        for name, mean in self.means.items():
            values[name] = (getattr(features, name) - mean) / self.scales[name]
        logits = np.array(
            [sum(self.weights[each][name] * value for name, value in values.items()) for each in CLASSES]
        )
        odds = np.exp(logits - logits.max())
        said, _, turned_round = (odds / odds.sum()).round(4).tolist()
        return said, turned_round


def label_of(said: float | None, turned_round: float | None) -> Label:
    """The most probable label; `unsure` if no label reaches `SURE`, or without probabilities."""
    if said is None or turned_round is None:
        return "unsure"
    probability, label = max(zip((said, 1 - said - turned_round, turned_round), CLASSES, strict=True))
    return label if probability >= SURE else "unsure"


def calibration_of(file: ModelFile) -> Calibration | None:
    """A model's own calibration, or the calibration for models that weren't measured; null if there is neither."""
    known = calibrations()
    own = (each for each in known if each.is_of(file))
    return next(own, next((each for each in known if not each.matches), None))


def in_words(file: ModelFile) -> str:
    """How far a model's readings can be trusted."""
    calibration = calibration_of(file)
    return _in_words(file.name, calibration, bool(calibration and calibration.is_of(file)))


def reading_in_words(reading: Reading) -> str:
    """The reliability of a reading, by the reader and the weights named in the reading."""
    if reading.calibration is None:
        return f"Read by {reading.reader}, for which there were no weights: sentences have no labels."
    known = {each.name: each for each in calibrations()}
    if reading.calibration not in known:
        return (
            f"Read by {reading.reader} with weights of {reading.calibration} that this version of remix hasn't: "
            "how often the labels are right isn't known."
        )
    return _in_words(reading.reader, known[reading.calibration], reading.calibrated)


def _in_words(name: str, calibration: Calibration | None, is_own: bool) -> str:
    if calibration is None:
        return (
            f"Read by {name}. No reader is calibrated yet, so sentences have features and no labels: "
            "`python -m benchmarks.reading` measures a reader."
        )
    if not is_own:
        return (
            f"Read by {name}, which was never calibrated: the probabilities are those of {calibration.name}, "
            "and how often they are right isn't known."
        )
    found = calibration.found
    worth = f"of {found.sentences} labelled sentences kept apart, it labelled {found.right:.0%} as the references do"
    return f"Read by {name}: {worth}. An aid to a reader, no verdict.".replace("%", " %")


@cache
def calibrations() -> tuple[Calibration, ...]:
    """All calibrations."""
    data = tomllib.loads((resources.files(__package__) / "calibration.toml").read_text(encoding="utf-8"))
    return tuple(Calibration.model_validate(each) for each in data.get("reader", ()))
