"""Similar names: what is suggested in place of a name that doesn't exist."""

from __future__ import annotations

import difflib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.util.names import similar
from tests.conftest import work_of_at_most

NAMES = st.text("abc-é", max_size=8)


@given(NAMES, st.lists(NAMES, max_size=30))
def test_similar_names_are_those_that_difflib_finds(wanted: str, names: list[str]) -> None:
    assert similar(wanted, names) == difflib.get_close_matches(wanted, sorted(names), n=3, cutoff=0.6)


@pytest.mark.parametrize(
    ("wanted", "letters", "length"),
    [("t5", "t0123456789x", 7), ("convergence" * 18, "convergence" * 18, 198), ("a" * 200, "a" * 200, 200)],
)
def test_similar_names_among_20_000(wanted: str, letters: str, length: int) -> None:
    """`difflib` alone took 50 s where all names have the same letters in another order."""
    chance = random.Random(1)
    names = ["".join(chance.sample(letters, length)) for _ in range(20_000)]
    with work_of_at_most(20):
        assert len(similar(wanted, names)) <= 3
