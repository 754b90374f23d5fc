"""Runs of branches of several originals, by the fake local model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.generation import branch_run, execute
from remix.generation.branch_run import Original, PlannedBranch
from remix.generation.job import Job
from remix.outputs import RunFolder
from remix.outputs.lineage import ancestry, descendants
from remix.records import Options, Run
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.fake_local import FakeLocal
from tests.generation.branches import branch_of, replayed, tokens_of, write, write_run


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    return write_run(workspace, local, Options(steps=2, variants=2, max_tokens=30))


def originals(folder: RunFolder) -> list[Original]:
    """All outputs: of three passages, two kinds, two steps and two variants."""
    return [Original(folder, task, *folder.read(task.id), None) for task in folder.run.tasks]


def planned(folder: RunFolder) -> list[PlannedBranch]:
    """Two branches of each output, with another token than the output's."""
    return [
        PlannedBranch(each, branch_of(each.record, kept, tokens_of(each.record)[kept] % 26 + 1))
        for each in originals(folder)
        for kept in (len(tokens_of(each.record)) // 3, len(tokens_of(each.record)) // 2)
    ]


def write_branches(workspace: Workspace, run: Run, local: FakeLocal) -> RunFolder:
    return write(workspace, Job(run, Path("fake.gguf"), {}, 0, ()), local)


def test_a_run_holds_branches_of_originals_with_different_prompts(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    branches = write_branches(workspace, branch_run.run_of(workspace, planned(written)), local)
    run = branches.run
    assert len(run.earlier) == len(written.run.tasks) == 24
    assert len(run.tasks) == 48
    assert [each.id for _, each in run.corpus] == [each.id for _, each in written.run.corpus]
    before = {each.record.id: each for each in run.earlier}
    for task in run.tasks:
        assert task.branch is not None
        record, _ = branches.read(task.id)
        original = before[task.branch.original]
        kept = task.branch.token - 1
        assert tokens_of(record)[:kept] == tokens_of(original.record)[:kept]
        assert tokens_of(record)[kept] == tokens_of(original.record)[kept] % 26 + 1
        assert record.derivation.prompt == original.record.derivation.prompt
        assert record.derivation.parents == (original.record.id,)
        assert (record.task.kind, record.task.step) == (original.record.task.kind, original.record.task.step)
        assert [each.passage for each in record.sources] == [each.passage for each in original.record.sources]
    shutil.rmtree(written.path)
    assert verify(branches.path).findings == ()
    assert replayed(branches, monkeypatch) == [True] * 48


def test_each_branch_is_what_it_is_alone(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    together = write_branches(workspace, branch_run.run_of(workspace, planned(written)), local)
    of_branch = {task.branch: together.read(task.id)[1] for task in together.run.tasks}
    for each in planned(written)[::7]:
        alone = write_branches(workspace, branch_run.run_of(workspace, [each]), local)
        assert alone.read(alone.run.tasks[0].id)[1] == of_branch[each.branch]


def test_no_branch_has_the_name_of_another_or_of_an_original(workspace: Workspace, written: RunFolder) -> None:
    run = branch_run.run_of(workspace, planned(written))
    names = [task.id for task in run.tasks]
    assert len(set(names)) == len(names)
    assert not {task.id for task in written.run.tasks} & set(names)
    again = [task.variant for task in run.tasks if task.id.startswith("two-clocks/001/again.1")]
    # Two branches of each of the two variants.
    assert again == [3, 4, 5, 6]
    one = branch_run.run_of(workspace, planned(written)[:1])
    assert [task.id for task in one.tasks] == ["two-clocks/001/again.1.v2"]


def test_a_run_holds_only_the_passages_and_templates_behind_its_originals(
    workspace: Workspace, written: RunFolder
) -> None:
    of_one = [each for each in planned(written) if each.original.task.id.startswith("two-clocks/002/once.1")]
    run = branch_run.run_of(workspace, of_one)
    assert [passage.id for _, passage in run.corpus] == ["two-clocks/002"]
    assert [each.kind for each in run.templates] == ["once"]
    assert {each.record.task.variant for each in run.earlier} == {1, 2}


def test_an_interrupted_run_is_finished(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    branches = write_branches(workspace, branch_run.run_of(workspace, planned(written)), local)
    before = {task.id: branches.read(task.id) for task in branches.run.tasks}
    for task in branches.run.tasks[5:40:2]:
        branches.forget(task)
    branches.unseal()
    shutil.rmtree(written.path)
    outcome = execute.resume(RunFolder.open(branches.path), writer=local)
    assert outcome.failures == []
    for name, (record, text) in before.items():
        again, same = branches.read(name)
        assert (again.id, same) == (record.id, text)
    assert verify(branches.path).findings == ()


def test_what_came_of_a_passage_names_its_branches_alone(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    branches = write_branches(workspace, branch_run.run_of(workspace, planned(written)), local)
    errors: list[RunError] = []
    found = [step.task for step in descendants(workspace.outputs, "two-clocks/002", errors.append)]
    assert errors == []
    assert [name for name in found if name.startswith("two-clocks/002/")] == found
    assert len(found) == 8 + 16
    last = branches.run.tasks[-1]
    step, *_ = ancestry(branches, last.id)
    assert [each.passage for each in step.record.sources] == [last.place]


def test_too_many_branches_are_refused(
    workspace: Workspace, written: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = planned(written)
    with pytest.raises(RunError, match=r"again\.1: a run holds 999 variants of a text at most"):
        branch_run.run_of(workspace, several[:1] * 999)
    monkeypatch.setattr(branch_run, "MOST_TASKS", 47)
    with pytest.raises(RunError, match="48 branches: a run has 47 texts at most"):
        branch_run.run_of(workspace, several)
