"""Preparation of a refresh, if essays and templates can't be read."""

from __future__ import annotations

import pytest

from remix.errors import PromptError, RunError, SeedError
from remix.generation import prepare
from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import FakeWriter

BROKEN_TEMPLATE = "---\ndescription: Bad.\n---\n{{ pasage }}\n"


def edit(workspace: Workspace) -> None:
    """Change a passage."""
    essay = workspace.seeds / "two-clocks.md"
    essay.write_text(essay.read_text().replace("Nobody has asked the sun.", "Nobody asked the sun."))


def test_a_refresh_leaves_out_broken_notes(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> None:
    edit(workspace)
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    job = prepare.prepare_refresh(workspace, finished, {}, writer)
    assert job is not None
    assert {task.place for task in job.run.tasks} == {"two-clocks/003"}
    assert [error.message.endswith("bad.md: not UTF-8 at byte 0.") for error in job.left_out] == [True]
    with pytest.raises(SeedError, match=r"bad\.md"):
        prepare.prepare_refresh(workspace, finished, {"strict": True}, writer)


def test_a_refresh_leaves_out_a_broken_template(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(workspace)
    (workspace.prompts / "once.md.j2").write_text(BROKEN_TEMPLATE)
    job = prepare.prepare_refresh(workspace, finished, {}, writer)
    assert job is not None
    assert {task.kind for task in job.run.tasks} == {"again"}
    assert [type(error) for error in job.left_out] == [PromptError]


def test_a_broken_note_elsewhere_does_not_make_a_text_stale(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    assert prepare.prepare_refresh(workspace, finished, {}, writer) is None


def test_a_refresh_that_can_not_compare_says_so(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    (workspace.seeds / "two-clocks.md").write_bytes(b"\xff")
    (workspace.seeds / "other.md").write_text("A word.\n")
    with pytest.raises(RunError, match="no text is stale, as far as essays and templates can be read") as caught:
        prepare.prepare_refresh(workspace, finished, {}, writer)
    assert len(caught.value.left_out) == 1
