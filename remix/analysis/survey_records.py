"""The records of a survey (`remix/survey/1`), field by field: what a run's chains do together, and what was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from remix.analysis.drift import Attractor
from remix.analysis.intervals import Estimate
from remix.measure.vectors import FloatArray
from remix.records import Frozen, Label, Sha256

SimilarityMethod = Literal["words", "meaning"]
"""By words (chrF; bag of words for the Vendi score), or by meaning (cosine of embeddings)."""

Scores = Callable[[Sequence[str], Sequence[str]], FloatArray]
"""A table of how much of each text of the first list is in each text of the second, 0 … 1."""


class Drift(Frozen):
    """Similarity of a step's texts to passages and to the previous step, by one method."""

    to_passage: Estimate
    """Mean similarity to a text's own passage."""
    to_previous: Estimate
    """Mean similarity to the previous step."""
    to_others: Estimate | None
    """Mean similarity to the run's further passages: the similarity of unrelated texts. Null for a single passage."""
    above_others: Estimate | None
    """`to_passage` - `to_others`: what still tells a text's own passage from the rest. Null for a single passage."""


class SetDiversity(Frozen):
    """Diversity of a step's texts, one per passage, cut to equal length; see `diversity.py` for the formulas."""

    vendi: Estimate
    """Vendi score by words: the effective number of distinct texts."""
    vendi_meaning: Estimate | None
    """Vendi score by embeddings; null without embeddings."""
    self_similarity: Estimate
    """Mean chrF between two texts, 0 … 1."""
    compression_ratio: Estimate
    """Bytes per byte compressed by gzip."""
    self_repetition: Estimate
    """Self-repetition of 4-grams."""
    distinct_1: Estimate
    """Distinct words per word."""
    distinct_2: Estimate
    """Distinct word pairs per word pair."""


class StepSurvey(Frozen):
    """A kind's texts at one step."""

    step: int
    """Number of the step; 0 stands for the passages."""
    count: int
    """Number of texts."""
    words: float
    """Median length in words."""
    by_words: Drift | None
    """By chrF, 0 … 1; null for step 0."""
    by_meaning: Drift | None
    """By the cosine of embeddings; null for step 0 and without embeddings."""
    diversity: SetDiversity | None
    """Diversity; null for too few or too short texts."""


class Change(Frozen):
    """Change of the Vendi score to the last step. A negative share is convergence between chains."""

    method: SimilarityMethod
    """Whether vectors are bags of words or embeddings."""
    since: int
    """The first step compared: 0 for the passages; 1 leaves out the change of author between passage and step 1."""
    before: float
    """Vendi score at `since`."""
    after: float
    """Vendi score at the last step."""
    share: Estimate
    """(after - before) / before: -0.25 for a quarter less."""


class EqualLengthCut(Frozen):
    """How texts were selected and cut to equal length for `SetDiversity`."""

    words: int
    """Words to which every text was cut."""
    chains: int
    """Chains with texts of at least this length at each step, one per passage."""
    left_out: int
    """Passages whose chain has a shorter text or is unfinished."""
    drawn_from: int | None = None
    """Chains that were long enough, if `chains` of them were drawn (with a fixed seed); null if all were used."""


class HalfLife(Frozen):
    """Half-life of a text's tie to its own passage (`Drift.above_others`), from step 1 to the last step m."""

    method: SimilarityMethod
    """By chrF or by embeddings."""
    steps: Estimate
    """(m - 1) ln 2 / ln(a_1 / a_m) steps, with a_k the mean of `above_others` at step k: exponential decay."""


class PropertyAttractor(Frozen):
    """The value to which a property is drawn between the passages and the last step."""

    name: str
    """The property."""
    attractor: Attractor
    """The linear regression."""
    strength: Estimate
    """Strength with its jackknife interval."""
    position: Estimate | None
    """Position with its jackknife interval; null if a jackknife group has none. May lie far from any text's value."""
    before: float
    """Mean over the passages of these chains."""
    after: float
    """Mean over the last texts."""


class ChainEndings(Frozen):
    """How chains end."""

    chains: int
    """Number of chains."""
    fixed: int
    """Chains that end in a fixed point: the last two texts are the same."""
    loops: int
    """Chains that end in a loop of two or more steps."""
    soonest: int | None
    """The first step at which a fixed point or a loop begins; null if there are none."""
    periodicity: Estimate | None
    """2-periodicity; null for chains of fewer than three steps."""
    one_back: Estimate | None
    """Mean similarity of the same texts to the previous step, for comparison."""


class KindSurvey(Frozen):
    """All chains of one kind."""

    kind: str
    """Name of the kind."""
    steps: tuple[StepSurvey, ...]
    """Steps from 0, the passages."""
    cut: EqualLengthCut | None
    """Null if there are too few texts for `SetDiversity`."""
    changes: tuple[Change, ...]
    """Changes from the passages and from step 1 to the last step, by words and by meaning."""
    half_by: int | None
    """The first step by which the Vendi score by words has lost half of its whole loss; null if nothing was lost."""
    half_lives: tuple[HalfLife, ...]
    """One per method; left out if the 95 % interval of the loss includes 0."""
    attractors: tuple[PropertyAttractor, ...]
    """One per property."""
    endings: ChainEndings
    """How chains end."""


class StepReadings(Frozen):
    """What a reader found in a kind's texts at one step. Estimates are means over passages."""

    step: int
    """Number of the step."""
    outputs: int
    """Texts that were read."""
    kept: Estimate
    """Share of the passage's bits that a text keeps; may be below 0."""
    words: Estimate
    """Words of a text per word of its passage."""
    labels: dict[Label, Estimate]
    """By label, the share of a text's sentences with this label; empty if no text has a sentence."""


class KindReadingSurvey(Frozen):
    """The findings of a reader in the texts of one kind."""

    kind: str
    """Name of the kind."""
    steps: tuple[StepReadings, ...]
    """Steps with texts that were read."""


class ReadingSurvey(Frozen):
    """What one model found in a run's texts, by kind and step."""

    reader: str
    """The model's name."""
    reader_sha256: Sha256
    """sha256 of the model's file."""
    trust: str
    """How often the reader is right, in words."""
    has_labels: bool
    """Whether sentences have labels: without weights all are *unsure*."""
    outputs: int
    """Texts that this model read."""
    unread: int
    """Finished texts without a reading by this model."""
    kinds: tuple[KindReadingSurvey, ...]
    """In the order of the run."""


class Survey(Frozen):
    """What the chains of a run do together."""

    schema_: Literal["remix/survey/1"] = Field("remix/survey/1", alias="schema")
    """Name and version of the format."""
    passages: int
    """Number of passages."""
    embeddings: str | None
    """Name of the embedding model; null without embeddings."""
    unrelated: Estimate | None
    """Mean chrF of two different passages, the similarity of unrelated texts; null for a single passage."""
    kinds: tuple[KindSurvey, ...]
    """In the order of the run."""
