"""A run's frozen request, and what is noted while it is carried out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from remix.records.bounds import MOST_TASKS, MOST_TOKENS
from remix.records.corpus import Essay, Passage, Ranking
from remix.records.generation import EngineUsed
from remix.records.model import ModelFile, ModelUsed
from remix.records.options import Options
from remix.records.output import Record
from remix.records.plan import Task
from remix.records.values import Frozen, Length, Many, Sha256

Reads = Literal["passage", "passages"] | Many[str]
"""What a kind reads: a passage (and then each step the one before), a group of passages, or the last steps of other
kinds."""


class TemplateUsed(Frozen):
    """A template as it was when the run began."""

    kind: str
    """Its kind."""
    name: str
    """Its file, for people."""
    sha256: Sha256
    """Of the file's bytes."""
    source: str
    """The file's bytes, as text."""
    reads: Reads = "passage"
    """What the front matter says that the kind reads."""


class Environment(Frozen):
    """The machine and the code a run was made with."""

    remix: str
    """Version of remix."""
    python: str
    """Version of Python."""
    host: str
    """Operating system and processor."""
    commit: str | None
    """Git commit of the workspace, where it is a repository."""


Change = Literal["passage", "passage gone", "essay", "template", "template gone", "model", "reads"]
"""What a text was made from that is another now. `essay`: what the prompt shows of an essay's title and the like.
`reads`: a text that was read is stale itself."""


class Stale(Frozen):
    """All that a run wrote of a passage in one kind, and that would be made from something else now."""

    passage: str
    """Id of the passage in that run."""
    kind: str
    """The kind."""
    now: str | None
    """Id that the passage has now; null where it is gone."""
    because: Many[Change] = Field(min_length=1)
    """What changed."""

    @property
    def is_lost(self) -> bool:
        """Whether it can't be written anew."""
        return self.now is None or "template gone" in self.because


class Refresh(Frozen):
    """What a run writes anew for an older one."""

    run: str
    """The older run's name."""
    request: Sha256
    """Of its `run.json`."""
    stale: Many[Stale]
    """What is written anew, and why."""

    @property
    def chains(self) -> frozenset[tuple[str, str]]:
        """The passages and kinds to be written, by the passages' ids now."""
        return frozenset((each.now, each.kind) for each in self.stale if each.now is not None)


class EarlierOutput(Frozen):
    """An output of an earlier run that tasks of this run read."""

    record: Record
    """Its record, with the passages behind it."""
    text: str
    """Its text."""


class Run(Frozen):
    """A run's frozen request: all that is needed to finish it, but the model's weights."""

    schema_: Literal["remix/run/1"] = Field("remix/run/1", alias="schema")
    """Name and version of this form."""
    name: str
    """The folder's name: UTC time, what it is about, four random hex digits."""
    created: datetime
    """When it was planned (UTC)."""
    given: dict[str, Any]
    """The options as they were given."""
    options: Options
    """The options, defaults filled in."""
    model: ModelFile | None
    """The GGUF; null where a LangChain model writes."""
    engine: EngineUsed | None
    """The machinery it began with; null while it is only planned."""
    n_ctx_seq: int = Field(ge=0, le=MOST_TOKENS)
    """Tokens a sequence may need, prompt and output together."""
    contexts: Many[Length] = Field((), max_length=16)
    """The same by classes of length, the longest last: short texts don't wait in rooms for long ones."""
    templates: Many[TemplateUsed]
    """By kind, with their sources."""
    essays: Many[Essay]
    """The essays, with those of their passages that the run is about."""
    rankings: dict[str, Ranking] = Field({})
    """By passage, where a text ranked them."""
    earlier: Many[EarlierOutput] = ()
    """The outputs of earlier runs that tasks read."""
    tasks: Many[Task] = Field(max_length=MOST_TASKS)
    """In the order of the plan: a task stands behind the tasks that it reads."""
    refreshes: Refresh | None = None
    """The run whose stale texts are written anew here, and nothing but these; null for a run of its own."""
    environment: Environment
    """Where and with what it began."""

    @property
    def corpus(self) -> list[tuple[Essay, Passage]]:
        """The passages, each with its essay, in the essays' order."""
        return [(essay, passage) for essay in self.essays for passage in essay.passages]

    @property
    def pairs(self) -> dict[str, tuple[Essay, Passage]]:
        """The passages with their essays, by the passages' ids."""
        return {passage.id: (essay, passage) for essay, passage in self.corpus}

    @property
    def model_name(self) -> str | None:
        """The name of the model that the run began with."""
        return self.model.name if self.model else self.options.model


class Resumption(Frozen):
    """A sitting in which another model than the run's own went on with it. Each record names its own model."""

    at: datetime
    """When it began (UTC)."""
    name: str
    """The model's name."""
    model: ModelUsed
    """The model, as the records of what it wrote have it."""
    engine: EngineUsed
    """The machinery."""


class Failure(Frozen):
    """A task that could not be done."""

    task: str
    """Its id."""
    error: str
    """What went wrong."""
    hint: str
    """What to do."""
