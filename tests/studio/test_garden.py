"""The values of the home page, and lists of passages."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.errors import SeedError
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.studio.studio import Studio
from remix.workspace import Workspace
from tests.studio_server import FIRST, PASSAGE, SECOND, variants


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


def studio_of(workspace: Workspace) -> Studio:
    studio = Studio.open(workspace, [], "Eve")
    studio.runs.find_runs()
    studio.runs.read()
    return studio


def test_home(folder: RunFolder, workspace: Workspace) -> None:
    reviews.say(folder, FIRST, "Eve", verdict="star")
    reviews.say(folder, SECOND, "Eve", verdict="reject")
    home = studio_of(workspace).garden.home()
    (essay,) = home.essays
    assert (essay.title, essay.passages, essay.texts) == ("Two Clocks", 3, 24)
    assert ("clocks", 2) in {(tag.tag, tag.passages) for tag in home.tags}
    (run,) = home.runs
    assert (run.name, run.planned, run.finished, run.state) == (folder.run.name, 24, 24, "finished")
    assert (run.reviewed, run.accepted) == (2, 1)
    (accepted,) = home.accepted
    assert (accepted.place, accepted.kind, accepted.starred) == (PASSAGE, "again", True)
    assert accepted.first_words == "The first clock is late. It knows."
    assert (home.unread, home.problem, home.left_out) == (0, "", ())
    assert all(model.size.endswith("iB") for model in home.models)


def test_how_far_runs_are(folder: RunFolder, workspace: Workspace) -> None:
    for task in folder.run.tasks[5:]:
        folder.record_path(task.id).unlink()
    studio = studio_of(workspace)
    assert [(run.finished, run.state) for run in studio.garden.home().runs] == [(5, "stopped")]
    with folder.lock():
        assert studio.garden.home().runs[0].state == "writing"


def test_an_essay_that_cannot_be_read_is_named(folder: RunFolder, workspace: Workspace) -> None:
    (workspace.seeds / "broken.md").write_bytes(b"\xff\xfe\x00broken")
    home = studio_of(workspace).garden.home()
    assert [essay.title for essay in home.essays] == ["Two Clocks"]
    assert "broken.md" in home.left_out[0]


def test_an_empty_workspace(tmp_path: Path) -> None:
    home = studio_of(Workspace(tmp_path)).garden.home()
    assert (home.essays, home.tags, home.runs, home.accepted) == ((), (), (), ())
    assert "no such folder of essays" in home.problem


def test_passages_by_tag_essay_query_and_likeness(folder: RunFolder, workspace: Workspace) -> None:
    garden = studio_of(workspace).garden
    assert [each.id for each in garden.passages(Options(tags=("small error",))).passages] == [PASSAGE]
    assert garden.passages(Options(essays=("two-clocks",))).found == 3
    assert garden.passages(Options(where="text:second")).passages[0].texts == 8
    first = garden.passages(Options(like="The first clock runs fast")).passages[0]
    assert (first.id, first.first_words[:15]) == (PASSAGE, "The first clock")
    with pytest.raises(SeedError, match="no passage"):
        garden.passages(Options(tags=("clock",)))


def test_neighbours_of_a_passage(workspace: Workspace) -> None:
    garden = studio_of(workspace).garden
    assert garden.neighbours("two-clocks/001") == (None, "two-clocks/002")
    assert garden.neighbours("two-clocks/003") == ("two-clocks/002", None)
    for strange in ("", "two-clocks", "two-clocks/", "two-clocks/x", f"two-clocks/{'9' * 5000}", "none/001"):
        assert garden.neighbours(strange) == (None, None)
