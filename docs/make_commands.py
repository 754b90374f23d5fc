"""Writes docs/commands.md from the live command line: `python docs/make_commands.py`. A test compares the two."""

from __future__ import annotations

from pathlib import Path

import click

from remix.cli import TASKS, cli
from remix.cli.help import Context

TARGET = Path(__file__).with_name("commands.md")
HEAD = "# Commands\n\nMade from `--help` by `docs/make_commands.py`; don't edit.\n"


def page() -> str:
    """Every command's help, by task as `remix --help` lists the commands."""
    return "\n".join([HEAD, *(f"## {name}\n\n```\n{text}\n```\n" for name, text in _helps(cli, "remix"))])


def _helps(command: click.Command, name: str) -> list[tuple[str, str]]:
    context = Context(command, info_name=name, terminal_width=100, max_content_width=100, **_help_names())
    found = [(name, command.get_help(context))]
    if isinstance(command, click.Group):
        for part in _parts(command):
            found += _helps(command.commands[part], f"{name} {part}")
    return found


def _parts(group: click.Group) -> list[str]:
    return [name for names in TASKS.values() for name in names] if group is cli else sorted(group.commands)


def _help_names() -> dict[str, list[str]]:
    return {"help_option_names": ["-h", "--help"]}


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
