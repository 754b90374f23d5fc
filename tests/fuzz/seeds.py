"""Fuzzes what a garden holds: seeds in each format, patterns, settings and what is asked on the command line.

A case is the number of a file's name in `NAMES` and that file's bytes, put into a workspace that is whole otherwise.
Each command that reads seeds is run on the workspace.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from remix.cli import cli
from remix.corpus.essays import read_essay
from remix.errors import RemixError
from remix.generation import execute, prepare
from remix.records import Options
from remix.util import frontmatter, names

from ..conftest import ESSAY, FakeWriter, make_workspace
from .harness import Target

NAMES = (
    "seeds/two-clocks.md",
    "seeds/two-clocks.org",
    "seeds/two-clocks.txt",
    "seeds/.remixignore",
    "seeds/.obsidian/templates.json",
    "remix.toml",
    "prompts/again.md.j2",
    "argument",
)
"""Where the bytes go; the last is no file but what is typed behind `--where`, `--tag`, `--like` and `tags rename`."""

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("passages",),
    ("passages", "--json", "--where", "not time and text:clock"),
    ("tags",),
    ("tags", "near"),
    ("tags", "together"),
    ("tags", "--graph", "GRAPH"),
    ("tags", "rename", "time", "hours", "--dry-run"),
    ("check", "--model", "none.gguf", "--steps", "1"),
    ("status",),
)

MOST_ARGUMENT = 100_000
"""Bytes: Linux takes 128 KiB in one argument of a command."""

WITH_ARGUMENT: tuple[tuple[str, ...], ...] = (
    ("passages", "--where", "ARGUMENT"),
    ("passages", "--tag", "ARGUMENT"),
    ("passages", "--essay", "ARGUMENT"),
    ("passages", "--like", "ARGUMENT"),
    ("tags", "together", "--", "ARGUMENT"),
    ("tags", "rename", "--dry-run", "--", "time", "ARGUMENT"),
    ("tags", "rename", "--dry-run", "--", "ARGUMENT", "hours"),
)

TOML_SEED = b"+++\ntitle = 'A'\ndate = 2026-01-02\ntags = ['a', 'b']\n[extra]\nx = 1\n+++\n\nWords. #a\n"
MARKDOWN = b"""\
# One #two

> A quotation, *with* `code`. #three

- item one ^abc123
- item two
  - item three #four

Text with [a link](x) and [[wiki|link]] %%comment%% <!-- another -->. #five, #six seven

| a | b |
|---|---|
| c | d |

```
code
```

Setext
======

1. one
2. two
"""
ORG = b"""\
#+title: Clocks
#+date: <2026-01-02 Fri>
#+filetags: :time:clocks:
* TODO [#A] One :a:b:
:PROPERTIES:
:ID: x
:END:
Words of it. #c
- item
- item
#+begin_quote
Said so.
#+end_quote
** Two
Words again.
"""
PATTERNS = b"Daily/\n*.draft.md\n/x/**/y\n!a.md\n# comment\n[a-z]?.md\n\\#x\n"
SETTINGS = b"""exclude = ["Daily/", "*.draft.md"]\nmin_words = 1\nmodel = "x.gguf"\nmodels = ["~/m"]\n
[generate]\nkind = ["again"]\nsteps = 2\ntemperature = 0.5\nmemory = "4G"\n"""
TEMPLATE = (
    b"---\ndescription: Says it.\nmax_tokens: 12\nsampling: {temperature: 0.5}\nfamilies:\n  x: {stop: a}\n---\n"
    b"{{ passage }}\n"
)
QUERY = b'maps and not (cities or text:"exact words") or before:2026-05 and section:later words:3'


def corpus(folder: Path) -> list[bytes]:
    """A real input in each form."""
    shipped = Path(__file__).parents[2] / "seeds"
    essays = sorted(shipped.glob("*.md"))[:2]
    pieces = [
        *((0, path.read_bytes()) for path in essays),
        *((0, text) for text in (ESSAY.encode(), TOML_SEED, MARKDOWN)),
        (1, ORG),
        (2, ESSAY.encode()),
        (3, PATTERNS),
        (4, b'{"folder": "Extras [1]"}'),
        (5, SETTINGS),
        (6, TEMPLATE),
        (7, QUERY),
        (7, b"time"),
    ]
    return [bytes([number]) + data for number, data in pieces]


WORDS: tuple[bytes, ...] = (
    *b"[ ] ( ) { } * ** *** _ ` ``` > # | |--- %% <!-- --> [[ ![[ ]] <div> < & \\ \" ' '' : , ; . / **/ ! ?".split(),
    *(
        b"\n",
        b"\n\n",
        b"\t",
        b" ",
        b"> ",
        b"- ",
        b"  - ",
        b"1. ",
        b"# ",
        b"---\n",
        b"+++\n",
        b"...\n",
        b" #tag, ",
        b". #x",
    ),
    *(
        b"tags: ",
        b"title: ",
        b"tags: [",
        b"date: ",
        b"<<: ",
        b"&a ",
        b"*a ",
        b"!!int ",
        b"!!binary ",
        b"= ",
        b"[a.b]",
    ),
    *(b"0x" + b"f" * 5000, b"1:" * 200 + b"1", b"1e999999", b"9" * 5000, b"2026-13-45", b".inf", b"a." * 50, b"[a-"),
    *(b"* ", b"** ", b"#+begin_quote\n", b"#+end_quote\n", b":PROPERTIES:\n", b":END:\n", b"#+filetags: :a:"),
    *"\u202e \u2066 \u200b \ufeff \x00 \x1b]0;x\x07 \x1b[2J \x9b \u2028 \u0301 é".encode().split(b" "),
    *(b"\xff", b"\xed\xa0\x80", b"\xc3", b"\x80", b"\xf4\x90\x80\x80"),
    *(b"not ", b" and ", b" or ", b"text:", b"before:", b"words:", b"essay:", b'text:"', b"{{ x }}", b"{% user %}"),
)


def mutate(chance: random.Random, case: bytes) -> bytes:
    """The same with another name, some lines repeated or shuffled."""
    number = chance.randrange(len(NAMES)) if chance.random() < 0.2 else case[0] if case else 0
    lines = case[1:].split(b"\n")
    for _ in range(chance.choice((1, 2, 4))):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines[at:at] = [lines[chance.randrange(len(lines))]] * chance.choice((1, 10, 1000))
            case 1:
                lines[at] = chance.choice(WORDS) * chance.choice((1, 3, 200)) + lines[at]
            case 2:
                lines[at] += chance.choice(WORDS) * chance.choice((1, 3, 200))
            case _:
                del lines[at]
                lines = lines or [b""]
    return (bytes([number]) + b"\n".join(lines))[: 2**20]


_template: Path | None = None
"""A whole workspace with a run, made once in this process."""


def _workspace(folder: Path) -> Path:
    """A whole workspace with a run, without a case in it."""
    global _template
    if _template is None:
        home = folder.parent / "template"
        workspace = make_workspace(home)
        writer = FakeWriter()
        job = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer)
        execute.generate(job, workspace.outputs, writer=writer)
        writer.close()
        _template = home
    root = folder / "garden"
    shutil.copytree(_template, root)
    return root


def check(case: bytes, folder: Path) -> None:
    """Run all commands on the workspace that a case makes."""
    os.environ["REMIX_CACHE"] = str(folder / "cache")
    root = _workspace(folder)
    name = NAMES[(case[0] if case else 0) % len(NAMES)]
    data = case[1:]
    if name == "argument":
        word = os.fsdecode(data[:MOST_ARGUMENT].replace(b"\0", b""))
        for command in WITH_ARGUMENT:
            _run(root, [word if each == "ARGUMENT" else each for each in command])
        return
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    before = _tree(root)
    for command in COMMANDS:
        _run(root, [str(folder / "map.svg") if each == "GRAPH" else each for each in command])
    assert _tree(root) == before, "something was written into the workspace"
    if name.startswith("seeds/two"):
        _check_texts(path, root)


def _run(root: Path, words: Sequence[str]) -> None:
    """Run a command. Raises for what it must not do."""
    result = CliRunner().invoke(cli, ["-C", str(root), *words], color=True)
    if not isinstance(result.exception, SystemExit | RemixError | None):
        raise result.exception
    shown = result.output.replace("\x1b[31mError:\x1b[0m", "").replace("\x1b[31m", "").replace("\x1b[32m", "")
    shown = shown.replace("\x1b[0m", "").replace("\n", "").replace("\t", "")
    assert names.is_plain(shown), f"{words[0]} prints what a terminal obeys"
    assert "Traceback" not in shown
    assert len(result.stderr) < 100_000, f"{words[0]} complains in {len(result.stderr)} letters"


def _check_texts(path: Path, root: Path) -> None:
    """Nothing is invented: the letters of all passages stand in the file, in this order."""
    try:
        essay = read_essay(path, root / "seeds", root)
    except RemixError:
        return
    letters = iter(frontmatter.read_text(path))
    for letter in itertools.chain.from_iterable(passage.text for passage in essay.passages):
        assert letter.isspace() or letter in letters, f"{letter!a} isn't in the file, or not there"


def _tree(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


TARGET = Target(name="seeds", corpus=corpus, check=check, words=WORDS, mutate=mutate, seconds=30.0)
"""Nine commands a case: no single one may take 10 s."""
