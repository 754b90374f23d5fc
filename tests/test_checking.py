"""Whether a run is what was written, asked of another process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from remix.environment import python_path
from remix.outputs.verify import verify
from remix.review import checking
from remix.review.checking import findings_of
from remix.workspace import Workspace

from .desks import FIRST, variants


def test_the_other_process_finds_the_same(workspace: Workspace) -> None:
    folder = variants(workspace)
    assert findings_of(folder.path) == ()
    folder.text_path(FIRST).write_text("Changed\u202e.\n", encoding="utf-8")
    found = findings_of(folder.path)
    assert found == verify(folder.path).findings
    assert f"{FIRST}.md" in {each.file for each in found}


def test_a_process_that_was_ended_found_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking.sys, "executable", "false")
    assert findings_of(variants(workspace).path) == ()


def test_the_process_ends_with_the_desk() -> None:
    """It went on for seconds after the desk was closed."""
    code = "from remix.review import checking; checking.verify = lambda path: __import__('time').sleep(60)"
    command = [sys.executable, "-P", "-c", f"{code}; checking.main()", "folder"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | python_path()) as process:
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 1
