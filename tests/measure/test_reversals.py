"""Claims that may have been turned round."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from remix.measure.lexicon import Lexicon
from remix.measure.reversals import reversals


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (
            "The bridge made it easier to sell milk.",
            "The bridge made it harder to sell milk.",
            [("easier", "harder")],
        ),
        (
            "The bridge made it easier to sell milk.",
            "Selling milk was made harder by the bridge.",
            [("easier", "harder")],
        ),
        ("The bridge made it easy to sell milk.", "The bridge did not make it hard to sell milk.", []),
        ("The bridge was not easy to cross.", "The bridge was hard to cross.", []),
        (
            "The farmers were furious about the tax.",
            "The farmers were not furious about the tax.",
            [("furious", "not furious")],
        ),
        ("No farmer paid the tax.", "The farmer paid the tax.", [("not farmer", "farmer")]),
        ("No farmer paid the tax.", "The farmers did not pay the tax.", []),
        ("The farmer paid.", "The clock never struck.", []),
        ("The clock is older than the tower.", "The tower is younger than the clock.", []),
        ("The clock is older than the tower.", "The clock is younger than the tower.", [("older", "younger")]),
        ("It was too late to change the tax.", "The tax could not change.", []),
        ("", "", []),
    ],
)
def test_reversals(was: str, now: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.was, each.now) for each in reversals([was], [now])] == expected


def test_they_tell_which_sentences() -> None:
    source = ["Salt came by mule.", "The road made it cheaper to send salt.", "Nobody complained of the road."]
    output = ["Nobody complained of the road.", "The road made it dearer to send salt."]
    assert [(each.source, each.output, each.was, each.now) for each in reversals(source, output)] == [
        (2, 2, "cheaper", "dearer")
    ]


def test_a_sentence_that_another_one_bears_out_is_not_turned_round() -> None:
    source = ["The royal map shows a harbour and rocks.", "His own map shows no harbour and rocks."]
    assert reversals(source, ["A map shows a harbour and rocks."]) == ()
    assert reversals(source, ["A map shows no harbour and rocks."]) == ()


def test_words_without_an_antonym_were_sought_in_the_other_sentence() -> None:
    """All words of one sentence were compared with all words of the other: 45 s for sentences of 18,000 words."""
    was, now = (" ".join(f"word{number}x" for number in range(first, first + 1000)) for first in (0, 300))
    with patch.object(Lexicon, "opposite_key", autospec=True, side_effect=Lexicon.opposite_key) as asked:
        assert reversals([was], [now]) == ()
    assert asked.call_count == 3 * 1000, "for each word in reading, and once more for each word of the source"
