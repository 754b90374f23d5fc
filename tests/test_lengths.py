"""How long prompts are, and in which company they are put for it."""

from __future__ import annotations

import pytest

from remix.lengths import Lengths, _class


@pytest.mark.parametrize(
    ("tokens", "number"), [(1, 0), (512, 0), (513, 1), (2048, 1), (2049, 2), (8192, 2), (8193, 3)]
)
def test_a_class_of_length_ends_at_four_times_the_one_before(tokens: int, number: int) -> None:
    assert _class(tokens) == number


@pytest.mark.parametrize(
    ("needed", "contexts"),
    [([], ()), ([200, 300, 250], (300,)), ([300, 1700, 200, 900], (300, 1700)), ([3000, 300], (300, 3000))],
)
def test_each_class_takes_the_longest_of_its_own(needed: list[int], contexts: tuple[int, ...]) -> None:
    lengths = Lengths.__new__(Lengths)
    lengths._needed = needed
    assert lengths.contexts == contexts
