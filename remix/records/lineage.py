"""Lineage of sentences: for each sentence of a text, the passages behind the sentence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from remix.records.values import Count, Frozen, Many, Number, Sha256, Share, is_none


class Behind(Frozen):
    """A passage behind a sentence."""

    passage: str
    """Id of the passage."""
    share: Share
    """The passage's share of all that the passages give to the sentence; the shares of a sentence's passages add up
    to at most 1."""
    score: Number
    """By words: how much of the sentence the passage has, 0 … 100. By a model: the bits by which the passage makes
    the sentence more probable."""
    sentence: str
    """The passage's sentence closest to the text's sentence, by words."""


class SentenceLineage(Frozen):
    """A sentence of a text, and the passages behind the sentence."""

    sentence: str
    """The sentence."""
    added: bool
    """Whether no passage stands behind the sentence. An aid, no verdict."""
    behind: Many[Behind]
    """The passages behind the sentence, the largest share first; empty if the sentence is added."""


class Lineage(Frozen):
    """The passages behind each sentence of a text, as one method finds them."""

    method: Literal["words", "model"]
    """`words`: words and letters in common. `model`: log-probabilities, after each passage and without any."""
    version: Count
    """Version of the method: raised whenever any lineage would change."""
    reader: str | None = Field(None, exclude_if=is_none)
    """Name of the model that read; null if no model did."""
    reader_sha256: Sha256 | None = Field(None, exclude_if=is_none)
    """sha256 of that model's file."""
    passages: Many[str]
    """Ids of all passages behind the text, in the order of the record's `sources`."""
    sentences: Many[SentenceLineage]
    """Each sentence of the text, in order."""

    @property
    def heard(self) -> frozenset[str]:
        """Ids of the passages behind at least one sentence."""
        return frozenset(behind.passage for each in self.sentences for behind in each.behind)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Ids of the passages that stand behind no sentence, in order."""
        return tuple(passage for passage in self.passages if passage not in self.heard)


class LineageFile(Frozen):
    """The lineage of an output's sentences as a file beside the record; no part of the record's id."""

    schema_: Literal["remix/lineage/1"] = Field("remix/lineage/1", alias="schema")
    """Name and version of the file format."""
    record: Sha256
    """Id of the output's record."""
    words: Lineage
    """The lineage by words."""
    model: Lineage | None = Field(None, exclude_if=is_none)
    """The lineage by a model; null if no model was asked."""
