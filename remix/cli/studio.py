"""`remix studio` and `remix review`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import click

from remix.cli import completion
from remix.cli.latest import latest_path
from remix.cli.options import reviewer_option
from remix.cli.printing import note, say
from remix.util import interrupts
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.workspace import Workspace

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _server_options(command: _Command) -> _Command:
    """The options of both commands."""
    options = [
        click.option("--open/--no-open", "browse", default=True, help="Whether to open the page in the browser."),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            metavar="PORT",
            help="Port of the page, 0 for any free one; by default the workspace's own, if that is free.",
        ),
        click.option(
            "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on."
        ),
        click.option("--i-know", is_flag=True, help="Let other machines connect although nothing is encrypted."),
        reviewer_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_server_options
@click.pass_obj
def studio(workspace: Workspace, /, **server: Any) -> None:
    """Read, write and judge texts in the browser: essays, tags, runs, drafts, and what was accepted.

    The page loads nothing from other machines, and nobody else can open the page: the address contains a key that
    works once. Enter prints an address with a new key.
    """
    _serve(workspace, [], "", **server)


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=completion.run)
@_server_options
@click.pass_obj
def review(workspace: Workspace, /, runs: tuple[str, ...], **server: Any) -> None:
    """Read texts beside their passages in the browser, and judge them by keyboard.

    RUN is the path of a run or the beginning of a run's name; by default the latest run, with its refreshes. Verdicts
    go to the run's reviews.jsonl, as with `remix verdict`. The page loads nothing from other machines, and nobody
    else can open the page: the address contains a key that works once. Enter prints an address with a new key.
    """
    _check_host(server["host"], server["i_know"])
    _serve(workspace, runs or _latest(workspace), "desk", **server)


COMMANDS = (studio, review)


def _serve(
    workspace: Workspace,
    runs: Sequence[str],
    page: str,
    *,
    browse: bool,
    port: int | None,
    host: str,
    i_know: bool,
    reviewer: str | None,
) -> None:
    """Serve the studio until Ctrl-C; the first page shows the runs."""
    from remix.outputs import reviews
    from remix.studio.guard import Access
    from remix.studio.server import bind, bind_own, own_port, serve
    from remix.studio.studio import Studio

    _check_host(host, i_know)
    opened = Studio.open(workspace, runs, reviewer or reviews.default_reviewer())
    query = urlencode([("run", folder.run.name) for folder in opened.runs.folders])
    bound = bind_own(host, workspace.root) if port is None else bind(host, port)
    if port is None and bound.getsockname()[1] != (own := own_port(workspace.root)):
        note(
            f"Port {own} is taken, which is this workspace's own. Words that a browser kept there, and no studio has "
            f"stored, aren't on this page: they come back when the studio is opened at port {own} again."
        )
    access = Access(host, bound.getsockname()[1], f"{page}?{query}" if query else page)
    say(access.address)
    renewing = "Enter prints a new address, " if sys.stdin.isatty() else ""
    note(f"{renewing}Ctrl-C closes the studio; every verdict is saved at once.")
    if serve(opened, access, bound, browse, note):
        interrupts.end_at_once(0)


def _check_host(host: str, i_know: bool) -> None:
    from remix.studio.guard import is_loopback

    if not is_loopback(host) and not i_know:
        raise click.UsageError(
            f"--host {host} lets other machines connect, and nothing is encrypted: everybody who sees the address on "
            "its way can read and judge. Add --i-know if you mean it."
        )


def _latest(workspace: Workspace) -> list[str]:
    """The paths of the latest run and of its refreshes, whose names are printed."""
    from remix.outputs import RunFolder
    from remix.outputs.runs import refreshes

    path = latest_path(workspace)
    later = refreshes(workspace.outputs, RunFolder.open(path))
    for each in later:
        note(f"With its refresh: {quoted(each.path.name)}")
    return [str(path), *(str(each.path) for each in later)]
