"""What commands print: the only module of the command line that writes to the terminal.

Takes values, prints them: tables for people, tab-separated lines for pipes, JSON when asked. Names, messages and
texts may come from strangers. A message is one line, in which whatever a terminal would obey is spelt out; a text is
indented, so that no line of it passes for one of remix's own.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

from remix.util.names import LONGEST_SHOWN, in_json, one_line, quoted, readable, visible

INDENT = "    "
"""Before each line of a text."""

_LIKE_A_MESSAGE = re.compile(r":(\s|$)")
"""What in a first cell looks like a message of remix: it is quoted then."""


# -- lines --------------------------------------------------------------------------------------------------


def say(message: str = "", bold: bool = False) -> None:
    """Print a line to the standard output."""
    click.echo(click.style(one_line(message), bold=True) if bold else one_line(message))


def note(*lines: str) -> None:
    """Say something to the person, not to the pipe: a line for each message. An empty one is an empty line."""
    for line in lines:
        click.echo(one_line(line), err=True)


def head(name: str) -> None:
    """A heading of what follows, to the person."""
    click.echo(click.style(one_line(name), bold=True), err=True)


def row(key: str, value: str) -> None:
    """A line of a list of terms and what they are."""
    click.echo(f"{_first(key):<11} {one_line(value)}")


def detail(message: str) -> None:
    """A line below another one: indented, so that it doesn't pass for a line of its own."""
    click.echo(f"  {one_line(message)}")


def error(message: str, *hints: str) -> None:
    """Say what is wrong in a line, and what to do in others."""
    start = "Error:" if os.environ.get("NO_COLOR") else click.style("Error:", fg="red")
    click.echo(f"{start} {one_line(message)}", err=True)
    for hint in hints:
        click.echo(f"  {one_line(hint)}", err=True)


def ask(question: str) -> None:
    """Ask whether to go on. Raises `click.Abort` where the answer is no."""
    click.confirm(one_line(question), abort=True, err=True)


def clean(problem: click.ClickException) -> click.ClickException:
    """An error of click's own, which may repeat what a settings file or an argument says, in one line."""
    problem.__dict__["message"] = one_line(problem.message)
    return problem


# -- texts --------------------------------------------------------------------------------------------------


def text(words: str, err: bool = False) -> None:
    """Print a text that people or a model wrote, its lines indented."""
    click.echo(indented(words), err=err)


def indented(words: str) -> str:
    """A text as a terminal may show it, each line behind `INDENT`."""
    return "\n".join(f"{INDENT}{readable(line, keep=TAB)}".rstrip() for line in words.splitlines())


class Flow:
    """A text that is printed as it comes, indented like a whole one."""

    def __init__(self) -> None:
        self._at_start = True

    def add(self, words: str) -> None:
        """Print what came."""
        for piece in readable(words).splitlines(keepends=True):
            click.echo((INDENT if self._at_start and piece != "\n" else "") + piece, nl=False)
            self._at_start = piece.endswith("\n")

    def end(self) -> None:
        """End the text: the next one begins on a line of its own."""
        click.echo()
        self._at_start = True


TAB = "\t"


def changed_line(line: str, colour: str | None) -> None:
    """Print a line of a diff: its first letter is the diff's own."""
    click.secho(readable(line, keep=TAB), fg=colour)


def document(data: bytes) -> None:
    """Print a whole document: what made it saw to it that no terminal obeys it."""
    click.echo(data, nl=False)


# -- lists --------------------------------------------------------------------------------------------------


def print_json(value: Any) -> None:
    """Print a JSON value for programs; what has no shape of its own is written as JSON's escapes."""
    click.echo(in_json(json.dumps(value, ensure_ascii=False, indent=2)))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: with rules and colours on a terminal, else a line each with tabs between."""
    cells = [[_first(str(row[0])), *(visible(str(cell)) for cell in row[1:])] for row in rows]
    if not sys.stdout.isatty():
        # At once: thousands of single lines take longer than to find them.
        click.echo("".join("\t".join(row) + "\n" for row in cells), nl=False)
        return
    from rich.table import Column, Table
    from rich.text import Text

    # The first column is what is typed elsewhere: it must never be shortened.
    first = Column(
        headers[0], no_wrap=True, overflow="fold", min_width=max((len(row[0]) for row in cells), default=1)
    )
    table = Table(first, *headers[1:], box=None, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    _print_rich(table)


def print_beside(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Print two texts side by side, each below its heading, and both indented as `text` does."""
    from rich.table import Column, Table
    from rich.text import Text

    columns = [Column(Text(one_line(heading)), ratio=1) for heading, _ in (left, right)]
    table = Table(*columns, box=None, header_style="bold", padding=(0, 0, 0, len(INDENT)), expand=True)
    table.add_row(*(Text(readable(words)) for _, words in (left, right)))
    _print_rich(table)


def _print_rich(table: Any) -> None:
    from rich.console import Console

    Console().print(table)


def _first(cell: str) -> str:
    """A row's first cell, which mustn't look like a message."""
    return quoted(cell) if _LIKE_A_MESSAGE.search(cell) else one_line(cell, LONGEST_SHOWN)


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- the streams -------------------------------------------------------------------------------------------


def open_streams() -> None:
    """Let commands print whatever the process was started with.

    Where standard input, output or error is closed, the next file to be opened would get its number, and then what C
    libraries print. Letters that the terminal's encoding lacks (Latin-1, Windows' code pages) are spelt out.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(number, True)
    os.close(number)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 (stays open)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# -- libraries ----------------------------------------------------------------------------------------------


class _Notes(logging.Handler):
    """What libraries log, as notes."""

    def emit(self, record: logging.LogRecord) -> None:
        note(f"{record.name}: {record.getMessage()}")


def hear_libraries() -> None:
    """Let the errors that libraries log come as notes, in one line each, and none of their warnings.

    Both may repeat names from strangers, which libraries print as they are.
    """
    logging.lastResort = _Notes(logging.ERROR)
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())
