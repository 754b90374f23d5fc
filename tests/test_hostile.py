"""Hostile input: seeds, templates and models by strangers.

Each case either works or gives a `RemixError` that names the file. Nothing is written outside the run's folder, no
terminal hears a control character, no template runs for long, and no model ends the process.
"""

from __future__ import annotations

import io
import os
import random
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from remix.cli import cli
from remix.corpus import org, read_essay, slugs, tag_key, trailing_tags
from remix.corpus.inline_tags import inline_tags
from remix.corpus.shown import shown
from remix.corpus.trailing_tags import split_trailing_tags
from remix.corpus.walk import walk
from remix.engine import load_check
from remix.engine.chat import ChatTemplate
from remix.errors import ModelError, PromptError, RemixError, RunError
from remix.generation import execute, prepare
from remix.models import gguf_header, identity
from remix.outputs import RunFolder
from remix.records import Essay, Message, Options, Passage, sha256
from remix.templates import folder as templates_folder
from remix.templates import sandbox, template, worker
from remix.templates.reading import Reading
from remix.templates.template import Template
from remix.util import frontmatter, names
from remix.util.files import temporary_of, write_whole
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Letters, eventually, python_path, work_of_at_most

ESCAPE = "\x1b]0;pwned\x07\x1b[2J"
BIDI = "\u202e\u2066"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

Make = Callable[[Path], object]
"""Puts something into a workspace's folder."""


class Case(NamedTuple):
    """What is put where, and what must be said of it; nothing where it must work."""

    name: str
    make: Make
    error: str = ""


def seed(data: str | bytes, name: str = "bad.md") -> Make:
    def make(root: Path) -> None:
        path = root / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return make


def front(source: str) -> Make:
    return seed(f"---\n{source}\n---\nWords. #tag\n")


def link(target: str, name: str = "bad.md") -> Make:
    return lambda root: (root / "seeds" / name).symlink_to(target)


def both(*makes: Make) -> Make:
    return lambda root: [make(root) for make in makes]


def outside(root: Path) -> None:
    (root.parent / "secret.md").write_text("My diary. #secret\n")
    (root / "seeds" / "bad.md").symlink_to("../../secret.md")


def fifo(root: Path) -> None:
    os.mkfifo(root / "seeds" / "bad.md")


NFC, NFD = "caf\u00e9", "cafe\u0301"

SEEDS = [
    # names
    Case("dots in a name", seed("Words.", "..bad...md")),
    Case("a dot file", seed("Words.", ".bad.md")),
    Case("a name of dots", seed("Words.", "…... .md")),
    Case("backslashes", seed("Words.", "..\\..\\bad.md")),
    Case("a drive", seed("Words.", "C:bad.md")),
    Case("a name with a line end", seed("Words.", "bad\nError: it isn't.md"), "its name has control characters"),
    Case("a name with an escape", seed("Words.", f"bad{ESCAPE}.md"), "its name has control characters"),
    Case("a name written backwards", seed("Words.", f"bad{BIDI}.md"), "its name has control characters"),
    Case("con", seed("Words.", "con.md")),
    Case("NUL", seed("Words.", "NUL.md")),
    Case("aux in capitals", seed("Words.", "Aux.MD")),
    Case("com1 in superscript", seed("Words.", "com¹.md")),
    Case("a name as long as there are", seed("Words.", "b" * 252 + ".md")),
    Case("a path of 300 letters", seed("Words.", "bad/" * 75 + "bad.md")),
    Case("a name that normalises to many letters", seed("Words.", "ﷺ" * 60 + ".md")),
    Case("names alike but for case", both(seed("Words."), seed("Words.", "BAD.md"))),
    Case("names alike in capitals", both(seed("Words.", "bıd.md"), seed("Words.", "bid.md"))),
    Case("names alike but for their composition", both(seed("Words.", f"{NFC}.md"), seed("Words.", f"{NFD}.md"))),
    Case("a decomposed name", seed("Words.", f"{NFD}.md")),
    Case("emoji in a name", seed("Words.", "bad 👩‍🚀.md")),
    Case("a name of nothing to show", seed("Words.", "\u200b.md")),
    # places
    Case("a link out of the workspace", outside, "a link that leads out of the workspace"),
    Case("an absolute link", link("/etc/passwd"), "a link that leads out of the workspace"),
    Case("a link to a folder outside", link("/etc", "bad")),
    Case("a link to nothing", link("nowhere.md")),
    Case("a link to itself", link("bad.md")),
    Case("a link within", link("two-clocks.md"), ""),
    Case("a device", link("/dev/zero")),
    Case("a pipe", fifo),
    # titles
    Case("a title that climbs", front("title: ../../../bad")),
    Case("an absolute title", front("title: /etc/passwd")),
    Case("a title with NUL", front('title: "a\\0b"')),
    Case("a title that is a terminal's command", front('title: "\\e]0;pwned\\a\\e[2J"')),
    Case("a title written backwards", front('title: "\\u202e\\u2066"')),
    Case("a title of 100,000 letters", front(f"title: {'bad' * 20_000}")),
    # front matter
    Case("a billion laughs", front(LAUGHS)),
    Case("an alias to itself", front("a: &a [*a]"), "bad.md:2: broken front matter (an alias"),
    Case("an anchor alone", front("title: &a Words")),
    Case("a list", front("- a\n- b"), "bad.md:2: the front matter is not"),
    Case("a number", front("9" * 5000), "bad.md:2: the front matter is not"),
    Case("a date", front("2026-01-01"), "bad.md:2: the front matter is not"),
    Case("a title that is a huge number", front(f"title: {'9' * 5000}")),
    Case("Python", front("title: !!python/object/apply:os.system [id]")),
    Case("lists 10,000 deep", front("tags: " + "[" * 10_000), "bad.md:2: broken front matter (nested too deeply)"),
    Case("an alias as tags", front("a: &a [b]\ntags: *a"), "bad.md:3: broken front matter (an alias"),
    Case("JSON 10,000 deep", seed('{"a": ' + "[" * 10_000), "bad.md:1: broken front matter"),
    Case("a number of JSON without end", seed('{"title": ' + "9" * 60_000 + "}\n\nWords.\n")),
    Case("keys of Pelican without end", seed("Title: a\n" + "a: b\n" * 25_000 + "\nWords.\n")),
    Case("Pandoc's fields without end", seed("% a\n" + " b\n" * 25_000 + "\nWords.\n")),
    Case("a title of brackets", front(f"title: '{'[' * 30_000}'\naliases: '{'[[' * 15_000}'")),
    Case("slips of YAML without end", front("title: a: b\n" * 190 + "a" * 60_000)),
    Case("mappings 1,000 deep", front("a: " + "{a: " * 1000), "broken front matter (nested too deeply)"),
    Case("10,000 tags", front("tags: [" + ",".join(f"t{n}" for n in range(10_000)) + "]"), "more than 1000 tags"),
    Case("a megabyte of front matter", front("title: a\n" + "# bbbbbbbb\n" * 100_000), "longer than 64 KiB"),
    Case("a front matter with NUL", front("title: a\0b"), "bad.md:2: broken front matter"),
    Case("a front matter that never ends", seed("---\n" + "a: b\n" * 1000), "bad.md:1: the front matter is never"),
    Case("keys that are a terminal's commands", front('"\\e[2J": 1\ntags: {a: b}')),
    # text
    Case("a byte order mark", seed("\ufeff---\ntitle: a\n---\nWords.\n")),
    Case("lone carriage returns", seed("---\rtitle: a\r---\rWords.\r\rMore.\r")),
    Case("bytes that aren't UTF-8", seed(b"ab\xff"), "bad.md: not UTF-8 at byte 2"),
    Case("UTF-16", seed("Words.".encode("utf-16")), "bad.md: not UTF-8 at byte 0"),
    Case("NUL bytes", seed("Wo\0rds.\n\n\0\n\n# \0\n\nMore.\n")),
    Case("control characters", seed(f"Words {ESCAPE} and {BIDI}. #tag{ESCAPE}\n")),
    Case("zero-width characters", seed("\u200b\n\n\u200b\u200d\u2060Words\u200b. #a\u200bb\n")),
    Case("emoji", seed("👩‍👩‍👧‍👦🏳️‍🌈. #👩‍🚀\n")),
    Case("letters of many marks", seed("e" + "\u0301" * 10_000 + ".\n")),
    Case("nothing but marks", seed("---\n---\n---\n***\n___\n")),
    Case("lists 5,000 deep", seed("".join("  " * n + "- a\n" for n in range(1000)))),
    Case("quotations 10,000 deep", seed(">" * 10_000 + " a\n")),
    Case("brackets without end", seed("[" * 50_000 + "\n\n" + "![" * 20_000 + "\n\n" + "*a_" * 20_000)),
    Case("spaces without end", seed("Words. #a" + " " * 100_000 + "!\n")),
    Case("tags without end", seed("Words." + " #a.;" * 50_000 + "!\n")),
    Case("10,000 tags on a passage", seed("Words. " + ", ".join(f"#t{n}" for n in range(10_000)))),
    Case(
        "1,000 tags on each of 1,000 passages",
        seed(f"---\ntags: [{','.join(f't{n}' for n in range(1000))}]\n---\n" + "A.\n\n" * 1000),
        "more than 50000 tags together",
    ),
    Case("10,000 paragraphs of tags", seed("Words.\n\n" + "".join(f"#t{n}\n\n" for n in range(10_000)))),
    Case("lists that lead to lists", seed("Words:\n\n" + "- a:\n\n1. b:\n\n" * 1_000)),
    Case("more passages than anyone writes", seed("A.\n\n" * 10_001), "bad.md: has more than 10000 passages"),
    Case("a file of 50 MB", seed(b"Words. " * 7_000_000), "bad.md: larger than 8 MiB"),
    Case("a line of a megabyte", seed("word " * 200_000)),
    Case("a word of a megabyte", seed("w" * 1_000_000)),
]


def tree(root: Path) -> dict[str, bytes]:
    """All that lies below a folder but its outputs, with what is in it."""
    found: dict[str, bytes] = {}
    for parent, _, files in os.walk(root):
        paths = (Path(parent, name) for name in files)
        found |= {str(path): path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()}
    return {path: data for path, data in found.items() if not path.startswith(str(root / "garden/outputs"))}


def attempt(action: Callable[[], Any]) -> tuple[Any, str]:
    """What comes of an action; or nothing, and what is said where it is refused in words."""
    try:
        return action(), ""
    except RemixError as error:
        message, hint = error.message, error.hint
    assert message
    assert hint
    assert len(message) < 1000
    return None, message


def harmless(shown: str) -> bool:
    """Whether a terminal has nothing to obey in it, and no traceback."""
    return names.is_plain(shown.replace("\n", "").replace("\t", "")) and "Traceback" not in shown


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse some of these names")
@pytest.mark.parametrize("case", SEEDS, ids=lambda case: case.name)
def test_seeds(workspace: Workspace, writer: FakeWriter, case: Case) -> None:
    root, outputs = workspace.root, workspace.outputs
    case.make(root)
    before = tree(root.parent)
    options = Options(kinds=("once",), steps=1, limit=5, strict=True)
    with work_of_at_most(60):
        job, told = attempt(lambda: prepare.prepare_for(workspace, options, writer))
        if job:
            folder = execute.generate(job, outputs, writer=writer).folder
            assert all(path.resolve().is_relative_to(folder.path) for path in folder.path.rglob("*"))
            assert all(not names.leads_out(task.id) for task in folder.run.tasks)
    assert tree(root.parent) == before
    assert (case.error in told) if case.error else not told
    result = CliRunner().invoke(cli, ["-C", str(root), "passages"])
    assert (result.exit_code, "Left out: " in result.stderr) == (0, bool(told)), result.exception
    assert harmless(result.output)


# -- slugs and kinds ----------------------------------------------------------------------------------------


@given(st.text(max_size=60))
@example("../../etc/passwd")
@example("CON")
@example("nul.txt")
@example("a/../b")
def test_no_slug_leads_out(name: str) -> None:
    slug = slugs.of_path(f"{name}.md")
    assert not names.leads_out(slug)
    assert not names.is_too_long(slug)
    assert "/" not in slug
    assert not names.is_reserved(slug)
    assert not slug.startswith(".")


@pytest.mark.parametrize(
    ("first", "second"),
    [("Again", "again"), ("caf\u00e9", "CAF\u00c9"), (NFC, NFD), ("straße", "strasse"), ("\u212b", "\u00e5")],
)
def test_kinds_whose_outputs_would_be_the_same_files(tmp_path: Path, first: str, second: str) -> None:
    """On the file systems of macOS and Windows, where case doesn't count."""
    for kind in (first, second):
        (tmp_path / f"{kind}.md.j2").write_text("---\ndescription: x\n---\nx")
    if len(list(tmp_path.iterdir())) == 2:
        with pytest.raises(PromptError, match="its outputs would be named like those of"):
            templates_folder.read_templates(tmp_path)


@pytest.mark.parametrize("kind", ["..", "a.b", "con", "AUX", "com¹", "k" * 201, "a b", "a\nb", "é" * 120])
def test_what_cannot_be_a_kind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.md.j2"
    path.write_text("---\ndescription: x\n---\nx")
    with pytest.raises(PromptError, match="can't be a kind"):
        templates_folder.read_template(path)


def test_dot_files_among_the_templates_are_passed_over(tmp_path: Path) -> None:
    """macOS leaves `._name` beside each file it copies to a foreign disk: they used to stop every run."""
    (tmp_path / "good.md.j2").write_text("---\ndescription: x\n---\nx")
    (tmp_path / "._good.md.j2").write_bytes(b"\0\5\x16\7")
    assert list(templates_folder.read_templates(tmp_path)) == ["good"]


def test_a_decomposed_kind_is_its_composed_self(tmp_path: Path) -> None:
    """A template copied from a Mac used to be refused for its accent."""
    (tmp_path / f"{NFD}.md.j2").write_text("---\ndescription: x\n---\nx")
    assert list(templates_folder.read_templates(tmp_path)) == [NFC]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_a_template_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md.j2")
    with pytest.raises(PromptError, match="not a regular file"):
        templates_folder.read_templates(tmp_path)


def test_a_template_of_two_megabytes(tmp_path: Path) -> None:
    (tmp_path / "big.md.j2").write_text("---\ndescription: x\n---\n" + "x" * 2**21)
    with pytest.raises(PromptError, match=r"big\.md\.j2: larger than 1 MiB"):
        templates_folder.read_templates(tmp_path)


# -- runs from elsewhere ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "passage", ["../../x/001", "/etc/001", "a/../../001", "C:/001", "a\\..\\b/001", "a//001", "\x1b/1"]
)
def test_a_run_whose_outputs_would_lie_elsewhere(finished: RunFolder, passage: str) -> None:
    """A stranger's `run.json` could have had a resumed run write anywhere."""
    task = finished.run.tasks[0].model_copy(update={"place": passage})
    run = finished.run.model_copy(update={"tasks": (task,)})
    (finished.path / "run.json").write_text(run.model_dump_json(by_alias=True))
    with pytest.raises(RunError, match="leads out of the run's folder"):
        RunFolder.open(finished.path)


def test_a_run_with_a_link_that_leads_out(finished: RunFolder, tmp_path: Path, writer: FakeWriter) -> None:
    """A stranger's run could have had its outputs written into any folder."""
    (tmp_path / "victim").mkdir()
    essay = finished.path / "two-clocks"
    essay.rename(finished.path / "before")
    essay.symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="a link that leads out of the run's folder"):
        execute.resume(RunFolder.open(finished.path), writer=writer)
    assert not list((tmp_path / "victim").rglob("*.md"))


@pytest.mark.parametrize("name", [".lock.json", "MANIFEST.sha256.sig", "two-clocks/001/again.1.md"])
def test_a_link_under_a_temporary_name_is_not_written_through(finished: RunFolder, tmp_path: Path, name: str) -> None:
    """A stranger's run could have had any file overwritten."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    temporary_of(finished.path / name).symlink_to(victim)
    write_whole(finished.path / name, b"theirs")
    assert victim.read_text() == "mine"
    assert not (finished.path / name).is_symlink()


# -- what terminals see -------------------------------------------------------------------------------------


@pytest.fixture
def spelt(workspace: Workspace, writer: FakeWriter) -> Workspace:
    """A workspace whose essay has a title, tags, a heading and a text that terminals would obey, and a run of it."""
    (workspace.seeds / "two-clocks.md").write_text(
        '---\ntitle: "A\\e[2J\\u202e"\ntags: ["t\\e]0;x\\a\\n2"]\n---\n'
        f"## H{ESCAPE}\n\nWords{ESCAPE}{BIDI}\x9b2J. #a\n"
    )
    job = prepare.prepare_for(workspace, Options(kinds=("once",), steps=1), writer)
    execute.generate(job, workspace.outputs, writer=writer)
    return workspace


@pytest.mark.parametrize(
    "command",
    ["passages", "tags", "runs", "passages --json", "tags --json", "passages --tag zzz", "passages --essay \x1b[2J"],
)
def test_no_command_obeys_a_seed(spelt: Workspace, command: str) -> None:
    result = CliRunner().invoke(cli, ["-C", str(spelt.root), *command.split(" ")], color=True)
    assert isinstance(result.exception, SystemExit | None)
    assert harmless(result.output.replace("\x1b[31mError:\x1b[0m", "Error:"))


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_show_obeys_no_text(spelt: Workspace, flag: list[str]) -> None:
    result = CliRunner().invoke(cli, ["-C", str(spelt.root), "show", "two-clocks/001/once.1", *flag], color=True)
    assert result.exit_code == 0
    assert harmless(result.output)
    assert "\\u001b" in result.output


def test_errors_obey_no_name(workspace: Workspace) -> None:
    (workspace.prompts / "again.md.j2").write_text('---\ndescription: x\n"\\e[2J\\n": 1\n---\nx')
    result = CliRunner().invoke(cli, ["-C", str(workspace.root), "generate", "--all", "--strict"], color=True)
    assert result.exit_code == 1
    assert harmless(result.output.replace("\x1b[31mError:\x1b[0m", "Error:"))
    assert len(result.output.splitlines()) == 2


def test_json_keeps_its_values() -> None:
    import json

    value = [ESCAPE, BIDI, "\x9b", "\u2028", "\n", "é👩‍🚀"]
    spelt = names.in_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(spelt) == value
    assert harmless(spelt)


# -- templates ----------------------------------------------------------------------------------------------

TEXT = "All roads lead there."
PASSAGE = Passage(
    id="roads/001",
    essay="roads",
    title="Roads",
    section=None,
    path="seeds/roads.md",
    lines=(5, 5),
    tags=("maps", "loss"),
    text=TEXT,
    sha256=sha256(TEXT),
)
ESSAY = Essay(
    slug="roads", title="Roads", author=None, date=None, tags=(), path="seeds/roads.md", passages=(PASSAGE,)
)
NAME = "prompts/test.md.j2"


def render(body: str) -> str:
    """What a template makes of the passage."""
    made = Template("test", f"---\ndescription: A test.\n---\n{body}".encode(), NAME)
    return made.render(Reading(((ESSAY, PASSAGE),)), 1, 1, ()).messages[0].content


ESCAPES = [
    "{{ passage.__class__ }}",
    "{{ passage['__class__'] }}",
    "{{ passage|attr('__class__') }}",
    "{{ passage|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ passage|map(attribute='__class__')|list }}",
    "{{ [passage]|map('attr', '__class__')|list }}",
    "{{ [passage]|map(attribute='__class__.__mro__')|list }}",
    "{{ [passage]|sum(attribute='__class__') }}",
    "{{ [passage]|groupby('__class__')|list }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__base__ }}",
    "{{ range.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ '{0.__class__}'.format(passage) }}",
    "{{ '{x.__class__.__mro__}'.format_map({'x': passage}) }}",
    "{{ ('{0.__cla' ~ 'ss__}').format(passage) }}",
    "{{ '%s'.__mod__(passage) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(passage) }}",
    "{{ ['{0.__class__}']|map('format', passage)|first.__class__ }}",
    "{% import 'os' as os %}{{ os }}",
    "{% from 'os' import system %}{{ system }}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__dict__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__ }}",
    "{{ joiner }}",
    "{{ config }}",
    "{{ open('/etc/passwd') }}",
    "{{ turns.append(('system', 'x')) }}",
    "{{ essay.tags.append('x') }}",
    "{% set passage.text = 'x' %}",
    "{{ [1, 2, 3]|random }}",
    "{% for k in {}.__class__.__base__.__subclasses__() %}{{ k }}{% endfor %}",
    "{% set turns = 5 %}{% user %}x{% enduser %}",
    '{{ "\\ud800" }}',
    "{{ " + "9" * 5000 + " }}",
    "{{ 9**5000 }}",
    "".join(f"{{% for a{n} in (1,) %}}" for n in range(25)) + "x" + "{% endfor %}" * 25,
    "{{ " + "(" * 5000 + ")" * 5000 + " }}",
    "{{ " + "-" * 50_000 + "1 }}",
    "{{ [" * 2000,
    "{{ x" * 5000,
]


@pytest.mark.parametrize("body", ESCAPES, ids=lambda body: body[:50])
def test_templates_that_would_break_out(body: str) -> None:
    """They fail, or say nothing that isn't theirs."""
    said, told = attempt(lambda: render(body))
    assert said or told.startswith(f"{NAME}:")
    assert not any(leaked in (said or told) for leaked in ("<class", "<function", " at 0x", "root:", "__builtins__"))
    assert render("{{ passage }}") == TEXT


GREEDY = [
    "{% for a in range(10**9) %}x{% endfor %}",
    "{{ 'a' * 10**10 }}",
    "{{ 'a' * 40_000_000 }}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{{ 9**(9**9) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{{ '%2000000000d' | format(1) }}",
    "{{ 'x' | center(2000000000) }}",
    "{{ (range(99999) | list) * 99999 }}",
    "{{ ('a ' * 12_000_000) | wordwrap(1) | length }}",
    "{{ range(99999) | map('string')" + " | map('urlize')" * 9 + " | join | length }}",
]


@pytest.mark.parametrize("body", GREEDY, ids=lambda body: body[:50])
def test_templates_that_would_never_end_or_fill_the_memory(body: str) -> None:
    render("{{ passage }}")
    with work_of_at_most(20), pytest.raises(PromptError) as caught:
        assert render(body) == "less than two seconds' work"
    assert caught.value.message.startswith(f"{NAME}:")
    assert render("{{ passage }}") == TEXT


def test_the_line_that_never_ends_is_named() -> None:
    with pytest.raises(PromptError, match=r"^prompts/test\.md\.j2:5: the template fails .* \(it computes for"):
        render("\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")


def test_a_range_has_an_end() -> None:
    """Prompt templates had Python's own `range` in place of the sandbox's."""
    with pytest.raises(PromptError, match=r"^prompts/test\.md\.j2:4: .* \(Range too big"):
        render("{% for a in range(10**9) %}x{% endfor %}")


def test_the_line_that_fills_the_memory_is_named() -> None:
    with pytest.raises(PromptError, match=r"^prompts/test\.md\.j2:4: the template fails .* \(it wants more"):
        render("{% set n = 10**10 %}{{ passage.text * n }}")


def test_what_templates_know_is_what_the_worker_gives_them() -> None:
    assert template.VARIABLES == sandbox.VARIABLES


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ passage.tags }}", "('maps', 'loss')"),
        ("{{ essay.author }}|{{ essay.tags }}|{{ family }}", "None|()|None"),
        ("{{ passage }} {{ passage.text is string }} {{ passage is string }}", f"{TEXT} True False"),
        ("{{ 'é👩‍🚀\\u2028' }}|", "é👩‍🚀\u2028|"),
        ("{{ passage.text | wordwrap(5) }}", "All\nroads\nlead \nthere\n."),
        ("{{ {'b': 1, 'a': [2.5]} | tojson }}", '{"a": [2.5], "b": 1}'),
        ("{{ {'b': 1} | pprint }}", "{'b': 1}"),
        ("{{ 10**20 }} {{ 1/3 }}", f"{10**20} {1 / 3}"),
    ],
)
def test_a_template_says_in_its_own_process_what_it_would_say_here(body: str, text: str) -> None:
    assert render(body) == text


def test_an_opening_sees_the_turns() -> None:
    source = "---\ndescription: x\nopening: '{{ turns | length }}'\n---\n{% user %}a{% enduser %}"
    made = Template("test", source.encode(), NAME).render(Reading(((ESSAY, PASSAGE),)), 1, 1, ())
    assert [(each.role, each.content) for each in made.messages] == [("user", "a"), ("assistant", "1")]


# -- the worker ---------------------------------------------------------------------------------------------


def test_a_worker_that_was_killed_is_replaced() -> None:
    render("{{ passage }}")
    pid = worker._worker.pid
    assert pid
    worker._worker._process.kill()
    worker._worker._process.wait()
    assert render("{{ passage }}") == TEXT
    assert worker._worker.pid != pid


def test_a_worker_is_kept_and_forgets_the_oldest_templates() -> None:
    first = Template("test", b"---\ndescription: x\n---\n{{ passage }}", NAME)
    pid = worker._worker.pid
    for number in range(sandbox.Renderer.MOST + 1):
        render(f"{number}")
    assert first.render(Reading(((ESSAY, PASSAGE),)), 1, 1, ()).messages[0].content == TEXT
    assert worker._worker.pid == pid


def test_a_deadline_where_the_system_has_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    render("{{ passage }}")
    monkeypatch.setattr(worker._worker, "deadline", 0.3)
    # The process may end itself before this one, on a busy machine, hears that the time is up.
    with pytest.raises(PromptError, match=r"it takes more than 0 seconds|it computes for more than 2 "):
        render("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")
    monkeypatch.setattr(worker._worker, "deadline", 15)
    assert render("{{ passage }}") == TEXT


def test_threads_take_turns() -> None:
    from concurrent.futures import ThreadPoolExecutor

    bodies = [f"{number} {{{{ passage }}}}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(render, bodies)) == [f"{number} {TEXT}" for number in range(40)]


def test_the_worker_knows_no_secret_and_imports_nothing_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, remix.templates.sandbox; "
        "heavy = {'pydantic', 'yaml', 'numpy', 'llama_cpp', 'langchain_core', 'rich'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    worker._worker.close()
    render("{{ passage }}")
    if sys.platform == "linux":
        environment = Path(f"/proc/{worker._worker.pid}/environ").read_bytes()
        assert b"s3cret" not in environment


@pytest.mark.parametrize("how", ["pass", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 2)"])
def test_nothing_is_left_of_a_worker(how: str) -> None:
    """No warning at the end, no message on Ctrl-C, and no process."""
    code = (
        "from remix.templates import worker\n"
        "p = worker.Program('prompt', 'x', '{{ passage }}', ('passage',))\n"
        "worker.compile_(p); print(worker._worker.pid, flush=True)\n"
        f"{how}\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-X", "dev", "-c", code], capture_output=True, text=True)
    assert "Warning" not in done.stderr
    assert "sandbox" not in done.stderr
    if sys.platform == "linux":
        eventually(lambda: not Path(f"/proc/{done.stdout.strip()}").exists())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no forking here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_a_worker_of_its_own() -> None:
    """With one between them, each would read the other's answers."""
    code = (
        "import os\nfrom remix.templates import worker\n"
        "p = worker.Program('prompt', 'x', '{{ step }}', ('step',))\n"
        "def say(n): return worker.render(p, {'passage': {'id':'','section':None,'tags':[],'text':''},"
        "'essay': {'slug':'','title':'','author':None,'date':None,'tags':[]}, 'step': n}).text\n"
        "assert say(1) == '1'\nmine = worker._worker.pid\nchild = os.fork()\n"
        "for n in range(50): assert say(n) == str(n)\n"
        "assert (worker._worker.pid == mine) == bool(child)\n"
        "if child: assert os.waitpid(child, 0)[1] == 0\n"
    )
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# -- chat templates -----------------------------------------------------------------------------------------

CHATS = [
    ("{{ messages.__class__ }}", "doesn't show every message once"),
    ("{{ messages[0].content.__class__.__mro__ }}", "unsafe"),
    ("{{ messages[0]|attr('__class__')|attr('__mro__') }}", "doesn't show every message once"),
    ("{{ '{0.__class__.__mro__}'.format(messages) }}", ""),
    ("{{ raise_exception.__globals__ }}", ""),
    ("{{ strftime_now.__self__.__class__ }}", ""),
    ("{{ strftime_now('%999999999d') * 99999 }}", ""),
    ("{{ cycler.__init__.__globals__ }}", "unsafe"),
    ("{{ lipsum(n=10**9) }}", "undefined"),
    ("{{ messages|random }}", "No filter named 'random'"),
    ("{% include '/etc/passwd' %}", "no loader"),
    ("{% import 'os' as os %}", "no loader"),
    ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "computes for more than"),
    ("{{ 'a' * 10**10 }}", "memory"),
    ("{{ raise_exception('no ' * 10**6) }}", "no no no"),
    ("{{ messages.append(1) }}", ""),
    ("{{ messages.clear() }}", ""),
    ("{{ '\ud7ff' ~ messages[0].content ~ messages[0].content }}", "doesn't show every message once"),
    ('{{ "\\ud800" }}{{ messages[0].content }}', "surrogates"),
    ("x" * 200_000, "has 200000 characters, and at most 131072 are allowed"),
    ("{% if %}", "Expected an expression"),
    ("{% generation %}", "can't be used"),
    ("{% generation %}{{ messages.__class__.__mro__ }}{% endgeneration %}", "unsafe"),
    ("{{ (nobody + 'x').__class__.__mro__ }}", "unsafe"),
    ("{{ nobody.__add__.__globals__ }}", "unsafe"),
    ("{{ [1]|tojson(indent=10**10) }}", ""),
    ("{{ [1]|tojson(indent='a' * 10**10) }}", "memory"),
    (
        "{% set n = namespace(x=[1]) %}{% for a in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
        "{{ n.x|tojson }}",
        "computes",
    ),
    (
        "{% set n = namespace(x=1) %}{% for a in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x|tojson }}",
        "circles",
    ),
]


def chat(source: str, *contents: str) -> str:
    messages = [Message(role="user", content=content) for content in contents]
    return "".join(map(chr, ChatTemplate(source, "tiny").tokenize(messages, Letters())))


@pytest.mark.parametrize(("source", "why"), CHATS, ids=lambda text: text[:50])
def test_chat_templates(source: str, why: str) -> None:
    with pytest.raises(ModelError) as caught:
        chat(source, "a")
    assert caught.value.message.startswith("tiny's chat template ")
    assert why in caught.value.message
    assert len(caught.value.message) < 1000


def test_a_chat_template_cannot_sort_by_chance() -> None:
    """What stood for the contents was new each time, so a template that looked at it gave other prompts each time."""
    source = "{% for m in messages|sort(attribute='content') %}{{ m.content }}{% endfor %}"
    assert len({chat(source, "a", "b", "c") for _ in range(20)}) == 1


def test_contents_never_reach_the_chat_template() -> None:
    assert chat("{{ messages[0].content }}", "{{ 9**9**9 }}{% raw %}") == "{{ 9**9**9 }}{% raw %}"


def test_a_chat_template_is_rendered_once_for_the_same_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ChatTemplate("{{ messages[0].content }}")
    first = made.tokenize([Message(role="user", content="a")], Letters())
    monkeypatch.setattr(worker, "render", None)
    assert made.tokenize([Message(role="user", content="b")], Letters()) == [ord("b")] != first


# -- a stranger's folder --------------------------------------------------------------------------------------


def test_no_python_of_ours_looks_into_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's folder could have had a `json.py` in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("json", "jinja2", "numpy", "struct", "remix"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')")
    worker._worker.close()
    assert render("{{ passage }}") == TEXT
    code = "import json, numpy, remix.engine"
    variables = os.environ | python_path()
    subprocess.run([sys.executable, "-P", "-c", code], check=True, env=variables)
    assert not (tmp_path / "pwned").exists()


# -- regular expressions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "#a" + " " * 200_000 + "!",
        "#a" + " ,;" * 100_000,
        ". #a" * 100_000 + "!",
        "#a b c d e " * 50_000,
        "." + '"' * 200_000 + " " * 200_000 + "!",
        "#" * 200_000,
        "#a" * 200_000 + "!",
        "\n " * 100_000,
    ],
)
def test_tags_take_no_longer_than_their_length(text: str) -> None:
    """The list of tags was sought from each full stop on: half a megabyte of `. #a` took hours."""
    with work_of_at_most(30):
        split_trailing_tags(text)


MARKUP = ("[", "]", "(", ")", "](b)", "](", "[[", "]]", "![", "`", "``", "%%", "<!--", "-->", "<", ">", "<a")
PIECES = (*MARKUP, '"', "'", "#", "#a", "\\", "\n", "x", " ")
SHORTCODES = (
    "{{<",
    ">}}",
    "{%",
    "<%",
    "{#a",
    "{: ",
    "$",
    "$$",
    "^[",
    "[^a",
    "[a:: ",
    "*",
    "*a ",
    "a* ",
    "_",
    "~~",
    "==",
)
ORG = ("=a ", "a= ", "[fn:", "<<", "@@a:", "{{{a(", "src_a{", "#+begin_a\n", "#+end_a\n", ":a:\n", "- a\n", "* a\n")
BEGINNINGS = (
    *PIECES,
    *SHORTCODES,
    *ORG,
    "[a](",
    "[a](b ",
    "<a '",
    '<a "',
    "`a``b",
    "[[a",
    "%%a%%%",
    "](b",
    "#a/",
    "#1",
)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_markup_takes_no_longer_than_its_text(beginning: str) -> None:
    text = beginning * 12_500
    for end in ("", "](b)" * 12_500):
        with work_of_at_most(6):
            inline_tags(text + end + " #a")
            shown(text + end)
            org.read(text + end, "a.org")


def test_no_mixture_of_markup_takes_longer_than_its_length() -> None:
    lots = random.Random(1)
    for _ in range(10):
        few = lots.sample(PIECES, 4)
        text = "".join(lots.choice(few) for _ in range(25_000))
        with work_of_at_most(3):
            inline_tags(f"{text} #a")
            shown(text)


TAG = trailing_tags._patterns().one.pattern
OLD_LIST = re.compile(rf"{TAG}(?:\s*[,;]?\s*{TAG})*\s*[,;]?\s*")


@settings(max_examples=500)
@given(
    st.lists(
        st.sampled_from(["#", "#a", "#b c", "b", ". ", " ", "\n", "\t", ",", ";", "!", ")", "-", "é"]), max_size=14
    )
)
def test_the_same_tags_as_ever(parts: list[str]) -> None:
    """As by the regular expression that took hours."""
    text = "".join(parts)
    begins = (begin.end() for begin in trailing_tags._BEGIN.finditer(text))
    start = next((begin for begin in begins if OLD_LIST.fullmatch(text[begin:])), None)
    assert split_trailing_tags(text)[0] == text[:start].rstrip()
    assert bool(split_trailing_tags(text)[1]) == (start is not None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "%%\n\na\n\n" * 9_000),
        ("a.md", "a %%b%% " * 100_000),
        ("a.md", "- a\n\n      c\n\nb\n\n" * 4_000),
        ("a.md", "- #a `b %% [c\n" * 5_000),
        ("a.md", "{{<>}}" * 25_000 + "x"),
        ("a.md", "x ^" * 200_000),
        ("a.md", "# #a\n" * 5_000),
        ("a.org", "#+begin_src\n" * 50_000),
        ("a.org", "#+begin_src\n\n" * 9_000),
        ("a.org", ":a:\n\n" * 9_000 + ":end:\n"),
        ("a.org", "* a\n" * 50_000),
        ("a.org", "*" * 200_000 + " a" + " " * 200_000 + "b\n"),
        ("a.org", "* " + "a:" * 200_000 + "\n"),
        ("a.org", "- a\n" * 50_000),
        ("a.org", "- a\n\n\n" * 9_000),
        ("a.org", "#+" + "a[" * 200_000 + "\n"),
        ("a.org", "[[" + ".png" * 100_000 + "\n"),
        ("a.txt", "a\n\n" * 9_999),
        ("a.txt", "#a\n" * 100_000),
        ("a.txt", "a\n" * 100_000),
    ],
)
def test_reading_takes_no_longer_than_the_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with work_of_at_most(20):
        attempt(lambda: read_essay(tmp_path / name, tmp_path, tmp_path))


@pytest.mark.parametrize(
    "toml",
    [
        "a" + ".a" * 30_000 + " = 1",
        '"a"' + " . 'a'" * 8_000 + " = 1",
        "[" + "a." * 30_000 + "a]",
        "a = " + "[" * 60_000,
        "a = " + "{a = " * 10_000,
        "a = [" + "1," * 30_000 + "]",
        "a = '" + "x" * 60_000,
        "a = 0x" + "f" * 60_000,
        "\n".join(f"k{n} = {n}" for n in range(5_000)),
    ],
)
def test_toml_takes_no_longer_than_its_length(tmp_path: Path, toml: str) -> None:
    """tomllib takes the square of the parts of a key: 14 s for 32,000 of them."""
    (tmp_path / "a.md").write_text(f"+++\n{toml}\n+++\nWords.\n")
    with work_of_at_most(5):
        attempt(lambda: read_essay(tmp_path / "a.md", tmp_path, tmp_path))


def test_patterns_take_no_longer_than_they_should(tmp_path: Path) -> None:
    """What has more stars is refused: their regular expressions would try every way."""
    name = "a" * 200
    (tmp_path / f"{name}.md").write_text("A.")
    with work_of_at_most(5):
        assert walk(tmp_path, ["*a*a*b", "**/*a*a*b/**"])


def test_many_paragraphs_take_no_longer_than_their_length(tmp_path: Path) -> None:
    """The whole text was split into lines anew for each paragraph."""
    path = tmp_path / "a.md"
    path.write_text("Words.\n\n" * 9_999)
    with work_of_at_most(10):
        assert len(read_essay(path, tmp_path, tmp_path).passages) == 9_999


# -- anything at all ----------------------------------------------------------------------------------------

QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
YAML = st.text(alphabet="abt:*&!-[]{},#|>?%@`'\"\\ \n\t\r0123456789._~<=\0\x85\u2028\ufeffé\U0001f5fa", max_size=80)


SUFFIX = st.sampled_from([".md", ".org", ".txt"])


def read(folder: Path, data: bytes, suffix: str = ".md") -> Any:
    """The essay in some bytes; nothing where they are refused in words."""
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    essay, told = attempt(lambda: read_essay(path, folder, folder))
    assert essay or path.name in told
    return essay


@QUICK
@given(st.binary(max_size=400), SUFFIX)
@example(b"\xef\xbb\xbf", ".md")
@example(b"---\n---", ".md")
@example(b"+++\n+++", ".txt")
def test_any_bytes_are_passages_or_refused(tmp_path: Path, data: bytes, suffix: str) -> None:
    read(tmp_path, data, suffix)


MARKDOWN = [
    "#",
    "#a",
    "# ",
    "- ",
    "> ",
    "%%",
    "`",
    "```\n",
    "[[",
    "]]",
    "<!--",
    "-->",
    "{{<",
    ">}}",
    "![",
    "](b)",
    " ^c",
]
ORG = [
    "* ",
    "** b :c:\n",
    "#+begin_src\n",
    "#+end_src\n",
    "#+begin_quote\n",
    "#+end_quote\n",
    ":a:\n",
    ":end:\n",
    "|",
]
HEADS = ["---\n", "+++\n", "#+title: t\n", "#+filetags: :d:\n"]
WORDS = ["word", ". ", ":", "é", "\n", "\n\n", "  ", "\t", "\u3000"]
GARDEN = st.lists(st.sampled_from([*MARKDOWN, *ORG, *HEADS, *WORDS]), max_size=40).map("".join)


@QUICK
@given(st.one_of(st.text(max_size=400), GARDEN), SUFFIX)
@example("# \0", ".md")
@example("a\x85b\u2028c\x0bd", ".md")
@example("%%\n\n#a\n\n%%", ".md")
@example("* :a:\n:a:\n", ".org")
def test_any_text_is_passages_or_refused(tmp_path: Path, text: str, suffix: str) -> None:
    essay = read(tmp_path, text.encode(), suffix)
    lines = frontmatter.read_text(tmp_path / f"a{suffix}").split("\n")
    for passage in essay.passages if essay else ():
        assert passage.text.strip()
        assert 1 <= passage.lines[0] <= passage.lines[1] <= len(lines)
        assert all(tag_key(tag) for tag in passage.tags)


TOML = st.text(alphabet="ab=.[]{},#\"' \n\t0123456789-:TZxe+_\\\0éU", max_size=80)


@QUICK
@given(TOML)
@example("a = 2024-02-30")
@example("a = 1979-05-27T07:32:00.999999-07:00")
@example("a = inf")
@example("tags = [[]]")
@example('tags = "a b"')
def test_any_toml_is_read_or_refused(tmp_path: Path, source: str) -> None:
    read(tmp_path, f"+++\n{source}\n+++\nWords.\n".encode())


@QUICK
@given(YAML)
@example("a: 1:1:1:1.5")
@example("a: " + "1:" * 300 + "1.5")
@example("a: 0001-01-01T00:00:00+23:59")
@example("? [a]\n: b")
@example("<<: [a]")
@example("a: !!set {b}")
@example("a: !!pairs [b]")
@example("1: 2")
@example("=: 1")
def test_any_front_matter_is_read_or_refused(tmp_path: Path, source: str) -> None:
    read(tmp_path, f"---\n{source}\n---\nWords.\n".encode())
    for text in (f"---\n{source}\n---\nx", f"---\ndescription: x\n{source}\n---\nx"):
        made, told = attempt(lambda text=text: Template("test", text.encode(), NAME).settings(("any",)))
        assert made or told.startswith(NAME)


@pytest.mark.parametrize(
    "line",
    [
        "max_tokens: 0x" + "f" * 9000,
        "max_tokens: 99999999999999999999",
        "sampling: {temperature: .inf}",
        "sampling: {temperature: .nan}",
        "sampling: {top_k: 1e400}",
        "sampling: {temperature: " + "1:" * 300 + "1.5}",
        "date: 0001-01-01T00:00:00+23:59",
        "1: 2",
        "families: {1: {}}",
        "families: {a: {max_tokens: 0}}",
        "sampling: {dry_multiplier: 1, last_n: 2147483647}",
        "system: 2026-01-01",
        "? [a]\n: b",
    ],
)
def test_settings_that_no_model_takes(line: str) -> None:
    with pytest.raises(PromptError, match=r"^prompts/test\.md\.j2:\d+: "):
        Template("test", f"---\ndescription: x\n{line}\n---\nx".encode(), NAME).settings(("a",))


# -- models -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def header(model_path: Path) -> bytes:
    """The bundled model up to where its data begins."""
    with model_path.open("rb") as file:
        file.read(8)
        found = gguf_header.read_header(file, model_path.stat().st_size)
        length = file.tell()
        file.seek(0)
        assert found.keys_end < length
        return file.read(length)


def facts(data: bytes, size: int) -> None:
    """See that a header is read, or refused in words."""
    file = io.BufferedReader(io.BytesIO(data))
    path = Path("lying.gguf")

    def look_into() -> identity.Facts:
        identity._check_magic({path: file})
        return identity._facts_of(path, identity._header(file, path, size))

    found, told = attempt(look_into)
    assert found or "lying.gguf" in told


def changed(data: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    made = bytearray(data)
    for at, new in edits:
        made[at : at + len(new)] = new
    return bytes(made)


LIES = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"\xff" * 8, b"\xff" * 4, b"\0" * 8, struct.pack("<Q", 2**63), struct.pack("<Q", 2**32)]),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 65_000), LIES), min_size=1, max_size=4))
def test_any_change_to_a_real_header_is_read_or_refused(header: bytes, edits: list[tuple[int, bytes]]) -> None:
    facts(changed(header, edits), 2**40)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 1_000), LIES), min_size=1, max_size=4), st.integers(0, 4096))
def test_any_change_to_a_small_header_is_read_or_refused(
    tiny: bytes, edits: list[tuple[int, bytes]], size: int
) -> None:
    facts(changed(tiny, edits), size)
    facts(changed(tiny, edits)[:size], size)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A GGUF of a few hundred bytes."""
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf").read_bytes()


def write_gguf(path: Path, lie: Callable[[gguf.GGUFWriter], object] = lambda writer: None) -> Path:
    """A model of one layer that llama.cpp loads, unless the lie keeps it from that."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(16)
    tokens = [f"<0x{number:02X}>" for number in range(256)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>", *tokens])
    writer.add_token_scores([0.0] * 259)
    writer.add_token_types([2, 3, 3] + [6] * 256)
    lie(writer)
    shapes = {"token_embd": (259, 32), "output": (259, 32), "output_norm": (32,)}
    shapes |= {f"blk.0.{name}": (32, 32) for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
    shapes |= {f"blk.0.{name}": (32, 32) for name in ("ffn_gate", "ffn_up", "ffn_down")}
    shapes |= {f"blk.0.{name}": (32,) for name in ("attn_norm", "ffn_norm")}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", np.full(shape, 0.01, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def value(key: str, new: bytes, skip: int = 4) -> Callable[[bytes], bytes]:
    """Another value for a key; `skip` bytes after its name the value begins."""

    def lie(data: bytes) -> bytes:
        at = data.index(key.encode()) + len(key) + skip
        return changed(data, [(at, new)])

    return lie


def number(at: int, new: int) -> Callable[[bytes], bytes]:
    return lambda data: changed(data, [(at, struct.pack("<Q", new))])


def u32(new: int) -> bytes:
    return struct.pack("<I", new)


def u64(new: int) -> bytes:
    return struct.pack("<Q", new)


HEADERS = [
    ("18 quintillion tensors", number(8, 2**64 - 1), "18446744073709551615"),
    ("a trillion tensors", number(8, 2**40), "1099511627776"),
    ("more tensors than described", number(8, 999), ""),
    ("18 quintillion keys", number(16, 2**64 - 1), "18446744073709551615"),
    ("a million keys", number(16, 10**6), ""),
    ("a key without end", number(24, 2**63), "9223372036854775808"),
    ("a name of architecture without end", value("general.architecture", u64(2**62)), "4611686018427387904"),
    ("a value of no type", value("general.architecture", u32(99), 0), "unknown type 99"),
    ("an array of no type", value("tokenizer.ggml.tokens", u32(99)), "unknown type 99"),
    ("arrays in arrays", value("tokenizer.ggml.tokens", u32(9)), "unknown type 9"),
    ("18 quintillion tokens", value("tokenizer.ggml.tokens", u64(2**64 - 1), 8), "18446744073709551615"),
    ("a token without end", value("tokenizer.ggml.tokens", u64(2**63), 16), "9223372036854775808"),
    ("18 quintillion scores", value("tokenizer.ggml.scores", u64(2**62), 8), ""),
    ("a tensor of 4 billion dimensions", value("output_norm.weight", u32(2**32 - 1), 0), "4294967295 dimensions"),
    ("a tensor of 18 quintillion items", value("output_norm.weight", u64(2**64 - 1)), "cut short"),
    ("a tensor beyond the file", value("output_norm.weight", u64(2**63), 16), "cut short"),
    ("a context of 4 billion tokens", value("llama.context_length", u32(2**32 - 1)), "a context of 4294967295"),
    ("no architecture", value("general.architecture", b"\0" * 8 + b"\0" * 5), ""),
]


@pytest.mark.parametrize(("lie", "why"), [case[1:] for case in HEADERS], ids=[case[0] for case in HEADERS])
def test_headers_that_lie(tmp_path: Path, tiny: bytes, lie: Callable[[bytes], bytes], why: str) -> None:
    path = tmp_path / "lying.gguf"
    path.write_bytes(lie(tiny))
    for reader in (identity.identify, identity.inspect):
        with work_of_at_most(5), pytest.raises(ModelError) as caught:
            reader(path)
        assert "lying.gguf" in caught.value.message
        assert why in caught.value.message
        assert len(caught.value.message) < 500


@pytest.mark.parametrize("alignment", [0, 3, 2**31 + 1])
def test_an_alignment_that_is_none(tmp_path: Path, alignment: int) -> None:
    path = write_gguf(tmp_path / "lying.gguf", lambda writer: writer.add_uint32("general.alignmenx", alignment))
    path.write_bytes(path.read_bytes().replace(b"general.alignmenx", b"general.alignment"))
    with pytest.raises(ModelError, match=r"lying\.gguf has a header that is damaged .*an alignment of"):
        identity.inspect(path)


def test_a_key_of_a_megabyte(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "lying.gguf", lambda writer: writer.add_uint32("k" * 2**20, 1))
    with pytest.raises(ModelError, match="1048576 bytes in a name"):
        identity.inspect(path)


# -- what llama.cpp makes of a model ------------------------------------------------------------------------

LOOKS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("nothing wrong", lambda data: data, "fine"),
    ("scores that are whole numbers", value("tokenizer.ggml.scores", u32(5)), ""),
    ("no heads", value("llama.attention.head_count", u32(0)), ""),
    ("more heads than width", value("llama.attention.head_count", u32(33)), ""),
    ("a billion layers", value("llama.block_count", u32(10**9)), ""),
    ("no layers", value("llama.block_count", u32(0)), "doesn't survive this file (GGML_ASSERT("),
    ("no width", value("llama.embedding_length", u32(0)), ""),
    ("another kind of vocabulary", value("tokenizer.ggml.model", b"plamo", 12), ""),
]


@pytest.mark.model
@pytest.mark.parametrize(("lie", "why"), [case[1:] for case in LOOKS], ids=[case[0] for case in LOOKS])
def test_models_that_llama_cpp_may_not_survive(
    tmp_path: Path, tiny: bytes, lie: Callable[[bytes], bytes], why: str
) -> None:
    """This very process loads what the first look lets through."""
    from remix.engine.llama import LlamaModel

    path = tmp_path / "lying.gguf"
    path.write_bytes(lie(tiny))

    def load() -> None:
        load_check.check(path, identity.identify(path))
        with LlamaModel(path, vocab_only=True) as model:
            model.tokenize_text("a")
        with LlamaModel(path):
            pass

    _, told = attempt(load)
    assert "lying.gguf" in told if told else why in ("", "fine")
    assert told == "" if why == "fine" else why in told


@pytest.mark.model
def test_a_model_is_looked_at_once(tmp_path: Path, tiny: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fine.gguf"
    path.write_bytes(tiny)
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    file = identity.identify(path)
    load_check.check(path, file)
    looks = []
    monkeypatch.setattr(subprocess, "run", lambda *command, **_: looks.append(command))
    load_check.check(path, file)
    assert looks == []


@pytest.mark.model
def test_a_look_without_end_is_ended(tmp_path: Path, tiny: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slow.gguf"
    path.write_bytes(tiny + b"slow")
    monkeypatch.setattr(load_check, "PATIENCE", 0.01)
    with pytest.raises(ModelError, match=r"slow\.gguf: llama\.cpp doesn't survive this file \(no end after"):
        load_check.check(path, identity.identify(path))


@pytest.mark.model
@pytest.mark.parametrize(
    "lie",
    [lambda writer: writer.add_expert_count(4), lambda writer: writer.add_string("llama.rope.scaling.type", "bogus")],
    ids=["experts that nobody asks", "a scaling of no kind"],
)
def test_keys_that_llama_cpp_may_not_survive(tmp_path: Path, lie: Callable[[gguf.GGUFWriter], object]) -> None:
    """Used to end the process, without a word of which file it was."""
    path = write_gguf(tmp_path / "lying.gguf", lie)
    _, told = attempt(lambda: load_check.check(path, identity.identify(path)))
    assert "lying.gguf: llama.cpp doesn't survive this file" in told
