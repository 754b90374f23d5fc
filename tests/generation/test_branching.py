"""Runs of branches, from planning to replay; by the fake local model, but for the tokens of the bundled one."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from remix.errors import ModelError, RunError
from remix.generation import branch_run, branching, execute, prepare
from remix.generation.branch_point import Put, Written
from remix.outputs import RunFolder
from remix.outputs.find import OutputPlace
from remix.outputs.lineage import ancestry
from remix.outputs.runs import latest
from remix.records import Branch, Fork, Options, Record, Run
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_local import FakeLocal

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"


@pytest.fixture
def local() -> Iterator[FakeLocal]:
    with closing(FakeLocal(trace=True)) as writer:
        yield writer


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run of two steps that tells all that branches need."""
    job = prepare.prepare_for(workspace, Options(steps=2, max_tokens=30), local)
    job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
    return execute.generate(job, workspace.outputs, writer=local).folder


def branch_of(folder: RunFolder, task: str, kept: int, *put: int, seed: int | None = None) -> Branch:
    """A branch after `kept` tokens of an output, with other tokens there."""
    record, text = folder.read(task)
    tokens = (*(record.output.token_ids or ())[:kept], *put)
    # Each token of the fake decoder is a letter.
    return Branch(
        original=record.id,
        token=kept + 1,
        character=kept + 1,
        was=text[kept : kept + 1],
        put="".join(chr(ord("a") + token - 1) for token in put),
        max_tokens=30,
        fork=Fork(token_ids=tokens, seed=seed),
    )


def plan(workspace: Workspace, folder: RunFolder, branch: Branch, task: str = FIRST, count: int = 1) -> Run:
    original = branching.original_of(OutputPlace(folder, task))
    return branch_run.run_of(workspace, branch_run.variants(original, branch, count))


def carry_out(workspace: Workspace, run: Run, local: FakeLocal) -> RunFolder:
    job = prepare.Job(run, Path("fake.gguf"), {}, 0, ())
    return execute.generate(job, workspace.outputs, writer=local).folder


def record_of(folder: RunFolder, number: int = 0) -> Record:
    return folder.read(folder.run.tasks[number].id)[0]


def replayed(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> list[replay.Replayed]:
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal())
    report = verify(folder.path)
    assert report.run is not None
    return replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), ReplayOptions())


@pytest.mark.parametrize("task", [FIRST, SECOND])
def test_the_original_s_tokens_give_the_original(
    workspace: Workspace, written: RunFolder, local: FakeLocal, task: str
) -> None:
    record, text = written.read(task)
    count = len(record.output.token_ids or ())
    for kept in (1, count // 2, count):
        branches = carry_out(workspace, plan(workspace, written, branch_of(written, task, kept), task), local)
        assert verify(branches.path).findings == ()
        again, same = branches.read(branches.run.tasks[0].id)
        assert same == text
        assert again.output.token_ids == record.output.token_ids
        assert branches.read_trace(branches.run.tasks[0].id).choices == written.read_trace(task).choices
        assert again.derivation.parents == (record.id,)
        assert again.task.branch == branches.run.tasks[0].branch


def test_branches_are_whole_without_their_original(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = plan(workspace, written, branch_of(written, SECOND, 3, 3, 4), SECOND, count=3)
    branches = carry_out(workspace, run, local)
    shutil.rmtree(written.path)
    assert verify(branches.path).findings == ()
    assert [each.equal for each in replayed(branches, monkeypatch)] == [True] * 3
    texts = {branches.read(task.id)[1] for task in branches.run.tasks}
    assert len(texts) == 3
    for step in ancestry(branches, branches.run.tasks[0].id):
        assert [source.passage for source in step.record.sources] == ["two-clocks/001"]
    # One is forgotten, as if the run had been stopped before it.
    before = record_of(branches, 1)
    branches.forget(branches.run.tasks[1])
    execute.resume(RunFolder.open(branches.path), writer=local)
    assert record_of(branches, 1).id == before.id
    assert verify(branches.path).findings == ()


def test_variants_have_names_and_random_numbers_of_their_own(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    branches = carry_out(workspace, plan(workspace, written, branch_of(written, FIRST, 3, 3), count=3), local)
    assert [task.id for task in branches.run.tasks] == [f"{FIRST}.v{number}" for number in (2, 3, 4)]
    forks = [record_of(branches, number).derivation.fork for number in range(3)]
    assert [fork and fork.seed is None for fork in forks] == [True, False, False]
    assert len({fork.seed for fork in forks if fork}) == 3
    assert branch_run.fork_seed(branch_of(written, FIRST, 3, 3), 2) == forks[1].seed if forks[1] else False


def test_a_branch_of_a_branch(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    first = carry_out(workspace, plan(workspace, written, branch_of(written, FIRST, 3, 3)), local)
    name = first.run.tasks[0].id
    second = carry_out(workspace, plan(workspace, first, branch_of(first, name, 4, 4), name), local)
    assert second.run.tasks[0].id == f"{FIRST}.v3"
    assert verify(second.path).findings == ()
    fork = record_of(second).derivation.fork
    assert fork is not None
    assert fork.token_ids == (*(record_of(first).output.token_ids or ())[:4], 4)


def test_a_run_of_branches_is_not_the_latest_run(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    branches = carry_out(workspace, plan(workspace, written, branch_of(written, FIRST, 3, 3)), local)
    found = latest(workspace.outputs)
    assert found.path == written.path
    assert found.passed_over == ((branches.path.name, "a run of branches"),)


def test_records_of_other_texts_are_as_before(written: RunFolder) -> None:
    for name in (f"{FIRST}.json", "run.json"):
        source = json.loads(written.read_bytes(name))
        assert "branch" not in json.dumps(source)
        assert "fork" not in json.dumps(source)


def forged(folder: RunFolder, branch: Branch) -> list[str]:
    """What verification finds if the first task of a request has another branch."""
    task = folder.run.tasks[0].model_copy(update={"branch": branch})
    run = folder.run.model_copy(update={"tasks": (task,)})
    (folder.path / "run.json").write_text(run.model_dump_json(by_alias=True), encoding="utf-8")
    return [each.what for each in verify(folder.path).findings]


def test_a_forged_branch_is_found(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    branches = carry_out(workspace, plan(workspace, written, branch_of(written, FIRST, 3, 3)), local)
    branch = branches.run.tasks[0].branch
    assert branch is not None
    other = (9, *branch.fork.token_ids[1:])
    changed = branch.model_copy(update={"fork": Fork(token_ids=other)})
    found = forged(branches, changed)
    assert any("doesn't begin like the output that it branches from" in each for each in found)
    assert any("wasn't given the tokens that run.json gives" in each for each in found)
    found = forged(branches, branch.model_copy(update={"max_tokens": 29}))
    assert any("its sampling isn't the one of the output that it branches from" in each for each in found)
    assert any("plans no text" in each for each in forged(branches, branch.model_copy(update={"original": "0" * 64})))


def test_branches_are_not_refreshed_and_not_resumed_by_another_model(
    workspace: Workspace, written: RunFolder, local: FakeLocal, model_path: Path
) -> None:
    branches = carry_out(workspace, plan(workspace, written, branch_of(written, FIRST, 3, 3)), local)
    with pytest.raises(RunError, match="holds branches, which can't be refreshed"):
        prepare.prepare_refresh(workspace, branches)
    branches.forget(branches.run.tasks[0])
    with pytest.raises(ModelError, match="given tokens are those of fake"):
        execute.resume(RunFolder.open(branches.path), lambda run: model_path)


def test_branches_that_cannot_be_are_refused(workspace: Workspace, written: RunFolder) -> None:
    record, _ = written.read(FIRST)
    at = record, Written("", (), (), (0,), ()), Put(tuple(range(1, 31)), 0, "x")
    with pytest.raises(RunError, match="the text may have 30 tokens, and 30 stand"):
        branch_run.branch_of(*at)
    assert branch_run.branch_of(*at, max_tokens=31).max_tokens == 31
    with pytest.raises(RunError, match="999 variants of a text at most"):
        plan(workspace, written, branch_of(written, FIRST, 3, 3), count=999)
    greedy = record.derivation.sampling
    assert greedy is not None
    greedy = greedy.model_copy(update={"chain": ({"name": "greedy"},)})
    original = branching.original_of(OutputPlace(written, FIRST))
    derivation = record.derivation.model_copy(update={"sampling": greedy})
    original = original._replace(record=record.model_copy(update={"derivation": derivation}))
    with pytest.raises(RunError, match="all variants would be the same"):
        branch_run.variants(original, branch_of(written, FIRST, 3, 3), 2)


def test_a_text_by_another_writer_is_refused(finished: RunFolder) -> None:
    with pytest.raises(RunError, match="was written by another model than the GGUF file"):
        branching.original_of(OutputPlace(finished, FIRST))
