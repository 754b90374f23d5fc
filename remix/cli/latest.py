"""The run that a command is about: named by the user, or the latest run, whose name is then printed.

Takes the workspace and the user's word, gives the run's folder. Knows nothing of what the command does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remix.cli.printing import note
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.workspace import Workspace

MOST_NAMED = 1
"""Runs passed over that a message names: a writer may have many runs of branches."""


def run_folder(workspace: Workspace, word: str | None) -> RunFolder:
    """The run that the user names, or else the latest run. Raises `RunError`."""
    from remix.outputs import RunFolder

    return RunFolder.open(run_path(workspace, word))


def run_path(workspace: Workspace, word: str | None) -> Path:
    """The folder of the run that the user names, or else of the latest run. Raises `RunError`."""
    from remix.outputs import find

    return latest_path(workspace) if word is None else find.run_path(workspace.outputs, word)


def latest_path(workspace: Workspace) -> Path:
    """The folder of the latest run, whose name is printed, with the later runs that are passed over."""
    from remix.outputs.runs import latest

    found = latest(workspace.outputs)
    passed = [f"{quoted(each.name)}, {each.why}" for each in found.passed_over]
    more = [f"{len(passed) - MOST_NAMED} more"] if len(passed) > MOST_NAMED else []
    later = f" (passed over: {'; '.join([*passed[:MOST_NAMED], *more])})" if passed else ""
    note(f"Latest run: {quoted(found.path.name)}{later}")
    return found.path
