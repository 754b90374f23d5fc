"""`remix branch`, on a short model; words of one's own also on the bundled one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder, find_run, reviews
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import Remix, make_workspace

pytestmark = pytest.mark.model


def write_once(root: Path, model: Path) -> Path:
    """A run of one text, of twenty tokens at most."""
    place = make_workspace(root)
    options = Options(model=str(model), kinds=("again",), steps=1, sample=1, max_tokens=20, threads=1)
    return execute.generate(prepare.prepare(place, options), place.outputs).folder.path


@pytest.fixture(scope="module")
def once(short_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run by the short model."""
    return write_once(tmp_path_factory.mktemp("branches"), short_path)


@pytest.fixture
def written(short_garden: Workspace, once: Path) -> RunFolder:
    """The run below the outputs of a workspace in which the short model writes."""
    return RunFolder.open(shutil.copytree(once, short_garden.outputs / once.name))


def test_a_text_takes_another_road_and_is_verified_without_its_original(
    remix_: Remix, workspace: Workspace, written: RunFolder
) -> None:
    (task,) = written.run.tasks
    record, _ = written.read(task.id)
    choices = written.read_trace(task.id).choices
    number = next(at for at, choice in enumerate(choices, 1) if at > 2 and choice.alternatives[0].piece.strip())
    result = remix_("branch", task.id, "--at", number, "--take", "1", "--count", "2")
    assert result.exit_code == 0, result.output
    assert f"after {number - 1} tokens." in result.output
    branches = find_run(workspace.outputs, None)
    assert branches.path != written.path
    branch, _ = branches.read(branches.run.tasks[0].id)
    assert (branch.output.token_ids or ())[: number - 1] == (record.output.token_ids or ())[: number - 1]
    there = branches.read_trace(branches.run.tasks[0].id).choices
    assert there[: number - 1] == choices[: number - 1]
    # At the fork the same probabilities stand in the trace, with the two tokens changed about.
    before, now = choices[number - 1], there[number - 1]
    assert now.piece == before.alternatives[0].piece
    assert now.entropy == before.entropy
    assert {each.piece for each in now.alternatives} >= {each.piece for each in before.alternatives[1:4]}
    shutil.rmtree(written.path)
    result = remix_("verify", "--replay", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "replayed: 2 of 2 texts equal, token by token" in result.output
    result = remix_("why", branches.run.tasks[1].id)
    assert f"branches from {task.id} of {written.path.name} (record {record.id[:12]})" in result.output
    assert f"(token {number}, character " in result.output
    assert "then new random numbers (seed " in result.output


def test_words_of_one_s_own_go_on_at_the_end(
    remix_: Remix, workspace: Workspace, model_path: Path, tmp_path: Path
) -> None:
    once = write_once(tmp_path / "whole", model_path)
    written = RunFolder.open(shutil.copytree(once, workspace.outputs / once.name))
    (task,) = written.run.tasks
    _, text = written.read(task.id)
    result = remix_("branch", task.id, "--write", "And the ferry waits:", "--max-tokens", 60, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["done"] == 1
    branches = find_run(workspace.outputs, None)
    assert branches.read(branches.run.tasks[0].id)[1].startswith(f"{text} And the ferry waits:")


def test_an_edited_version_is_gone_on_from(remix_: Remix, workspace: Workspace, written: RunFolder) -> None:
    (task,) = written.run.tasks
    _, text = written.read(task.id)
    first, _, rest = text.partition(" ")
    version = f"{first} <|im_end|> 🙂 {rest}"
    reviews.edit(written, task.id, "Ada", version)
    result = remix_("branch", task.id, "--from-edit", "--max-tokens", 60)
    assert result.exit_code == 0, result.output
    assert "A branch of the version edited by Ada" in result.output
    branches = find_run(workspace.outputs, None)
    assert branches.read(branches.run.tasks[0].id)[1].startswith(version)
    shutil.rmtree(written.path)
    result = remix_("verify", "--replay", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "replayed: 1 of 1 texts equal, token by token" in result.output
    assert "as edited by Ada (sha256 " in remix_("why", branches.run.tasks[0].id).output


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--at", "3"), 2, "say what to put there"),
        (("--take", "1"), 2, "--take goes with --at"),
        (("--at", "3", "--take", "1", "--write", "x"), 2, "--take, --write and --from-edit don't go together"),
        (("--at", "nowhere", "--take", "x"), 1, "the model wrote no 'nowhere' in this text"),
        (("--at", "99", "--take", "1"), 1, "Say 1 to "),
        (("--at", "2", "--take", "9"), 1, "token 2 has "),
        (("--write", "and so on", "--max-tokens", "3"), 1, "the text may have 3 tokens"),
        (("--write", "and so on", "--max-tokens", "20000"), 1, "takes 8192"),
        (("--write", "  "), 1, "there are no words"),
        (("--write", "word " * 10_000), 1, "Raise --max-tokens"),
        (("--write", "a\udcff"), 1, "the words aren't UTF-8"),
        (("--from-edit",), 1, "nobody has edited this text"),
        (("--from-edit", "--write", "x"), 2, "don't go together"),
        (("--from-edit", "--candidate", "1"), 2, "only kept texts have edited versions"),
        (("--candidate", "2", "--at", "3", "--take", "x"), 1, "was the only candidate"),
    ],
)
def test_what_cannot_be_is_said(
    remix_: Remix, written: RunFolder, options: tuple[str, ...], status: int, message: str
) -> None:
    result = remix_("branch", written.run.tasks[0].id, *options)
    assert result.exit_code == status
    assert message in result.output
