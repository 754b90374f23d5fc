"""How much of a text was copied out, and how much shorter it became.

Takes two texts, gives three numbers (Grusky, Naaman & Artzi 2018, "Newsroom: A Dataset of 1.3 Million Summaries with
Diverse Extractive Strategies").
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.measure.runs import Runs
from remix.measure.words import words
from remix.records import Frozen


class Extractive(Frozen):
    """How a text sits on the one it was made from. Words alone are counted here, where the paper counts marks too."""

    coverage: float
    """Share of its words that stand in fragments shared with the source, 0 … 1: (1/|S|) Σ |f|."""
    density: float
    """Mean length of the fragment that a word stands in: (1/|S|) Σ |f|². High where long runs were copied."""
    compression: float
    """How many words the source has for each of its own: |A| / |S|."""


def extractive(text: str, source: str) -> Extractive:
    """Coverage, density and compression of a text S made from a source A; all 0 for a text without words."""
    article, summary = words(source), words(text)
    lengths = [len(each) for each in fragments(article, summary)]
    size = max(len(summary), 1)
    return Extractive(
        coverage=round(sum(lengths) / size, 4),
        density=round(sum(length**2 for length in lengths) / size, 4),
        compression=round(len(article) / size, 4) if summary else 0.0,
    )


def fragments(article: Sequence[str], summary: Sequence[str]) -> list[Sequence[str]]:
    """The shared fragments, in the summary's order: at each place the longest run that the article has too.

    Figure 3 of the paper.
    """
    runs = Runs(article)
    found: list[Sequence[str]] = []
    at = 0
    while at < len(summary):
        length = runs.longest(summary, at)
        if length:
            found.append(summary[at : at + length])
        at += max(length, 1)
    return found
