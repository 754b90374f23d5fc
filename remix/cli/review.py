"""`remix review`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from remix.cli import completion
from remix.cli.latest import latest_path
from remix.cli.options import reviewer_option
from remix.cli.printing import note, say
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.workspace import Workspace


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=completion.run)
@click.option("--open/--no-open", "browse", default=True, help="Whether to open the page in the browser.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=0,
    help="Port of the page; by default any free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option("--i-know", is_flag=True, help="Let other machines connect although nothing is encrypted.")
@reviewer_option
@click.pass_obj
def review(
    workspace: Workspace,
    runs: tuple[str, ...],
    browse: bool,
    port: int,
    host: str,
    i_know: bool,
    reviewer: str | None,
) -> None:
    """Read texts beside their passages in the browser, and judge them by keyboard.

    RUN is the path of a run or the beginning of a run's name; by default the latest run, with its refreshes. Verdicts
    go to the run's reviews.jsonl, as with `remix verdict`. The page loads nothing from other machines, and nobody
    else can open the page: the address contains a key that works once. Enter prints an address with a new key.
    """
    from remix.outputs import reviews
    from remix.studio.guard import Access, is_loopback
    from remix.studio.open_runs import OpenRuns
    from remix.studio.server import bind, serve

    if not is_loopback(host) and not i_know:
        raise click.UsageError(
            f"--host {host} lets other machines connect, and nothing is encrypted: everybody who sees the address on "
            "its way can read and judge. Add --i-know if you mean it."
        )
    open_runs = OpenRuns.open(workspace.outputs, runs or _latest(workspace), reviewer or reviews.default_reviewer())
    bound = bind(host, port)
    access = Access(host, bound.getsockname()[1])
    say(access.address)
    renewing = "Enter prints a new address, " if sys.stdin.isatty() else ""
    note(f"{renewing}Ctrl-C closes the studio; every verdict is saved at once.")
    serve(open_runs, access, bound, browse, note)


COMMANDS = (review,)


def _latest(workspace: Workspace) -> list[str]:
    """The paths of the latest run and of its refreshes, whose names are printed."""
    from remix.outputs import RunFolder
    from remix.outputs.runs import refreshes

    path = latest_path(workspace)
    later = refreshes(workspace.outputs, RunFolder.open(path))
    for each in later:
        note(f"With its refresh: {quoted(each.path.name)}")
    return [str(path), *(str(each.path) for each in later)]
