"""Texts that are being written: put together from words at their places."""

from __future__ import annotations

import pytest

from remix.studio.engine_messages import Words
from remix.studio.live_texts import LiveTexts

TASK = "a/b/001/again.2.v3"


def words(at: int, piece: str, task: str = TASK, candidate: int = 1) -> Words:
    return Words(task=task, candidate=candidate, at=at, piece=piece)


def test_words_are_put_at_their_places() -> None:
    live = LiveTexts()
    (event,) = live.add("job", "run", [words(0, "Zoë")])
    assert (event.place, event.kind, event.step, event.variant) == ("a/b/001", "again", 2, 3)
    assert [(each.at, each.piece) for each in live.add("job", "run", [words(3, " reads"), words(9, ".")])] == [
        (3, " reads"),
        (9, "."),
    ]
    assert [(each.at, each.piece) for each in live.all()] == [(0, "Zoë reads.")]
    # A text that begins once more, and words that were heard already.
    live.add("job", "run", [words(0, "Late")])
    live.add("job", "run", [words(2, "te")])
    assert [each.piece for each in live.all()] == ["Late"]


def test_candidates_end_together() -> None:
    live = LiveTexts()
    live.add("job", "run", [words(0, "a"), words(0, "b", candidate=2), words(0, "c", task="a/b/001/once.1")])
    live.end(TASK)
    assert [(each.kind, each.variant, each.piece) for each in live.all()] == [("once", 1, "c")]
    live.clear()
    assert live.all() == []


@pytest.mark.parametrize("task", ["", "again.1", "a/001/again", "a/001/again.x", "a/001/again.1.v"])
def test_other_names_are_no_tasks(task: str) -> None:
    with pytest.raises(ValueError, match="is no task"):
        LiveTexts.place_of(task)
