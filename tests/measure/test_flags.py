"""Flags: what looks wrong with a text."""

from __future__ import annotations

from typing import Literal

import pytest

from remix.measure import flags
from remix.records import Message

PASSAGE = "The first clock runs fast, and it was set by the second, which nobody has ever seen."
ASKED = "Make the text more concise while keeping its core meaning."
GOOD = "An unseen timepiece once adjusted another; hence the haste."


def found(text: str, previous: str = "", finish: Literal["stop", "length"] = "stop") -> tuple[str, ...]:
    messages = (
        Message(role="system", content="You are a patient and careful editor of essays."),
        Message(role="user", content=f"{previous or PASSAGE}\n\n{ASKED}"),
        Message(role="assistant", content="One reason to doubt this is that"),
    )
    return flags(text, finish, PASSAGE, previous, messages)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, ()),
        (PASSAGE, ("copy", "standstill")),
        (PASSAGE.upper().replace(",", ";"), ("copy", "standstill")),
        (f"{PASSAGE} {GOOD}", ("copy",)),
        (f"{PASSAGE} {GOOD} {GOOD[::-1].lower()} " + " ".join(f"word{n}" for n in range(9)), ()),
        ("The first clock runs.", ("copy",)),
        ("fast", ("copy",)),
        ("slow", ()),
        ("", ("empty",)),
        (" … — !", ("empty",)),
        (f"{GOOD} Make the text more concise, please.", ("echo",)),
        ("You are a patient and careful editor, so here it is.", ("echo",)),
        ("Make the text short.", ()),
        ("One reason to doubt this is that clocks lie.", ()),
        ("It goes on and on. So it goes on and on.", ("loop",)),
        ("It goes on. It goes on. It goes on.", ("loop",)),
        ("It goes on. It goes on.", ()),
        ("It goes on. So it goes.", ()),
        ("It goes on like this:", ("unfinished",)),
        ("An unseen timepiece from 1901 once adjusted another.", ("invented",)),
        ("An unseen timepiece in Geneva once adjusted another.", ("invented",)),
        ("An unseen timepiece once adjusted another, “alas”.", ("invented",)),
        ("Eine ungesehene Uhr hat einmal eine andere gestellt.", ("foreign",)),
    ],
)
def test_flags(text: str, expected: tuple[str, ...]) -> None:
    assert found(text) == expected


def test_truncated_is_what_max_tokens_cut() -> None:
    assert found(GOOD, finish="length") == ("truncated",)


def test_several_come_in_alphabetical_order() -> None:
    assert found(f"{PASSAGE} {PASSAGE}", finish="length") == ("copy", "loop", "truncated")


def test_a_copy_of_the_step_before_is_a_copy_too() -> None:
    assert found(GOOD, previous=GOOD) == ("copy", "standstill")


def test_an_extract_is_a_copy_and_does_not_stand_still() -> None:
    assert found(PASSAGE.split(",")[0]) == ("copy",)


@pytest.mark.parametrize(("changed", "stands_still"), [(0, True), (1, True), (2, False)])
def test_a_text_stands_still_if_at_most_a_tenth_of_its_words_changed(changed: int, stands_still: bool) -> None:
    """Every seventeenth word is 5.9 % of the passage."""
    text = " ".join([*("other" for _ in range(changed)), *PASSAGE.split()[changed:]])
    assert ("standstill" in found(text)) is stands_still


def test_a_later_step_stands_still_on_the_step_before_and_not_on_the_passage() -> None:
    """Step 2 may go back to the passage's words: that is a copy, and the chain has moved."""
    assert found(PASSAGE, previous=GOOD) == ("copy",)


def test_a_repetition_that_the_passage_has_is_no_loop() -> None:
    refrain = "and the sea goes on and on, and the sea goes on and on"
    messages = (Message(role="user", content=refrain),)
    assert "loop" not in flags(refrain, "stop", refrain, "", messages)
    assert "loop" in flags(f"{refrain}, {refrain}", "stop", refrain, "", messages)


def test_apostrophes_of_either_kind_are_alike() -> None:
    passage = "It isn’t what it wasn’t when it couldn’t."
    messages = (Message(role="user", content=passage),)
    assert flags(passage.replace("’", "'"), "stop", passage, "", messages) == ("copy", "standstill")


def test_what_the_step_before_or_the_prompt_says_is_not_invented() -> None:
    assert found("An unseen timepiece from 1901 once adjusted another.", previous="In 1901, alas.") == ()
    messages = (Message(role="user", content=f"Of {PASSAGE}, by Ada in 1901: say it again."),)
    assert flags("An unseen timepiece by old Ada in 1901.", "stop", PASSAGE, "", messages) == ()
