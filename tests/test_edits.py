"""Edits of claims: opposites, and negations put in and taken out."""

from __future__ import annotations

import pytest

from benchmarks.edits import edits, opposites


@pytest.mark.parametrize(
    ("claim", "edited"),
    [
        ("The tower grew taller.", "The tower grew shorter."),
        ("More people came.", "Fewer people came."),
        ("Nobody asked the captains.", "Everybody asked the captains."),
        ("They met before the war.", "They met after the war."),
        ("At least three were lost.", "At most three were lost."),
        ("It was an easy crossing.", "It was a hard crossing."),
        ("She could not read it.", "She could read it."),
        ("She could read it.", "She could not read it."),
        ("It doesn’t matter.", "It does matter."),
        ("They can’t wait.", "They can wait."),
        ("The keeper wanted the lamp.", "The keeper never wanted the lamp."),
        ("Never had they seen it.", "Had they seen it."),
        ("There is no harbour.", "There is a harbour."),
    ],
)
def test_a_claim_is_turned_round(claim: str, edited: str) -> None:
    assert edited in [each.text for each in edits(claim)]


def test_a_phrase_is_exchanged_as_a_whole() -> None:
    assert [each.now for each in edits("They no longer come.") if each.was == "no longer"] == ["still"]
    assert not [each for each in edits("They no longer come.") if each.was == "longer"]


def test_edits_differ_from_the_claim_and_from_each_other() -> None:
    claim = "The first lamp was always brighter than all of the others, and nobody could say why."
    found = [each.text for each in edits(claim)]
    assert len(found) == len({claim, *found}) - 1


def test_quantifiers_come_before_nouns() -> None:
    assert [each.was for each in edits("Few friends")] == ["Few", "friends"]


def test_opposites_go_both_ways() -> None:
    table = opposites()
    assert all(word in {each.word for each in table[other.word]} for word in table for other in table[word])


@pytest.mark.parametrize("claim", ["", "…", "Ubi sunt qui ante nos?", "don't can't n't"])
def test_any_text_is_taken(claim: str) -> None:
    assert all(each.text for each in edits(claim))
