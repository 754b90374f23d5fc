"""What verification finds of runs of branches that somebody has changed: findings, and no tracebacks."""

from __future__ import annotations

from typing import Any

import pytest

from remix.errors import RunError
from remix.generation.branch_run import run_of, variants
from remix.outputs import RunFolder, reviews
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.fake_branches import branch_after, carry_out, letter_model, original_at, plan_asked, write_originals
from tests.fake_local import FakeLocal
from tests.forging import forge, forge_request, forge_tokens

__all__ = ["letter_model"]

pytestmark = pytest.mark.usefixtures("letter_model")

FIRST = "two-clocks/001/again.1"
BRANCH = f"{FIRST}.v2"


@pytest.fixture
def branches(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run of two branches of a text, after its third token."""
    original = original_at(write_originals(workspace, local), FIRST)
    other = (original.record.output.token_ids or ())[3] % 26 + 1
    run = run_of(workspace, variants(original, branch_after(original, 3, other), 2))
    folder = carry_out(workspace, run, local)
    assert verify(folder.path).findings == ()
    return folder


@pytest.fixture
def of_candidate(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run of a branch of a candidate that wasn't kept."""
    chosen = write_originals(workspace, local, best_of=2)
    candidate = next(each for each in chosen.read(FIRST)[0].candidates or () if not each.chosen)
    other = "y" if candidate.text[1] != "y" else "z"
    planned = plan_asked(workspace, chosen, FIRST, candidate=candidate.number, at="2", write=other)
    return carry_out(workspace, planned.job.run, local)


@pytest.fixture
def of_edit(workspace: Workspace, local: FakeLocal) -> RunFolder:
    """A run of a branch of an edited version."""
    originals = write_originals(workspace, local)
    reviews.edit(originals, FIRST, "Ada", "zebra")
    return carry_out(workspace, plan_asked(workspace, originals, FIRST, from_edit=True).job.run, local)


def found(folder: RunFolder) -> str:
    return "\n".join(f"{each.file}: {each.what}" for each in verify(folder.path).findings)


def forged(folder: RunFolder, **values: Any) -> str:
    """What is found if the branches of a request, and of the records, have other values."""
    texts = {task.id: folder.read(task.id)[1] for task in folder.run.tasks}

    def change(raw: dict[str, Any]) -> None:
        for task in raw["tasks"]:
            task["branch"] |= values

    folder = forge_request(folder, change)
    for task, text in texts.items():
        forge(folder, task, lambda raw: raw["task"]["branch"].update(values), text=text)
    return found(folder)


@pytest.mark.parametrize("token", [0, 1, 3, 5, 10**6])
def test_another_token(branches: RunFolder, token: int) -> None:
    assert "doesn't begin like the output that it branches from" in forged(branches, token=token)


@pytest.mark.parametrize("character", [0, 2, 6, 10**6])
def test_another_character(branches: RunFolder, character: int) -> None:
    lines = forged(branches, character=character)
    assert "which doesn't stand there in its original" in lines or "the words that run.json gives" in lines


def test_words_that_are_not_those_of_the_tokens(branches: RunFolder) -> None:
    assert f"{BRANCH}.md: doesn't begin with the words that run.json gives" in forged(branches, put="elsewhere")


def test_words_that_did_not_stand_there(branches: RunFolder) -> None:
    assert "puts words in place of “elsewhere”, which doesn't stand there" in forged(branches, was="elsewhere")


def test_other_given_tokens(branches: RunFolder) -> None:
    record, _ = branches.read(BRANCH)
    assert record.task.branch is not None
    given = record.task.branch.fork.token_ids
    lines = forged(branches, fork={"token_ids": [*given[:-1], given[-1] % 26 + 1], "seed": None})
    assert f"{BRANCH}.json: wasn't given the tokens that run.json gives" in lines


def test_a_text_of_other_tokens(branches: RunFolder) -> None:
    forge_tokens(branches, BRANCH, (24, 24, 24, 24, 24), "xxxxx")
    lines = found(branches)
    assert f"{BRANCH}.json: doesn't begin with the tokens that it was given" in lines
    assert f"{BRANCH}.md: doesn't begin with the words that run.json gives" in lines


def test_an_edit_that_there_is_not(branches: RunFolder) -> None:
    lines = forged(branches, edit={"sha256": "0" * 64, "editor": "Eve"})
    assert "goes on from an edited version that isn't the one of its sha256" in lines


def test_another_edited_version(of_edit: RunFolder) -> None:
    assert found(of_edit) == ""

    def change(raw: dict[str, Any]) -> None:
        raw["earlier"][0]["edited"] = "zulu"

    assert "goes on from an edited version that isn't the one of its sha256" in found(forge_request(of_edit, change))


def test_words_that_are_not_the_editor_s(of_edit: RunFolder) -> None:
    assert "doesn't begin like the edited version that it goes on from" in forged(of_edit, put="zebu")


def test_a_candidate_that_there_is_not(branches: RunFolder) -> None:
    with pytest.raises(RunError, match=r"run\.json: two-clocks/001/again\.1 was the only candidate"):
        forged(branches, candidate=2)
    assert "was the only candidate" in found(branches)


def test_another_candidate(of_candidate: RunFolder) -> None:
    assert found(of_candidate) == ""
    branch = of_candidate.run.tasks[0].branch
    assert branch is not None
    lines = forged(of_candidate, candidate=3 - (branch.candidate or 0))
    assert "doesn't begin like the output that it branches from" in lines


def test_a_changed_candidate(of_candidate: RunFolder) -> None:
    def change(raw: dict[str, Any]) -> None:
        for each in raw["earlier"][0]["record"]["candidates"]:
            each["text"] += "z"

    lines = found(forge_request(of_candidate, change))
    assert "branches from a text that isn't the one of its sha256" in lines


def test_an_original_without_tokens_or_sampling(branches: RunFolder) -> None:
    def change(raw: dict[str, Any]) -> None:
        record = raw["earlier"][0]["record"]
        record["output"]["token_ids"] = None
        record["derivation"]["sampling"] = None

    lines = found(forge_request(branches, change))
    assert "doesn't begin like the output that it branches from" in lines
    assert "isn't the one of its record" in lines


def test_another_kind_or_step_than_the_original_s(branches: RunFolder) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["earlier"][0]["record"]["task"]["step"] = 2

    lines = found(forge_request(branches, change))
    assert f"{BRANCH} has another passage, kind or step than the output that it branches from" in lines


def test_a_task_that_is_no_branch(branches: RunFolder) -> None:
    def change(raw: dict[str, Any]) -> None:
        del raw["tasks"][1]["branch"]

    assert f"holds branches, and {FIRST}.v3 is none" in found(forge_request(branches, change))
