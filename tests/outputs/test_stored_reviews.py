"""What people said in all runs of a folder."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.outputs import RunFolder, reviews
from remix.outputs.stored_reviews import StoredReviews
from remix.records import Review
from tests.studio_server import FIRST, SECOND

EVE, ADAM = "Eve", "Adam"


def again(folder: RunFolder) -> RunFolder:
    """The same outputs in another run."""
    return RunFolder.open(Path(shutil.copytree(folder.path, folder.path.with_name("20260101T000000Z-again-0000"))))


def test_a_verdict_holds_in_every_run_with_the_same_output(finished: RunFolder) -> None:
    other, id_ = again(finished), finished.read(FIRST)[0].id
    heard = StoredReviews(finished.path.parent, [])
    reviews.say(other, FIRST, EVE, verdict="accept")
    reviews.say(finished, FIRST, ADAM, verdict="reject", note="No.")
    assert heard.refresh() == {id_}
    assert heard.standing(id_).verdict == "reject"
    assert heard.standing(id_).reviewers == (EVE, ADAM)
    last = heard.last_of(EVE, {id_})
    assert last
    assert last.folder == other.path
    reviews.withdraw(last.folder, last.review)
    assert heard.refresh() == {id_}
    assert heard.standing(id_).reviewers == (ADAM,)
    assert heard.find(last.review.id, EVE, {id_}) is None


def test_only_what_changed_is_told(finished: RunFolder) -> None:
    heard = StoredReviews(finished.path.parent, [])
    assert heard.refresh() == set()
    reviews.say(finished, FIRST, EVE, verdict="accept")
    heard.refresh()
    reviews.say(finished, SECOND, EVE, verdict="star")
    assert heard.refresh() == {finished.read(SECOND)[0].id}
    assert heard.refresh() == set()
    (finished.path / "reviews.jsonl").unlink()
    assert len(heard.refresh()) == 2
    assert heard.standing(finished.read(FIRST)[0].id).verdict is None


def test_a_run_elsewhere_is_heard_too(finished: RunFolder, tmp_path: Path) -> None:
    moved = RunFolder.open(Path(shutil.move(finished.path, tmp_path / "moved")))
    reviews.say(moved, FIRST, EVE, verdict="accept")
    heard = StoredReviews(tmp_path / "none", [moved.path])
    assert heard.refresh() == {moved.read(FIRST)[0].id}


def test_an_edit_is_read_where_it_was_kept(finished: RunFolder) -> None:
    other, id_ = again(finished), finished.read(FIRST)[0].id
    edit = reviews.edit(other, FIRST, EVE, "Better.").edit
    heard = StoredReviews(finished.path.parent, [finished.path])
    heard.refresh()
    assert edit
    assert heard.edited(id_, edit) == "Better."
    (other.path / edit.file).unlink()
    with pytest.raises(RunError, match="can't be read"):
        heard.edited(id_, edit)


def test_a_clock_that_goes_back_turns_no_words_around(finished: RunFolder) -> None:
    """In a file the lines' order counts. Times without a zone are somebody's, and no reason to fail."""
    id_ = finished.read(FIRST)[0].id

    def said(number: int, at: datetime, verdict: str) -> Review:
        raw = {"id": f"{number:032x}", "at": at, "reviewer": EVE, "output": id_, "task": FIRST, "verdict": verdict}
        return Review.model_validate(raw)

    reviews.append(finished.path, said(1, datetime(2030, 1, 1, tzinfo=UTC), "accept"))
    reviews.append(finished.path, said(2, datetime(2020, 1, 1), "reject"))
    heard = StoredReviews(finished.path.parent, [])
    heard.refresh()
    assert heard.standing(id_).verdict == "reject"


def test_a_list_that_cant_be_read_holds_nobody_up(finished: RunFolder) -> None:
    (finished.path / "reviews.jsonl").mkdir()
    assert StoredReviews(finished.path.parent, []).refresh() == set()
