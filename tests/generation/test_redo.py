"""Redos, from planning to replay; by the fake local model, and once by the bundled one."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.generation import branch_run, branching, execute, prepare, redo
from remix.generation.job import Job
from remix.generation.plan import task_seed
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.outputs import RunFolder
from remix.outputs.find import OutputPlace
from remix.outputs.runs import latest
from remix.records import Branch, Fork, Options, RecordInput, Run
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, Remix
from tests.fake_local import FakeLocal
from tests.forging import forge_request
from tests.generation.branches import replayed

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"


def run_by(local: FakeLocal, workspace: Workspace, **options: object) -> RunFolder:
    """A run that tells all that redos need."""
    job = prepare.prepare_for(workspace, Options(steps=2, max_tokens=30, **options), local)  # type: ignore[arg-type]
    job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
    return execute.generate(job, workspace.outputs, writer=local).folder


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    return run_by(local, workspace)


def redone(workspace: Workspace, folder: RunFolder, task: str, local: FakeLocal) -> RunFolder:
    run = redo.run_of(workspace, branching.original_of(OutputPlace(folder, task)))
    return carry_out(workspace, run, local)


def carry_out(workspace: Workspace, run: Run, local: FakeLocal) -> RunFolder:
    return execute.generate(Job(run, Path("fake.gguf"), {}, 0, ()), workspace.outputs, writer=local).folder


def findings(folder: RunFolder) -> list[str]:
    return [each.what for each in verify(folder.path).findings]


@pytest.mark.parametrize("task", [FIRST, SECOND], ids=["first-step", "second-step"])
def test_a_redo_is_the_next_variant_in_a_run_of_its_own(
    task: str, workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.read(task)
    folder = redone(workspace, written, task, local)
    (planned,) = folder.run.tasks
    record, text = folder.read(planned.id)
    assert planned.id == f"{task}.v2"
    assert folder.run.redoes == before[0].id
    assert text != before[1]
    assert record.derivation.parents == before[0].derivation.parents
    assert record.derivation.prompt == before[0].derivation.prompt
    assert findings(folder) == []
    assert replayed(folder, monkeypatch) == [True]
    assert written.read(task) == before, "nothing is overwritten"
    assert folder.path.name.split("-", 1)[1].startswith("redo-two-clocks-001")


def test_a_redo_has_the_seed_of_a_variant_that_had_been_planned(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    """Its text is the one that a run with one variant more writes."""
    folder = redone(workspace, written, FIRST, local)
    more = run_by(local, workspace, variants=2)
    assert folder.read(f"{FIRST}.v2")[1] == more.read(f"{FIRST}.v2")[1]


def test_each_redo_has_a_number_of_its_own_also_a_redo_of_a_redo(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    second = redone(workspace, written, FIRST, local)
    third = redone(workspace, written, FIRST, local)
    fourth = redone(workspace, third, f"{FIRST}.v3", local)
    names = [folder.run.tasks[0].id for folder in (second, third, fourth)]
    assert names == [f"{FIRST}.v{number}" for number in (2, 3, 4)]
    texts = {folder.read(folder.run.tasks[0].id)[1] for folder in (second, third, fourth)}
    assert len(texts) == 3


def test_a_run_that_was_planned_and_never_written_counts_too(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    folder = redone(workspace, written, FIRST, local)
    shutil.rmtree(folder.path / "two-clocks")
    assert redone(workspace, written, FIRST, local).run.tasks[0].variant == 3


def test_a_redo_holds_what_its_text_was_made_from(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier run may be gone, and the redo be finished later."""
    parent, text = written.read(FIRST)
    run = redo.run_of(workspace, branching.original_of(OutputPlace(written, SECOND)))
    assert RecordInput(record=parent.id) in run.tasks[0].inputs
    assert [(each.record.id, each.text) for each in run.earlier] == [(parent.id, text)]
    folder = carry_out(workspace, run, local)
    task = folder.run.tasks[0].id
    expected = folder.read(task)[1]
    shutil.rmtree(written.path)
    shutil.rmtree(folder.path / "two-clocks")
    folder.unseal()
    assert not execute.resume(folder, writer=local).failures
    assert folder.read(task)[1] == expected
    assert findings(folder) == []
    assert replayed(folder, monkeypatch) == [True]


def test_best_of_is_kept(workspace: Workspace, local: FakeLocal) -> None:
    folder = redone(workspace, run_by(local, workspace, best_of=3, kinds=("again",)), FIRST, local)
    record, _ = folder.read(f"{FIRST}.v2")
    assert len(record.candidates or ()) == 3
    assert findings(folder) == []


def test_a_branch_is_redone_with_its_given_tokens(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, text = written.read(FIRST)
    sampled = record.output.token_ids or ()
    # Each token of the fake decoder is a letter.
    other = 7 if sampled[3] != 7 else 8
    fork = Fork(token_ids=(*sampled[:3], other))
    put = chr(ord("a") + other - 1)
    branch = Branch(original=record.id, token=4, character=4, was=text[3:4], put=put, max_tokens=30, fork=fork)
    original = branching.original_of(OutputPlace(written, FIRST))
    branched = carry_out(workspace, branch_run.run_of(workspace, branch_run.variants(original, branch, 1)), local)
    (task,) = branched.run.tasks
    assert findings(branched) == []
    folder = redone(workspace, branched, task.id, local)
    (planned,) = folder.run.tasks
    assert planned.branch is not None
    assert planned.branch.fork.token_ids == fork.token_ids
    assert planned.variant == task.variant + 1
    again, first = folder.read(planned.id)[1], branched.read(task.id)[1]
    assert (again[:4], again == first) == (first[:4], False)
    assert findings(folder) == []
    assert replayed(folder, monkeypatch) == [True]


def test_a_text_without_chance_is_refused(workspace: Workspace, local: FakeLocal) -> None:
    folder = run_by(local, workspace, temperature=0.0, kinds=("again",))
    with pytest.raises(RunError, match="without random numbers"):
        redo.run_of(workspace, branching.original_of(OutputPlace(folder, FIRST)))


def test_a_redo_is_no_latest_run_and_is_not_refreshed(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    folder = redone(workspace, written, FIRST, local)
    assert latest(workspace.outputs).path == written.path
    with pytest.raises(RunError, match="another variant of one text"):
        prepare.prepare_refresh(workspace, folder, writer=local)
    assert prepare.status(workspace, folder.run) == []


def test_runs_that_redo_nothing_are_written_as_before(written: RunFolder) -> None:
    assert "redoes" not in json.loads((written.path / "run.json").read_bytes())
    assert "passages" not in json.loads((written.path / "run.json").read_bytes())["options"]


def test_a_forged_seed_is_found(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    folder = redone(workspace, written, FIRST, local)
    template = folder.run.templates[0].sha256
    passage = folder.run.corpus[0][1].sha256
    other = task_seed(9, passage, template, "again", 1, 2)

    def forged(raw: dict[str, object]) -> None:
        raw["tasks"][0]["seed"] = other  # type: ignore[index]

    forge_request(folder, forged)
    assert any("isn't the one that its passages and options make" in what for what in findings(folder))


@pytest.mark.model
def test_by_the_bundled_model_a_redo_is_verified_and_replayed(remix_: Remix, workspace: Workspace) -> None:
    done = remix_("generate", "--tag", "small error", "--kind", "again", "--steps", 2, "--quiet")
    assert done.exit_code == 0, done.output
    folder = RunFolder.open(Path(done.stdout.strip()))
    task = next(task.id for task in folder.run.tasks if task.step == 2)
    job = redo.plan_redo(workspace, OutputPlace(folder, task))
    assert job.prompt_tokens == {f"{task}.v2": len(folder.read(task)[0].derivation.prompt.token_ids or ())}
    made = execute.generate(job, workspace.outputs).folder
    assert made.read(f"{task}.v2")[1] != folder.read(task)[1]
    verified = remix_("verify", made.path, "--replay")
    assert verified.exit_code == 0, verified.output
    assert "1 of 1 texts equal" in verified.output + verified.stderr


def test_a_part_of_an_essay_alone_is_not_redone(workspace: Workspace, local: FakeLocal) -> None:
    """A redo of a paragraph wrote a run that couldn't be read again."""
    job = prepare_weave(workspace, Options(max_tokens=30), WeaveOptions("essay"), writer=local)
    folder = carry_out(workspace, job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}), local)
    with pytest.raises(RunError, match=r"_weave/001/weave\.1: is a part of an essay"):
        redo.run_of(workspace, branching.original_of(OutputPlace(folder, "_weave/001/weave.1")))
