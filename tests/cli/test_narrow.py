"""Narrow terminals: no line of any command cuts a word of the wide output in two."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from remix.cli import ending, printing
from remix.cli.wrapping import columns
from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import Remix, python_path

LINES = (
    "tags",
    "tags near",
    "tags together",
    "tags rename time hours --dry-run",
    "passages",
    "passages --like clock",
    "runs",
    "show two-clocks/001/again.2",
    "show nothing",
    "status --all",
    "compare RUN RUN --embeddings none",
    "measure RUN --embeddings none",
    "verify",
    "why two-clocks/001/again.2",
    "why --of two-clocks/001",
    "verdict two-clocks/001/again.1 accept --as Somebody",
    "models list",
    "generate",
    "generate --tag nowhere-in-these-essays",
    "generate --tag clocks --refresh RUN",
    "generate --steps many",
    "resume nothing-of-this-name",
    "nothing",
)


def said(remix_: Remix, monkeypatch: pytest.MonkeyPatch, line: str, width: int) -> str:
    """What a command prints on a terminal of a width."""
    with monkeypatch.context() as patch:
        patch.setattr(printing, "_terminal", lambda err=False: width)
        result = remix_(*line.split(), env={"COLUMNS": str(width)})
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    return result.output


def words(text: str) -> set[str]:
    """The words of an output; on a narrow terminal the cells of a table follow their columns' names."""
    return {word.strip(":\\") for word in text.split()}


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("line", LINES)
def test_no_command_cuts_a_word_in_two(
    remix_: Remix, finished: RunFolder, monkeypatch: pytest.MonkeyPatch, line: str, width: int
) -> None:
    line = line.replace("RUN", finished.run.name)
    wide = said(remix_, monkeypatch, line, 1000)
    narrow = said(remix_, monkeypatch, line, width)
    assert words(narrow) - words(wide) == set()
    for each in narrow.splitlines():
        assert columns(each) <= width or len(each.split()) <= 2 or "'" in each, each


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_end_of_a_run_cuts_no_word_in_two(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    """A command goes on after a backslash, as shells take it."""
    shown = []
    for columns_ in (1000, width):
        monkeypatch.setattr(printing, "_terminal", lambda err=False, columns_=columns_: columns_)
        ending.show(finished)
        shown.append(capsys.readouterr().err)
    assert words(shown[1]) - words(shown[0]) <= {""}
    joined = shown[1].replace(" \\\n" + printing.INDENT, " ")
    assert shown[0].partition("Read:")[2] == joined.partition("Read:")[2]


@pytest.mark.parametrize("width", [40, 80])
def test_a_draft_that_comes_in_pieces_is_broken_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(printing, "_terminal", lambda err=False: width)
    text = "The first clock runs fast, and nobody has set the second.\n\nNobody has asked the extraordinary sun. " * 3
    flow = printing.Flow()
    for at in range(0, len(text), 3):
        flow.add(text[at : at + 3])
    flow.end()
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(lines).split() == text.split()
    assert all(len(line.rstrip()) <= width for line in lines)
    assert all(line.startswith(printing.INDENT) for line in lines if line)


def test_a_terminal_is_asked_for_its_width(workspace: Workspace) -> None:
    """A real terminal of 40 columns."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | python_path()
    with subprocess.Popen(
        [sys.executable, "-m", "remix", "generate"],
        cwd=workspace.root,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
    ) as process:
        os.close(child)
        got = b""
        try:
            while part := os.read(parent, 4096):
                got += part
        except OSError:  # Linux says so at the end
            pass
        assert process.wait() == 2
    os.close(parent)
    lines = got.decode().replace("\r", "").splitlines()
    assert "Error: choose passages: --tag TAG," in lines
    assert all(len(line) <= 40 for line in lines)
