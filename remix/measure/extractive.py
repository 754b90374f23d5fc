"""Coverage, density and compression: how much of a text was copied from the source, and how much shorter the text is.

Takes two texts, gives three numbers (Grusky, Naaman & Artzi 2018, "Newsroom: A Dataset of 1.3 Million Summaries with
Diverse Extractive Strategies").
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.measure.suffix_automaton import SuffixAutomaton
from remix.measure.words import words
from remix.records import Frozen


class Extractive(Frozen):
    """The words of a text S copied from the source A, by fragments f (runs of words in both).

    The paper counts punctuation marks as words too; here only words count.
    """

    coverage: float
    """Share of the text's words in fragments, 0 … 1: (1/|S|) Σ |f|."""
    density: float
    """Mean length of the fragment around a word of S, in words: (1/|S|) Σ |f|². High if long runs were copied."""
    compression: float
    """Words of the source per word of the text: |A| / |S|."""


def extractive(text: str, source: str) -> Extractive:
    """Coverage, density and compression of a text made from a source; all 0 if the text has no words."""
    article, summary = words(source), words(text)
    lengths = [len(each) for each in fragments(article, summary)]
    size = max(len(summary), 1)
    return Extractive(
        coverage=round(sum(lengths) / size, 4),
        density=round(sum(length**2 for length in lengths) / size, 4),
        compression=round(len(article) / size, 4) if summary else 0.0,
    )


def fragments(article: Sequence[str], summary: Sequence[str]) -> list[Sequence[str]]:
    """The shared fragments in the summary's order: from each position the longest run also found in the article.

    The paper's figure 3.
    """
    automaton = SuffixAutomaton(article)
    found: list[Sequence[str]] = []
    at = 0
    while at < len(summary):
        length = automaton.longest_prefix(summary, at)
        if length:
            found.append(summary[at : at + length])
        at += max(length, 1)
    return found
