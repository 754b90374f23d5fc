"""Trimming a text that `max_tokens` cut to its last whole sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from remix.generation.trim import trim
from remix.records import Generation, Message, Prompt, sha256
from tests.conftest import WRITER


def trimmed(
    text: str, finish: Literal["stop", "length"] = "length", opening: str = "", keep_opening: bool = True
) -> tuple[str, str]:
    now = datetime.now(UTC)
    turns = [Message(role="user", content="Go on.")]
    if opening:
        turns.append(Message(role="assistant", content=opening))
    prompt = Prompt(template=sha256(""), messages=tuple(turns), keep_opening=keep_opening)
    generation = Generation(
        writer=WRITER,
        text=text,
        finish=finish,
        token_ids=None,
        prompt_token_ids=None,
        sampling=None,
        choices=None,
        started=now,
        finished=now,
    )
    return tuple(trim(prompt, generation))


@pytest.mark.parametrize(
    ("text", "kept", "cut"),
    [
        ("One. Two. Thr", "One. Two.", " Thr"),
        ("One. Two.", "One. Two.", ""),
        ("One! Two? Thr", "One! Two?", " Thr"),
        ("One… and", "One…", " and"),
        ("“One.” She", "“One.”", " She"),
        ("(One.) She", "(One.)", " She"),
        ("*One.* She", "*One.*", " She"),
        ("One.\n\nTwo", "One.", "\n\nTwo"),
        ("No end in sight", "No end in sight", ""),
        ("It cost 3.50 and", "It cost 3.50 and", ""),
        ("It is so. Dr. Who", "It is so.", " Dr. Who"),
        ("It is so. By J. S. Bach", "It is so.", " By J. S. Bach"),
        ("It is so, e.g. here", "It is so, e.g. here", ""),
        ("Cats etc. and", "Cats etc. and", ""),
        ("  One. Two", "One.", " Two"),
        ("", "", ""),
    ],
)
def test_cut_by_max_tokens(text: str, kept: str, cut: str) -> None:
    assert trimmed(text) == (kept, cut)


@pytest.mark.parametrize("text", ["One. Two. Thr", "No end in sight"])
def test_what_ended_by_itself_is_left_alone(text: str) -> None:
    assert trimmed(f" {text}\n", "stop") == (text, "")


@pytest.mark.parametrize(("keep", "kept"), [(True, "In short, it is so."), (False, "it is so.")])
def test_the_opening(keep: bool, kept: str) -> None:
    assert trimmed(" it is so. And", opening="In short,", keep_opening=keep) == (kept, " And")


@pytest.mark.parametrize(
    ("new", "kept"), [("Yes.", "In short, Yes."), (" yes.", "In short, yes."), (". No", "In short,. No")]
)
def test_a_word_does_not_stick_to_the_opening(new: str, kept: str) -> None:
    assert trimmed(new, "stop", "In short,")[0] == kept


def test_what_announces_something_that_never_came_goes_back_to_its_last_sentence() -> None:
    """A stop at the first line end used to leave `In plain words, the message is:` behind."""
    assert trimmed("One. It is this:", "stop") == ("One.", " It is this:")
    assert trimmed("It is this:", "stop") == ("It is this:", "")
