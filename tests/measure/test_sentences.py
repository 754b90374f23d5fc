"""Sentences: where one ends and the next begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.measure.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("…", []),
        ("no end", ["no end"]),
        ("1855", ["1855"]),
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("It fell\nby 3.5 miles.  Then it rained.", ["It fell by 3.5 miles.", "Then it rained."]),
        (
            "Mr. Smith met J. R. Ogilby at 5 p.m. in St. Louis. See p. 12.",
            ["Mr. Smith met J. R. Ogilby at 5 p.m. in St. Louis.", "See p. 12."],
        ),
        ("“Is it?” he asked. “Yes. It is.” She left.", ["“Is it?” he asked.", "“Yes. It is.”", "She left."]),
        (
            "One (Hui 2016) says so, e.g. here. Then…it went on.",
            ["One (Hui 2016) says so, e.g. here.", "Then…it went on."],
        ),
        ("A first\n\nA second", ["A first", "A second"]),
        ("1. A thing. 2. Another.", ["1. A thing.", "2. Another."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(st.characters(codec="utf-8")))
def test_no_word_is_lost_and_no_sentence_is_empty(text: str) -> None:
    found = sentences(text)
    assert all(each == " ".join(each.split()) and any(letter.isalnum() for letter in each) for each in found)
    kept = "".join(letter for letter in "".join(found) if letter.isalnum())
    assert kept == "".join(letter for letter in text if letter.isalnum())
