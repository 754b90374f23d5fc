"""How sure a number is: the interval within which it would likely lie for other passages of the sort.

Takes numbers, or a statistic of a set, one item a passage: what comes from the same passage goes together, or it
would seem surer than it is. Gives `Estimate`s. The same input gives the same interval: lots have a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from remix.records import Frozen

Item = TypeVar("Item")

RESAMPLES = 10_000
CONFIDENCE = 0.95

GROUPS = 40
"""Of larger sets so many groups are left out in turn, instead of each item."""

BLOCK = 1_000_000
"""Numbers that are drawn at a time: memory must not grow with texts times resamples."""

NORMAL = 1.959964
"""The 97.5 % quantile of the standard normal distribution."""


class Estimate(Frozen):
    """A number, and where 95 % of such intervals hold the true one."""

    value: float
    low: float | None
    """Null where there is too little to tell."""
    high: float | None
    """The same."""
    count: int
    """Passages that it is from."""

    @property
    def is_not_zero(self) -> bool:
        """Whether the interval leaves out 0: a difference that is hardly chance."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def by_passage(values: Mapping[str, Sequence[float]]) -> list[float]:
    """One number for each passage that has any: the mean of its own."""
    return [float(np.mean(own)) for own in values.values() if own]


def mean(values: Sequence[float]) -> Estimate | None:
    """The mean of one number a passage, with its bootstrap interval (percentile method, Efron 1979); null for none.

    10,000 times as many passages are drawn as there are, with replacement; the interval leaves out 2.5 % of those
    means on either side. With fewer than five passages there is no interval: it would be far too narrow.
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
    lots = np.random.default_rng(1)
    rows = max(1, BLOCK // len(sample))
    sizes = [min(rows, RESAMPLES - at) for at in range(0, RESAMPLES, rows)]
    return np.concatenate([sample[lots.integers(0, len(sample), (size, len(sample)))].mean(axis=1) for size in sizes])


class LeftOut(NamedTuple):
    """A statistic of a set, and of the set without each of its groups in turn."""

    value: float
    without: npt.NDArray[np.float64]
    """Empty where there are too few items for an interval."""
    size: int
    """Of the whole set."""

    def estimate(self) -> Estimate:
        """With its jackknife interval: se² = (g-1)/g Σ (θ_i - mean θ)², θ ± 1.96 se (Tukey 1958)."""
        groups = len(self.without)
        if not groups:
            return Estimate(value=self.value, low=None, high=None, count=self.size)
        error = float(np.sqrt((groups - 1) / groups * ((self.without - self.without.mean()) ** 2).sum()))
        low, high = self.value - NORMAL * error, self.value + NORMAL * error
        return Estimate(value=self.value, low=low, high=high, count=self.size)


def leave_out(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float]) -> LeftOut:
    """A statistic of a set, with each item left out in turn; of more than 40 items 40 groups.

    What is computed from several such statistics of the same items has its interval from the same parts.
    """
    groups = min(len(items), GROUPS)
    parts = [[each for at, each in enumerate(items) if at % groups != group] for group in range(groups)]
    without = [statistic(part) for part in parts] if groups >= 5 else []
    return LeftOut(statistic(items), np.array(without, float), len(items))


def jackknife(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float]) -> Estimate | None:
    """A statistic of a whole set with its jackknife interval; null for an empty set.

    A bootstrap would not do for diversity: it draws texts twice, and a set with doubles is less diverse. Nor would
    the infinitesimal jackknife, whose intervals are too narrow for it by a fifth to a third (tried with 30 to 200).
    """
    return leave_out(items, statistic).estimate() if items else None
