"""Printing lists: a table for people, tab-separated lines for pipes, JSON when asked.

Takes values, prints them. Titles, names and texts may come from strangers: what a terminal would obey is spelt out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from remix.names import visible

embeddings_option = click.option(
    "--embeddings",
    metavar="MODEL",
    help="What texts are about, by this GGUF's own view of them; none to go by words alone. By default what "
    "essay-remix[embeddings] installed, if it did.",
)
by_option = click.option(
    "--by",
    type=click.Choice(["words", "meaning"]),
    default="words",
    show_default=True,
    help="What sentences are matched by: their letters, or what they say; meaning wants the extra `embeddings`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print a JSON value for programs."""
    # JSON's own escapes cover only the first 32 of the letters in question; between strings only line ends stand.
    click.echo(visible(json.dumps(value, ensure_ascii=False, indent=2), keep="\n"))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: with rules and colours on a terminal, else a line each with tabs between."""
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        # At once: thousands of single lines take longer than to find them.
        click.echo("".join("\t".join(row) + "\n" for row in cells), nl=False)
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    # The first column is what is typed elsewhere: it must never be shortened.
    first = Column(
        headers[0], no_wrap=True, overflow="fold", min_width=max((len(row[0]) for row in cells), default=1)
    )
    table = Table(first, *headers[1:], box=None, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shown(words: str) -> str:
    """A text as a terminal may show it, its lines as they are."""
    return visible(words, keep="\n\t")


def note(message: str) -> None:
    """Say something to the person, not to the pipe."""
    click.echo(visible(message, keep="\n"), err=True)
