"""`remix review`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from remix.cli.printing import note, say

if TYPE_CHECKING:
    from remix.workspace import Workspace


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option("--open/--no-open", "browse", default=True, help="Whether to open it in the browser.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; 0, the default, is any.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Whom to listen to.")
@click.option("--i-know", is_flag=True, help="Listen to other machines though nothing is encrypted.")
@click.option("--as", "reviewer", metavar="NAME", help="Who reviews; by default git's name for you.")
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
    """Read outputs against their source in the browser, and judge them by keyboard.

    RUN is a path or the beginning of a run's name, by default the latest. Verdicts go to each run's reviews.jsonl, as
    with `remix verdict`. Nothing is loaded from elsewhere, and nobody else can ask: the address holds a key, which
    opens the desk once. Enter prints another.
    """
    from remix.outputs import reviews
    from remix.studio.guard import Access, is_loopback
    from remix.studio.open_runs import OpenRuns
    from remix.studio.server import bind, serve

    if not is_loopback(host) and not i_know:
        raise click.UsageError(
            f"--host {host} lets other machines in, and nothing is encrypted: whoever sees the address on its way "
            "can read and judge. Add --i-know if you mean it."
        )
    open_runs = OpenRuns.open(workspace.outputs, runs, reviewer or reviews.default_reviewer())
    bound = bind(host, port)
    access = Access(host, bound.getsockname()[1])
    say(access.address)
    renewing = "Enter prints a new address, " if sys.stdin.isatty() else ""
    note(f"{renewing}Ctrl-C closes the desk; everything you say is kept at once.")
    serve(open_runs, access, bound, browse, note)


COMMANDS = (review,)
