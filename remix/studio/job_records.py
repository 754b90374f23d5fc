"""Jobs as the page sees them, and the events about jobs.

Frozen values that become JSON; strings are safe to show. Knows nothing of queues and processes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from remix.records import Frozen, Message
from remix.studio.engine_messages import (
    BranchRequest,
    JobRequest,
    RedoRequest,
    ResumeRequest,
    TryRequest,
    WeaveRequest,
    WriteRequest,
)
from remix.util.names import readable

State = Literal["held", "queued", "loading", "writing", "stopping", "stopped", "finished", "failed"]
"""A job is held if it waited when a studio ended: a user says whether it is to begin."""

_OVER: frozenset[State] = frozenset({"stopped", "finished", "failed"})


class Job(Frozen):
    """A job as it stands."""

    id: str
    does: Literal["write", "weave", "resume", "redo", "branch", "try"]
    about: str
    """The request in words."""
    created: datetime
    state: State = "queued"
    stage: str = ""
    """What happens before the first text, in words."""
    run: str | None = None
    """Name of the run, as soon as it has a folder."""
    model: str | None = None
    planned: int = 0
    """Texts of the run."""
    finished: int = 0
    """Texts that are finished."""
    error: str = ""
    hint: str = ""
    failures: tuple[str, ...] = ()
    """Texts that could not be written, each with the reason."""
    notes: tuple[str, ...] = ()
    """What was left out, and what the user should know."""

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.state in _OVER


class OutputEvent(Frozen):
    """A text that was finished."""

    job: str | None
    """The job that wrote the text; null for a run of another process."""
    run: str
    place: str
    kind: str
    step: int
    variant: int
    key: str
    """The output's key in the studio."""
    record: str | None
    """The record's id; null if not known."""


class TriedEvent(Frozen):
    """A text that was written to try a template; nothing of it is kept."""

    job: str
    place: str
    kind: str
    step: int
    variant: int
    prompt: tuple[Message, ...]
    """The messages that the template made."""
    text: str
    flags: tuple[str, ...]


class ModelEvent(Frozen):
    """Which model is in memory."""

    loaded: str | None


def about(request: JobRequest) -> str:
    """A request in words."""
    match request:
        case WriteRequest() | WeaveRequest():
            options = request.options
            passages = f"{len(options.passages)} passages" if options.passages else ""
            asked = ", ".join((*options.tags, *options.essays)) or options.where or options.like or passages
            return readable(asked or "all passages")
        case ResumeRequest():
            return readable(request.run)
        case TryRequest():
            return readable(f"{request.kind}, {request.passage}")
        case RedoRequest() | BranchRequest():
            return readable(request.output.rpartition(":")[2])
