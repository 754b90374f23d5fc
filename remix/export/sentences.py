"""An output's text in stretches, sentence by sentence, each with the passages behind it.

Takes an output, its record and text; gives the text's `Lineage`s and stretches. Knows no format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from remix.analysis.run_lineages import is_stored, lineage_of, of_record
from remix.export.reviewed_outputs import ReviewedOutput
from remix.measure.words import beginning
from remix.records.lineage import Lineage, SentenceLineage
from remix.verification.finding import FoundOutput


class Stretch(NamedTuple):
    """A sentence of a text as it stands in the text, or what stands between two sentences."""

    text: str
    """The characters; all stretches joined are the text."""
    number: int
    """The sentence's number, from 1; 0 between sentences."""


def has_lineage(found: FoundOutput) -> bool:
    """Whether exports tell the passages behind each sentence: of woven texts, and of texts of several passages."""
    return is_stored(found.task, found.record)


def lineages(found: FoundOutput) -> tuple[Lineage, ...]:
    """The lineages of an output's text as it was written: by words, then by a model if one was asked.

    All have the same sentences.
    """
    kept = lineage_of(found.folder, found.task.id, found.record, found.text)
    return (kept.words, kept.model) if kept.model else (kept.words,)


def shown_lineage(output: ReviewedOutput) -> Lineage:
    """The lineage of an output's text as exports show it: by a model if one was asked; of an edited text by words."""
    if output.edited is not None:
        return of_record(output.found.record, output.edited)
    return lineages(output.found)[-1]


def stretches(text: str, sentences: Sequence[SentenceLineage]) -> list[Stretch] | None:
    """A text in stretches; null if the sentences aren't the text's.

    White space aside, the sentences must have all letters and digits of the text in order, of a long text those of
    the beginning that lineages are made of. Signs alone may stand between sentences.
    """
    # Languages without spaces between sentences are compared as all others: by what isn't white space.
    places = [place for place, letter in enumerate(text) if not letter.isspace()]
    letters = "".join(text[place] for place in places)
    found: list[Stretch] = []
    at = end = 0
    for number, each in enumerate(sentences, start=1):
        own = "".join(each.sentence.split())
        begin = letters.find(own, at) if own else -1
        if begin < 0 or any(map(str.isalnum, letters[at:begin])):
            return None
        at = begin + len(own)
        first, after = places[begin], places[at - 1] + 1
        found += [Stretch(text[end:first], 0), Stretch(text[first:after], number)]
        end = after
    most = len(beginning(text))
    if any(text[place].isalnum() for place in places[at:] if place < most):
        return None
    return [each for each in (*found, Stretch(text[end:], 0)) if each.text]
