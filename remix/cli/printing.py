"""Printing: the only module of the command line that writes to the terminal.

Takes values, prints tables for people, tab-separated lines for pipes, JSON for `--json`. Names, messages and texts
may come from strangers. A message is one line with control characters spelt out; a text is indented, so that a
stranger's line can't look like a message of remix.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from remix.util.names import LONGEST_SHOWN, in_json, one_line, quoted, readable, visible

INDENT = "    "
"""Before each line of a text."""

_LIKE_A_MESSAGE = re.compile(r":(\s|$)")
"""If a row's first cell matches, the cell looks like a message of remix, and is quoted."""


# -- lines --------------------------------------------------------------------------------------------------


def say(message: str = "", bold: bool = False) -> None:
    """Print a line to the standard output."""
    click.echo(click.style(one_line(message), bold=True) if bold else one_line(message))


def note(*lines: str) -> None:
    """Print messages to stderr, each in a line; an empty message is an empty line."""
    for line in lines:
        click.echo(one_line(line), err=True)


def at_once(message: str) -> None:
    """Print a message to stderr while another line may be half printed, and show a hidden cursor again."""
    cursor = "\x1b[?25h" if os.isatty(2) else ""
    with suppress(OSError):
        os.write(2, f"{cursor}\n{one_line(message)}\n".encode("utf-8", "backslashreplace"))


def head(name: str) -> None:
    """Print a heading to stderr."""
    click.echo(click.style(one_line(name), bold=True), err=True)


def row(key: str, value: str) -> None:
    """Print a line of a list of terms and values."""
    click.echo(f"{_first(key):<11} {one_line(value)}")


def detail(message: str) -> None:
    """Print an indented line, as a detail of the line above."""
    click.echo(f"  {one_line(message)}")


def error(message: str, *hints: str) -> None:
    """Print a line about an error, and lines about the next steps."""
    start = "Error:" if os.environ.get("NO_COLOR") else click.style("Error:", fg="red")
    click.echo(f"{start} {one_line(message)}", err=True)
    for hint in hints:
        click.echo(f"  {one_line(hint)}", err=True)


def ask(question: str) -> None:
    """Ask a question. Raises `click.Abort` if the answer is no."""
    click.confirm(one_line(question), abort=True, err=True)


def clean(problem: click.ClickException) -> click.ClickException:
    """click's own error with a message of a single line: the message may repeat a setting or an argument."""
    problem.__dict__["message"] = one_line(problem.message)
    return problem


# -- texts --------------------------------------------------------------------------------------------------


def text(words: str, err: bool = False) -> None:
    """Print a text by a person or a model, with indented lines."""
    click.echo(indented(words), err=err)


def indented(words: str) -> str:
    """A text with indented lines and with control characters spelt out."""
    return "\n".join(f"{INDENT}{readable(line, keep=TAB)}".rstrip() for line in words.splitlines())


class Flow:
    """Prints a text piece by piece, indented as `text` does."""

    def __init__(self) -> None:
        self._at_start = True

    def add(self, words: str) -> None:
        """Print the next piece."""
        for piece in readable(words).splitlines(keepends=True):
            click.echo((INDENT if self._at_start and piece != "\n" else "") + piece, nl=False)
            self._at_start = piece.endswith("\n")

    def end(self) -> None:
        """End the text: the next text begins on a new line."""
        click.echo()
        self._at_start = True


TAB = "\t"


def changed_line(line: str, colour: str | None) -> None:
    """Print a line of a diff; the first letter is the diff's own mark."""
    click.secho(readable(line, keep=TAB), fg=colour)


def document(data: bytes) -> None:
    """Print a whole document with control characters spelt out already."""
    click.echo(data, nl=False)


# -- lists --------------------------------------------------------------------------------------------------


def print_json(value: Any) -> None:
    """Print a JSON value for programs, with JSON's escapes for invisible characters."""
    click.echo(in_json(json.dumps(value, ensure_ascii=False, indent=2)))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: on a terminal a table, elsewhere lines with tabs between the cells."""
    cells = [[_first(str(row[0])), *(visible(str(cell)) for cell in row[1:])] for row in rows]
    if not sys.stdout.isatty():
        # In a single call: printing thousands of single lines is slow.
        click.echo("".join("\t".join(row) + "\n" for row in cells), nl=False)
        return
    from rich.table import Column, Table
    from rich.text import Text

    # People copy the first column into commands: never shorten the column's cells.
    first = Column(
        headers[0], no_wrap=True, overflow="fold", min_width=max((len(row[0]) for row in cells), default=1)
    )
    table = Table(first, *headers[1:], box=None, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    _print_rich(table)


def print_beside(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Print two texts with headings side by side, indented as `text` does."""
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
    """A row's first cell, quoted if the cell could be taken for a message."""
    return quoted(cell) if _LIKE_A_MESSAGE.search(cell) else one_line(cell, LONGEST_SHOWN)


def shortened(text: str, most: int = 60) -> str:
    """A text in a single line, cut after `most` letters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def count(number: int, noun: str) -> str:
    """A number and a noun, in the plural if needed."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- the streams -------------------------------------------------------------------------------------------


def open_streams() -> None:
    """Make printing safe even if the process was started with closed streams.

    If standard input, output or error is closed, the next opened file would get the stream's number, and C libraries
    would print into the file. Letters that the terminal's encoding lacks (Latin-1, Windows' code pages) are spelt
    out.
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
    """Prints log messages of libraries as notes."""

    def emit(self, record: logging.LogRecord) -> None:
        note(f"{record.name}: {record.getMessage()}")


def hear_libraries() -> None:
    """Print errors that libraries log as notes of one line, and drop libraries' warnings.

    Errors and warnings may repeat names from strangers, and libraries print control characters as they are.
    """
    logging.lastResort = _Notes(logging.ERROR)
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())
