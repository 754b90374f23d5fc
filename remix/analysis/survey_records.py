"""The numbers of a survey, field by field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from remix.analysis.drift import Attractor
from remix.analysis.intervals import Estimate
from remix.measure.vectors import FloatArray
from remix.records import Frozen

SimilarityMethod = Literal["words", "meaning"]

Scores = Callable[[Sequence[str], Sequence[str]], FloatArray]
"""A table of how much of each first text is in each second one, 0 to 1."""


class Drift(Frozen):
    """How far the texts of a step are from others, by one way to compare them."""

    to_passage: Estimate
    """Mean similarity to their own passages: what is kept."""
    to_previous: Estimate
    """To the step before: how large the step was."""
    to_others: Estimate | None
    """To other passages of the run: what any two texts here have in common. Null where there is but one passage."""
    above_others: Estimate | None
    """How much more similar to its own than to others: what of the passage is in the text still."""


class SetDiversity(Frozen):
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


class StepSurvey(Frozen):
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
    spread: SetDiversity | None
    """How unlike each other they are; null where there are too few or too short ones."""


class Change(Frozen):
    """How many different texts a kind's texts amount to (their Vendi score), from one step to the last."""

    way: SimilarityMethod
    """By their words, or by their embeddings."""
    since: int
    """The step that the last is held against: 0 for the passages, 1 to leave out the change of author."""
    before: float
    """The score then."""
    after: float
    """And at the last step."""
    share: Estimate
    """The difference over `before`: -0.25 for a quarter less."""


class EqualLengthCut(Frozen):
    """How texts were made comparable for the `SetDiversity`s."""

    words: int
    """All were cut to so many."""
    chains: int
    """Chains that are long enough at each step, one a passage."""
    left_out: int
    """Passages whose chain has a shorter text, or isn't finished."""
    drawn_from: int | None = None
    """So many were long enough, and `chains` of them were drawn, always the same; null where all were taken."""


class HalfLife(Frozen):
    """How fast goes what makes texts more similar to their own passages than to others, from step 1 to the last."""

    way: SimilarityMethod
    """By chrF, or by embeddings."""
    steps: Estimate
    """Steps in which half of it goes: (m - 1) ln 2 / ln(a_1 / a_m), as if each step kept the same share."""


class PropertyAttractor(Frozen):
    """Where a property of texts is drawn from the passages to the last step."""

    name: str
    """The property."""
    attractor: Attractor
    """By regression."""
    strength: Estimate
    """With its jackknife interval."""
    position: Estimate | None
    """Where it is drawn to, with the same; null where that can't be told. It may lie far from any text there is."""
    before: float
    """Its mean over the passages of these chains."""
    after: float
    """Over last texts."""


class ChainEndings(Frozen):
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
    """The same texts' similarity to the one just before, to hold it against."""


class KindSurvey(Frozen):
    """All chains of one kind."""

    kind: str
    """Its name."""
    steps: tuple[StepSurvey, ...]
    """From 0, the passages."""
    cut: EqualLengthCut | None
    """Null where there are too few texts for a `SetDiversity`."""
    changes: tuple[Change, ...]
    """From the passages and from step 1 to the last step, by words and by meaning."""
    half_by: int | None
    """The first step by which half of the loss by words had happened; null where nothing was lost."""
    halvings: tuple[HalfLife, ...]
    """A way each; none where it isn't sure that anything goes."""
    attractions: tuple[PropertyAttractor, ...]
    """A property each."""
    rests: ChainEndings
    """How chains end."""


class Survey(Frozen):
    """What the chains of a run do together."""

    schema_: Literal["remix/survey/1"] = Field("remix/survey/1", alias="schema")
    """Name and version of this form."""
    passages: int
    """How many there are."""
    embeddings: str | None
    """What they are by; null where there are none."""
    strangers: Estimate | None
    """Mean chrF of two different passages: what is shared by chance; null for a single one."""
    kinds: tuple[KindSurvey, ...]
    """In the order of the run."""
