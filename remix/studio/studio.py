"""The studio's parts: what the routes of all pages work with.

Takes a workspace and a reviewer's name, gives a `Studio`. Knows nothing of HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from remix.records import Frozen
from remix.studio.drafts import StudioDrafts
from remix.studio.events import Events
from remix.studio.garden import Garden
from remix.studio.jobs import Jobs
from remix.studio.model_pulls import Pulls
from remix.studio.open_runs import OpenRuns
from remix.studio.outputs_watch import OutputsWatch
from remix.studio.passage_texts import PassageTexts
from remix.studio.woven_essays import WovenEssays
from remix.workspace import Workspace


@dataclass(frozen=True)
class Studio:
    """The parts of a studio, shared by all pages and threads."""

    workspace: Workspace
    runs: OpenRuns
    """All runs, those that appear while the studio is open included."""
    garden: Garden
    """Essays, tags and passages."""
    texts: PassageTexts
    """Passages with all their texts."""
    essays: WovenEssays
    """Woven essays, with the passages behind each sentence."""
    events: Events
    """What open pages hear."""
    jobs: Jobs
    """Runs that pages asked for, and the engine process."""
    pulls: Pulls
    """Models that are being downloaded."""
    drafts: StudioDrafts
    """Essays put together from accepted texts."""
    watch: OutputsWatch
    """What other processes do in the outputs folder."""
    stirred: threading.Event
    """Set whenever runs or their outputs have changed."""

    @classmethod
    def open(cls, workspace: Workspace, named: Sequence[str], reviewer: str) -> Studio:
        """A studio in which the named runs are open at once; `runs.find_runs` opens all others.

        Runs are named by path or by the beginning of their names. Raises `RunError`.
        """
        outputs = workspace.outputs
        runs = OpenRuns.open(outputs, named, reviewer) if named else OpenRuns(outputs, (), reviewer)
        events, stirred = Events(), threading.Event()

        def publish(name: str, value: Frozen) -> None:
            events.publish(name, value)
            if name in ("runs", "output"):
                stirred.set()

        jobs = Jobs(workspace, publish)
        garden = Garden(workspace, runs, lambda: jobs.active_run)
        return cls(
            workspace=workspace,
            runs=runs,
            garden=garden,
            texts=PassageTexts(garden, runs),
            essays=WovenEssays(runs),
            events=events,
            jobs=jobs,
            pulls=Pulls(events.publish),
            drafts=StudioDrafts(workspace, runs, events.publish),
            watch=OutputsWatch(outputs, publish, lambda: jobs.active_run),
            stirred=stirred,
        )
