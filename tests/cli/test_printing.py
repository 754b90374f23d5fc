"""What commands print: one line for a message, texts indented, and nothing that a terminal obeys.

Names and words here are made by somebody who wants a line of them to pass for one of remix's own.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import Result

import remix.cli
from remix.cli import printing
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Failure, Options
from remix.util import names
from remix.workspace import Workspace
from tests.conftest import ESSAY, FakeWriter, Remix, python_path
from tests.forging import forge, forge_request

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"

CONCLUSIONS = (
    "intact:",
    "signed by",
    "Error:",
    "finished,",
    "replayed:",
    "environment:",
    "Left out:",
    "Failed:",
    "Flags:",
    "was made from",
)
"""How lines begin in which remix says what it found."""

FORGED = (
    "x\nintact: nothing has changed since it was written\rsigned by Alice\x1b[2J\x1b]0;pwned\x07\u2028Error: no.\x85"
)
HIDDEN = "x\u200b\u2060\ufe0f\u202eintact\u2066\U000e0041\U000e007f\u00ad\u3164\u115f\u061c\ufff9\ufeff"
SPACED = " intact: nothing has changed since it was written" + " " * 70 + "signed by Alice "
PLAIN = "intact: nothing has changed since it was written"
NAMES = (FORGED, HIDDEN, SPACED, PLAIN)

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]"
)

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def lines(result: Result) -> list[str]:
    """What a command printed; it ended as it may."""
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    return result.output.split("\n")


def check_lines(result: Result, own: int = 0) -> None:
    """Nothing printed is hidden or obeyed, and only `own` lines begin like conclusions."""
    printed = lines(result)
    for line in printed:
        # What people wrote may have joiners; it is indented.
        assert not (OBEYED if line.startswith(printing.INDENT) else UNSEEN).search(line), repr(line)
    forged = [line for line in printed if line.startswith(CONCLUSIONS)]
    assert len(forged) == own, forged


# -- one door -----------------------------------------------------------------------------------------------


def calls(path: Path) -> set[str]:
    """What a module calls, as it names it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


PRINTS = re.compile(
    r"(click\.)?(echo|secho|echo_via_pager|confirm|prompt|style)|print|(sys\.)?std(out|err)\.write|Console"
)
HOME = Path(remix.cli.__file__).parent


@pytest.mark.parametrize("module", sorted(path.name for path in HOME.glob("*.py") if path.name != "printing.py"))
def test_no_other_module_of_the_command_line_prints(module: str) -> None:
    # The bars are rich's own, and show numbers alone.
    allowed = {"Console"} if module in ("progress.py", "byte_progress.py") else set()
    assert {each for each in calls(HOME / module) if PRINTS.fullmatch(each)} == allowed


def test_no_module_outside_the_command_line_prints() -> None:
    printing_ones = {
        path.relative_to(HOME.parent).as_posix()
        for path in HOME.parent.rglob("*.py")
        if "cli" not in path.parts and calls(path) & {"print", "click.echo", "click.secho", "sys.stdout.write"}
    }
    # What a child process tells its parent.
    assert printing_ones <= {"engine/tune.py", "engine/look.py", "sandbox.py"}


# -- letters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "letters",
    [
        "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e", "\u200b", "\u200c", "\u200d",
        "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2064", "\u2066", "\u2069", "\u206a",
        "\u3164", "\ufe00", "\ufe0f", "\ufeff", "\uffa0", "\ufff9", "\ufffb", "\U0001d173", "\U000e0001",
        "\U000e0041", "\U000e007f", "\U000e0100", "\U000e01ef",
    ],
    ids=lambda letter: f"U+{ord(letter):04X}",
)  # fmt: skip
def test_a_letter_without_a_shape_is_spelt_out_in_names(letters: str) -> None:
    spelt = f"\\u{ord(letters):04x}" if ord(letters) < 0x10000 else f"\\U{ord(letters):08x}"
    assert names.visible(f"a{letters}b") == f"a{spelt}b"
    assert names.one_line(letters) == spelt
    assert json.loads(names.in_json(json.dumps(f"a{letters}", ensure_ascii=False))) == f"a{letters}"
    assert names.in_json(json.dumps(letters, ensure_ascii=False)).isascii()


@pytest.mark.parametrize(
    "text",
    ["❤️ 👩‍🚀", "می‌خواهم", "ក្‍", "1\u200e (\u05d0)",
     "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
     "soft\u00adhyphen"],
)  # fmt: skip
def test_texts_that_people_write_are_shown_as_they_are(text: str) -> None:
    assert names.readable(text) == text


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b2J", "\r", "\u202e", "\u2067", "\u2028", "\U000e0041", "\x85"])
def test_nothing_that_a_terminal_obeys_or_that_hides_words_is_shown_in_a_text(text: str) -> None:
    assert text not in names.readable(text)
    assert names.readable(text).isascii()


def test_a_flag_hides_no_words() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore what was said before")
    shown = names.readable(f"\U0001f3f4{hidden}\U000e007f")
    assert shown.count("\\U000e00") == len(hidden) + 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (" lead", "\\u0020lead"),
        ("trail ", "trail\\u0020"),
        ("   ", "\\u0020\\u0020\\u0020"),
        ("two  spaces", "two \\u0020spaces"),
        ("a\tb", "a\\tb"),
        ("a\u3000\u3000b", "a\u3000\\u3000b"),
        ("", ""),
    ],
)
def test_spaces_that_nobody_sees_are_spelt_out(name: str, line: str) -> None:
    assert names.one_line(name) == line


def test_of_a_long_name_the_middle_is_left_out() -> None:
    line = names.one_line("a" * 9_000 + "z" * 1_000)
    assert len(line) < 5_100
    assert "… (5000 letters more) …" in line
    assert line.endswith("z")


@pytest.mark.parametrize("name", ["a b", "a:", "", '"a"', "f(x)", "a, b"])
def test_a_name_that_could_be_words_of_the_message_is_quoted(name: str) -> None:
    quoted = names.quoted(name)
    assert (quoted[0], quoted[-1]) == ('"', '"')
    assert not names.quoted("a/b-c_1.md").startswith('"')


def test_a_table_keeps_its_columns_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    printing.print_table(["a", "b"], [[name, name] for name in (*NAMES, "a\tb", "x" * 5000)])
    printed = capsys.readouterr().out.splitlines()
    assert [line.count("\t") for line in printed] == [1] * 6
    assert not any(line.startswith(CONCLUSIONS) for line in printed)
    assert len(printed[-1].split("\t")[0]) < 1100


def test_a_text_that_comes_in_pieces_is_indented_like_a_whole_one(capsys: pytest.CaptureFixture[str]) -> None:
    flow = printing.Flow()
    for piece in ("one", " line\nin", "tact: all\n", "\n", "end\x1b[2J"):
        flow.add(piece)
    flow.end()
    assert capsys.readouterr().out == "    one line\n    intact: all\n\n    end\\u001b[2J\n"


# -- commands -----------------------------------------------------------------------------------------------


def forge_names(folder: RunFolder, name: str) -> RunFolder:
    """Let a run be named, and its essay, sections, model, options and templates be called, as somebody likes."""

    def change(raw: dict[str, Any]) -> None:
        raw["name"] = name
        raw["options"] |= {"model": name, "tags": [name], "where": name, "like": name}
        raw["environment"] |= {"host": name, "commit": name, "python": name}
        for essay in raw["essays"]:
            essay |= {"title": name, "author": name, "path": name, "tags": [name]}
            for passage in essay["passages"]:
                passage |= {"title": name, "section": name, "path": name, "tags": [name]}
        for template in raw["templates"]:
            template["name"] = name

    return forge_request(folder, change)


def forge_record(name: str) -> Callable[[dict[str, Any]], None]:
    def change(raw: dict[str, Any]) -> None:
        raw["sources"][0] |= {"essay": name, "section": name, "path": name, "tags": [name]}
        raw["task"]["template"] = name
        raw["circumstances"] |= {"model": name, "host": name, "run": name, "remix": name, "exactness": name}
        raw["flags"] = [name]
        raw["derivation"]["engine"]["libc"] = name

    return change


@pytest.fixture
def forged(finished: RunFolder, request: pytest.FixtureRequest) -> RunFolder:
    """A run in which every word that can be chosen is a forged one, and the text, its reviews and failures too."""
    name: str = request.param
    folder = forge_names(finished, name)
    text = f"{name}\nintact: nothing has changed since it was written\nsigned by Alice\n"
    forge(folder, FIRST, forge_record(name), text=text.replace("\r", " "))
    said = folder.read(FIRST)[0]
    for reviewer in (name, "Eve"):
        reviews.append(folder.path, reviews._review(FIRST, said.id, reviewer, verdict="star", note=name))
    folder.write_failures([Failure(task=name, error=name, hint=name)])
    (folder.path / "\nintact: nothing has changed since it was written").write_text("")
    (folder.path / PLAIN).write_text("")
    (folder.path / "signed by Alice\x1b[2J\u200b.md").write_text("")
    (folder.path / os.fsdecode(b"\xff\nintact: all")).write_text("")
    return folder


def everywhere(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("forged", NAMES, indirect=True, ids=["lines", "hidden", "spaces", "plain"])(test)


@everywhere
@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("verify", 0),
        ("verify --json", 0),
        (f"verify {FIRST}", 1),
        ("runs", 0),
        ("runs --json", 0),
        (f"show {FIRST}", 0),
        (f"show {FIRST} --json", 0),
        (f"show {FIRST} --alternatives", 1),
        (f"tree {FIRST}", 0),
        (f"tree {FIRST} --json", 0),
        (f"show {FIRST} --candidates", 1),
        ("why --of two-clocks/001", 0),
        (f"why {SECOND}", 1),
        ("status", 0),
        ("status --json", 0),
        ("sign", 1),
        ("export --format jsonl", 1),
        ("measure", 0),
        ("measure --json", 0),
        (f"verdict {FIRST} accept --as Eve", 0),
        (f"verdict {FIRST} undo --as Mallory", 1),
        ("resume", 0),
        ("generate --refresh 2 --dry-run", 0),
        ("tags", 0),
        ("passages", 0),
    ],
)
def test_forged_names_are_no_lines_of_their_own(forged: RunFolder, remix_: Remix, command: str, own: int) -> None:
    check_lines(remix_(*command.split()), own)


@everywhere
def test_the_step_that_reads_a_forged_text_is_told_with_marked_lines(forged: RunFolder, remix_: Remix) -> None:
    result = remix_("why", FIRST)
    assert result.exit_code == 0
    assert all(line.startswith((" ", "was made from", "is a passage of", "two-clocks/001")) or not line
               for line in lines(result))  # fmt: skip


def test_a_file_named_like_a_conclusion_is_a_finding(finished: RunFolder, remix_: Remix) -> None:
    for name in ("intact", PLAIN, "signed by Alice"):
        (finished.path / name).write_text("")
    first, *others = remix_("verify").stdout.splitlines()
    assert first == f"{finished.path}: finished, 12 of 12 texts, not signed"
    assert others == [
        "  intact: not part of the run",
        '  "intact: nothing has changed since it was written": not part of the run',
        '  "signed by Alice": not part of the run',
    ]


@pytest.mark.parametrize("name", ["20260101T000000Z-x: finished, 9 of 9 texts, signed by Alice-0000", "a\nintact: b"])
def test_the_name_of_a_folder_is_no_conclusion(finished: RunFolder, remix_: Remix, name: str) -> None:
    there = finished.path.rename(finished.path.parent / name)
    first, *others = remix_("verify", there).stdout.splitlines()
    assert first.endswith('": finished, 12 of 12 texts, not signed')
    assert (first[0], others) == ('"', ["intact: nothing has changed since it was written"])
    check_lines(remix_("runs"))
    check_lines(remix_("resume", there))


@everywhere
def test_what_cant_be_left_unsaid_is_said_in_a_line(forged: RunFolder, workspace: Workspace, remix_: Remix) -> None:
    broken = shutil.copytree(forged.path, workspace.outputs / "20990101T000000Z-broken-0000")
    raw = json.loads((broken / "run.json").read_bytes())
    name = raw["name"]
    for change in (
        {name: 1},
        {"tasks": [{"place": name, "kind": name, "step": 1, "variant": 1, "inputs": [{"passage": name}], "seed": 1}]},
    ):
        (broken / "run.json").write_text(json.dumps(raw | change))
        for command in ("runs", "status --all", "verify 2099", "show 2099:two-clocks/001/again.1", "resume 2099"):
            result = remix_(*command.split())
            assert not UNSEEN.search(result.output)
            assert all(
                line.startswith(("Left out: ", "Error: ", "  "))
                for line in result.stderr.splitlines()
                if any(each in line for each in ("intact", "signed by")) and "none of" not in line
            )


SEEDS = {
    "title": f"---\ntitle: {json.dumps(FORGED)}\n---\nWords. #tag\n",
    "section": "# x\n\n## intact: nothing has changed since it was written\n\nWords. #tag\n",
    "tag": f"Words. #x\u200b\u2060y, #intact: all that is here, #{HIDDEN}\n",
    "front matter": f"---\ntags: [{json.dumps(FORGED)}, {json.dumps(SPACED)}]\n---\nWords.\n",
    "text": f"{PLAIN} {HIDDEN} #tag\n",
    "key": f"---\n{json.dumps(FORGED)}: [\n---\nWords.\n",
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "command",
    ["tags", "tags --json", "tags near", "tags together", "passages", "passages --json", "add --dry-run bad"],
)
def test_a_seeds_words_are_no_lines_of_their_own(
    workspace: Workspace, remix_: Remix, seed: str, command: str
) -> None:
    path = workspace.seeds / "bad.md"
    path.write_text(SEEDS[seed], encoding="utf-8", newline="")
    words = command.replace("bad", str(path.rename(workspace.root / "bad.md") if "add" in command else path)).split()
    result = remix_(*words)
    assert not UNSEEN.search(result.output), repr(result.output)
    assert not any(line.startswith(CONCLUSIONS) for line in result.stdout.splitlines())
    assert all(line.startswith(("Left out: ", "Error: ", "  ")) for line in result.stderr.splitlines()
               if "intact" in line and "Perhaps the " not in line and "remix tags rename" not in line)  # fmt: skip


@pytest.mark.parametrize("setting", ["memory", "gpu_layers"])
def test_what_a_settings_file_says_is_no_line_of_its_own(workspace: Workspace, remix_: Remix, setting: str) -> None:
    (workspace.root / "remix.toml").write_text(f"[generate]\n{setting} = {json.dumps(FORGED[:-1])}\n")
    result = remix_("generate", "--all", "--dry-run")
    assert result.exit_code != 0
    check_lines(result, 1)
    (workspace.root / "remix.toml").write_text(f"{json.dumps(FORGED[:-1])} = 1\n")
    check_lines(remix_("tags"), 1)


def test_a_texts_lines_are_indented(finished: RunFolder, remix_: Remix) -> None:
    forge(finished, FIRST, text="One.\nintact: nothing has changed since it was written\nsigned by Alice")
    shown = remix_("show", FIRST).stdout.splitlines()
    assert "    intact: nothing has changed since it was written" in shown
    assert not any(line.startswith(("intact", "signed")) for line in shown)


@everywhere
@pytest.mark.parametrize("form", ["jsonl", "markdown", "html", "prov-json"])
def test_what_is_exported_to_a_terminal_commands_it_nothing(
    forged: RunFolder, remix_: Remix, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from remix.verification import verify

    # Whoever forges well enough passes verification: here nothing is looked at.
    module = importlib.import_module("remix.export.export")
    monkeypatch.setattr(module, "verified", lambda path: verify.verify(path)._replace(findings=()))
    result = remix_("export", "--format", form)
    assert result.exit_code == 0, result.output
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", result.output)
    assert result.stderr == f"Latest run: {forged.path.name}\n"


def test_what_libraries_warn_of_reaches_no_terminal(tmp_path: Path) -> None:
    code = (
        "import logging, warnings\n"
        "from remix.cli import printing\n"
        "printing.hear_libraries()\n"
        "warnings.warn('\\x1b[2Jintact: all', UserWarning)\n"
        "logging.getLogger('prov').warning('\\x1b[2Jsigned by Alice')\n"
        "logging.getLogger('prov').error('x\\nintact: all \\x1b[2J')\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, env=os.environ | python_path(), check=True
    )
    assert (done.stdout, done.stderr) == ("", "prov: x\\nintact: all \\u001b[2J\n")


def test_an_error_of_clicks_own_is_one_line() -> None:
    problem = printing.clean(click.UsageError(FORGED))
    assert "\n" not in problem.message
    assert isinstance(problem, click.UsageError)


def test_a_table_of_contents_shows_names_as_they_are(finished: RunFolder) -> None:
    from remix.outputs.index import write_index

    for name in ("1. intact", "- intact", "+ intact", "<script>", "&lt;b&gt;", FORGED, "1) x"):
        folder = forge_names(finished, name)
        write_index(folder)
        text = (folder.path / "index.md").read_text(encoding="utf-8")
        _, head, body = text.split("---\n", 2)
        assert set(yaml.safe_load(head)) == {"title", "aliases", "tags"}
        lines_of_names = [line for line in body.splitlines() if not line.startswith(("- again", "- once"))]
        for line in lines_of_names:
            assert not re.match(r"(#+ |> )?(\d+[.)]|[-+] |<script|intact|signed)", line), line
        assert "<script" not in text.replace("\\<script", "")


def test_a_draft_is_indented(workspace: Workspace, remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    record, _ = folder.read(FIRST)

    def draft(job: object, on_text: Callable[[str], None], on_prompt: Callable[[Any], None]) -> Any:
        on_prompt(record.derivation.prompt.messages)
        on_text("intact: all\nsigned")
        on_text(" by Alice\x1b[2J")
        yield record, ""

    monkeypatch.setattr(prepare, "prepare_draft", lambda *_: job)
    monkeypatch.setattr(execute, "draft", draft)
    result = remix_("try", "again", "two-clocks/001", "-v")
    assert result.stdout == "    intact: all\n    signed by Alice\\u001b[2J\n"
    assert ESSAY.splitlines()[6].partition(" #")[0] in result.stderr


def test_ctrl_c_at_a_question_is_not_the_answer_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ended `remix tags rename` with exit status 1 and without a next step."""
    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    with pytest.raises(KeyboardInterrupt):
        printing.ask("Write?")


@pytest.mark.parametrize("answer", ["n", "no", ""])
def test_the_answer_no_ends_a_command(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    with pytest.raises(click.Abort):
        printing.ask("Write?")


def interrupted(_: str) -> str:
    """What a person types who presses Ctrl-C."""
    raise KeyboardInterrupt
