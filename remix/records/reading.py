"""Readings: what a local model finds in a text beside its passage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from remix.records.values import Frozen, Many, Sha256

Label = Literal["said", "not said", "turned round", "unsure"]


class Span(Frozen):
    """A piece of a text, and bits."""

    text: str
    """The piece, with the white space before it."""
    bits: float
    """Of a passage's word: bits kept. Of a text's token: the bits by which the passage makes the token more probable;
    below 0, the token goes against the passage."""


class Features(Frozen):
    """The measurements from which a label is derived."""

    cost: float
    """Mean bits that a token of the sentence costs, given the passage."""
    dearest: float
    """Bits of the costliest token."""
    second: float
    """Bits that the second costliest token costs."""
    closest: float
    """chrF2 of the passage's most similar sentence, 0 … 1."""
    invented: float
    """Facts of the sentence that the passage doesn't have, such as numbers and names; at most 2."""
    denied: float
    """Log-odds of the answer *no* against the answer *yes* to the question if the sentence is true by the passage."""
    altered: float
    """`dearest` times `closest`: high if the sentence is close to the passage's words, and one token is not."""
    disputed: float
    """`denied` times `closest`: high if the sentence contradicts the passage in the passage's own words."""
    state_not_said: float | None
    """Log-odds of *not said* against *said*, by the probe of the state in which the model answers; null without
    a probe."""
    state_turned_round: float | None
    """Log-odds of *turned round* against *said*, by the same probe; null without a probe."""


class SentenceReading(Frozen):
    """A sentence of a text, and whether the passage says the same."""

    sentence: str
    """The sentence."""
    label: Label
    """The most probable label; `unsure` if no label reaches 50 %, or there are no probabilities."""
    said: float | None
    """Probability that the passage says so; null if no reader has weights."""
    turned_round: float | None
    """Probability that the passage says otherwise; null if no reader has weights."""
    features: Features
    """The measurements behind the probabilities."""
    gain: float
    """Mean bits by which the passage makes the sentence's tokens more probable."""
    against: str
    """The word that goes most against the passage."""
    against_bits: float
    """The bits by which the passage makes that word's token more probable: below 0, less probable."""


class Reading(Frozen):
    """The findings of one model about a text beside its passage. An aid to a reader, no verdict."""

    reader: str
    """The model's name."""
    reader_sha256: Sha256
    """sha256 of the model's file."""
    calibration: str | None
    """Name of the reader whose weights gave the probabilities; null if no reader has weights."""
    calibrated: bool
    """Whether that reader is this model; if not, the probabilities are a guess."""
    passage_bits: float
    """Bits that the passage costs by itself."""
    kept_bits: float
    """Bits of the passage that the text saves."""
    passage: Many[Span]
    """Each word of the passage with the bits kept."""
    text_bits: float | None = None
    """Bits that the text costs by itself; null in a reading that doesn't tell."""
    text: Many[Span]
    """Each token of the text with the bits by which the passage makes the token more probable."""
    sentences: Many[SentenceReading]
    """Each sentence of the text."""
    flags: Many[str] = ()
    """Names of the problems that the reader found: `gibberish`, `turned round`."""

    @property
    def kept(self) -> float:
        """Share of the passage's bits that the text keeps (Shannon score): below 0 if the text misleads."""
        return self.kept_bits / self.passage_bits if self.passage_bits else 0.0


class ReadingFile(Frozen):
    """A reading as a file beside its record; no part of the record's id."""

    schema_: Literal["remix/reading/1"] = Field("remix/reading/1", alias="schema")
    """Name and version of the file format."""
    version: int
    """Version of the questions, features and weights."""
    record: Sha256
    """Id of the output's record."""
    reading: Reading
    """The reading."""
