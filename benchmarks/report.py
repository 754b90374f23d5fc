"""Tables to read, which are Markdown too, and JSON to keep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.machine import Machine


def blank(title: str, first: str, *others: str) -> Table:
    """An empty table: the first column to the left, the others to the right."""
    made = Table(title=title, box=box.MARKDOWN, title_justify="left")
    made.add_column(first)
    for each in others:
        made.add_column(each, justify="right")
    return made


def number(value: float, digits: int) -> str:
    """A number as tables give it."""
    return f"{value:,.{digits}f}"


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest."""
    return f"{min(values):.1f}…{max(values):.1f}"


def mebibytes(count: int) -> str:
    """Bytes in MiB."""
    return f"{count / 2**20:,.0f}"


def show(tables: Iterable[Table]) -> None:
    """Print them, as wide as they are."""
    console = Console(width=200)
    for table in tables:
        console.print(table)
        console.print()


def save(target: Path | None, machine: Machine, results: Any, **more: Any) -> None:
    """Write everything as JSON, if somewhere was named."""
    if target:
        whole = {"machine": machine.model_dump(mode="json"), "results": results, **more}
        target.write_text(json.dumps(whole, indent=2, default=str) + "\n")
