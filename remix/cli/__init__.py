"""The command line: parse, call one function, print.

Results go to stdout, progress and messages to stderr. Whatever is slow to import is imported inside the
commands, so that help comes at once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import printing
from remix.errors import RemixError

if TYPE_CHECKING:
    from remix.workspace import Workspace

INTERRUPTED = 130
"""What the shell calls a command that Ctrl-C ended."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Failure(click.ClickException):
    """A `RemixError` on its way to the terminal; click makes its exit code 1."""

    def __init__(self, error: RemixError) -> None:
        super().__init__(error.message)
        self.hint = error.hint

    def show(self, file: Any = None) -> None:
        """Print it: what is wrong in a line, what to do in another."""
        printing.error(self.message, self.hint)


_HOMES = {
    "add": "add",
    "check": "check",
    "compare": "compare",
    "export": "export",
    "generate": "generate",
    "init": "init",
    "measure": "measure",
    "models": "models",
    "passages": "corpus",
    "resume": "generate",
    "review": "review",
    "runs": "runs",
    "show": "runs",
    "sign": "verify",
    "status": "status",
    "tags": "tags",
    "try": "generate",
    "verdict": "verdict",
    "verify": "verify",
    "why": "verify",
}
"""The module that a command is in: only that of the command at hand is imported."""


class Commands(Mapping[str, click.Command]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        """A command. Raises `KeyError` for a name that none has."""
        commands: tuple[click.Command, ...] = import_module(f"{__name__}.{_HOMES[name]}").COMMANDS
        return next(command for command in commands if command.name == name)

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(_HOMES)

    def __len__(self) -> int:
        """How many there are."""
        return len(_HOMES)


class Group(click.Group):
    """Turns remix's errors, and those of the file system, into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RemixError as error:
            raise Failure(error) from error
        except click.ClickException as error:
            raise printing.clean(error)  # noqa: B904 (it is the same one)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise Failure(RemixError(f"{where}{error.strerror or error}.", "Check the path.")) from error


def _workspace(ctx: click.Context) -> Workspace:
    """The workspace, with its settings made the defaults of the commands' options."""
    from remix.workspace import open_workspace

    root = Path(ctx.params["workspace"])
    workspace = open_workspace(root)
    if ctx.params["seeds"]:
        workspace = workspace.with_seeds(Path(ctx.params["seeds"]))
    settings = workspace.settings.generate.model_dump(exclude_none=True)
    if "kind" in settings:
        settings["kinds"] = settings.pop("kind")
    model = {"model": workspace.model} if workspace.model else {}
    drafting = {
        key: value for key, value in settings.items() if key in {"seed", "threads", "max_tokens", "temperature"}
    }
    chosen = {"min_words": workspace.settings.min_words} if workspace.settings.min_words else {}
    planning = {**settings, **model, **chosen}
    ctx.default_map = {
        "generate": planning,
        "check": planning,
        "try": {**drafting, **model},
        "passages": chosen,
        "tags": {**chosen, "near": chosen, "together": chosen},
    }
    return workspace


@click.group(cls=Group, commands=Commands(), context_settings=CONTEXT)
@click.option(
    "-C",
    "--workspace",
    type=click.Path(exists=True, file_okay=False),
    default=".",
    envvar="REMIX_WORKSPACE",
    help="Folder with seeds/, prompts/ and outputs/; by default this one, or the nearest above it.",
)
@click.option(
    "--seeds",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    envvar="REMIX_SEEDS",
    help="Folder of essays or notes, wherever it lies; by default the workspace's.",
)
@click.version_option(package_name="essay-remix", prog_name="remix")
@click.pass_context
def cli(ctx: click.Context, workspace: str, seeds: str | None) -> None:
    """Rewrite the tagged passages of your essays with a local model.

    Every output carries its provenance, and the same request gives the same bytes.
    """
    if ctx.invoked_subcommand != "init":
        ctx.obj = _workspace(ctx)


def main() -> None:
    """The `remix` command."""
    # A listing makes thousands of small objects that stay: the collector would look through them again and again, and
    # at the end once more.
    gc.set_threshold(500_000, 20, 20)
    printing.hear_libraries()
    try:
        cli(prog_name="remix")
    finally:
        gc.freeze()
