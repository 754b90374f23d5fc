"""Whether a run is what was written, asked of another process."""

from __future__ import annotations

import sys

import pytest

from remix.studio.verify_process import findings_of
from remix.util.processes import Bounds
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.studio_server import FIRST, variants


def test_the_other_process_finds_the_same(workspace: Workspace) -> None:
    folder = variants(workspace)
    assert findings_of(folder.path) == ()
    folder.text_path(FIRST).write_text("Changed\u202e.\n", encoding="utf-8")
    found = findings_of(folder.path)
    assert found == verify(folder.path).findings
    assert f"{FIRST}.md" in {each.file for each in found}


def test_a_check_that_was_ended_is_no_clean_bill(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = variants(workspace).path
    (late,) = findings_of(folder, Bounds(seconds=0.01))
    assert late.what == "can't be checked here (it took longer than 0.01 s): ask `remix verify`"
    monkeypatch.setattr(sys, "executable", "false")
    (ended,) = findings_of(folder)
    assert ended.what == "can't be checked here (status 1): ask `remix verify`"
