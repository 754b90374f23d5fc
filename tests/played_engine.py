"""An engine process that says what a test lets it say, and jobs over such processes."""

from __future__ import annotations

from typing import Any

from remix.errors import ModelError, RemixError
from remix.records import Frozen
from remix.studio.engine_host import Hear, HearEnd
from remix.studio.engine_messages import Began
from remix.studio.job_records import Job
from remix.studio.jobs import Jobs, Publish
from remix.workspace import Workspace


class PlayedHost:
    """An engine process that says what the test lets it say."""

    def __init__(self, hear: Hear, hear_end: HearEnd) -> None:
        self.hear, self.hear_end = hear, hear_end
        self.told: list[Frozen] = []
        self.is_closed = self.is_deaf = False

    def say(self, command: Frozen) -> None:
        if self.is_deaf:
            raise ModelError("the engine's process has just ended.", "Try again.")
        self.told.append(command)

    def close(self) -> None:
        self.is_closed = True


class Played:
    """Jobs over played processes."""

    def __init__(self, workspace: Workspace, publish: Publish | None = None) -> None:
        """`publish` hears what is published, too."""
        self.hosts: list[PlayedHost] = []
        self.published: list[tuple[str, Any]] = []
        self.refuses: RemixError | None = None
        self._publish_too = publish
        self.jobs = Jobs(workspace, self._publish, self._start)

    def _publish(self, name: str, value: Frozen) -> None:
        self.published.append((name, value))
        if self._publish_too:
            self._publish_too(name, value)

    def _start(self, workspace: Workspace, hear: Hear, hear_end: HearEnd) -> PlayedHost:
        if self.refuses:
            raise self.refuses
        self.hosts.append(PlayedHost(hear, hear_end))
        return self.hosts[-1]

    @property
    def host(self) -> PlayedHost:
        return self.hosts[-1]

    def begin(self, job: Job, planned: int = 2, finished: int = 0) -> None:
        self.host.hear(Began(job=job.id, run="a-run", planned=planned, finished=finished, model="tiny"))

    def states(self, job: Job) -> list[str]:
        """The states of a job that the page heard of, each once in a row."""
        heard = [value.state for name, value in self.published if name == "job" and value.id == job.id]
        return [state for at, state in enumerate(heard) if at == 0 or heard[at - 1] != state]
