"""Bad input: one line that says what is wrong and where, one that says what to do, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from remix.cli import cli
from remix.workspace import Workspace

Break = Callable[[Path, Path], None]
"""Breaks something in a workspace's folder; is given the bundled model too."""


class Bad(NamedTuple):
    """What is broken, the command that meets it, and what it must say."""

    name: str
    breaks: Break
    command: str
    error: str
    hint: str


def nothing(root: Path, model: Path) -> None:
    """The command itself is what is bad."""


def write(name: str, data: str | bytes) -> Break:
    def breaks(root: Path, model: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return breaks


def empty(folder: str) -> Break:
    def breaks(root: Path, model: Path) -> None:
        for path in (root / folder).iterdir():
            path.unlink()

    return breaks


def cut_short(root: Path, model: Path) -> None:
    """A copy of the model that lacks most of its weights."""
    with model.open("rb") as file:
        (root / "cut.gguf").write_bytes(file.read(4 * 2**20))


def template(text: str) -> Break:
    return write("prompts/again.md.j2", f"---\ndescription: Says it again.\n{text}")


ALL = "generate --all --steps 1 --strict"

BAD = [
    Bad(
        "unknown tag",
        nothing,
        "generate --tag clock",
        "no passage has the tag 'clock'.",
        "Did you mean 'clocks'? `remix tags` lists what there is.",
    ),
    Bad(
        "unknown essay",
        nothing,
        "generate --essay two-clock",
        "there is no essay 'two-clock'.",
        "Did you mean 'two-clocks'? `remix passages` lists what there is.",
    ),
    Bad(
        "unknown kind",
        nothing,
        f"{ALL} --kind agian",
        "no kind 'agian' in {root}/prompts.",
        "Did you mean `again`? There are again, once; add one by adding agian.md.j2.",
    ),
    Bad(
        "unknown passage",
        nothing,
        "try again two-clocks/004",
        "no passage 'two-clocks/004'.",
        "Did you mean two-clocks/00",
    ),
    Bad("empty passage", nothing, "try again -", "the passage is empty.", "Give the id of a passage, or a text on"),
    Bad(
        "empty seeds",
        empty("seeds"),
        ALL,
        "{root}/seeds: no essays here, or none with a paragraph.",
        "Put Markdown, Org or text files there whose paragraphs end in #tags",
    ),
    Bad(
        "empty prompts",
        empty("prompts"),
        ALL,
        "{root}/prompts: no templates here.",
        "A template is a file like `rewrite.md.j2`.",
    ),
    Bad(
        "broken front matter",
        write("seeds/bad.md", "---\ntitle: A\ntags: [a\ndate: b\n---\nText.\n"),
        ALL,
        "seeds/bad.md:4: broken front matter (",
        "Mend the YAML",
    ),
    Bad(
        "front matter without an end",
        write("seeds/bad.md", "---\ntitle: A\n\nText.\n"),
        ALL,
        "seeds/bad.md:1: the front matter is never closed.",
        "End it with a line that holds only ---.",
    ),
    Bad(
        "front matter with the wrong shape",
        write("seeds/bad.md", "---\n- title\n- tags\n---\nText.\n"),
        ALL,
        "seeds/bad.md:2: the front matter is not a list of `key: value`.",
        "Mend the YAML.",
    ),
    Bad(
        "seed that is not UTF-8",
        write("seeds/bad.md", b"Caf\xe9.\n"),
        ALL,
        "seeds/bad.md: not UTF-8 at byte 3.",
        "Save the file as UTF-8, or move it out of the folder.",
    ),
    Bad(
        "undefined variable",
        template("---\n\n{{ passage }}\n{{ prevoius }}\n"),
        ALL,
        "prompts/again.md.j2:6: unknown variable `prevoius`.",
        "Did you mean `previous`? Templates know passage, previous, step, steps, essay",
    ),
    Bad(
        "attribute that passages lack",
        template("---\n{{ passage }}\n{{ passage.colour }}\n"),
        ALL,
        "prompts/again.md.j2:5: the template fails on two-clocks/001 (",
        "Mend it. Templates know passage,",
    ),
    Bad(
        "broken Jinja",
        template("---\n{{ passage }}\n{% if step %}\n"),
        ALL,
        "prompts/again.md.j2:5: broken template (",
        "Fix it; templates are Jinja2.",
    ),
    Bad(
        "unknown key in a template",
        template("max_token: 5\n---\n{{ passage }}\n"),
        ALL,
        "prompts/again.md.j2:3: `max_token`: extra inputs are not permitted.",
        "",
    ),
    Bad(
        "template that is not UTF-8",
        write("prompts/again.md.j2", b"---\ndescription: \xff"),
        ALL,
        "prompts/again.md.j2: not UTF-8 at byte 17.",
        "Save the file as UTF-8.",
    ),
    Bad(
        "text file named .gguf",
        write("bad.gguf", "A text.\n"),
        f"{ALL} --model {{root}}/bad.gguf",
        "{root}/bad.gguf is not a GGUF file.",
        "Give the path of a .gguf file.",
    ),
    Bad(
        "truncated model",
        cut_short,
        f"{ALL} --model {{root}}/cut.gguf",
        "{root}/cut.gguf is cut short: ",
        "Fetch the file again, or take another model.",
    ),
    Bad("folder as --model", nothing, f"{ALL} --model {{root}}/seeds", "{root}/seeds ", ""),
    Bad("missing model", nothing, f"{ALL} --model {{root}}/no.gguf", "{root}/no.gguf ", ""),
    Bad(
        "unknown model",
        nothing,
        f"{ALL} --model smollm",
        "no model is called 'smollm'. Did you mean SmolLM2",
        "`remix models list` shows the models on this machine.",
    ),
    Bad(
        "passage longer than the context",
        write("seeds/long.md", "# Long\n\nShort.\n\n" + "So it goes, on and on. " * 1500),
        ALL,
        "seeds/long.md:5: long/002 needs ",
        "Split the passage, lower --max-tokens, or take another model.",
    ),
    Bad(
        "absurd --max-tokens",
        nothing,
        f"{ALL} --max-tokens 9999999",
        "seeds/two-clocks.md:8: two-clocks/001 needs 10000",
        "Split the passage, lower --max-tokens",
    ),
    Bad(
        "unwritable --out",
        write("file", ""),
        f"{ALL} --out {{root}}/file/runs",
        "{root}/file/runs: can't be written",
        "Take another folder with --out.",
    ),
    Bad(
        "broken remix.toml",
        write("remix.toml", 'seeds = "seeds"\nmodel = [\n'),
        "tags",
        "{root}/remix.toml: not valid TOML on line 1 (",
        "Mend it, or move it away.",
    ),
    Bad(
        "unknown setting",
        write("remix.toml", "[generate]\nstep = 3\n"),
        "tags",
        "{root}/remix.toml:2: unknown setting `generate.step`.",
        "Did you mean `generate.steps`?",
    ),
    Bad(
        "setting of the wrong type",
        write("remix.toml", "seeds = 3\n"),
        "tags",
        "{root}/remix.toml:1: `seeds`: input should be a valid string.",
        "Mend the value.",
    ),
    Bad(
        "home that nobody has",
        write("remix.toml", 'seeds = "~nobody-has-this-name/seeds"\n'),
        "tags",
        "{root}/remix.toml: the home folder in '~nobody-has-this-name/seeds' is unknown.",
        "Write the whole path.",
    ),
    Bad("resume without a run", nothing, "resume", "{root}/outputs: no runs yet.", "Make one: `remix generate"),
    Bad(
        "resume of a broken run",
        write("outputs/a/run.json", "{"),
        "resume a",
        "{root}/outputs/a/run.json: not a run's request (invalid json",
        "It was changed or cut short: bring it back from a copy. Nothing has been touched; what is finished is safe.",
    ),
    Bad("show without a run", nothing, "show two-clocks/001/again.1", "{root}/outputs: no runs yet.", "Make one:"),
    Bad(
        "init below a file",
        write("file", ""),
        "init {root}/file/new",
        "{root}/file/new: can't be written (",
        "Choose",
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input(workspace: Workspace, model_path: Path, bad: Bad) -> None:
    root = workspace.root
    bad.breaks(root, model_path)
    command = [word.format(root=root) for word in bad.command.split()]
    result = CliRunner().invoke(cli, ["-C", str(root), *command], input="")
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.stdout == ""
    # Only what comes too late to be found before a run is announced has a line before the error.
    *before, error, hint = (
        line for line in result.stderr.splitlines() if not line.startswith("First use of this model")
    )
    assert before == (["6 texts from 3 passages by SmolLM2-135M-Instruct.Q4_1"] if "--out" in command else [])
    assert error.startswith(f"Error: {bad.error.format(root=root)}")
    assert hint.startswith(f"  {bad.hint}")
    assert hint.strip()
    assert "Traceback" not in result.output
    assert not list(root.glob("outputs/*-*")), "nothing was begun"


def test_a_real_process_shows_no_traceback_either(workspace: Workspace) -> None:
    command = [sys.executable, "-m", "remix", "-C", str(workspace.root), "generate", "--tag", "clock"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Error: no passage has the tag 'clock'.",
        "  Did you mean 'clocks'? `remix tags` lists what there is.",
    ]
