"""From what a user types to a run or an output."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.outputs import RunFolder, find_output, find_run, list_runs

AGAIN = "two-clocks/001/again.1"


def copy(run: RunFolder, name: str) -> RunFolder:
    """The run a second time, under another name."""
    return RunFolder.open(shutil.copytree(run.path, run.path.with_name(name)))


def test_list_runs_oldest_first_and_nothing_else(finished: RunFolder) -> None:
    outputs = finished.path.parent
    copy(finished, "19990101T000000Z-old-0000")
    (outputs / "README.md").write_text("Runs.")
    (outputs / "not-a-run").mkdir()
    assert [path.name for path in list_runs(outputs)] == ["19990101T000000Z-old-0000", finished.path.name]
    assert list_runs(outputs / "absent") == []


# -- runs ---------------------------------------------------------------------------------------------------


def test_the_latest_run_by_default(finished: RunFolder) -> None:
    copy(finished, "19990101T000000Z-old-0000")
    assert find_run(finished.path.parent, None).path == finished.path


def test_a_run_by_name_prefix_and_path(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = finished.path.parent
    old = copy(finished, "19990101T000000Z-old-0000")
    for word in (old.path.name, "1999", str(old.path)):
        assert find_run(outputs, word).path == old.path
    monkeypatch.chdir(outputs)
    assert find_run(Path("elsewhere"), old.path.name).path.samefile(old.path)


def test_a_whole_name_is_not_ambiguous(finished: RunFolder) -> None:
    """A copy of a run, its name made longer, used to hide the original."""
    copy(finished, f"{finished.path.name}-copy")
    assert find_run(finished.path.parent, finished.path.name).path == finished.path


@pytest.mark.parametrize(
    ("word", "message"), [("1999", "2 runs' names begin with '1999'."), ("2035", "no run's name begins with '2035'.")]
)
def test_no_such_run(finished: RunFolder, word: str, message: str) -> None:
    copy(finished, "19990101T000000Z-old-0000")
    copy(finished, "19990101T000000Z-old-0001")
    with pytest.raises(RunError) as caught:
        find_run(finished.path.parent, word)
    assert caught.value.message == message


def test_no_runs_yet(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no runs yet"):
        find_run(tmp_path / "outputs", None)


# -- outputs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", ["{task}", "{run}:{task}", "{path}:{task}", "{path}/{task}.md", "{path}/{task}.json"]
)
def test_an_output_by_name_or_path(finished: RunFolder, form: str) -> None:
    word = form.format(task=AGAIN, run=finished.path.name[:20], path=finished.path)
    place = find_output(finished.path.parent, word)
    assert (place.folder.path, place.task) == (finished.path, AGAIN)


def test_a_later_variant_by_path(finished: RunFolder) -> None:
    for suffix in (".md", ".json"):
        shutil.copy(finished.path / f"{AGAIN}{suffix}", finished.path / f"{AGAIN}.v2{suffix}")
        assert find_output(finished.path, str(finished.path / f"{AGAIN}.v2{suffix}")).task == f"{AGAIN}.v2"


def test_an_output_by_its_id(finished: RunFolder) -> None:
    record = finished.read(AGAIN)[0]
    for word in (record.id, record.id[:12]):
        assert find_output(finished.path.parent, word).task == AGAIN


def test_the_same_id_in_two_runs_means_the_later_one(finished: RunFolder) -> None:
    copy(finished, "19990101T000000Z-old-0000")
    assert find_output(finished.path.parent, finished.read(AGAIN)[0].id).folder.path == finished.path


@pytest.mark.parametrize("broken", ["run.json", f"{AGAIN}.json"])
def test_a_broken_run_hides_no_other(finished: RunFolder, broken: str) -> None:
    """One unreadable run, or one unreadable record, used to fail every search by id."""
    old = copy(finished, "19990101T000000Z-old-0000")
    (old.path / broken).write_text("[")
    assert find_output(finished.path.parent, finished.read(AGAIN)[0].id).folder.path == finished.path


def test_a_broken_latest_run_hides_no_output(finished: RunFolder) -> None:
    """The error of the broken run was given in place of the text."""
    later = copy(finished, "20990101T000000Z-later-0000")
    (later.path / "run.json").write_text("[")
    assert find_output(finished.path.parent, AGAIN).folder.path == finished.path


def test_an_ambiguous_id(finished: RunFolder) -> None:
    for number, task in enumerate(finished.run.tasks[:2]):
        path = finished.record_path(task.id)
        path.write_text(json.dumps({"id": f"{'0' * 63}{number}"}))
    with pytest.raises(RunError, match="2 outputs' ids begin with '0000'"):
        find_output(finished.path.parent, "0000")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("two-clocks/009/again.1", "no output 'two-clocks/009/again.1'"),
        ("1999:two-clocks/001/again.1", "no run's name begins with '1999'"),
        ("f" * 64, "0 outputs' ids begin with"),
        ("abc", "'abc' is neither an output's path nor the beginning of a record's id"),
        ("rewrite", "'rewrite' is neither"),
    ],
)
def test_no_such_output(finished: RunFolder, word: str, message: str) -> None:
    with pytest.raises(RunError) as caught:
        find_output(finished.path.parent, word)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_file_outside_any_run(finished: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("")
    with pytest.raises(RunError, match=r"notes\.md: not in a run's folder"):
        find_output(finished.path.parent, str(tmp_path / "notes.md"))


@pytest.mark.parametrize(
    "word", ["two-clocks/001", "two-clocks/001/", "two-clocks/001/again.9", "two-clocks/001/nonsense"]
)
def test_a_missing_output_of_a_passage_names_the_run_with_texts_of_the_passage(
    finished: RunFolder, word: str
) -> None:
    """Only the texts of the latest run were named, though an earlier run has texts of the passage."""
    latest = copy(finished, "20990101T000000Z-late-0000")
    shutil.rmtree(latest.path / "two-clocks" / "001")
    with pytest.raises(RunError) as caught:
        find_output(finished.path.parent, word)
    assert caught.value.hint
    assert f"Texts of two-clocks/001 in {finished.path.name}: {AGAIN}, " in caught.value.hint


@pytest.mark.parametrize("word", ["../..", "a\0/b", "two-clocks/../..", "/"])
def test_an_odd_name_of_an_output_is_an_error_in_words(finished: RunFolder, word: str) -> None:
    with pytest.raises(RunError):
        find_output(finished.path.parent, word)
