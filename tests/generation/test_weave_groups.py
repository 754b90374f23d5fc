"""Order and groups of an essay's passages."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.generation.weave_groups import FEWEST_WORDS, MOST_WORDS, closest_order, grouped
from remix.measure import shortest_path
from remix.measure.shortest_path import length


def table(size: int, seed: int) -> shortest_path.Distances:
    """Random distances."""
    rows = np.random.default_rng(seed).random((size, size))
    found: shortest_path.Distances = rows + rows.T
    np.fill_diagonal(found, 0)
    return found


@pytest.mark.parametrize("size", range(2, 8))
def test_few_are_ordered_exactly(size: int) -> None:
    distances = table(size, size)
    best = min(length(distances, list(order)) for order in permutations(range(size)))
    path = shortest_path.shortest_path(distances)
    assert length(distances, path) == pytest.approx(best)
    assert path[0] < path[-1]


@pytest.mark.parametrize("size", [shortest_path.MOST_EXACT + 1, 40])
def test_many_are_ordered_nearly_as_well_as_a_line_allows(size: int) -> None:
    # Places on a line, in a random order: the shortest path goes from one end to the other.
    places = np.random.default_rng(size).permutation(size).astype(float)
    distances = np.abs(places[:, None] - places[None, :])
    path = shortest_path.shortest_path(distances)
    assert sorted(path) == list(range(size))
    assert length(distances, path) == size - 1


def test_texts_with_the_same_words_are_neighbours() -> None:
    texts = ["the clock runs fast", "a map of the town", "the clock runs slow", "a map of the hall"]
    order = closest_order(texts)
    assert {tuple(sorted(order[:2])), tuple(sorted(order[2:]))} == {(0, 2), (1, 3)}


@settings(max_examples=60)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=60), st.integers(50, 5000), st.booleans())
def test_each_passage_is_in_one_group_of_two_to_four(lengths: list[int], words: int, dialectic: bool) -> None:
    found = grouped(lengths, words, dialectic)
    assert sum(found.sizes) == len(lengths)
    assert set(found.sizes) <= {2, 3, 4} or (len(lengths) == 1 and found.sizes == (1,))
    assert FEWEST_WORDS <= found.words <= MOST_WORDS


def test_a_longer_essay_has_more_paragraphs() -> None:
    assert [len(grouped([80] * 12, words, dialectic=False).sizes) for words in (300, 450, 600, 2000)] == [3, 4, 6, 6]


def test_groups_hold_as_nearly_the_same_words() -> None:
    assert grouped([100, 100, 10, 10, 10, 10], 250, dialectic=False).sizes == (2, 4)
