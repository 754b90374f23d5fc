"""The latest run: which run is meant if a command gets no name, and that the command says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from remix.cli.generate import _cut_in_words
from remix.generation import execute, prepare
from remix.outputs import RunFolder, find_output
from remix.outputs.runs import latest, latest_unfinished
from remix.records import Options, Output, sha256
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix

AGAIN = "two-clocks/001/again.1"


def run(workspace: Workspace, writer: FakeWriter, year: int, **options: Any) -> RunFolder:
    """A run of two texts a passage, whose name begins with a year."""
    job = prepare.prepare_for(workspace, Options(steps=1, **options), writer)
    path = execute.generate(job, workspace.outputs, writer=writer).folder.path
    return RunFolder.open(path.rename(path.with_name(f"{year}{path.name[4:]}")))


def empty(folder: RunFolder) -> RunFolder:
    for task in folder.run.tasks:
        folder.forget(task)
    return folder


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"limit": 1}, "a try-out of 1 passage"),
        ({"sample": 2}, "a try-out of 2 passages"),
        ({"tags": ("clocks",), "limit": 2}, "a try-out of 2 passages"),
    ],
)
def test_a_try_out_is_passed_over(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter, options: dict[str, Any], why: str
) -> None:
    later = run(workspace, writer, 2098, **options)
    found = latest(workspace.outputs)
    assert found.path == finished.path
    assert [(each.name, each.why) for each in found.passed_over] == [(later.path.name, why)]


@pytest.mark.parametrize("options", [{}, {"tags": ("clocks",)}, {"min_words": 2}, {"kinds": ("again",)}])
def test_other_runs_are_not_passed_over(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter, options: dict[str, Any]
) -> None:
    later = run(workspace, writer, 2098, **options)
    assert latest(workspace.outputs).path == later.path


def test_a_try_out_is_the_latest_run_if_there_is_no_other(workspace: Workspace, writer: FakeWriter) -> None:
    run(workspace, writer, 2097, limit=1)
    later = run(workspace, writer, 2098, limit=1)
    empty(run(workspace, writer, 2099))
    assert latest(workspace.outputs) == (later.path, ())


def test_a_run_without_a_text_is_passed_over_unless_it_is_being_written(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter
) -> None:
    later = empty(run(workspace, writer, 2098))
    (workspace.outputs / "20990101T000000Z-killed-0000").mkdir()
    found = latest(workspace.outputs)
    assert found.path == finished.path
    assert [each.why for each in found.passed_over] == ["without a finished text"] * 2
    with later.lock():
        assert latest(workspace.outputs).path == later.path


def test_a_run_that_cannot_be_read_is_not_passed_over(finished: RunFolder, workspace: Workspace) -> None:
    broken = workspace.outputs / "20990101T000000Z-broken-0000"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    assert latest(workspace.outputs).path == broken


@pytest.mark.parametrize(
    "words",
    [("status",), ("measure",), ("export", "--format", "markdown"), ("verify",), ("sign", "--key", "nowhere")],
    ids=lambda words: words[0],
)
def test_a_command_without_a_name_says_which_run_it_took(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter, remix_: Remix, words: tuple[str, ...]
) -> None:
    later = run(workspace, writer, 2098, limit=1)
    said = f"Latest run: {finished.path.name} (passed over: {later.path.name}, a try-out of 1 passage)"
    assert said in remix_(*words).stderr.splitlines()


def test_of_many_runs_passed_over_the_latest_is_named(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter, remix_: Remix
) -> None:
    for year in range(2095, 2100):
        run(workspace, writer, year, limit=1)
    assert remix_("status").stderr.splitlines()[0].endswith(", a try-out of 1 passage; 4 more)")


# -- resume, try --------------------------------------------------------------------------------------------


def test_resume_takes_the_latest_unfinished_run(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter
) -> None:
    """A try-out after an interrupted run hid the interrupted run."""
    finished.unseal()
    finished.record_path(AGAIN).unlink()
    run(workspace, writer, 2098, limit=1)
    (workspace.outputs / "20990101T000000Z-killed-0000").mkdir()
    assert latest_unfinished(workspace.outputs) == finished.path


@pytest.mark.parametrize("named", [True, False])
def test_resume_of_a_finished_run_says_that_the_run_is_finished(
    finished: RunFolder, remix_: Remix, named: bool
) -> None:
    result = remix_("resume", *([finished.path.name] if named else []))
    assert result.exit_code == 0
    assert f"{finished.path.name} is finished: 12 texts, nothing left to write." in result.stderr


def output(finish: Any, trimmed: str) -> Output:
    return Output(file="a/001/x.1.md", sha256=sha256(""), finish=finish, token_ids=None, trimmed=trimmed)


@pytest.mark.parametrize(
    ("finish", "trimmed", "said"),
    [
        ("stop", "", ""),
        ("stop", " It is this:", "the end announces further words; a run keeps the text without 'It is this:'"),
        ("length", " And th", "cut by max_tokens; a run keeps the text without 'And th'"),
        ("length", "", "cut by max_tokens"),
    ],
)
def test_try_blames_max_tokens_only_if_max_tokens_ended_the_text(finish: str, trimmed: str, said: str) -> None:
    """A text that ended with a colon was said to be cut by max_tokens."""
    assert _cut_in_words(output(finish, trimmed)) == said


# -- outputs by name ----------------------------------------------------------------------------------------


def test_an_output_of_an_earlier_run_is_found_without_the_run(
    finished: RunFolder, workspace: Workspace, writer: FakeWriter
) -> None:
    """Only the latest run was looked into."""
    later = run(workspace, writer, 2098, kinds=("once",))
    assert find_output(workspace.outputs, AGAIN).folder.path == finished.path
    assert find_output(workspace.outputs, "two-clocks/001/once.1").folder.path == later.path


Refused = Callable[..., Result]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("two-clocks/001/agian.1", "Did you mean two-clocks/001/again.1"),
        ("two-clocks/002", ": two-clocks/002/again.1, two-clocks/002/again.2"),
        ("two-clocks", ": two-clocks/001/again.1"),
        ("two-clocks/009/again.1", "has texts of two-clocks/001, two-clocks/002, two-clocks/003"),
        ("nonsense", "kinds and steps: again.1, again.2, once.1, once.2"),
    ],
)
def test_show_of_something_missing_lists_what_there_is(
    finished: RunFolder, remix_: Remix, word: str, said: str
) -> None:
    result = remix_("show", word)
    assert result.exit_code == 1
    assert said in result.stderr
    assert finished.path.name in result.stderr or "Texts of" in result.stderr


def test_show_without_any_run_says_how_to_make_one(remix_: Remix, tmp_path: Path) -> None:
    assert "remix generate --tag TAG" in remix_("show", AGAIN).stderr
