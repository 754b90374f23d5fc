"""What the chains of a run do together: how far they drift, where they are drawn, whether they become alike.

Takes `Trajectory`s, a similarity of texts and perhaps an `Embedder`; gives a `Survey`, numbers only. Every interval is
over passages. Knows nothing of files, models and pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from remix.measure import diversity, drift, intervals
from remix.measure.diversity import FloatArray
from remix.measure.drift import Attractor
from remix.measure.embedding import Embedder
from remix.measure.intervals import Estimate
from remix.measure.properties import PROPERTIES
from remix.measure.trajectory import Trajectory
from remix.records import Frozen

Similarity = Callable[[str, str], float]

FEWEST = 3
"""Fewer passages aren't a set whose diversity could fall."""

FEWEST_WORDS = 5
"""Texts cut to fewer words say nothing of diversity."""


class Drift(Frozen):
    """How far the texts of a step are from others, by one way to compare them."""

    to_passage: Estimate
    """Mean similarity to their own passages: what is kept."""
    to_previous: Estimate
    """To the step before: how large the step was."""
    to_others: Estimate | None
    """To other passages of the run: what any two texts here have in common. Null where there is but one passage."""


class Step(Frozen):
    """A kind's texts of one step."""

    step: int
    """Which; 0 is the passages themselves."""
    count: int
    """Texts."""
    words: float
    """Their median length."""
    by_words: Drift | None
    """By chrF, 0 to 1; null for step 0."""
    by_meaning: Drift | None
    """By the cosine of their embeddings; null for step 0, and where there are none."""
    spread: Spread | None
    """How unlike each other they are; null where there are too few or too short ones."""


class Spread(Frozen):
    """How unlike each other the texts of a step are, cut to equal length, one a passage."""

    vendi: Estimate
    """How many wholly different texts they amount to, by their words."""
    vendi_meaning: Estimate | None
    """The same by embeddings, where there are any."""
    self_similarity: Estimate
    """Mean chrF between two of them."""
    compression_ratio: Estimate
    """Bytes over bytes compressed."""
    self_repetition: Estimate
    """Of 4-grams."""
    distinct_1: Estimate
    """Different words over all words."""
    distinct_2: Estimate
    """Different pairs of words over all pairs."""


class Change(Frozen):
    """How the Vendi score by words went from one step to another."""

    since: int
    """The step it is held against."""
    until: int
    """The last step."""
    before: float
    """Effective number of different texts then."""
    after: float
    """And at the end."""
    difference: Estimate
    """After less before."""
    share: Estimate
    """The difference over `before`: -0.25 for a quarter less."""


class Cut(Frozen):
    """How texts were made comparable for the `Spread`s."""

    words: int
    """All were cut to so many."""
    chains: int
    """Chains that are long enough at each step, one a passage."""
    left_out: int
    """Chains with a shorter text."""


class Attraction(Frozen):
    """Where a property of texts is drawn from the passages to the last step."""

    name: str
    """The property."""
    attractor: Attractor
    """By regression."""
    strength: Estimate
    """With its jackknife interval."""
    before: float
    """Its mean over passages."""
    after: float
    """Over last texts."""


class Rests(Frozen):
    """How chains end."""

    chains: int
    """How many there are."""
    fixed: int
    """End in a text that is the same as the one before it."""
    loops: int
    """End in a loop of two or more steps."""
    soonest: int | None
    """The first step at which one of these began; null where none did."""
    periodicity: Estimate | None
    """2-periodicity; null for chains of fewer than three steps."""
    one_back: Estimate | None
    """The same similarity to the text just before, to hold it against."""


class Kind(Frozen):
    """All chains of one kind."""

    kind: str
    """Its name."""
    steps: tuple[Step, ...]
    """From 0, the passages."""
    cut: Cut | None
    """Null where there are too few texts for a `Spread`."""
    from_passages: Change | None
    """How diversity changed from the passages to the last step."""
    from_first: Change | None
    """From step 1: without the change of author."""
    half_by: int | None
    """The first step by which half of what was lost since the passages was lost; null where nothing was."""
    attractions: tuple[Attraction, ...]
    """A property each."""
    rests: Rests
    """How chains end."""


class Survey(Frozen):
    """What the chains of a run do together."""

    schema_: str = "remix/survey/1"
    """Name and version of this form."""
    passages: int
    """How many there are."""
    embeddings: str | None
    """What they are by; null where there are none."""
    strangers: Estimate | None
    """Mean chrF of two different passages: what is shared by chance; null for a single one."""
    kinds: tuple[Kind, ...]
    """In the order of the run."""
