"""What can't be used is reported and left out; `--strict` stops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from remix.corpus import essays
from remix.corpus.blocks import LeftOut
from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.cli.test_cli import fake, ok, the_error
from tests.conftest import Remix

__all__ = ["fake"]

BROKEN = {
    "ferries.md": b"---\ntags: ferries: a timetable\n---\nA ferry left.\n",
    "latin.md": b"Caf\xe9.\n",
    "open.md": b"---\ntitle: A\n\nText.\n",
    "list.org": b"#+title: \xff\n",
}
"""Files that can't be read, each for a reason of its own."""


def break_notes(workspace: Workspace) -> None:
    for name, data in BROKEN.items():
        (workspace.seeds / name).write_bytes(data)


def left_out(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("Left out: ")]


COMMANDS = [
    "passages",
    "passages --tag clocks",
    "tags",
    "tags near",
    "tags together",
    "generate --tag clocks --steps 1",
    "status --all",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_broken_notes_are_named_and_the_others_used(
    remix_: Remix, workspace: Workspace, finished: RunFolder, fake: dict[str, Any], command: str
) -> None:
    """Bug: one broken note stopped `generate` and `status`, although the chosen passages were elsewhere."""
    break_notes(workspace)
    result = remix_(*command.split())
    ok(result)
    assert len(left_out(result.stderr)) == len(BROKEN)
    for name in BROKEN:
        assert f"{name}:" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_strict_stops_at_a_broken_note(
    remix_: Remix, workspace: Workspace, finished: RunFolder, fake: dict[str, Any], command: str
) -> None:
    break_notes(workspace)
    assert "ferries.md:2: broken front matter" in the_error(remix_(*command.split(), "--strict"))[0]


def test_strict_by_variable_and_by_setting(remix_: Remix, workspace: Workspace) -> None:
    break_notes(workspace)
    the_error(remix_("tags", env={"REMIX_STRICT": "1"}))
    (workspace.root / "remix.toml").write_text("strict = true\n")
    for command in (["tags"], ["tags", "near"], ["passages"], ["generate", "--all"]):
        the_error(remix_(*command))
    assert ok(remix_("tags", "--no-strict"))
    assert ok(remix_("passages", env={"REMIX_STRICT": "0"}))


def test_ten_broken_notes_are_named_and_the_others_counted(remix_: Remix, workspace: Workspace) -> None:
    for number in range(22):
        (workspace.seeds / f"bad-{number:02}.md").write_bytes(b"\xff")
    lines = remix_("passages").stderr.splitlines()
    assert lines[9].startswith("Left out: seeds/bad-09.md: ")
    assert lines[10] == "and 12 more: `remix check` lists them."


@pytest.mark.parametrize(
    "command", ["generate --essay latin", "passages --essay latin", "try again latin/001", "passages --essay Latin"]
)
def test_a_broken_note_asked_for_by_name_stops(remix_: Remix, workspace: Workspace, command: str) -> None:
    break_notes(workspace)
    error, hint = the_error(remix_(*command.split()))
    assert "latin.md: not UTF-8 at byte 3." in error
    assert hint.startswith("Save the file as UTF-8")
    assert "Or " in hint


def test_a_missing_tag_is_explained_by_the_notes_that_may_hold_it(remix_: Remix, workspace: Workspace) -> None:
    break_notes(workspace)
    result = remix_("generate", "--tag", "ferry")
    assert result.exit_code == 1
    error, *reasons, hint = result.stderr.splitlines()
    assert error == "Error: no passage has the tag 'ferry'."
    assert len(reasons) == len(BROKEN)
    assert all(reason.startswith("  Left out: ") for reason in reasons)
    assert "`remix tags` lists what there is." in hint


BROKEN_TEMPLATE = "---\ndescription: Bad.\n---\n{{ pasage }}\n"


def test_a_broken_template_is_left_out_unless_its_kind_is_asked_for(
    remix_: Remix, workspace: Workspace, fake: dict[str, Any]
) -> None:
    (workspace.prompts / "bad.md.j2").write_text(BROKEN_TEMPLATE)
    result = remix_("generate", "--all", "--steps", "1")
    ok(result)
    assert left_out(result.stderr)[0].startswith("Left out: prompts/bad.md.j2:4: unknown variable `pasage`. Did you")
    error, hint = the_error(remix_("generate", "--all", "--kind", "bad"))
    assert error.startswith("prompts/bad.md.j2:4: unknown variable")
    assert hint.endswith("Or ask for other kinds with --kind.")


def test_a_kind_that_reads_a_broken_template_stops_if_it_is_asked_for(
    remix_: Remix, workspace: Workspace, fake: dict[str, Any]
) -> None:
    (workspace.prompts / "bad.md.j2").write_text(BROKEN_TEMPLATE)
    (workspace.prompts / "both.md.j2").write_text("---\ndescription: B.\nreads: [bad, again]\n---\n{{ bad }}\n")
    assert the_error(remix_("generate", "--all", "--kind", "both"))[0].startswith("prompts/bad.md.j2:4:")


def test_nothing_left_says_why(remix_: Remix, workspace: Workspace, fake: dict[str, Any]) -> None:
    for kind in ("again", "once"):
        (workspace.prompts / f"{kind}.md.j2").write_text(BROKEN_TEMPLATE)
    result = remix_("generate", "--all")
    error, *reasons, hint = result.stderr.splitlines()
    assert "no template is left to work with" in error
    assert [reason.split(":")[1].strip() for reason in reasons] == ["prompts/again.md.j2", "prompts/once.md.j2"]
    assert hint


def test_status_does_not_say_that_passages_of_a_broken_note_are_gone(
    remix_: Remix, workspace: Workspace, finished: RunFolder
) -> None:
    (workspace.seeds / "two-clocks.md").write_bytes(b"\xff")
    (workspace.seeds / "other.md").write_text("A word.\n")
    result = remix_("status", "--json")
    assert json.loads(ok(result))["runs"][0]["stale"] == []
    assert "seeds/two-clocks.md: can't be read, so its passages aren't compared." in result.stderr
    assert len(left_out(result.stderr)) == 1


def test_status_goes_on_with_a_broken_template(remix_: Remix, workspace: Workspace, finished: RunFolder) -> None:
    essay = workspace.seeds / "two-clocks.md"
    essay.write_text(essay.read_text().replace("Nobody has asked the sun.", "Nobody asked the sun."))
    (workspace.prompts / "once.md.j2").write_text(BROKEN_TEMPLATE)
    result = remix_("status", "--json")
    stale = json.loads(ok(result))["runs"][0]["stale"]
    assert [(each["passage"], each["kind"], each["because"]) for each in stale] == [
        ("two-clocks/003", kind, ["passage"]) for kind in ("again", "once")
    ]
    assert left_out(result.stderr)[0].startswith("Left out: prompts/once.md.j2:4:")


def documents(folder: Path) -> list[Path]:
    paths = [folder / name for name in ("one.txt", "bad.txt", "two.txt")]
    for path, data in zip(paths, (b"A first text.\n", b"\xff\xfe\xff", b"A second text.\n"), strict=True):
        path.write_bytes(data)
    return [*paths, folder / "missing.txt"]


def test_each_document_is_added_on_its_own(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    """Bug: the first document that couldn't be read stopped the others."""
    result = remix_("add", *documents(tmp_path))
    assert result.exit_code == 1
    assert {path.stem for path in workspace.seeds.iterdir()} == {"two-clocks", "one", "two"}
    assert result.stderr.count("Error: ") == 2
    assert "bad.txt" in result.stderr
    assert "missing.txt" in result.stderr
    assert result.stderr.splitlines()[-1] == "2 of 4 documents can't be added."


def test_documents_as_json_with_their_errors(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    result = remix_("add", "--json", "--dry-run", *documents(tmp_path))
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [Path(each["source"]).stem for each in found] == ["one", "two", "bad", "missing"]
    assert [("error" in each, each["written"]) for each in found] == [(False, False)] * 2 + [(True, False)] * 2


def test_strict_adds_all_documents_or_none(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    assert "bad.txt" in the_error(remix_("add", "--strict", *documents(tmp_path)))[0]
    assert [path.stem for path in workspace.seeds.iterdir()] == ["two-clocks"]


# -- words that aren't read ---------------------------------------------------------------------------------


@pytest.fixture
def unread_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Markdown file has code, a table and front matter that aren't read."""
    parts = (
        LeftOut("metadata", "---\ntitle: Two Clocks\n---", (1, 3)),
        LeftOut("code", "```\ntick = " + "tock " * 1200 + "\n```", (5, 7)),
        LeftOut("table", "| one \x1b[2J | two |", (9, 9)),
    )
    read = essays.READERS[".md"]
    monkeypatch.setitem(essays.READERS, ".md", lambda text, name: read(text, name)._replace(left_out=parts))


NOT_READ = "Not read: 1,204 words in 1 file (code 1,201, table 3), and 3 words of metadata"


def test_a_listing_ends_with_the_words_that_are_not_read(remix_: Remix, unread_parts: None) -> None:
    for command in (["passages"], ["passages", "--tag", "clocks"], ["passages", "--essay", "two-clocks"]):
        assert remix_(*command).stderr == f"{NOT_READ}; `remix passages --left-out` lists them.\n"


def test_what_is_not_read_is_listed(remix_: Remix, unread_parts: None) -> None:
    result = remix_("passages", "--left-out")
    rows = [line.split("\t") for line in ok(result).splitlines()]
    assert [row[:3] for row in rows] == [
        ["seeds/two-clocks.md:1-3", "metadata", "3"],
        ["seeds/two-clocks.md:5-7", "code", "1201"],
        ["seeds/two-clocks.md:9", "table", "3"],
    ]
    assert all(len(row[3]) <= 80 for row in rows)
    assert rows[2][3] == "| one \\u001b[2J | two |"
    assert result.stderr == f"{NOT_READ}.\n"


def test_what_is_not_read_as_json(remix_: Remix, unread_parts: None) -> None:
    found = json.loads(ok(remix_("passages", "--left-out", "--json")))
    assert [each["why"] for each in found] == ["metadata", "code", "table"]
    assert found[0] == {
        "path": "seeds/two-clocks.md",
        "why": "metadata",
        "text": "---\ntitle: Two Clocks\n---",
        "lines": [1, 3],
        "words": 3,
    }
    assert found[1]["text"].count("tock") == 1200


def test_what_is_not_read_of_an_essay(remix_: Remix, workspace: Workspace, unread_parts: None) -> None:
    (workspace.seeds / "other.md").write_text("A word.\n")
    assert len(ok(remix_("passages", "--left-out")).splitlines()) == 6
    assert len(ok(remix_("passages", "--left-out", "--essay", "other")).splitlines()) == 3
    assert "there is no essay 'othr'" in the_error(remix_("passages", "--left-out", "--essay", "othr"))[0]
    assert remix_("passages", "--left-out", "--tag", "clocks").exit_code == 2
    assert remix_("passages", "--essay", "other").stderr.startswith("Not read: 1,204 words in 1 file")


def test_all_words_are_read(remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    read = essays.READERS[".md"]
    monkeypatch.setitem(essays.READERS, ".md", lambda text, name: read(text, name)._replace(left_out=()))
    result = remix_("passages", "--left-out")
    assert (ok(result), result.stderr) == ("", "All words are read.\n")
    assert remix_("passages").stderr == ""


def test_what_is_left_aside_above_a_text_is_said(remix_: Remix, workspace: Workspace) -> None:
    (workspace.seeds / "odd.md").write_text("---\nauthor:\n  twitter: x\n---\nAn author without a name.\n")
    (said,) = json.loads(ok(remix_("check", "--json")))["notes"]
    assert said.startswith("seeds/odd.md:2: `author`")
    assert f"Note: {said}" in remix_("check").stderr
    assert "1 note on what stands above essays: `remix check` lists all." in remix_("passages").stderr
