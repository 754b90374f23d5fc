"""The records of roads (`remix/roads/1`), field by field: where branches leave a text, and where they lead."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from remix.analysis.intervals import Estimate
from remix.records import Frozen, Sha256


class Return(Frozen):
    """From where on a road has the original's words again."""

    words: int
    """Words of the road between the turn and the first of the original's words."""
    tokens: int | None
    """Tokens of the road between the turn and the first of the original's words; null if no trace was kept."""


class Road(Frozen):
    """A finished branch, and its ending beside the original's: what both say after the turn."""

    task: str
    """Id of the branch's task."""
    token: int
    """Number of the first token that isn't the original's, from 1."""
    character: int
    """Number of that token's first character in the original's text, from 1."""
    was: str
    """The original's word there; empty at the end of the original's text."""
    put: str
    """The branch's words in its place."""
    words_left: int
    """Words of the original's ending."""
    distance: float | None
    """1 - chrF, 0 … 1: the share of the original's ending whose wording the road's ending lacks. Null if the
    original's ending is empty."""
    by_meaning: float | None
    """1 - cosine of both endings' embeddings; null without embeddings, and if an ending is empty."""
    same_ending: Return | None
    """From where on the road has the original's words to the end; null if the road ends otherwise."""
    rejoins: Return | None
    """From where on the road has some of the original's words; null if the road has none of them again."""


class TextRoads(Frozen):
    """A text, and the roads that leave the text."""

    original: Sha256
    """Id of the text's record."""
    run: str
    """Name of the run that the text belongs to."""
    task: str
    """Id of the text's task in that run."""
    passage: str
    """Id of the text's passage, or the folder of a text made from several passages."""
    kind: str
    """Kind of the text."""
    step: int
    """Step of the text."""
    variant: int
    """Variant of the text."""
    model: str
    """Name of the model that wrote the text."""
    planned: int
    """Number of roads that were planned."""
    roads: tuple[Road, ...]
    """The finished roads, in the order of the plan."""
    turns: int
    """Number of different tokens at which finished roads leave."""
    firmness: float | None
    """Share of the roads whose ending is at most `NEAR` away from the text's; null if no road has a distance."""
    distance: float | None
    """Mean distance of the roads' endings; null if no road has one."""


class RoadChange(Frozen):
    """Change of a number from a kind's first step to a later step."""

    plain: Estimate
    """Mean over the passages that have texts with roads at both steps."""
    at_equal_length: Estimate | None
    """The same between roads with as many words left after the turn, within a doubling; null if no roads can be
    compared. The comparisons at each length are weighted by n m / (n + m) for n and m roads."""


class StepRoads(Frozen):
    """The roads of one kind's texts at one step. Estimates are means over passages of the means of their texts."""

    step: int
    """Number of the step."""
    texts: int
    """Texts with roads that have a distance."""
    roads: int
    """Such roads."""
    words_left: Estimate
    """Words of the original after the turn."""
    firmness: Estimate
    """Share of a text's roads that end at most `NEAR` away."""
    distance: Estimate
    """Distance of the endings by words."""
    by_meaning: Estimate | None
    """Distance of the endings by meaning; null without embeddings."""
    same_ending: Estimate
    """Share of a text's roads with the same ending."""
    rejoins: Estimate
    """Share of a text's roads that have the text's words again, to the end or for a while."""
    firmness_change: RoadChange | None
    """Change of firmness since the first step; null for the first step, and for steps without a passage in common."""
    distance_change: RoadChange | None
    """Change of distance since the first step; null in the same cases."""


class KindRoads(Frozen):
    """The roads of the texts of one kind by one model."""

    kind: str
    """Name of the kind."""
    model: str
    """Name of the model that wrote the texts."""
    steps: tuple[StepRoads, ...]
    """Steps with texts that have roads."""


class RoadSurvey(Frozen):
    """Where the roads of a run lead."""

    schema_: Literal["remix/roads/1"] = Field("remix/roads/1", alias="schema")
    """Name and version of the format."""
    near: float
    """Distance up to which an ending counts for firmness."""
    run_of_words: int
    """Words in a row from which a road counts as back."""
    embeddings: str | None
    """Name of the embedding model; null without embeddings."""
    texts: tuple[TextRoads, ...]
    """The texts that the run's branches leave."""
    kinds: tuple[KindRoads, ...]
    """By kind and model, in the order of the run."""
