"""How sure a number is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from remix.analysis import intervals
from remix.analysis.intervals import Estimate, jackknife, mean, over_passages

SAMPLE = [float(each) for each in np.random.default_rng(3).gamma(2, size=30)]


def test_the_bootstrap_against_scipy() -> None:
    found = mean(SAMPLE)
    theirs = stats.bootstrap((SAMPLE,), np.mean, n_resamples=20_000, method="percentile", rng=5).confidence_interval
    assert found is not None
    assert found.value == pytest.approx(np.mean(SAMPLE))
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    """Of a mean the jackknife gives s/√n exactly (Efron and Tibshirani 1993, ch. 11)."""
    found = jackknife(SAMPLE, lambda items: float(np.mean(items))).estimate()
    error = stats.sem(SAMPLE)
    assert (found.low, found.high) == pytest.approx(
        (np.mean(SAMPLE) - 1.959964 * error, np.mean(SAMPLE) + 1.959964 * error)
    )


def test_a_large_set_is_left_out_in_groups() -> None:
    asked: list[int] = []

    def statistic(items: object) -> float:
        asked.append(len(items))
        return 0.0

    jackknife(range(200), statistic)
    assert len(asked) == 1 + intervals.GROUPS
    assert set(asked) == {200, 195}


def test_too_little_for_an_interval() -> None:
    assert mean([]) is None
    assert mean([1.0, 2.0]) == Estimate(value=1.5, low=None, high=None, count=2)
    assert jackknife([1, 2], len).estimate() == Estimate(value=2, low=None, high=None, count=2)


def test_whether_a_difference_is_hardly_chance() -> None:
    estimate = Estimate(value=1, low=-0.1, high=2, count=9)
    assert not estimate.is_not_zero
    assert estimate.model_copy(update={"low": 0.1}).is_not_zero
    assert not estimate.model_copy(update={"low": None, "high": None}).is_not_zero


def test_what_comes_from_one_passage_counts_once() -> None:
    assert over_passages("aab", [1, 3, 5]) == mean([2, 5])


def test_the_same_again_gives_the_same() -> None:
    assert mean(SAMPLE) == mean(SAMPLE)


def test_drawing_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of 10,000 passages asked for 800 MB at once."""
    whole = mean(SAMPLE)
    monkeypatch.setattr(intervals, "BLOCK", 7 * len(SAMPLE))
    assert mean(SAMPLE) == whole
    drawn = np.random.default_rng(1).integers(0, len(SAMPLE), (intervals.RESAMPLES, len(SAMPLE)))
    low, high = np.quantile(np.array(SAMPLE)[drawn].mean(axis=1), [0.025, 0.975])
    assert whole is not None
    assert (whole.low, whole.high) == pytest.approx((low, high))
