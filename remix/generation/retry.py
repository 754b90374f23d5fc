"""Retries: which texts are written again because they copy, and with which seed.

Takes a text's flags and seeds, gives seeds. Pure: verification asks the same of records.
"""

from __future__ import annotations

from collections.abc import Collection

from remix.measure.flags import COPIES
from remix.records import Greedy, Rule, Sampling, canonical_sha256

RULE = Rule(name="copy-or-standstill", version=1)
"""Part of the derivation of a text that isn't the first try; raise the version if texts would be given up for another
reason, or if seeds would change."""


def is_copy(flags: Collection[str]) -> bool:
    """Whether a text with these flags is written again, as long as tries are left."""
    return not COPIES.isdisjoint(flags)


def draws(sampling: Sampling | None) -> bool:
    """Whether another seed may give another text: not if the sampler always takes the most probable token."""
    return sampling is None or not any(isinstance(each, Greedy) for each in sampling.chain[-1:])


def seed(first: int, number: int) -> int:
    """The seed of a try after the first, 1 … 2**32-2, from the seed of the first try; `number` counts from 1."""
    return int(canonical_sha256(["retry", first, number])[:16], 16) % (2**32 - 2) + 1
