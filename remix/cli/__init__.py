"""The command line: each command parses options, calls a function and prints the result.

Results go to stdout, progress and messages to stderr. Slow modules are imported inside the commands, so that `--help`
is quick.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import door, mending, printing, stopped
from remix.cli.help import Context, with_layout, write_commands
from remix.cli.left_out import left_out_in_lines
from remix.errors import RemixError
from remix.util import interrupts, mapped_files
from remix.util.garbage import collect_seldom

if TYPE_CHECKING:
    from remix.workspace import Workspace

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Failure(click.ClickException):
    """A `RemixError` as a click exception; the exit code is 1."""

    def __init__(self, error: RemixError) -> None:
        super().__init__(error.message)
        self.hint = error.hint
        self.left_out = left_out_in_lines(error.left_out)

    def show(self, file: Any = None) -> None:
        """Print the message, what was left out before, and the hint, each in a line."""
        printing.error(self.message, *self.left_out, self.hint)


TASKS = {
    "Write": ("generate", "weave", "try", "resume", "branch", "roads", "studio"),
    "Look": ("show", "tree", "runs", "status", "compare", "measure", "why"),
    "Judge": ("review", "verdict"),
    "Keep": ("export", "verify", "sign"),
    "Set up": ("init", "add", "check", "passages", "tags", "models", "help"),
}
"""The commands by task, in the order of the help page."""

_HOMES = {name: name for names in TASKS.values() for name in names} | {
    "passages": "corpus",
    "resume": "generate",
    "review": "studio",
    "try": "generate",
    "show": "runs",
    "sign": "verify",
    "why": "verify",
}
"""The module of each command. Only the module of the command that runs is imported."""

MORE = (
    "`remix help COMMAND` tells more of a command. To complete commands and options with the Tab key: "
    'eval "$(_REMIX_COMPLETE=bash_source remix)", or zsh_source or fish_source (docs/install.md).'
)


class Commands(Mapping[str, click.Command]):
    """The commands by name. A command is imported when its name is looked up."""

    def __getitem__(self, name: str) -> click.Command:
        """The command with a name. Raises `KeyError` for an unknown name."""
        commands: tuple[click.Command, ...] = import_module(f"{__name__}.{_HOMES[name]}").COMMANDS
        return with_layout(next(command for command in commands if command.name == name))

    def __contains__(self, name: object) -> bool:
        """Whether a command with a name exists; imports no command."""
        return name in _HOMES

    def get(self, name: str, default: Any = None) -> Any:
        """The command with the name, or the default. A `KeyError` raised by the command's own module gets through."""
        return self[name] if name in _HOMES else default

    def __iter__(self) -> Iterator[str]:
        """The names of all commands."""
        return iter(_HOMES)

    def __len__(self) -> int:
        """The number of commands."""
        return len(_HOMES)


class Group(click.Group):
    """Turns errors of remix, of the file system and all unexpected exceptions into a message and an exit code."""

    context_class = Context

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by task, each with the first sentence of its help."""
        for task, names in TASKS.items():
            with formatter.section(task):
                write_commands(self, names, formatter)

    def main(self, *arguments: Any, **named: Any) -> Any:
        """Parse the command line and run the command. In standalone mode no exception but `SystemExit` gets out."""
        try:
            return super().main(*arguments, **named)
        except (SystemExit, KeyboardInterrupt, GeneratorExit):
            raise
        # A panic of a library written in Rust is a `BaseException`.
        except BaseException as error:
            if not named.get("standalone_mode", True):
                raise
            failure = _failure(error)
            if failure:
                failure.show()
                sys.exit(failure.exit_code)
            words = arguments[0] if arguments else named.get("args")
            sys.exit(door.show(error, sys.argv if words is None else words))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            with interrupts.Working():
                return super().invoke(ctx)
        except click.ClickException as error:
            raise printing.clean(error)  # noqa: B904 (it is the same one)
        except KeyboardInterrupt:
            stopped.tell()
            ctx.exit(interrupts.STOPPED)
        except EOFError as error:
            # click would take an EOFError for the end of typed input.
            ctx.exit(door.show(error, sys.argv))
        except (RemixError, OSError) as error:
            failure = _failure(error)
            if failure is None:
                raise
            raise failure from error


def _failure(error: BaseException) -> Failure | None:
    """How click shows an error of remix or of the file system; None for other errors."""
    if isinstance(error, RemixError):
        return Failure(error)
    # click itself handles a closed pipe: it ends the process quietly.
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        where = f"{error.filename}: " if error.filename else ""
        return Failure(RemixError(f"{where}{error.strerror or error}.", "Check the path."))
    return None


def _workspace(ctx: click.Context) -> Workspace:
    """The workspace; its settings become the defaults of the commands' options."""
    from remix.util.processes import leave_out
    from remix.workspace import open_workspace

    root = Path(ctx.params["workspace"])
    workspace = open_workspace(root)
    leave_out(workspace.root)
    if ctx.params["seeds"]:
        workspace = workspace.with_seeds(Path(ctx.params["seeds"]))
    settings = workspace.settings
    top = {"min_words": settings.min_words, "strict": settings.strict, "model": workspace.model}
    given = {**settings.generate.given, **{name: value for name, value in top.items() if value}}
    # `remix try` makes one step, even if the settings say how many steps a run makes.
    one_text = {name: value for name, value in given.items() if name != "steps"}
    ctx.default_map = {
        **dict.fromkeys(("add", "check", "generate", "passages", "status"), given),
        "try": one_text,
        "tags": {**given, "near": given, "together": given, "rename": given},
    }
    return workspace


@click.group(cls=Group, commands=Commands(), context_settings=CONTEXT, epilog=MORE)
@click.option(
    "-C",
    "--workspace",
    type=click.Path(exists=True, file_okay=False),
    default=".",
    envvar="REMIX_WORKSPACE",
    help="The workspace: a folder with seeds/, prompts/ and outputs/. By default the current folder, or the nearest "
    "workspace above it.",
)
@click.option(
    "--seeds",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    envvar="REMIX_SEEDS",
    help="Folder of essays or notes; by default the workspace's.",
)
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    help="After an internal error, show where it happened in the code.",
)
@click.version_option(package_name="essay-remix", prog_name="remix")
@click.pass_context
def cli(ctx: click.Context, workspace: str, seeds: str | None) -> None:
    """Rewrite the tagged passages of your essays with a language model on this machine.

    remix records how each text was made. The same request gives the same text, byte for byte.
    """
    if ctx.invoked_subcommand not in ("init", "help"):
        ctx.obj = _workspace(ctx)
        mending.mend_indexes(ctx.obj.outputs)


def main() -> None:
    """The `remix` command."""
    collect_seldom()
    printing.open_streams()
    door.watch_threads()
    printing.hear_libraries()
    mapped_files.tell = printing.at_once
    interrupts.install(stopped.tell_gently, stopped.tell_at_once)
    try:
        cli(prog_name="remix")
    except SystemExit as end:
        if end.code == interrupts.STOPPED:
            interrupts.end_stopped()
        raise
    finally:
        # At its end Python would search once more.
        gc.freeze()
