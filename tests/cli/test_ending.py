"""The last lines of `remix generate`: a passage, its first rewriting, and four commands that work as they stand."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from remix.cli import ending
from remix.models import recommended
from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import Remix


def lines(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> list[str]:
    ending.show(folder)
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()


def test_a_run_ends_with_a_passage_its_text_and_four_steps(
    finished: RunFolder,
    remix_: Remix,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = lines(finished, capsys)
    assert said[:5] == [
        "",
        "“Two Clocks”, two-clocks/001:",
        "    The first clock runs fast. It was set by the second.",
        "    ---",
        "again, step 1:",
    ]
    blank, *steps = said[-5:]
    assert blank == ""
    assert [step.split()[0] for step in steps] == ["Read:", "Judge:", "Measure:", "Export:"]
    for step in steps:
        name, *words = shlex.split(step.partition(":")[2])
        assert name == "remix"
        if words[0] != "review":
            assert remix_(*words).exit_code == 0, words


def test_a_rewriting_is_shown_before_other_kinds(workspace: Workspace, finished: RunFolder) -> None:
    tasks = [
        task.model_copy(update={"kind": {"once": "rewrite"}.get(task.kind, task.kind)}) for task in finished.run.tasks
    ]
    found = ending.first_text(RunFolder(finished.path, finished.run.model_copy(update={"tasks": tuple(tasks)})))
    assert found
    assert (found.kind, found.step) == ("rewrite", 1)


def test_a_long_passage_is_shown_by_its_first_lines(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record, _ = finished.read("two-clocks/001/again.1")
    long = record.model_copy(update={"sources": (record.sources[0].model_copy(update={"text": "words " * 5000}),)})
    monkeypatch.setattr(RunFolder, "read", lambda self, task: (long, "a\x1b[2J b " * 5000))
    said = lines(finished, capsys)
    assert len(said) < 20
    assert all(len(line) <= 80 for line in said if line.startswith("    "))
    assert "\x1b" not in "".join(said)


def test_a_text_that_cant_be_read_leaves_the_steps(finished: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    finished.text_path("two-clocks/001/again.1").write_text("changed", encoding="utf-8")
    assert [line.split()[0] for line in lines(finished, capsys)[1:]] == ["Judge:", "Measure:", "Export:"]


def test_a_run_below_the_current_folder_has_a_short_name(
    finished: RunFolder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    assert ending.named(finished) == f"outputs/{finished.path.name}"
    odd = RunFolder(workspace.root / "my outputs" / "run", finished.run)
    assert ending.named(odd) == "'my outputs/run'"


def test_where_the_shell_doesnt_find_remix_its_folder_is_named(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/remix", "generate"])
    monkeypatch.setenv("PATH", str(Path(finished.path)))
    assert re.search(r"^Judge: +\.venv/bin/remix review ", "\n".join(lines(finished, capsys)), re.MULTILINE)


def test_the_exported_page_is_a_file_and_not_lines_on_the_terminal(
    finished: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--format html` alone printed the page's source."""
    assert lines(finished, capsys)[-1].endswith(f" --to {ending.page_name(finished.run.name)}")


@pytest.mark.parametrize(
    ("run", "page"),
    [
        ("20261122T015007Z-maps-2123", "maps-2123.html"),
        ("20261122T015007Z-two-clocks-2123", "two-clocks-2123.html"),
        ("mine", "mine.html"),
        ("mine-", "mine-.html"),
    ],
)
def test_the_exported_page_is_called_like_the_run_without_the_time(run: str, page: str) -> None:
    assert ending.page_name(run) == page


def test_a_run_of_the_bundled_model_names_a_better_one(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    best = recommended.recommended()[0]
    monkeypatch.setattr(recommended, "best_fitting", lambda: best)
    assert "models pull" not in lines(finished, capsys)[-1]
    options = finished.run.options.model_copy(update={"model": None})
    bundled = RunFolder(finished.path, finished.run.model_copy(update={"options": options}))
    assert lines(bundled, capsys)[-1].endswith(f"remix models pull {best.address}")
