"""`remix help`, and the layout of all help pages.

Takes a command, gives its help in lines that fit the terminal; words and options are never cut in two.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable

import click

from remix.cli.printing import document
from remix.cli.wrapping import columns, wrap

NARROW = 60
"""Columns below which an explanation has lines to itself, and doesn't stand beside its option."""

MOST_BESIDE = 30
"""Columns of the longest option or command with the explanation beside; longer ones have the explanation below."""

LONGEST_SUMMARY = 200
"""Characters of a command's line in a list of commands."""


class Formatter(click.HelpFormatter):
    """Lays out a help page."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        super().__init__(indent_increment, width or min(shutil.get_terminal_size().columns, max_width or 80))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line; further lines are indented."""
        self._write(f"{prefix or 'Usage: '}{prog} {args}", "", " " * 4)

    def write_text(self, text: str) -> None:
        """Write paragraphs; the lines of a paragraph that begins with a backspace are kept."""
        indent = " " * self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            self.write("\n" if number else "")
            kept, lines = paragraph.startswith("\b"), paragraph.removeprefix("\b\n").splitlines()
            for line in lines if kept else [" ".join(lines)]:
                self._write(line, indent, indent + " " * (4 if kept else 0))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = MOST_BESIDE, col_spacing: int = 2) -> None:
        """Write terms with explanations, beside the terms or below."""
        rows = list(rows)
        indent = " " * self.current_indent
        widest = max((columns(term) for term, _ in rows if columns(term) <= col_max), default=0)
        beside = self.current_indent + widest + col_spacing
        below = self.current_indent + 4
        start = below if self.width < NARROW else beside
        for term, words in rows:
            is_beside = start == beside and columns(term) <= widest
            if words and is_beside:
                self._write(words, (indent + term).ljust(start), " " * start)
                continue
            self._write(term, indent, " " * below)
            if words:
                self._write(words, " " * start, " " * start)

    def _write(self, text: str, first: str, further: str) -> None:
        self.write("\n".join(wrap(text, self.width, first, further)) + "\n")


class Context(click.Context):
    """The context of a command with this module's layout of the help."""

    formatter_class = Formatter


def write_commands(group: click.Group, names: Iterable[str], formatter: click.HelpFormatter) -> None:
    """Write commands of a group, each with the first sentence of its help."""
    widest = max(map(len, group.commands))
    formatter.write_dl(
        [(name.ljust(widest), group.commands[name].get_short_help_str(LONGEST_SUMMARY)) for name in names]
    )


def with_layout(command: click.Command) -> click.Command:
    """Have this module lay out the help of a command and of all commands below; gives the command."""
    command.context_class = Context
    for part in command.commands.values() if isinstance(command, click.Group) else ():
        with_layout(part)
    return command


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The commands, or the parts of the command already typed, whose names begin so."""
    assert ctx.parent
    command: click.Command | None = ctx.parent.command
    for word in ctx.params.get("words") or ():
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    names = command.commands if isinstance(command, click.Group) else ()
    return sorted(name for name in names if name.startswith(incomplete))


@click.command(name="help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=_complete)
@click.pass_context
def help_(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show what a command does, as `--help` does; without COMMAND, list the commands."""
    assert ctx.parent
    found, command = ctx.parent, ctx.parent.command
    for word in words:
        part = command.get_command(found, word) if isinstance(command, click.Group) else None
        if part is None:
            raise click.UsageError(f"there is no command '{' '.join(words)}'. `remix help` lists the commands.")
        command, found = part, Context(part, found, word, help_option_names=ctx.help_option_names)
    document(f"{command.get_help(found)}\n".encode())


COMMANDS = (help_,)
