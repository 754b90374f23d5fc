"""Where an output comes from, and what came of a passage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result

from remix.errors import RunError
from remix.outputs import RunFolder
from remix.outputs.lineage import ancestry, descendants
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.forging import forge

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


# -- back to the passage ------------------------------------------------------------------------------------


def test_each_step_back_to_the_passage(finished: RunFolder) -> None:
    steps = ancestry(finished, SECOND)
    assert [step.task for step in steps] == [SECOND, FIRST]
    assert [(step.record, step.text) for step in steps] == [finished.read(SECOND), finished.read(FIRST)]
    assert [step.task for step in ancestry(finished, FIRST)] == [FIRST]


def test_a_step_before_that_was_replaced(finished: RunFolder) -> None:
    forge(finished, FIRST, text="Forged.")
    with pytest.raises(RunError, match=rf"again\.2\.json: was made from another {FIRST} than is here"):
        ancestry(finished, SECOND)


def test_a_step_before_that_is_gone(finished: RunFolder) -> None:
    finished.record_path(FIRST).unlink()
    with pytest.raises(RunError, match=r"again\.1\.json: can't be read"):
        ancestry(finished, SECOND)


def test_a_record_that_names_itself_leads_nowhere(finished: RunFolder) -> None:
    """Steps are counted by the plan, so no record can send a reader round in a ring."""
    raw = json.loads(finished.record_path(SECOND).read_bytes())
    raw["derivation"]["parents"], raw["task"]["step"] = [raw["id"]], 3
    finished.record_path(SECOND).write_text(json.dumps(raw))
    with pytest.raises(RunError, match="was made from another"):
        ancestry(finished, SECOND)


def test_an_output_nobody_planned(finished: RunFolder) -> None:
    with pytest.raises(RunError, match=r"no output 'two-clocks/001/again\.9' was planned"):
        ancestry(finished, "two-clocks/001/again.9")


# -- on to all that came of it ------------------------------------------------------------------------------


def test_all_that_came_of_a_passage_in_all_runs(finished: RunFolder) -> None:
    old = shutil.copytree(finished.path, finished.path.with_name("19990101T000000Z-old-0000"))
    broken = shutil.copytree(finished.path, finished.path.with_name("19990101T000000Z-old-0001"))
    (broken / "run.json").write_text("{")
    (old / f"{FIRST}.md").write_text("Changed.")
    errors: list[RunError] = []
    steps = list(descendants(finished.path.parent, "two-clocks/001", errors.append))
    tasks = [f"two-clocks/001/{kind}.{step}" for kind in ("again", "once") for step in (1, 2)]
    assert [step.task for step in steps if step.run == finished.path] == tasks
    assert [step.task for step in steps if step.run == old] == tasks[1:]
    assert len(steps) == 7
    assert [error.message.split(": ")[0] for error in errors] == [str(old / f"{FIRST}.md"), str(broken / "run.json")]


# -- the command --------------------------------------------------------------------------------------------


def test_why_in_words(remix_: Remix, workspace: Workspace, finished: RunFolder) -> None:
    shutil.rmtree(workspace.seeds)
    (record, text), (_, before) = finished.read(SECOND), finished.read(FIRST)
    said = ok(remix_("why", SECOND))
    expected = [
        f"{SECOND} (record {record.id[:12]})",
        text,
        f"was made from {FIRST}: by prompts/again.md.j2, step 2, on fake, seed ",
        f"[user] {before}",
        FIRST,
        before,
        "was made from two-clocks/001: by prompts/again.md.j2, step 1, on fake, seed ",
        "[user] The first clock runs fast.",
        "two-clocks/001",
        "The first clock runs fast. It was set by the second.",
        "is a passage of “Two Clocks”, tagged clocks, small error, time: seeds/two-clocks.md, line 8.",
    ]
    at = 0
    for part in expected:
        assert part in said[at:], part
        at = said.index(part, at) + len(part)


def test_why_names_the_section(remix_: Remix, finished: RunFolder) -> None:
    assert "of “Two Clocks” under “Later”" in ok(remix_("why", "two-clocks/002/again.1"))


def test_why_as_json(remix_: Remix, finished: RunFolder) -> None:
    value = json.loads(ok(remix_("why", finished.read(SECOND)[0].id, "--json")))
    assert (value["run"], value["output"]) == (finished.path.name, SECOND)
    assert [step["name"] for step in value["steps"]] == [SECOND, FIRST]
    assert value["steps"][0]["derivation"]["parents"] == [value["steps"][1]["id"]]
    assert value["steps"][1]["sources"][0]["path"] == "seeds/two-clocks.md"
    assert value["steps"][1]["text"] == finished.read(FIRST)[1]


def test_why_of_a_passage(remix_: Remix, finished: RunFolder) -> None:
    rows = [line.split("\t") for line in ok(remix_("why", "--of", "two-clocks/002")).splitlines()]
    assert [row[0] for row in rows] == [
        f"two-clocks/002/{name}" for name in ("again.1", "again.2", "once.1", "once.2")
    ]
    record, _ = finished.read("two-clocks/002/again.1")
    assert rows[0][1:] == [finished.path.name, record.id[:12], ", ".join(record.flags)]
    value = json.loads(ok(remix_("why", "--of", "two-clocks/002", "--json")))
    assert value[0] == {
        "run": finished.path.name,
        "output": "two-clocks/002/again.1",
        "record": record.id,
        "passages_sha256": list(record.derivation.passages),
        "flags": list(record.flags),
    }


def test_an_essay_edited_between_runs_is_told(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    old = RunFolder.open(shutil.copytree(finished.path, finished.path.with_name("19990101T000000Z-old-0000")))
    forge(old, SECOND, lambda raw: raw["sources"][0].update(text="As it was."))
    result = remix_("why", "--of", "two-clocks/001")
    assert "2 different passages had this id" in result.stderr


@pytest.mark.parametrize("arguments", [(), (FIRST, "--of", "two-clocks/001")])
def test_why_wants_one_thing(remix_: Remix, finished: RunFolder, arguments: tuple[str, ...]) -> None:
    result = remix_("why", *arguments)
    assert result.exit_code == 2
    assert "name an output, or a passage with --of PASSAGE" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--of", "two-clocks/009"), "Error: no text comes from a passage 'two-clocks/009'."),
        (("two-clocks/009/again.1",), "no output 'two-clocks/009/again.1'"),
    ],
)
def test_why_of_nothing(remix_: Remix, finished: RunFolder, arguments: tuple[str, ...], message: str) -> None:
    result = remix_("why", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
