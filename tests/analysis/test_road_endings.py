"""Endings by hand, and where they have the same words again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.analysis.road_endings import HALF, RUN, back, ending, place_of_word, tokens_before
from remix.measure.words import words

LETTERS = st.text(st.sampled_from("aßéжİ日 ’.\n"), max_size=30)


def test_an_ending_begins_after_the_word() -> None:
    found = ending("The first clock runs fast.", 3, "first")
    assert (found.text, found.after) == (" clock runs fast.", 9)
    assert found.words == ["clock", "runs", "fast"]


def test_the_word_is_looked_for_from_the_place_on() -> None:
    assert ending("The clock and the clock stop.", 14, "clock").text == " stop."


def test_the_rest_of_a_word_is_no_part_of_the_ending() -> None:
    """A token wrote “clo”, and the next “ck”: the letters that end the word aren't the ending's first word."""
    found = ending("The clock runs.", 3, "clo")
    assert (found.text, found.after) == (" runs.", 7)
    assert ending("Where, then?", 5, ",").text == " then?"


def test_a_word_that_was_trimmed_away_leaves_no_ending() -> None:
    assert ending("The first clock.", 16, "second").words == []


def test_at_the_end_of_a_text_nothing_is_left() -> None:
    assert ending("All is said.", 12, "").words == []


SAME = ["it", "was", "set", "by", "the", "second", "clock"]


def test_the_same_ending() -> None:
    assert back(["fast", *SAME], ["slow", "and", *SAME]) == (2, 2)


def test_back_at_once() -> None:
    assert back(SAME, SAME) == (0, 0)


def test_a_few_last_words_are_no_return() -> None:
    """Two texts that end in “of time” need have nothing else in common."""
    assert back(["a", *SAME], ["b", *SAME[-RUN + 1 :]]) == (None, None)


def test_all_that_is_left_is_a_return_however_short() -> None:
    assert back(["second", "clock"], ["other", "second", "clock"]) == (1, 1)
    assert back(["second", "clock"], ["second", "clock", "again"]) == (None, None)


def test_a_road_may_join_and_leave_again() -> None:
    road = ["x", *SAME[:RUN], "y", "z"]
    assert back(["w", *SAME, "end"], road) == (None, 1)


def test_a_road_joins_before_it_ends_the_same() -> None:
    original = [*["a", "b", "c", "d", "e", "f"], "g", *SAME]
    assert back(original, ["q", *["a", "b", "c", "d", "e", "f"], "h", *SAME]) == (8, 1)


def test_without_an_ending_nothing_comes_back() -> None:
    assert back([], ["a"]) == (None, None)
    assert back(["a"], []) == (None, None)
    assert back([], []) == (None, None)


@given(LETTERS)
def test_each_word_has_a_place(text: str) -> None:
    """Also where the letters of the two ways to find words differ."""
    known = words(text)
    for number in range(len(known)):
        assert text[place_of_word(text, number)].isalnum()
    assert place_of_word(text, len(known)) == len(text)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from("ab"), max_size=12))
def test_what_comes_back_is_the_original_s(original: list[str], road: list[str]) -> None:
    same, rejoins = back(original, road)
    if same is not None:
        assert rejoins is not None
        assert rejoins <= same
        assert original[len(original) - len(road) + same :] == road[same:]
    elif rejoins is not None:
        stretch = road[rejoins : rejoins + RUN]
        assert stretch in [original[at : at + RUN] for at in range(len(original))]
    elif original:
        assert road != original


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([" one", " two", " three"], 2),
        ([" one two", " three"], 1),
        ([" on", "e", " t", "wo", " three"], 4),
        ([" one", " two"], 2),
    ],
)
def test_tokens_before_a_word(pieces: list[str], count: int) -> None:
    text = "Zero one two three."
    assert tokens_before(text, 4, text.index("three"), pieces) == count


def test_tokens_that_share_a_letter() -> None:
    """Pieces tell of halves of a letter only that they are halves, so their length says nothing."""
    text = "Nul 日本 two three."
    pieces = [" ", HALF, HALF * 2, HALF, HALF * 2, " two", " three"]
    assert tokens_before(text, 3, text.index("three"), pieces) == 6
