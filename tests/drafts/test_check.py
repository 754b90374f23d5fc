"""Verification of a draft: pieces as accepted, edited, of a person's own; sources changed or gone."""

from __future__ import annotations

import shutil

import pytest

from remix.drafts import Drafts
from remix.drafts.check import DraftReport, check
from remix.drafts.origins import origin_of, runs_in
from remix.outputs import RunFolder, reviews
from remix.records.draft import Piece
from remix.workspace import Workspace
from tests.conftest import Remix

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/002/again.1"


@pytest.fixture
def drafts(workspace: Workspace, finished: RunFolder) -> Drafts:
    """A draft with a text as accepted, an edited one, an edited version, and own words."""
    drafts = Drafts(workspace.drafts, runs_in(workspace.outputs))
    pieces = [Piece(id="own", text="Mine.")]
    for task in (FIRST, SECOND):
        origin, text = origin_of(finished, task)
        pieces.append(Piece(id=origin.record[:12], text=text, origin=origin))
    pieces[2] = pieces[2].model_copy(update={"text": f"{pieces[2].text} changed"})
    reviews.edit(finished, FIRST, "Eve", "Better words.")
    origin, text = origin_of(finished, FIRST)
    pieces.append(Piece(id="edition", text=text, origin=origin))
    drafts.save(drafts.create("Essay").name, drafts.version("Essay"), pieces)
    return drafts


def checked(workspace: Workspace, drafts: Drafts) -> DraftReport:
    return check(drafts.read("Essay"), runs_in(workspace.outputs))


def test_pieces_are_counted_by_what_became_of_them(workspace: Workspace, drafts: Drafts) -> None:
    report = checked(workspace, drafts)
    assert (len(report.as_written), len(report.edited), len(report.own)) == (2, 1, 1)
    assert report.findings == ()


def test_a_changed_source_is_found(workspace: Workspace, drafts: Drafts, finished: RunFolder) -> None:
    finished.text_path(FIRST).write_text("Forged.\n")
    files = [finding.file for finding in checked(workspace, drafts).findings]
    assert "Essay, piece 2" in files
    assert f"{finished.path.name}/{FIRST}.md" in files


def test_a_run_that_is_gone_is_found(workspace: Workspace, drafts: Drafts, finished: RunFolder) -> None:
    shutil.rmtree(finished.path)
    assert [finding.file for finding in checked(workspace, drafts).findings] == [
        "Essay, piece 2",
        "Essay, piece 3",
        "Essay, piece 4",
    ]


def test_a_forged_source_is_found(workspace: Workspace, drafts: Drafts, finished: RunFolder) -> None:
    path = workspace.drafts / "Essay.sources.json"
    path.write_text(path.read_text().replace(FIRST, SECOND))
    (finding, *_) = checked(workspace, drafts).findings
    assert "not the draft's record" in finding.what


def test_verify_takes_the_path_of_a_draft(
    remix_: Remix, workspace: Workspace, drafts: Drafts, finished: RunFolder
) -> None:
    done = remix_("verify", "drafts/Essay.md")
    assert done.exit_code == 0
    assert "2 texts as accepted, 1 edited, 1 piece of your own words" in done.output
    assert "intact" in done.output
    finished.text_path(FIRST).write_text("Forged.\n")
    done = remix_("verify", workspace.drafts / "Essay.md")
    assert done.exit_code == 1
    assert f"{FIRST}.md" in done.output


def test_verify_refuses_a_draft_that_is_not_there(remix_: Remix, drafts: Drafts) -> None:
    done = remix_("verify", "drafts/Other.md")
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_a_draft_is_not_replayed(remix_: Remix, drafts: Drafts) -> None:
    assert "--replay goes with runs" in remix_("verify", "--replay", "drafts/Essay.md").output
