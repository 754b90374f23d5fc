"""Coverage, density and compression."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.measure.extractive import extractive, fragments
from remix.measure.words import words

SOURCE = "The first clock runs fast, and it was set by the second, which nobody has ever seen."


@pytest.mark.parametrize(
    ("text", "coverage", "density", "compression"),
    [
        # 17 words in the source.
        (SOURCE, 1.0, 17.0, 1.0),
        ("the first clock runs fast", 1.0, 5.0, 17 / 5),
        ("the first clock stops", 3 / 4, 9 / 4, 17 / 4),
        ("nobody has set the second clock", 1.0, (4 + 1 + 4 + 1) / 6, 17 / 6),
        ("quite other words", 0.0, 0.0, 17 / 3),
        ("", 0.0, 0.0, 0.0),
    ],
)
def test_by_hand(text: str, coverage: float, density: float, compression: float) -> None:
    found = extractive(text, SOURCE)
    assert (found.coverage, found.density) == (pytest.approx(coverage, abs=1e-4), pytest.approx(density, abs=1e-4))
    assert found.compression == pytest.approx(compression, abs=1e-4)


def test_an_empty_source() -> None:
    assert extractive("some words", "").model_dump() == {"coverage": 0, "density": 0, "compression": 0}


def of_the_paper(article: Sequence[str], summary: Sequence[str]) -> list[Sequence[str]]:
    """Figure 3 of Grusky et al. 2018, line by line."""
    found: list[Sequence[str]] = []
    i = j = 0
    while i < len(summary):
        longest: Sequence[str] = []
        while j < len(article):
            if summary[i] == article[j]:
                k, m = i, j
                while k < len(summary) and m < len(article) and summary[k] == article[m]:
                    k, m = k + 1, m + 1
                if len(longest) < k - i:
                    longest = summary[i:k]
                j = m
            else:
                j += 1
        if longest:
            found.append(longest)
        i, j = i + max(len(longest), 1), 0
    return found


@given(st.lists(st.sampled_from("abc"), max_size=15), st.lists(st.sampled_from("abcd"), max_size=15))
def test_fragments_cover_the_same_words_as_the_papers(article: list[str], summary: list[str]) -> None:
    """The paper goes on behind a match and so may overlook a longer one within it; ours never finds less."""
    ours, theirs = fragments(article, summary), of_the_paper(article, summary)
    assert sum(map(len, ours)) == sum(map(len, theirs))
    assert sum(len(each) ** 2 for each in ours) >= sum(len(each) ** 2 for each in theirs)


def test_fragments_of_prose_are_the_papers() -> None:
    summary = words("Nobody has ever seen the second clock, and it was set fast by the first.")
    assert fragments(words(SOURCE), summary) == of_the_paper(words(SOURCE), summary)
