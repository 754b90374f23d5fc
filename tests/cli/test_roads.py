"""`remix roads`, on the bundled model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.records import Options, Record
from remix.workspace import Workspace
from tests.conftest import Remix, make_workspace

pytestmark = pytest.mark.model

FIRST = "two-clocks/001/again.1"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two texts from different prompts, of sixteen tokens at most."""
    place = make_workspace(tmp_path_factory.mktemp("roads"))
    options = Options(kinds=("again",), steps=1, limit=2, max_tokens=16, threads=1)
    return execute.generate(prepare.prepare(place, options), place.outputs).folder.path


@pytest.fixture
def written(workspace: Workspace, once: Path) -> RunFolder:
    """The run below the workspace's outputs."""
    return RunFolder.open(shutil.copytree(once, workspace.outputs / once.name))


def tokens_of(record: Record) -> tuple[int, ...]:
    return record.output.token_ids or ()


def test_roads_of_a_run_share_their_originals_tokens_and_are_verified_without_them(
    remix_: Remix, workspace: Workspace, written: RunFolder
) -> None:
    before = {name.id: written.read(name.id)[0] for name in written.run.tasks}
    traces = {record.id: written.read_trace(name).choices for name, record in before.items()}
    result = remix_("roads", "--run", written.path.name, "--turns", "2", "--width", "2")
    assert result.exit_code == 0, result.output
    assert "8 roads that leave 2 texts at 4 tokens" in result.output
    for name in before:
        assert f"{name}: 2 turns, 4 roads: " in result.output
    folder = RunFolder.open(Path(result.stdout.strip()))
    originals = {record.id: record for record in before.values()}
    assert {each.record.id for each in folder.run.earlier} == set(originals)
    for task in folder.run.tasks:
        assert task.branch is not None
        record, _ = folder.read(task.id)
        original, kept = originals[task.branch.original], task.branch.token - 1
        assert tokens_of(record)[:kept] == tokens_of(original)[:kept]
        there, then = folder.read_trace(task.id).choices, traces[original.id]
        assert there[:kept] == then[:kept]
        # At the turn another token was put there; entropy is what it was.
        assert there[kept].piece != then[kept].piece
        assert there[kept].piece in [each.piece for each in then[kept].alternatives]
        assert there[kept].entropy == then[kept].entropy
    shutil.rmtree(written.path)
    result = remix_("verify", folder.path, "--replay", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "replayed: 8 of 8 texts equal, token by token" in result.output
    last = folder.run.tasks[-1].id
    result = remix_("why", folder.text_path(last))
    assert "branches from " in result.output
    assert f"record {list(originals)[1][:12]}" in result.output


def test_roads_of_roads_are_a_further_run(remix_: Remix, written: RunFolder) -> None:
    result = remix_("roads", FIRST, "--turns", "1", "--width", "2", "--depth", "2", "--json")
    assert result.exit_code == 0, result.output
    assert "Up to 6 roads, in 2 runs." in result.output
    first, second = json.loads(result.stdout)["runs"]
    assert (first["depth"], first["done"], first["total"]) == (1, 2, 2)
    assert [(each["task"], len(each["roads"])) for each in first["texts"]] == [(FIRST, 2)]
    assert [(each["task"], len(each["roads"])) for each in second["texts"]] == [
        (f"{FIRST}.v2", 2),
        (f"{FIRST}.v3", 2),
    ]
    shutil.rmtree(written.path)
    shutil.rmtree(first["folder"])
    folder = RunFolder.open(Path(second["folder"]))
    for task in folder.run.tasks:
        assert task.branch is not None
        before = next(each.record for each in folder.run.earlier if each.record.id == task.branch.original)
        assert before.task.branch is not None
        assert task.branch.token > before.task.branch.token
    result = remix_("verify", folder.path, "--replay", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert "replayed: 4 of 4 texts equal, token by token" in result.output


def test_roads_that_were_stopped_are_finished(remix_: Remix, written: RunFolder) -> None:
    result = remix_("roads", FIRST, "--turns", "2", "--width", "1", "--quiet")
    assert result.exit_code == 0, result.output
    folder = RunFolder.open(Path(result.stdout.strip()))
    task = folder.run.tasks[1]
    before, text = folder.read(task.id)
    folder.forget(task)
    folder.unseal()
    shutil.rmtree(written.path)
    result = remix_("resume", folder.path)
    assert result.exit_code == 0, result.output
    again, same = folder.read(task.id)
    assert (again.id, same) == (before.id, text)


def test_what_cannot_be_is_said(remix_: Remix, written: RunFolder) -> None:
    for arguments, status, message in (
        ((), 2, "name an OUTPUT, or choose texts of a run"),
        ((FIRST, "--step", "1"), 2, "name no OUTPUT"),
        ((FIRST, "--depth", "9"), 1, "more than 999 variants of the text"),
        ((FIRST, "--max-tokens", "1"), 1, "no token at which an alternative could be taken"),
        ((FIRST, "--width", "6"), 2, "1<=x<=5"),
        (("--run", written.path.name, "--tag", "moons"), 1, "has no such finished text"),
    ):
        result = remix_("roads", *arguments)
        assert result.exit_code == status, result.output
        assert message in " ".join(result.output.split())
