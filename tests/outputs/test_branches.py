"""The tree of an output's branches, in runs by the fake local model."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest

from remix.errors import RunError
from remix.generation import execute, prepare
from remix.outputs import RunFolder, branches
from remix.outputs.branches import BranchNode, Turn, branch_tree
from remix.outputs.find import OutputPlace
from remix.outputs.layout import REQUEST
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FILE, Remix, work_of_at_most
from tests.fake_local import FakeLocal
from tests.generation.test_branching import FIRST, branch_of, carry_out, plan

SECOND = f"{FIRST}.v2"


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run with a text of thirty tokens, a letter each."""
    job = prepare.prepare_for(workspace, Options(steps=1, max_tokens=30), local)
    job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
    return execute.generate(job, workspace.outputs, writer=local).folder


def grow(
    workspace: Workspace, local: FakeLocal, folder: RunFolder, task: str, kept: int, *put: int, count: int = 1
) -> RunFolder:
    """A run of branches after `kept` tokens of a text."""
    return carry_out(workspace, plan(workspace, folder, branch_of(folder, task, kept, *put), task, count), local)


def refuse(error: RunError) -> None:
    raise AssertionError(error.message)


def tree_of(workspace: Workspace, folder: RunFolder, task: str) -> BranchNode:
    return branch_tree(workspace.outputs, OutputPlace(folder, task), refuse)


def names(node: BranchNode) -> list[object]:
    """Runs and tasks of a tree, nested."""
    return [(node.run, node.task), *map(names, node.branches)]


def id_of(folder: RunFolder, task: str) -> str:
    return folder.read(task)[0].id


def test_a_tree_is_the_same_whichever_of_its_texts_is_asked(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    late = grow(workspace, local, written, FIRST, 9, 3, count=2)
    early = grow(workspace, local, written, FIRST, 4, 3)
    below = grow(workspace, local, late, SECOND, 12, 5)
    expected = [
        (written.path.name, FIRST),
        [(early.path.name, SECOND)],
        [(late.path.name, SECOND), [(below.path.name, f"{FIRST}.v3")]],
        [(late.path.name, f"{FIRST}.v3")],
    ]
    for folder, task in ((written, FIRST), (late, SECOND), (below, f"{FIRST}.v3")):
        found = tree_of(workspace, folder, task)
        assert names(found) == expected
        assert found.size == 4
        assert '"is_asked":true' in found.model_dump_json()
        assert found.is_here
        assert found.is_asked == (folder is written)
    deepest = found.branches[1].branches[0]
    assert deepest.is_asked
    assert deepest.record == id_of(below, f"{FIRST}.v3")
    branch = below.run.tasks[0].branch
    assert branch is not None
    assert deepest.turn == Turn(token=13, character=13, was=branch.was, put=branch.put)
    assert deepest.text == below.read(f"{FIRST}.v3")[1]
    assert deepest.text.endswith(deepest.after)
    assert len(tree_of(workspace, written, "two-clocks/002/again.1").branches) == 0


def test_texts_whose_runs_are_gone_are_in_the_tree(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    middle = grow(workspace, local, written, FIRST, 4, 3)
    last = grow(workspace, local, middle, SECOND, 12, 5)
    whole = tree_of(workspace, last, f"{FIRST}.v3")
    shutil.rmtree(middle.path)
    # The last run holds the middle text, and the first text is found in its own run.
    found = tree_of(workspace, last, f"{FIRST}.v3")
    assert names(found) == names(whole)
    assert [found.is_here, found.branches[0].is_here, found.branches[0].branches[0].is_here] == [True, False, True]
    assert tree_of(workspace, written, FIRST).branches[0].text == whole.branches[0].text
    shutil.rmtree(written.path)
    found = tree_of(workspace, last, f"{FIRST}.v3")
    assert names(found) == names(whole.branches[0])
    assert not found.is_here
    assert found.turn == whole.branches[0].turn, "the text is known to be a branch"


def test_an_original_that_was_written_anew_is_not_here(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    grown = grow(workspace, local, written, FIRST, 4, 3)
    path = written.record_path(FIRST)
    path.write_text(json.dumps({**json.loads(path.read_text()), "id": "0" * 64}))
    assert not tree_of(workspace, grown, SECOND).is_here


def test_branches_that_are_not_written_yet_are_in_the_tree(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    grown = grow(workspace, local, written, FIRST, 4, 3, count=2)
    grown.forget(grown.run.tasks[1])
    first, second = tree_of(workspace, written, FIRST).branches
    assert first.record == id_of(grown, SECOND)
    assert (second.record, second.text, second.is_here) == (None, "", False)
    assert second.turn == first.turn


def test_the_same_branch_of_two_runs_is_one(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    first = grow(workspace, local, written, FIRST, 4, 3)
    second = grow(workspace, local, written, FIRST, 4, 3)
    assert id_of(first, SECOND) == id_of(second, SECOND)
    assert [each.run for each in tree_of(workspace, written, FIRST).branches] == [
        min(first.path.name, second.path.name)
    ]


def test_what_cannot_be_read_is_told_and_hides_nothing_else(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    grown = grow(workspace, local, written, FIRST, 4, 3, count=2)
    grown.text_path(SECOND).write_text("Other words.")
    broken = grow(workspace, local, written, FIRST, 5, 3)
    (broken.path / REQUEST).write_text('{"branch": 1}')
    strange = workspace.outputs / "20200101T000000Z-strange-0000"
    strange.mkdir()
    (strange / REQUEST).write_text("no JSON, and no branches")
    errors: list[RunError] = []
    found = branch_tree(workspace.outputs, OutputPlace(written, FIRST), errors.append)
    assert [each.task for each in found.branches] == [f"{FIRST}.v3"]
    assert sorted(str(error.message).partition(grown.path.parent.name)[2][1:9] for error in errors) == [
        grown.path.name[:8],
        broken.path.name[:8],
    ]


def test_a_forged_circle_of_branches_ends(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    grown = grow(workspace, local, written, FIRST, 4, 3)
    path = written.record_path(FIRST)
    record = json.loads(path.read_text())
    branch = grown.run.tasks[0].branch
    assert branch is not None
    record["task"]["branch"] = branch.model_copy(update={"original": id_of(grown, SECOND)}).model_dump(mode="json")
    path.write_text(json.dumps(record))
    for folder, task in ((written, FIRST), (grown, SECOND)):
        assert tree_of(workspace, folder, task).size <= 2


def test_deeper_branches_are_counted(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = grow(workspace, local, written, FIRST, 4, 3)
    grow(workspace, local, middle, SECOND, 12, 5, count=2)
    monkeypatch.setattr(branches, "MOST_DEPTH", 1)
    found = tree_of(workspace, written, FIRST)
    assert (found.size, found.left_out) == (1, 0)
    assert (found.branches[0].branches, found.branches[0].left_out) == ((), 2)


def test_verdicts_are_in_the_tree(workspace: Workspace, written: RunFolder, local: FakeLocal, remix_: Remix) -> None:
    grown = grow(workspace, local, written, FIRST, 4, 3, count=2)
    remix_("verdict", f"{grown.path.name}:{SECOND}", "accept", "--as", "Ada")
    assert [each.verdict for each in tree_of(workspace, written, FIRST).branches] == ["accept", None]


def test_many_branches_in_a_bounded_time(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    grow(workspace, local, written, FIRST, 4, 3, count=400)
    with work_of_at_most(20):
        assert tree_of(workspace, written, FIRST).size == 400
