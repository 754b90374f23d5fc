"""Words: the words of a text that are searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.corpus.words import LONGEST, contains, count_words, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The first clock, it runs!", "the first clock it runs"),
        ("Man’s best", "man s best"),
        ("STRASSE straße", "strasse strasse"),
        ("cafe\u0301 ﬁne", "café fine"),
        ("snake_case", "snake case"),
        ("हिन्दी की किताब", "हिन्दी की किताब"),
        ("كِتَابٌ كتاب", "كتاب كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("ẹ\u0301kọ\u0301", "ẹ\u0301kọ\u0301"),
        ("地図 maps", "地 図 maps"),
        ("…", ""),
        ("", ""),
        ("1850s", "1850s"),
    ],
)
def test_words(text: str, found: str) -> None:
    assert words(text) == found


def test_a_word_of_a_megabyte_is_cut() -> None:
    assert words("w" * 1_000_000) == "w" * LONGEST


@given(st.text())
def test_words_are_their_own_words(text: str) -> None:
    assert words(words(text)) == words(text)


def test_words_that_differ_in_a_vowel_sign_are_two() -> None:
    """Vowel signs used to end words: `कि` was found in `की`, and in any word with the same letter."""
    assert contains("हिन्दी की किताब", "की")
    assert not contains("हिन्दी की किताब", "कि")
    assert not contains("हिन्दी", "ह")


def test_a_phrase_stands_in_order_and_whole() -> None:
    assert contains("The second clock", "SECOND clock")
    assert not contains("The second clock", "cond clock")
    assert not contains("The second clock", "clock second")
    assert contains("古い地図", "地図")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("One two\nthree.", 3),
        ("don't — stop", 3),
        ("日本語の文", 5),
        ("one 二三 four", 4),
        ("ภาษา", 4),
        ("한국어 말", 2),
        ("The poet’s clock", 3),
    ],
)
def test_count_words_as_a_person_does(text: str, number: int) -> None:
    assert count_words(text) == number
