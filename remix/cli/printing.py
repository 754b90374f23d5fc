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
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from remix.cli.wrapping import columns, wrap
from remix.util.names import LONGEST_SHOWN, in_json, one_line, quoted, readable, visible

INDENT = "    "
"""Before each line of a text."""

USUAL_WIDTH = 80
"""Columns to print a text in if there is no terminal."""

NO_END = 10_000
"""Columns without a terminal."""

Words = str | Sequence[tuple[str, str]]
"""A text: plain, or in parts with rich's styles."""

_LIKE_A_MESSAGE = re.compile(r":(\s|$)")
"""If a row's first cell matches, the cell looks like a message of remix, and is quoted."""


# -- lines --------------------------------------------------------------------------------------------------


def say(message: str = "", bold: bool = False) -> None:
    """Print a line to the standard output."""
    for line in _fitted(one_line(message)):
        click.echo(click.style(line, bold=True) if bold else line)


def note(*lines: str) -> None:
    """Print messages to stderr, each in a line; an empty message is an empty line."""
    for line in lines:
        _print_fitted(one_line(line), err=True)


def at_once(message: str) -> None:
    """Print a message to stderr while another line may be half printed, and show a hidden cursor again."""
    cursor = "\x1b[?25h" if os.isatty(2) else ""
    with suppress(OSError):
        lines = "\n".join(_fitted(one_line(message), err=True))
        os.write(2, f"{cursor}\n{lines}\n".encode("utf-8", "backslashreplace"))


def head(name: str) -> None:
    """Print a heading to stderr."""
    for line in _fitted(one_line(name), err=True):
        click.echo(click.style(line, bold=True), err=True)


def row(key: str, value: str) -> None:
    """Print a line of a list of terms and values."""
    _print_fitted(one_line(value), f"{_first(key):<11} ", " " * 12)


def detail(message: str) -> None:
    """Print an indented line, as a detail of the line above."""
    _print_fitted(one_line(message), "  ", INDENT)


def error(message: str, *hints: str) -> None:
    """Print a line about an error, and lines about the next steps."""
    start = "Error:" if os.environ.get("NO_COLOR") else click.style("Error:", fg="red")
    first, *further = _fitted(one_line(message), "Error: ", "  ", err=True)
    click.echo("\n".join([start + first.removeprefix("Error:"), *further]), err=True)
    for hint in hints:
        _print_fitted(one_line(hint), "  ", INDENT, err=True)


def step(name: str, command: str) -> None:
    """Print a next step to stderr: what for, and a command.

    A command longer than a line goes on after a backslash, so that a shell takes the lines as they are.
    """
    first, further, width = f"{name:<8} ", INDENT, (_terminal(err=True) or NO_END) - 2
    if columns(first) > width // 2:
        note(name)
        first, further = INDENT, INDENT * 2
    click.echo(" \\\n".join(wrap(one_line(command), width, first, further)), err=True)


def place(path: str) -> None:
    """Print a path in one line, however narrow the terminal is."""
    click.echo(one_line(path))


def ask(question: str) -> None:
    """Ask a question. Raises `click.Abort` if the answer is no, `KeyboardInterrupt` at Ctrl-C."""
    try:
        click.confirm(one_line(question), abort=True, err=True)
    except click.Abort as end:
        # click makes one exception of Ctrl-C and of the answer no.
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def clean(problem: click.ClickException) -> click.ClickException:
    """click's own error with a message of a single line: the message may repeat a setting or an argument."""
    problem.__dict__["message"] = one_line(problem.message)
    lines = "\n".join(_fitted(problem.format_message(), "Error: ", "  ", err=True))
    problem.__dict__["format_message"] = lambda: lines.removeprefix("Error: ")
    return problem


# -- texts --------------------------------------------------------------------------------------------------


def text(words: str, err: bool = False) -> None:
    """Print a text by a person or a model, with indented lines."""
    lines = indented(words)
    if width := _terminal(err):
        lines = "\n".join(_in_width(line, width) for line in lines.split("\n"))
    click.echo(lines, err=err)


def beginning(words: str, most: int) -> None:
    """Print the beginning of a text to stderr, in at most `most` lines that fit the terminal, or 80 columns."""
    text = " ".join(readable(words, keep=TAB).split())
    lines = wrap(text[: most * NO_END], (_terminal(err=True) or USUAL_WIDTH) - 2, INDENT, INDENT)
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1]} …"]
    click.echo("\n".join(lines), err=True)


def print_shaded(parts: Sequence[tuple[str, str]]) -> None:
    """Print a text as `text` does, from parts with rich's styles; styles are for terminals alone."""
    if _terminal() is None or not any(style for _, style in parts):
        text("".join(words for words, _ in parts))
        return
    from rich.padding import Padding

    print_rich(Padding(shaded(parts), (0, 0, 0, len(INDENT))))


def shaded(words: Words) -> Any:
    """A text, plain or in parts with styles, as rich's `Text`."""
    from rich.text import Text

    parts = [(words, "")] if isinstance(words, str) else words
    return Text.assemble(*((readable(part), style) for part, style in parts))


def rule() -> None:
    """Print a line between two texts to stderr."""
    click.echo(f"{INDENT}---", err=True)


def indented(words: str) -> str:
    """A text with indented lines and with control characters spelt out."""
    return "\n".join(f"{INDENT}{readable(line, keep=TAB)}".rstrip() for line in words.splitlines())


class Flow:
    """Prints a text piece by piece, indented as `text` does."""

    def __init__(self) -> None:
        self._at = 0
        """Column of the cursor."""
        self._word = ""
        """A word, with the space before, that may not be complete yet. Without a terminal words needn't fit."""

    def add(self, words: str) -> None:
        """Print the next piece."""
        for part in _PARTS.findall(readable(words)):
            if part[0].isspace() or self._word.isspace():
                self._print()
            self._word += part
            if part == "\n" or not _terminal():
                self._print()

    def end(self) -> None:
        """End the text: the next text begins on a new line."""
        self._print()
        click.echo()
        self._at = 0

    def _print(self) -> None:
        word, self._word = self._word, ""
        if word == "\n":
            click.echo()
            self._at = 0
        elif word:
            if self._at + columns(word) > (_terminal() or NO_END):
                click.echo()
                self._at, word = 0, word.lstrip()
            shown = word if self._at else INDENT + word
            click.echo(shown, nl=False)
            self._at += columns(shown)


_PARTS = re.compile(r"\n|[^\S\n]+|\S+")

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
    width = _terminal()
    if width is None:
        # In a single call: printing thousands of single lines is slow.
        click.echo("".join("\t".join(row) + "\n" for row in cells), nl=False)
        return
    from rich.table import Column, Table
    from rich.text import Text

    # People copy the first column into commands: the column's cells stay whole, as do the words of the others.
    least = [max(map(_widest, column)) for column in zip(headers, *cells, strict=True)]
    first = max((columns(row[0]) for row in cells), default=1)
    if sum(least[1:]) + max(first, least[0]) + 2 * (len(headers) - 1) > width:
        _print_rows_below_each_other(headers, cells)
        return
    shown = [Column(name, min_width=width, overflow="fold") for name, width in zip(headers, least, strict=True)]
    shown[0].no_wrap, shown[0].min_width = True, max(first, least[0])
    table = Table(*shown, box=None, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    print_rich(table)


def _print_rows_below_each_other(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Print a table on a terminal too narrow for its columns: the first cell of a row, and the others below."""
    for first, *others in cells:
        click.echo(first)
        for name, cell in zip(headers[1:], others, strict=True):
            if cell.strip():
                _print_fitted(cell, f"  {name}: ", INDENT)


def _widest(cell: str) -> int:
    """Columns of a cell's longest word."""
    return max(map(columns, cell.split()), default=0)


def print_beside(left: tuple[str, Words], right: tuple[str, Words]) -> None:
    """Print two texts with headings side by side, indented as `text` does."""
    from rich.table import Column, Table
    from rich.text import Text

    columns = [Column(Text(one_line(heading)), ratio=1) for heading, _ in (left, right)]
    table = Table(*columns, box=None, header_style="bold", padding=(0, 0, 0, len(INDENT)), expand=True)
    table.add_row(*(shaded(words) for _, words in (left, right)))
    print_rich(table)


def print_rich(shown: Any) -> None:
    """Print a table or tree of rich, whose texts are safe already; outside a terminal nothing is wrapped."""
    from rich.console import Console

    Console(width=_terminal() or NO_END).print(shown)


def _terminal(err: bool = False) -> int | None:
    """Columns of the terminal that a stream prints to; null if the stream is none."""
    return shutil.get_terminal_size().columns if (sys.stderr if err else sys.stdout).isatty() else None


def _fitted(line: str, first: str = "", further: str = "  ", err: bool = False) -> list[str]:
    """A line in lines that fit the terminal, without cutting a word; elsewhere the line itself.

    Lines but the first are indented, so that a stranger's words can't look like a message of remix.
    """
    width = _terminal(err)
    return wrap(line, width, first, further) if width and line else [first + line]


def _in_width(line: str, width: int) -> str:
    """An indented line in lines of a width, all with the same indent."""
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    return "\n".join(wrap(words, width, indent, indent)) if words else ""


def _print_fitted(line: str, first: str = "", further: str = "  ", err: bool = False) -> None:
    click.echo("\n".join(_fitted(line, first, further, err)), err=err)


def _first(cell: str) -> str:
    """A row's first cell, quoted if the cell could be taken for a message."""
    return quoted(cell) if _LIKE_A_MESSAGE.search(cell) else one_line(cell, LONGEST_SHOWN)


def shortened(text: str, most: int = 60) -> str:
    """A text in a single line of at most `most` letters, cut between words if there is a space."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rpartition(' ')[0] or line[: most - 1]}…"


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


# -- two texts ----------------------------------------------------------------------------------------------

WIDE = 100
"""Columns: a terminal at least as wide shows two texts side by side."""


def print_pair(left: tuple[str, Words], right: tuple[str, Words]) -> None:
    """Print two texts with headings: side by side on a wide terminal, elsewhere one below the other."""
    if sys.stdout.isatty() and shutil.get_terminal_size().columns >= WIDE:
        print_beside(left, right)
        return
    print_below(*left)
    say()
    print_below(*right)


def print_below(heading: str, words: Words) -> None:
    """Print a text below a heading."""
    say(heading)
    say()
    text(words) if isinstance(words, str) else print_shaded(words)
