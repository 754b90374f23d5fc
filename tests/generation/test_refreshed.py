"""Stale texts of a run, and the texts that a refresh wrote again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder, find_output
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix

SLOW, EDITED, EDITED_TWICE = "runs slow", "stands still", "stands quite still"


def edit(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.seeds / "two-clocks.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refresh(workspace: Workspace, folder: RunFolder, writer: FakeWriter) -> RunFolder:
    job = prepare.prepare_refresh(workspace, folder, writer=writer)
    assert job is not None
    return later(execute.generate(job, workspace.outputs, writer=writer).folder)


def later(folder: RunFolder) -> RunFolder:
    """The run under a name that no run of the same second comes after."""
    count = len(list(folder.path.parent.iterdir()))
    path = folder.path.rename(folder.path.with_name(f"2099{folder.path.name[4:-4]}000{count}"))
    return RunFolder.open(path)


def stale(remix_: Remix, *words: str) -> list[str]:
    """The first column of `remix status`."""
    result = remix_("status", *words)
    assert result.exit_code == 0, result.output
    return [line.split("\t")[0] for line in result.stdout.splitlines()]


def test_status_after_a_refresh_knows_the_refresh(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    """After a refresh, the same four texts were reported as stale for ever."""
    edit(workspace, SLOW, EDITED)
    assert len(stale(remix_)) == 4
    anew = refresh(workspace, finished, writer)
    result = remix_("status")
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"Latest run: {finished.path.name} (passed over: {anew.path.name}, a refresh)",
        f"{finished.path.name}: none of 12 texts is stale.",
        f"Written again, and not stale: 4 texts, now in {anew.path.name}.",
    ]
    (told,) = json.loads(remix_("status", "--json").stdout)["runs"]
    assert told["stale"] == []
    assert len(told["written_again"][anew.path.name]) == 4


def test_a_second_refresh_writes_nothing_twice(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    edit(workspace, SLOW, EDITED)
    refresh(workspace, finished, writer)
    assert prepare.prepare_refresh(workspace, finished, writer=writer) is None
    edit(workspace, "Nobody has asked the sun.", "Nobody has asked the cold sun.")
    job = prepare.prepare_refresh(workspace, finished, writer=writer)
    assert job is not None
    assert {task.place for task in job.run.tasks} == {"two-clocks/003"}
    assert {each.split("/")[1] for each in stale(remix_)} == {"003"}


def test_a_passage_edited_again_after_its_refresh_is_stale_again(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    edit(workspace, SLOW, EDITED)
    refresh(workspace, finished, writer)
    edit(workspace, EDITED, EDITED_TWICE)
    assert {each.split("/")[1] for each in stale(remix_)} == {"002"}
    newest = refresh(workspace, finished, writer)
    assert stale(remix_) == []
    assert find_output(workspace.outputs, "two-clocks/002/again.1").folder.path == newest.path


def test_a_refresh_of_a_refresh_counts_for_the_first_run(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    edit(workspace, SLOW, EDITED)
    first = refresh(workspace, finished, writer)
    edit(workspace, EDITED, EDITED_TWICE)
    refresh(workspace, first, writer)
    assert stale(remix_) == []
    assert stale(remix_, first.path.name) == []


def test_an_interrupted_refresh_leaves_stale_what_it_did_not_write(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    edit(workspace, SLOW, EDITED)
    anew = refresh(workspace, finished, writer)
    anew.record_path("two-clocks/002/once.2").unlink()
    assert stale(remix_) == ["two-clocks/002/once.1", "two-clocks/002/once.2"]


def test_a_passage_that_moved_is_shown_as_written_again(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(workspace, "The first clock runs fast", "Here are two clocks.\n\nThe first clock runs too fast")
    anew = refresh(workspace, finished, writer)
    place = find_output(workspace.outputs, "two-clocks/001/again.2")
    assert (place.folder.path, place.task) == (anew.path, "two-clocks/002/again.2")


@pytest.mark.parametrize("broken", ["run.json", "two-clocks/002/again.1.json"])
def test_a_broken_refresh_stops_nothing(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix, broken: str
) -> None:
    edit(workspace, SLOW, EDITED)
    anew = refresh(workspace, finished, writer)
    Path(anew.path / broken).write_text("{", encoding="utf-8")
    assert remix_("status", finished.path.name).exit_code == 0
