"""The studio's parts: what the routes of all pages work with.

Takes a workspace and a reviewer's name, gives a `Studio`. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remix.studio.open_runs import OpenRuns
from remix.workspace import Workspace


@dataclass(frozen=True)
class Studio:
    """The parts of a studio, shared by all pages and threads."""

    workspace: Workspace
    runs: OpenRuns
    """All runs, those that appear while the studio is open included."""

    @classmethod
    def open(cls, workspace: Workspace, named: Sequence[str], reviewer: str) -> Studio:
        """A studio in which the named runs are open at once; `runs.find_runs` opens all others.

        Runs are named by path or by the beginning of their names. Raises `RunError`.
        """
        outputs = workspace.outputs
        runs = OpenRuns.open(outputs, named, reviewer) if named else OpenRuns(outputs, (), reviewer)
        return cls(workspace=workspace, runs=runs)
