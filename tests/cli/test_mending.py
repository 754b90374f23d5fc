"""Tables of contents that are older than their reviews."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remix.cli import mending
from remix.outputs import RunFolder, layout, reviews
from tests.conftest import Remix

AGAIN = "two-clocks/001/again.1"


@pytest.fixture
def behind(finished: RunFolder) -> RunFolder:
    """A run whose index lacks a verdict, as a killed studio leaves the run."""
    reviews.say(finished, AGAIN, "Eve", verdict="star")
    os.utime(finished.path / "index.md", ns=(0, 0))
    return finished


def index(folder: RunFolder) -> str:
    return (folder.path / "index.md").read_text(encoding="utf-8")


def test_the_names_are_the_layouts() -> None:
    assert (mending.REVIEWS, mending.INDEX) == (layout.REVIEWS, layout.INDEX)


@pytest.mark.parametrize("words", [("runs",), ("tags",), ("show", AGAIN), ("status",), ("verify",)])
def test_any_command_mends_the_index(behind: RunFolder, remix_: Remix, words: tuple[str, ...]) -> None:
    assert "again.1.md) ★" not in index(behind)
    remix_(*words)
    assert "again.1.md) ★" in index(behind)


def test_an_index_that_a_person_changed_stays(behind: RunFolder, remix_: Remix) -> None:
    path = behind.path / "index.md"
    path.write_text("Mine.", encoding="utf-8")
    os.utime(path, ns=(0, 0))
    remix_("runs")
    assert index(behind) == "Mine."


def test_an_index_that_a_person_removed_stays_away(behind: RunFolder, remix_: Remix) -> None:
    (behind.path / "index.md").unlink()
    remix_("runs")
    assert not (behind.path / "index.md").exists()


def test_a_text_that_was_changed_is_named_in_the_index(behind: RunFolder, remix_: Remix) -> None:
    behind.text_path(AGAIN).write_text("Something else.", encoding="utf-8")
    remix_("runs")
    assert "[1](two-clocks/001/again.1.md) changed since" in index(behind)


@pytest.mark.parametrize("spoil", ["run.json", "reviews.jsonl"])
def test_a_broken_run_stops_no_command(behind: RunFolder, remix_: Remix, spoil: str) -> None:
    (behind.path / spoil).write_bytes(b"{\xff")
    os.utime(behind.path / "index.md", ns=(0, 0))
    assert remix_("tags").exit_code == 0


def test_without_a_folder_of_runs_there_is_nothing_to_do(tmp_path: Path) -> None:
    mending.mend_indexes(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    mending.mend_indexes(tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
