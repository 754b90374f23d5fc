"""Run: the frozen request that `run.json` holds; and the failures and changes of model noted beside the request."""

from __future__ import annotations

from collections.abc import Collection
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
from remix.records.values import Frozen, Length, Many, Sha256, Step, is_none
from remix.records.weave import Weave

Reads = Literal["passage", "passages", "weave", "paragraph", "paragraphs"] | Many[str]
"""Input of a kind: a passage (step 1 reads the passage, each later step the step before), a group of passages, or the
last steps of the named kinds. Of the kinds of a woven essay: a group of passages and the paragraph before (`weave`),
a paragraph with its passages (`paragraph`), all paragraphs (`paragraphs`)."""


class TemplateUsed(Frozen):
    """A template as read when the run was planned."""

    kind: str
    """Name of the kind of text that the template asks for."""
    name: str
    """File name of the template."""
    sha256: Sha256
    """sha256 of the file's bytes."""
    source: str
    """Content of the file."""
    reads: Reads = "passage"
    """The kinds or passages that the kind reads, from the template's front matter."""


class RunReader(Frozen):
    """The model that reads a run's candidates, if another model writes."""

    file: ModelFile
    """Facts about the GGUF file."""
    contexts: Many[Length] = Field(max_length=16)
    """Lengths of the KV cache's sequences in tokens, the longest last."""
    engine: EngineUsed | None = None
    """The engine with which the run began; null until the first text is written."""


class Environment(Frozen):
    """The machine and the versions of the code that a run was made with."""

    remix: str
    """Version of remix."""
    python: str
    """Version of Python."""
    host: str
    """Operating system and processor."""
    commit: str | None
    """Git commit of the workspace; null if the workspace is in no repository."""


Change = Literal["passage", "passage gone", "essay", "template", "template gone", "model", "reads"]
"""The part of a text's origin that has changed. `essay`: the essay's title or further front matter in the
prompt. `reads`: one of the texts that were read is stale."""


class Stale(Frozen):
    """The texts of a passage and kind in an earlier run, if the passage, template or model has changed since."""

    passage: str
    """Id of the passage in the earlier run."""
    kind: str
    """Kind of the texts."""
    now: str | None
    """Id of the passage in the workspace of today; null if the passage is gone."""
    because: Many[Change] = Field(min_length=1)
    """The changes since the texts were written."""
    first: Step = Field(1, exclude_if=lambda value: value == 1)
    """Number of the first stale step. Earlier paragraphs of a woven essay read other passages, and aren't stale."""

    @property
    def is_lost(self) -> bool:
        """Whether the texts can't be written again, because passage or template is gone."""
        return self.now is None or "template gone" in self.because


class Refresh(Frozen):
    """The stale texts of an earlier run that a run writes again."""

    run: str
    """Name of the earlier run."""
    request: Sha256
    """sha256 of the earlier run's `run.json`."""
    stale: Many[Stale]
    """The texts that are written again, and the changes that made the texts stale."""

    @property
    def chains(self) -> frozenset[tuple[str, str]]:
        """The pairs of passage and kind to be written again, with the passages' present ids."""
        return frozenset((each.now, each.kind) for each in self.stale if each.now is not None)


class EarlierOutput(Frozen):
    """An output of an earlier run, read by tasks of this run."""

    record: Record
    """The output's record, with the passages behind the output."""
    text: str
    """The output's text."""
    edited: str | None = Field(None, exclude_if=is_none)
    """The edited version of the text that branches go on from; null if none does."""


class Run(Frozen):
    """A run's frozen request: all that is needed to finish the run, except the model's weights."""

    schema_: Literal["remix/run/1"] = Field("remix/run/1", alias="schema")
    """Name and version of the file format."""
    name: str
    """The folder's name: UTC time, subject, four random hex digits."""
    created: datetime
    """Time (UTC) when the run was planned."""
    given: dict[str, Any]
    """The options that the user gave, as given."""
    options: Options
    """All options, with defaults filled in."""
    model: ModelFile | None
    """Facts about the GGUF file; null if a LangChain model writes."""
    engine: EngineUsed | None
    """The engine with which the run began; null until the first text is written."""
    n_ctx_seq: int = Field(ge=0, le=MOST_TOKENS)
    """Tokens of the longest sequence: prompt and text together."""
    contexts: Many[Length] = Field((), max_length=16)
    """Lengths of the KV cache's sequences in tokens, the longest last: shorter texts get shorter sequences."""
    reader: RunReader | None = None
    """The model that reads candidates; null if none does, or the model that writes does."""
    templates: Many[TemplateUsed]
    """A template for each kind, with the template's source."""
    essays: Many[Essay]
    """The essays that the run reads, each with the passages that the run reads."""
    rankings: dict[str, Ranking] = Field({})
    """Ranks of passages by similarity to a text (`--like`), by the passages' ids."""
    earlier: Many[EarlierOutput] = ()
    """The outputs of earlier runs that tasks read."""
    tasks: Many[Task] = Field(max_length=MOST_TASKS)
    """The texts to be written. Each task comes after the tasks that it reads."""
    refreshes: Refresh | None = None
    """The earlier run whose stale texts this run writes again; null for a run that refreshes no earlier run."""
    redoes: Sha256 | None = Field(None, exclude_if=is_none)
    """Of a run that redoes a text: id of the record of the earlier text; null for other runs."""
    weave: Weave | None = Field(None, exclude_if=is_none)
    """The plan of the essay that the run weaves; null for other runs."""
    environment: Environment
    """The machine and the code that the run began with."""

    @property
    def corpus(self) -> list[tuple[Essay, Passage]]:
        """The passages, each with its essay, in the essays' order."""
        return [(essay, passage) for essay in self.essays for passage in essay.passages]

    @property
    def pairs(self) -> dict[str, tuple[Essay, Passage]]:
        """The passages with their essays, by the passages' ids."""
        return {passage.id: (essay, passage) for essay, passage in self.corpus}

    def essays_of(self, passages: Collection[str]) -> tuple[Essay, ...]:
        """The essays of some passages, given by their ids, with these passages alone."""
        kept = ((essay, tuple(each for each in essay.passages if each.id in passages)) for essay in self.essays)
        return tuple(essay.model_copy(update={"passages": some}) for essay, some in kept if some)

    @property
    def model_name(self) -> str | None:
        """The name of the model that the run began with."""
        return self.model.name if self.model else self.options.model


class Resumption(Frozen):
    """A continuation of a run by a different model. Each record names the model that wrote the text."""

    at: datetime
    """Time (UTC) when the model began."""
    name: str
    """The model's name."""
    model: ModelUsed
    """The model's weights by content, as in the records of the texts that the model wrote."""
    engine: EngineUsed
    """Version, libraries and settings of the engine."""


class Failure(Frozen):
    """A task whose text could not be written."""

    task: str
    """Id of the task."""
    error: str
    """The error's message."""
    hint: str
    """Advice on the next step."""
