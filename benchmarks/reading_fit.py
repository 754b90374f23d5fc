"""Fitting readers: a probe of the hidden states, and the weights of a sentence's features.

Takes cases with answers of a reader, gives a `StateProbe` and a `Fit`. Both are multinomial logistic regressions with
a penalty on squared weights. Among the features of the second are the log-odds by the first. In the cases that both
learn from, these log-odds are by probes that were fitted without the case's passage: a probe is too sure of the cases
that it was fitted on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.reading_cases import Case
from remix.reader.calibration import CLASSES
from remix.reader.state_probe import StateProbe, packed
from remix.records import Features

PENALTY = 1.0
"""Of the squared weights of features."""

STATE_PENALTY = 1000.0
"""Of the squared weights of a state's values, of which there are as many as cases."""

OF_MODELS = 3.0
"""Weight of all labelled sentences of texts by models, which readers are for; all planted cases weigh 1, and all
claims."""

FOLDS = 9
BY_PROBE = ("state_not_said", "state_turned_round")
FIELDS = tuple(Features.model_fields)
PLAIN = tuple(name for name in FIELDS if name not in BY_PROBE)
"""The features that a reader without a probe has."""

_PARTS = {"labelled": "labelled", "texts": "labelled", "claims": "claims", "free": "claims"}
"""Parts of the cases of development, by kind; all further kinds are planted."""

FloatArray = NDArray[np.float64]


class Answer(NamedTuple):
    """What a reader answered about a sentence."""

    features: Features
    """Without the log-odds by a probe."""
    state: FloatArray
    """The hidden state in which the question is answered: (width,)."""


class Fit(NamedTuple):
    """A multinomial logistic regression."""

    means: FloatArray
    scales: FloatArray
    weights: FloatArray
    """(labels, columns and bias), for columns less their means, by their scales."""

    def probabilities(self, rows: FloatArray) -> FloatArray:
        """(sentences, labels)."""
        return _softmax(_with_bias((rows - self.means) / self.scales) @ self.weights.T)


def fit(cases: Sequence[Case], rows: FloatArray, counts: FloatArray, penalty: float = PENALTY) -> Fit:
    """The weights that make labels most probable, less `penalty` times half their squares.

    Each case counts as many times as `counts` says.
    """
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    given = _with_bias((rows - means) / scales)
    wanted = np.array([[case.label == each for each in CLASSES] for case in cases], float)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(len(CLASSES), -1)
        found = _softmax(given @ weights.T)
        free = weights * ([1.0] * (weights.shape[1] - 1) + [0.0])
        losses = -np.log(np.maximum((found * wanted).sum(axis=1), 1e-12))
        slopes = counts[:, None] * (found - wanted)
        return float(counts @ losses + penalty / 2 * (free**2).sum()), (slopes.T @ given + penalty * free).ravel()

    best = minimize(loss, np.zeros(len(CLASSES) * given.shape[1]), jac=True, method="L-BFGS-B")
    return Fit(means, scales, best.x.reshape(len(CLASSES), -1))


def fit_weights(cases: Sequence[Case], rows: FloatArray) -> Fit:
    """Weights of features: all planted cases together count as much as all claims together, and all sentences of
    texts by models `OF_MODELS` times as much."""
    parts = [_PARTS.get(case.kind, "planted") for case in cases]
    sizes = Counter(parts)
    shares = {part: OF_MODELS if part == "labelled" else 1.0 for part in sizes}
    whole = len(cases) / sum(shares.values())
    return fit(cases, rows, np.array([whole * shares[part] / sizes[part] for part in parts]))


def fit_probe(cases: Sequence[Case], states: FloatArray) -> StateProbe:
    """A probe of states of shape (cases, width)."""
    made = fit(cases, states, np.ones(len(cases)), STATE_PENALTY)
    weights = made.weights[:, :-1] / made.scales
    bias = made.weights[:, -1] - weights @ made.means
    said, *others = range(len(CLASSES))
    return StateProbe(
        weights=packed(weights[others] - weights[said]),
        bias=(float(bias[others[0]] - bias[said]), float(bias[others[1]] - bias[said])),
    )


def by_passage(
    cases: Sequence[Case], columns: FloatArray, made: Callable[[list[Case], FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """Values for each case, by `made(cases to learn from, their columns, columns)` without the case's passage."""
    passages = sorted({case.passage for case in cases})
    fold = np.array([passages.index(case.passage) % FOLDS for case in cases])
    parts = [
        made(
            [case for case, at in zip(cases, fold, strict=True) if at != each],
            columns[fold != each],
            columns[fold == each],
        )
        for each in range(FOLDS)
    ]
    found = np.zeros((len(cases), parts[0].shape[1]))
    for each, part in enumerate(parts):
        found[fold == each] = part
    return found


class Fitted(NamedTuple):
    """A reader's probe and weights."""

    probe: StateProbe
    fit: Fit
    """Of all features."""
    plain: Fit
    """Of the features without a probe."""
    crossed: FloatArray
    """Probabilities of the labels of the cases learned from, by probes and weights without the case's passage."""

    def probabilities(self, answers: Sequence[Answer]) -> FloatArray:
        """(sentences, labels)."""
        return self.fit.probabilities(np.hstack([plain(answers), odds(self.probe, states(answers))]))


def fitted(cases: Sequence[Case], answers: Sequence[Answer]) -> Fitted:
    """StateProbe and weights from cases of development."""
    rows, hidden = plain(answers), states(answers)
    by_probe = by_passage(cases, hidden, lambda known, given, asked: odds(fit_probe(known, given), asked))
    whole = np.hstack([rows, by_probe])
    crossed = by_passage(cases, whole, lambda known, given, asked: fit_weights(known, given).probabilities(asked))
    return Fitted(fit_probe(cases, hidden), fit_weights(cases, whole), fit_weights(cases, rows), crossed)


def plain(answers: Sequence[Answer]) -> FloatArray:
    """The features without a probe: (sentences, features)."""
    return np.array([[getattr(each.features, name) for name in PLAIN] for each in answers])


def states(answers: Sequence[Answer]) -> FloatArray:
    """(sentences, width)."""
    return np.array([each.state for each in answers])


def odds(probe: StateProbe, hidden: FloatArray) -> FloatArray:
    """Log-odds by a probe: (sentences, 2)."""
    return np.array([probe.log_odds(each.tolist()) for each in hidden])


def _with_bias(rows: FloatArray) -> FloatArray:
    return np.hstack([rows, np.ones((len(rows), 1))])


def _softmax(logits: FloatArray) -> FloatArray:
    odds_ = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = odds_ / odds_.sum(axis=1, keepdims=True)
    return found
