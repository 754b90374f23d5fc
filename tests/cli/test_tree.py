"""`remix tree`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from remix.cli import tree
from remix.outputs import RunFolder
from remix.outputs.branches import BranchNode, Turn
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.fake_local import FakeLocal
from tests.generation.test_branching import FIRST
from tests.outputs.test_branches import SECOND, grow, written

__all__ = ["written"]


@pytest.fixture
def grown(workspace: Workspace, written: RunFolder, local: FakeLocal) -> RunFolder:
    """A run of two branches of a text."""
    return grow(workspace, local, written, FIRST, 4, 3, count=2)


def test_a_tree_has_each_branch_with_place_words_run_and_verdict(
    remix_: Remix, written: RunFolder, grown: RunFolder
) -> None:
    remix_("verdict", f"{grown.path.name}:{SECOND}", "star", "--as", "Ada")
    result = remix_("tree", f"{written.path.name}:{FIRST}")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"{written.path.name}:{FIRST}"
    assert lines[2] == f"    {written.read(FIRST)[1]}".rstrip()
    assert lines[3:5] == ["", "2 branches"]
    lines = lines[3:]
    ids = [grown.read(task.id)[0].id[:12] for task in grown.run.tasks]
    assert [line[:7] for line in lines[2::2]] == ["├── 5  ", "└── 5  "]
    assert lines[5] == f"    {ids[1]}  v3 of {grown.path.name}"
    branch = grown.run.tasks[0].branch
    assert branch is not None
    assert f"→ {branch.put}]" in lines[2]
    assert lines[3] == f"│   {ids[0]}  v2 of {grown.path.name}, star"
    again = remix_("tree", ids[0]).stdout.splitlines()
    assert again[6] == f"{lines[3]} ← this text"
    shutil.rmtree(written.path)
    gone = remix_("tree", f"{grown.path.name}:{SECOND}").stdout.splitlines()
    assert gone[0] == f"{written.path.name}:{FIRST} (gone; its branches have the text)"
    assert gone[1:] == again[1:]


def test_a_branch_is_named_with_candidate_editor_and_a_space_that_was_put_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty: dict[str, object] = {"is_here": True, "is_asked": False, "verdict": None, "left_out": 0, "run": "r"}
    turn = Turn(token=2, character=5, was="old", put=" ", candidate=3, editor="Ada")
    branch = BranchNode.model_validate(
        {**empty, "record": "1" * 64, "task": "a/1/b.1.v2", "turn": turn, "text": "One  x", "after": "x"}
        | {"branches": ()}
    )
    again = branch.model_copy(update={"turn": Turn(token=2, character=5, was="old", put=""), "after": "old y"})
    root = branch.model_copy(update={"turn": None, "text": "The old y", "branches": (branch, again)})
    tree._print(root)
    lines = capsys.readouterr().out.splitlines()[-4:]
    assert lines[0] == "├── 2  One [old → ' ']x"
    assert lines[1] == "│   111111111111  v2 of r, from candidate 3, as edited by Ada"
    assert lines[2] == "└── 2  One [no other words]old y"


def test_a_text_without_branches(remix_: Remix, written: RunFolder) -> None:
    result = remix_("tree", FIRST)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert "It has no branches" in result.stderr


def test_json_is_nested(remix_: Remix, written: RunFolder, grown: RunFolder) -> None:
    found = json.loads(remix_("tree", f"{written.path.name}:{FIRST}", "--json").stdout)
    assert (found["run"], found["task"], found["turn"]) == (written.path.name, FIRST, None)
    assert [each["task"] for each in found["branches"]] == [SECOND, f"{FIRST}.v3"]
    assert {name: found["branches"][0]["turn"][name] for name in ("token", "character")} == {
        "token": 5,
        "character": 5,
    }
    assert found["branches"][0]["text"] == grown.read(SECOND)[1]
    assert remix_("tree", FIRST, "--json", "--svg", "-").exit_code == 2


def test_svg_to_a_file_and_to_the_standard_output(
    remix_: Remix, written: RunFolder, grown: RunFolder, tmp_path: Path
) -> None:
    path = tmp_path / "tree.svg"
    result = remix_("tree", f"{written.path.name}:{FIRST}", "--svg", path)
    assert result.stdout == f"{path}\n"
    assert path.read_bytes() == remix_("tree", f"{written.path.name}:{FIRST}", "--svg", "-").stdout_bytes
    assert ET.fromstring(path.read_bytes()).tag.endswith("svg")
    result = remix_("tree", FIRST, "--svg", tmp_path / "no folder" / "tree.svg" / "x.svg")
    assert result.exit_code in (0, 1)
    blocked = path / "below.svg"
    result = remix_("tree", FIRST, "--svg", blocked)
    assert result.exit_code == 1
    assert "Choose another place." in result.output


def test_what_cannot_be_read_is_named(remix_: Remix, written: RunFolder, grown: RunFolder) -> None:
    grown.text_path(SECOND).write_text("Other words.")
    result = remix_("tree", f"{written.path.name}:{FIRST}")
    assert result.exit_code == 0
    assert "Left out: " in result.stderr
    assert "not the text that was recorded" in result.stderr


@pytest.mark.parametrize("columns", [None, 40])
def test_strangers_words_make_no_lines_and_no_colours(
    columns: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b[31m[bold]x[/bold]\r\n\u2028Error: y \u202eדבר " + "ab" * 300
    turn = Turn(token=1, character=1, was=hostile, put=hostile)
    empty: dict[str, object] = {"record": "0" * 64, "is_here": True, "is_asked": True, "verdict": None, "left_out": 0}
    below = BranchNode.model_validate(
        {**empty, "run": hostile, "task": hostile, "turn": turn, "text": hostile, "after": hostile, "branches": ()}
    )
    root = below.model_copy(update={"turn": None, "branches": (below,) * 3})
    if columns:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "dumb")
    tree._print(root)
    out = capsys.readouterr().out
    assert "\x1b[31m" not in out
    assert "\\u001b[31m[bold]x[/bold]" in out
    assert not any(letter in out for letter in "\r\u2028\u202e")
    assert not any(line.startswith("Error") for line in out.splitlines())
