"""Figures of a woven essay: its words, how far its paragraphs repeat each other, and which passages are heard.

Takes a finished run's folder, gives numbers. Uses no model.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from remix.analysis.coverage import coverage
from remix.analysis.run_lineages import lineage_of
from remix.measure.words import ngrams, words
from remix.outputs.essay import woven
from remix.outputs.run import RunFolder

SIZE = 4
"""Words of an n-gram."""


class EssayFigures(NamedTuple):
    """Numbers about an essay."""

    words: int
    """Words of the essay, title included."""
    paragraphs: int
    """Paragraphs after the opening."""
    overlap: float
    """The largest share of a paragraph's word 4-grams that another paragraph has, too; 0 … 1."""
    heard: int
    """Number of passages that stand behind a sentence of the essay, by the sentences' lineage."""
    unheard: tuple[str, ...]
    """Ids of passages that stand behind no sentence."""


def figures_of(folder: RunFolder) -> EssayFigures:
    """The figures of a run's essay. Raises `RunError` as `woven` does."""
    essay = woven(folder)
    covered = coverage(lineage_of(folder, part.task, part.record, part.text).words for part in essay.parts)
    return EssayFigures(
        words=len(words(essay.markdown)),
        paragraphs=len(essay.parts) - 1,
        overlap=round(most_overlap([part.text for part in essay.parts[1:]]), 4),
        heard=covered.heard,
        unheard=covered.unheard,
    )


def most_overlap(texts: list[str]) -> float:
    """The largest share of a text's word 4-grams that another of the texts has, 0 … 1."""
    grams = [set(ngrams(words(text), SIZE)) for text in texts]
    pairs = combinations(filter(None, grams), 2)
    return max((len(one & other) / min(len(one), len(other)) for one, other in pairs), default=0.0)
