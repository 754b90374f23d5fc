"""What the Tab key offers, and the scripts by which shells ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import python_path


def ask(workspace: Workspace, instruction: str, line: str = "", at: int = 0) -> str:
    """What `remix` answers a shell."""
    asked = {"_REMIX_COMPLETE": instruction, "COMP_WORDS": line, "COMP_CWORD": str(at)}
    done = subprocess.run(
        [sys.executable, "-m", "remix"],
        capture_output=True,
        text=True,
        cwd=workspace.root,
        env=os.environ | python_path() | asked,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def offered(workspace: Workspace, line: str) -> list[str]:
    """The words that bash offers for the last word of a line."""
    answers = ask(workspace, "bash_complete", line, len(line.split(" ")) - 1).splitlines()
    return [answer.split(",", 1)[1] for answer in answers if answer]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("remix gen", ["generate"]),
        ("remix models pre", ["prepare"]),
        ("remix generate --dry", ["--dry-run"]),
        ("remix generate --tag clo", ["clocks"]),
        ("remix generate --essay ", ["two-clocks"]),
        ("remix generate --kind o", ["once"]),
        ("remix try a", ["again"]),
        ("remix try again two-clocks/00", ["two-clocks/001", "two-clocks/002", "two-clocks/003"]),
        ("remix try again nobody", []),
        ("remix tags together clo", ["clocks"]),
        ("remix tags rename clo", ["clocks"]),
        ("remix help exp", ["export"]),
        ("remix help models p", ["prepare", "probe", "pull"]),
        ("remix help export e", []),
        ("remix help nonsense e", []),
    ],
)
def test_names_that_begin_so_are_offered(workspace: Workspace, line: str, words: list[str]) -> None:
    assert offered(workspace, line) == words


def test_runs_are_offered(workspace: Workspace, finished: RunFolder) -> None:
    assert offered(workspace, "remix resume 2") == [finished.run.name]
    assert offered(workspace, "remix generate --refresh ") == [finished.run.name]


def test_a_broken_workspace_offers_nothing(workspace: Workspace) -> None:
    (workspace.root / "remix.toml").write_text("= broken", encoding="utf-8")
    assert offered(workspace, "remix generate --tag c") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(workspace: Workspace, shell: str) -> None:
    script = ask(workspace, f"{shell}_source")
    assert f"_REMIX_COMPLETE={shell}_complete" in script
    if found := shutil.which(shell):
        path = workspace.root / "script"
        path.write_text(script, encoding="utf-8")
        subprocess.run([found, "-n", str(path)], check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes(workspace: Workspace, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "remix"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m remix "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    code = (
        'eval "$(_REMIX_COMPLETE=bash_source remix)"; COMP_WORDS=(remix gen); COMP_CWORD=1; '
        '_remix_completion remix gen remix; echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | python_path() | {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", code], capture_output=True, text=True, env=environment, cwd=workspace.root, check=True
    )
    assert done.stdout == "generate\n"


@pytest.mark.parametrize("command", ["compare", "export", "measure", "review", "sign", "status", "verify"])
def test_every_command_on_runs_offers_runs(workspace: Workspace, finished: RunFolder, command: str) -> None:
    """Only `resume` and `--refresh` offered runs."""
    assert offered(workspace, f"remix {command} 2") == [finished.run.name]


@pytest.mark.parametrize("command", ["show", "verdict", "why", "verify"])
def test_every_command_on_texts_offers_texts(workspace: Workspace, finished: RunFolder, command: str) -> None:
    """No command offered texts."""
    assert offered(workspace, f"remix {command} two-clocks/001/o") == [
        "two-clocks/001/once.1",
        "two-clocks/001/once.2",
    ]


@pytest.mark.parametrize("command", ["show t", "export 2"])
def test_without_runs_nothing_is_offered(workspace: Workspace, command: str) -> None:
    assert offered(workspace, f"remix {command}") == []
