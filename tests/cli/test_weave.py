"""`remix weave`: plans, what is printed of an essay, and how the essay is shown later."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.generation import execute, weave
from remix.outputs.layout import ESSAY
from remix.workspace import Workspace, shipped
from tests.conftest import FakeWriter
from tests.weaving import IDS, make_garden

Command = Callable[..., Result]


@pytest.fixture
def garden(tmp_path: Path) -> Workspace:
    return make_garden(tmp_path / "garden")


@pytest.fixture
def run(garden: Workspace, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in the workspace, with the fake writer in place of a model."""
    prepare = weave.prepare_weave

    def prepare_fake(*arguments: Any, **named: Any) -> Any:
        writer = FakeWriter()
        writer.close()
        return prepare(*arguments, **named, writer=writer)

    monkeypatch.setattr(weave, "prepare_weave", prepare_fake)
    monkeypatch.setattr(execute, "_load", lambda run, model: FakeWriter())
    monkeypatch.setattr("remix.cli.weave.set_verbose", lambda verbose: None)

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(remix.cli.cli, ["-C", str(garden.root), *map(str, words)])

    return invoke


def test_the_last_line_is_the_essays_file(run: Command, garden: Workspace) -> None:
    done = run("weave", "--tag", "time", "--max-tokens", 30)
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.splitlines()[-1])
    assert path.name == ESSAY
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert "An essay from 6 passages: 3 paragraphs of about 160 words, written one after another" in done.stderr
    assert "of 6 passages heard" in done.stderr
    assert f"remix why {path.parent}:_weave/001/weave.1 --sentence 1" in done.stderr
    assert path.parent.name.endswith("-weave-time-" + path.parent.name[-4:])
    shown = run("show", path.parent.name)
    assert "of 6 passages heard" in shown.stderr
    (row,) = json.loads(run("runs", "--json").stdout)
    assert path.read_text(encoding="utf-8").splitlines()[0] == f"# {row['essay']}"


def test_a_plan_is_printed_and_nothing_is_written(run: Command, garden: Workspace, tmp_path: Path) -> None:
    printed = run("weave", "--all", "--order", "essay", "--plan")
    assert printed.exit_code == 0, printed.output
    plan = tomllib.loads(printed.stdout)
    assert [id_ for each in plan["paragraph"] for id_ in each["passages"]] == [*IDS]
    assert not garden.outputs.exists()
    path = tmp_path / "plan.toml"
    path.write_text(printed.stdout, encoding="utf-8")
    again = run("weave", "--from-plan", path, "--plan")
    assert tomllib.loads(again.stdout) == plan


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "choose passages: --tag TAG"),
        (("--from-plan", "PLAN", "--tag", "time"), "--tag doesn't go with --from-plan"),
        (("--accepted",), "no text was accepted"),
        (("--tag", "tide"), "no passage has the tag 'tide'"),
    ],
)
def test_what_is_wrong_is_said(run: Command, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("[[paragraph]]\npassages = ['clocks/001']\n", encoding="utf-8")
    told = run("weave", *(str(path) if word == "PLAN" else word for word in words))
    assert told.exit_code in (1, 2)
    assert message in told.stderr


def test_json_has_the_essays_figures(run: Command) -> None:
    done = run("weave", "--tag", "time", "--max-tokens", 30, "--json")
    told = json.loads(done.stdout)
    assert told["done"] == told["total"] == 5
    assert told["paragraphs"] == 3
    assert told["heard"] + len(told["unheard"]) == 6


def test_the_documentation_shows_a_plan_as_it_is_printed(run: Command, garden: Workspace) -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "weave.md"
    shown = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    shutil.rmtree(garden.seeds)
    shutil.copytree(shipped("seeds"), garden.seeds)
    printed = run("weave", "--tag", "convergence", "--limit", 4, "--length", 250, "--plan")
    assert printed.stdout.endswith(f"\n{shown}")


def test_status_names_the_texts_that_a_refresh_writes_anew(run: Command, garden: Workspace) -> None:
    """Paragraphs before the changed one were named, too."""
    assert run("weave", "--tag", "time", "--order", "essay", "--max-tokens", 30).exit_code == 0
    path = garden.seeds / "maps.md"
    path.write_text(path.read_text(encoding="utf-8").replace("none of the maps", "no map at all"), encoding="utf-8")
    done = run("status")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [
        f"_weave/001/{text}" for text in ("weave.3", "opening.1", "title.1")
    ]
    assert "3 of 5 texts are stale" in done.stderr
