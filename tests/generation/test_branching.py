"""Runs of branches, from planning to replay; by the fake local model, but for the tokens of the bundled one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from remix.errors import ModelError, RunError
from remix.export.export import ExportOptions, export, export_bytes
from remix.generation import branch_run, branching, execute, prepare
from remix.generation.branch_point import Put, Written
from remix.outputs import RunFolder, reviews
from remix.outputs.find import OutputPlace
from remix.outputs.form import body_bytes
from remix.outputs.lineage import ancestry
from remix.outputs.runs import latest
from remix.records import Branch, Record, Run, sha256
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.fake_branches import branch_after, carry_out, letter_model, original_at, plan_asked, write_originals
from tests.fake_local import FakeLocal

__all__ = ["letter_model"]

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run of two steps."""
    return write_originals(workspace, local, steps=2)


def branch_of(folder: RunFolder, task: str, kept: int, *put: int, seed: int | None = None) -> Branch:
    """A branch after `kept` tokens of an output, with other tokens there."""
    return branch_after(original_at(folder, task), kept, *put, seed=seed)


def plan(workspace: Workspace, folder: RunFolder, branch: Branch, task: str = FIRST, count: int = 1) -> Run:
    return branch_run.run_of(workspace, branch_run.variants(original_at(folder, task), branch, count))


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


# -- edited versions and candidates -------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("letter_model")


def edited(folder: RunFolder, text: str) -> Record:
    """An output, after somebody has edited it."""
    reviews.edit(folder, FIRST, "Ada", text)
    return folder.read(FIRST)[0]


def test_an_edited_version_is_gone_on_from(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = written.read(FIRST)
    other = "z" if text[2] != "z" else "y"
    version = f"{text[:2]}{other}abc"
    record = edited(written, version)
    planned = plan_asked(workspace, written, FIRST, from_edit=True, variants=2)
    branches = carry_out(workspace, planned.job.run, local)
    shutil.rmtree(written.path)
    assert verify(branches.path).findings == ()
    assert [each.equal for each in replayed(branches, monkeypatch)] == [True] * 2
    first, begun = branches.read(branches.run.tasks[0].id)
    assert begun.startswith(version)
    branch = first.task.branch
    assert branch is not None
    assert branch.edit is not None
    assert (branch.edit.editor, branch.edit.sha256) == ("Ada", sha256(body_bytes(version)))
    assert (branch.token, branch.character, branch.put) == (3, 3, f"{other}abc")
    assert (first.output.token_ids or ())[:2] == (record.output.token_ids or ())[:2]
    assert branches.run.earlier[0].edited == version


def test_an_edited_version_that_shortens_a_text_has_new_random_numbers(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    _, text = written.read(FIRST)
    edited(written, text[:2])
    run = plan_asked(workspace, written, FIRST, from_edit=True).job.run
    assert run.tasks[0].branch is not None
    assert run.tasks[0].branch.fork.seed is not None
    assert run.tasks[0].branch.put == ""
    branches = carry_out(workspace, run, local)
    assert verify(branches.path).findings == ()
    assert branches.read(branches.run.tasks[0].id)[1] != text


def test_an_output_that_nobody_edited(workspace: Workspace, written: RunFolder) -> None:
    with pytest.raises(RunError, match="nobody has edited this text"):
        plan_asked(workspace, written, FIRST, from_edit=True)
    _, text = written.read(FIRST)
    edited(written, text)
    with pytest.raises(RunError, match="the edited version is the same as the text"):
        plan_asked(workspace, written, FIRST, from_edit=True)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_candidate_is_branched_from(
    workspace: Workspace, local: FakeLocal, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    chosen = write_originals(workspace, local, best_of=3)
    record, _ = chosen.read(FIRST)
    candidate = (record.candidates or ())[number - 1]
    other = "y" if candidate.text[1] != "y" else "z"
    planned = plan_asked(workspace, chosen, FIRST, candidate=number, at="2", write=other, variants=2)
    branches = carry_out(workspace, planned.job.run, local)
    shutil.rmtree(chosen.path)
    assert verify(branches.path).findings == ()
    assert [each.equal for each in replayed(branches, monkeypatch)] == [True] * 2
    first, text = branches.read(branches.run.tasks[0].id)
    assert text.startswith(f"{candidate.text[0]}{other}")
    assert first.derivation.sampling is not None
    assert first.derivation.sampling.seed == candidate.seed
    assert first.derivation.parents == (record.id,)
    assert first.task.branch is not None
    assert first.task.branch.candidate == (None if candidate.chosen else number)
    trunk = ancestry(branches, branches.run.tasks[0].id)[1]
    assert (trunk.record.id, trunk.text) == (record.id, candidate.text)


def test_a_candidate_goes_on_as_it_went_on(workspace: Workspace, local: FakeLocal) -> None:
    """Its own tokens, given up to any token, are followed by its own tokens: the seed is the candidate's."""
    chosen = write_originals(workspace, local, best_of=3)
    candidate = next(each for each in chosen.read(FIRST)[0].candidates or () if not each.chosen)
    planned = plan_asked(workspace, chosen, FIRST, candidate=candidate.number, at="2", write=candidate.text[1])
    branches = carry_out(workspace, planned.job.run, local)
    assert branches.read(branches.run.tasks[0].id)[1] == candidate.text
    assert verify(branches.path).findings == ()


def test_candidates_that_are_not_there(workspace: Workspace, written: RunFolder, local: FakeLocal) -> None:
    with pytest.raises(RunError, match=f"{FIRST} was the only candidate"):
        plan_asked(workspace, written, FIRST, candidate=1, at="2", write="z")
    chosen = write_originals(workspace, local, best_of=2)
    with pytest.raises(RunError, match="has 2 candidates, and no candidate 3"):
        plan_asked(workspace, chosen, FIRST, candidate=3, at="2", write="z")
    kept = next(each.number for each in chosen.read(FIRST)[0].candidates or () if not each.chosen)
    with pytest.raises(RunError, match="has no trace, so no alternatives"):
        plan_asked(workspace, chosen, FIRST, candidate=kept, at="2", take="1")


def test_a_branch_at_the_first_token_and_at_the_last(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    _, text = written.read(FIRST)
    for at in (1, len(text)):
        planned = plan_asked(workspace, written, FIRST, at=str(at), write="qz")
        branches = carry_out(workspace, planned.job.run, local)
        assert verify(branches.path).findings == ()
        assert branches.read(branches.run.tasks[0].id)[1].startswith(f"{text[: at - 1]}qz")


def test_a_word_in_its_own_place_is_the_original_again(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    _, text = written.read(FIRST)
    planned = plan_asked(workspace, written, FIRST, at="2", write=text[1])
    assert planned.put.words == ""
    branches = carry_out(workspace, planned.job.run, local)
    assert branches.read(branches.run.tasks[0].id)[1] == text
    assert verify(branches.path).findings == ()


def test_lists_and_exports_name_place_and_original(
    remix_: Remix, workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    record, text = written.read(FIRST)
    other = "q" if text[1] != "q" else "z"
    planned = plan_asked(workspace, written, FIRST, at="2", write=other)
    branches = carry_out(workspace, planned.job.run, local)
    name, label = f"{FIRST}.v2", f"branch at “{text[1]}”: “{other}”"
    trunk = f"{FIRST} of {written.path.name} (record {record.id[:12]})"
    for form in ("markdown", "jsonl", "prov-json", "html"):
        source = export_bytes(branches.path, ExportOptions(form)).decode()
        assert record.id[:12] in source
        assert form != "markdown" or (label in source and trunk in source)
        assert form != "html" or f"again · {label} (variant 2)" in source
    export(branches.path, workspace.root / "crate", ExportOptions("ro-crate"))
    crate = json.loads((workspace.root / "crate" / "ro-crate-metadata.json").read_bytes())
    assert any(f"branched from {trunk} at the word “{text[1]}”" in str(each) for each in crate["@graph"])
    for form in ("epub", "docx"):
        assert export_bytes(branches.path, ExportOptions(form))
    reviews.edit(branches, name, "Ada", "Other words.")
    (pair,) = map(json.loads, export_bytes(branches.path, ExportOptions("dpo")).decode().splitlines())
    row = json.loads(export_bytes(branches.path, ExportOptions("jsonl")).decode().splitlines()[0])
    assert pair["chosen_branch"] == pair["rejected_branch"] == row["branch"]
    assert (row["branch"]["original"], row["branch"]["put"]) == (record.id, other)
    assert f"again · {label} (variant 2)" in (branches.path / "index.md").read_text(encoding="utf-8")
    why = remix_("why", f"{branches.path.name}:{name}").stdout
    assert f"branches from {trunk} at the word “{text[1]}” (token 2, character 2): “{other}” instead" in why
    assert f"step 1 · {label} (variant 2)" in remix_("show", f"{branches.path.name}:{name}").stdout
    assert f"{branches.path.name}\t1\t1\t0\t0\t0\tfake\t{FIRST}" in remix_("runs").stdout
    template = workspace.prompts / "again.md.j2"
    template.write_text(f"{template.read_text(encoding='utf-8')}Anew.\n", encoding="utf-8")
    status = remix_("status", branches.path).output
    assert f"{name} · {label}" in status
    assert "Branches can't be written anew" in status


def test_a_branch_of_a_stopped_text_and_of_a_full_one(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    """A text that its end token ended, and one that `max_tokens` cut: the branches of both share their beginnings."""
    short = write_originals(workspace, local, max_tokens=2)
    for folder, finish in ((written, "stop"), (short, "length")):
        task = next(each.id for each in folder.run.tasks if folder.read(each.id)[0].output.finish == finish)
        _, text = folder.read(task)
        last = str(len(text))
        planned = plan_asked(workspace, folder, task, at=last, write="qz", max_tokens=30)
        branches = carry_out(workspace, planned.job.run, local)
        assert verify(branches.path).findings == ()
        assert branches.read(branches.run.tasks[0].id)[1].startswith(f"{text[:-1]}qz")
