"""Printing lists: a table for people, tab-separated lines for pipes, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print a JSON value for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows: with rules and colours on a terminal, else a line each with tabs between."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    # The first column is what is typed elsewhere: it must never be shortened.
    first = Column(
        headers[0], no_wrap=True, overflow="fold", min_width=max((len(str(row[0])) for row in rows), default=1)
    )
    table = Table(first, *headers[1:], box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def note(message: str) -> None:
    """Say something to the person, not to the pipe."""
    click.echo(message, err=True)
