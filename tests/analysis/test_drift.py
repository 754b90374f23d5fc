"""How a chain moves, and whether it comes to rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress

from remix.analysis.drift import Cycle, attractor, cycle, letters_shared, periodicity


def test_levenshtein_by_hand() -> None:
    """kitten → sitting takes three changes, and the longer has seven letters (Levenshtein's textbook pair)."""
    assert letters_shared("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert letters_shared("", "") == 1


def test_periodicity_by_hand() -> None:
    """d(abcd, abxx) = 2/4 and d(efgh, efgh) = 0, so τ = 1 - (1/2 + 0)/2."""
    assert periodicity(["abcd", "efgh", "abxx", "efgh"]) == pytest.approx(0.75)
    assert periodicity(["one", "two", "one", "two", "one"]) == 1
    assert periodicity(["one", "two"]) is None


A, B, C, D = "The clock runs fast.", "A boat lies idle here", "No one has asked the sun!", "Seven thousand houses"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([A, B, C, D], None),
        ([A, B, C, C], Cycle(begins=2, period=1)),
        ([A, B, C, C, C], Cycle(begins=2, period=1)),
        ([A, B, C, B, C], Cycle(begins=1, period=2)),
        ([A, B, C, D, B, C, D], Cycle(begins=1, period=3)),
        ([A, B, A], None),  # seen once: it may go anywhere
        ([A, A, B, C], None),  # it rested, and left
        ([A, B, B, C, B, C], Cycle(begins=2, period=2)),
        ([A], None),
        ([], None),
    ],
)
def test_where_a_chain_begins_to_repeat_itself(texts: list[str], found: Cycle | None) -> None:
    assert cycle(texts) == found


def test_a_letter_more_is_still_the_same_text() -> None:
    assert cycle([A, C, C.replace("!", ".")]) == Cycle(begins=1, period=1)
    assert cycle([A, "It is so", "It is no"]) is None


@given(st.lists(st.sampled_from([A, B, C]), max_size=8))
def test_what_a_cycle_says_is_so(texts: list[str]) -> None:
    if found := cycle(texts):
        rest = texts[found.begins :]
        assert len(rest) >= 2 * found.period
        assert rest[found.period :] == rest[: -found.period]


def test_attractor_by_hand() -> None:
    """last = 6 + first/2 has its fixed point at 12."""
    found = attractor([0, 10, 20], [6, 11, 16])
    assert found is not None
    assert (found.slope, found.intercept, found.strength, found.position) == pytest.approx((0.5, 6, 0.5, 12))


def test_attractors_that_draw_nothing() -> None:
    assert attractor([1, 2], [1, 2]) is None
    assert attractor([3, 3, 3], [1, 2, 3]) is None
    away = attractor([1, 2, 3], [2, 4, 6])
    assert away is not None
    assert away.position is None


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=3, max_size=30))
def test_attractor_against_scipy(pairs: list[tuple[int, int]]) -> None:
    first, last = zip(*pairs, strict=True)
    found = attractor(first, last)
    if len(set(first)) == 1:
        assert found is None
    else:
        line = linregress(first, last)
        assert found is not None
        assert (found.slope, found.intercept) == pytest.approx((line.slope, line.intercept), abs=1e-6)
