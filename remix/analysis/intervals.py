"""95 % intervals over passages: bootstrap for means, jackknife for statistics of a set.

Takes numbers or a statistic of a set, one item per passage: texts of the same passage aren't independent, and
counting each text would make intervals too narrow. Gives `Estimate`s. The same input gives the same interval: random
numbers have a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from remix.records import Frozen

Item = TypeVar("Item")

RESAMPLES = 10_000
CONFIDENCE = 0.95

GROUPS = 40
"""The jackknife leaves out each item in turn; in sets of more than 40 items each of 40 groups."""

BLOCK = 1_000_000
"""Random numbers drawn at a time, so that memory doesn't grow with texts times resamples."""

NORMAL = 1.959964
"""The 97.5 % quantile of the standard normal distribution."""


class Estimate(Frozen):
    """A number with its 95 % interval."""

    value: float
    low: float | None
    """Lower end of the interval; null for fewer than five passages."""
    high: float | None
    """Upper end of the interval; null for fewer than five passages."""
    count: int
    """Passages behind the number."""

    @property
    def is_not_zero(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def shown(estimate: Estimate | None) -> str:
    """A number with its interval, for a table cell."""
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def mean(values: Sequence[float]) -> Estimate | None:
    """The mean of one number per passage, with its bootstrap interval (percentile method, Efron 1979); null for none.

    n passages are drawn 10,000 times with replacement; the interval leaves out 2.5 % of the resamples' means on
    either side. Fewer than five passages have no interval: a bootstrap interval would be far too narrow.
    """
    sample = np.asarray(values, float)
    if not len(sample):
        return None
    if len(sample) < 5:
        return Estimate(value=float(sample.mean()), low=None, high=None, count=len(sample))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(_means_of_resamples(sample), [tail, 1 - tail])
    return Estimate(value=float(sample.mean()), low=float(low), high=float(high), count=len(sample))


def _means_of_resamples(sample: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(1)
    rows = max(1, BLOCK // len(sample))
    sizes = [min(rows, RESAMPLES - at) for at in range(0, RESAMPLES, rows)]
    return np.concatenate(
        [sample[random.integers(0, len(sample), (size, len(sample)))].mean(axis=1) for size in sizes]
    )


def over_passages(passages: Sequence[str], values: Iterable[float]) -> Estimate:
    """The mean over passages of each passage's mean value; `passages` has the passage of each of at least one
    value."""
    groups: dict[str, list[float]] = {}
    for passage, value in zip(passages, values, strict=True):
        groups.setdefault(passage, []).append(float(value))
    estimate = mean([float(np.mean(own)) for own in groups.values()])
    assert estimate is not None, "there is at least one value"
    return estimate


class Jackknife(NamedTuple):
    """A statistic of a set, and of the set without each of its groups in turn.

    A function of several statistics of the same items, such as a ratio, can be computed group by group.
    """

    value: float
    without: npt.NDArray[np.float64]
    """Empty for fewer than five items, which have no interval."""
    size: int
    """Items of the whole set."""

    def estimate(self) -> Estimate:
        """The statistic with its interval: se² = (g-1)/g Σ (θ_i - mean θ)², θ ± 1.96 se (Tukey 1958)."""
        groups = len(self.without)
        if not groups:
            return Estimate(value=self.value, low=None, high=None, count=self.size)
        error = float(np.sqrt((groups - 1) / groups * ((self.without - self.without.mean()) ** 2).sum()))
        low, high = self.value - NORMAL * error, self.value + NORMAL * error
        return Estimate(value=self.value, low=low, high=high, count=self.size)

    def estimate_if_finite(self) -> Estimate | None:
        """The estimate; null if the statistic is undefined (NaN) for the set or a group."""
        return self.estimate() if np.isfinite([self.value, *self.without]).all() else None


def jackknife(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float]) -> Jackknife:
    """A statistic without each item in turn; in sets of more than 40 items without each of 40 groups.

    A bootstrap doesn't suit diversity, because it draws texts twice and duplicates lower the diversity. The
    infinitesimal jackknife gives intervals that are too narrow by a fifth to a third (tried with 30 to 200 texts).
    """
    groups = min(len(items), GROUPS)
    parts = [[each for at, each in enumerate(items) if at % groups != group] for group in range(groups)]
    without = [statistic(part) for part in parts] if groups >= 5 else []
    return Jackknife(statistic(items), np.array(without, float), len(items))
