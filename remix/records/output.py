"""The record of an output: its provenance."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from remix.records.bounds import MOST_CANDIDATES
from remix.records.corpus import Passage, Ranking
from remix.records.generation import EngineUsed, Message
from remix.records.model import ModelUsed, Preparation
from remix.records.sampling import Sampling
from remix.records.values import (
    Count,
    Frozen,
    Many,
    Number,
    Rule,
    Seed,
    Sha256,
    Step,
    Token,
    Variant,
    canonical_sha256,
)


class Source(Frozen):
    """A passage behind an output, for people and for replay; outside the id."""

    passage: str
    """Id of the passage."""
    essay: str
    """Title of the essay."""
    path: str
    """The seed's file, relative to the workspace."""
    lines: tuple[Count, Count]
    """First and last line in it."""
    section: str | None
    """The heading above."""
    tags: Many[str]
    """The passage's tags."""
    text: str
    """The passage itself, so that later edits of the seed take nothing away."""
    ranking: Ranking | None = None
    """How the passage came to be chosen, where a text ranked them."""


def source_of(passage: Passage, ranking: Ranking | None = None) -> Source:
    """What a record says of a passage."""
    return Source(
        passage=passage.id,
        essay=passage.title,
        path=passage.path,
        lines=passage.lines,
        section=passage.section,
        tags=passage.tags,
        text=passage.text,
        ranking=ranking,
    )


class TaskUsed(Frozen):
    """The task that an output was written for; outside the id."""

    kind: str
    """Name of the template."""
    step: Step
    """Number in the chain."""
    variant: Variant
    """Number of the chain."""
    template: str
    """The template's file name."""
    reads: Many[str]
    """The outputs that were read: of the same run the tasks' ids, of an earlier run the records' ids."""


class PromptUsed(Frozen):
    """The prompt, from template to tokens."""

    template: Sha256
    """Of the template file's bytes."""
    messages: Many[Message]
    """What the template rendered to."""
    keep_opening: bool
    """Whether the beginning of the answer was made part of the text."""
    chat_template_sha256: Sha256 | None
    """Of the model's chat template; null where the writer doesn't tell."""
    token_ids: Many[Token] | None
    """What the model read; null where the writer doesn't tell."""


class Selection(Frozen):
    """How one of several candidates was chosen."""

    candidates: int = Field(ge=0, le=MOST_CANDIDATES)
    """How many there were."""
    chooser: Rule
    """What chose."""


class Derivation(Frozen):
    """All that determines an output's bytes, and nothing else."""

    passages: Many[Sha256]
    """Of the text of each passage behind the output, in the order of the record's `sources`."""
    parents: Many[Sha256]
    """Id of the record of each output that was read, in the order of the task's inputs."""
    prompt: PromptUsed
    """The prompt."""
    model: ModelUsed
    """The model."""
    sampling: Sampling | None
    """How the tokens were chosen; null where the writer doesn't tell."""
    selection: Selection | None
    """How it was chosen; null where there was one candidate."""
    trim: Rule
    """What cut the text to its end."""
    engine: EngineUsed
    """The machinery."""


class Output(Frozen):
    """The text that came of it."""

    file: str
    """The `.md` beside this record."""
    sha256: Sha256
    """Of the body: all bytes after the line that closes the front matter."""
    finish: Literal["stop", "length"]
    """The model or a stop string ended it, or `max_tokens` cut it."""
    token_ids: Many[Token] | None
    """Every token sampled."""
    trimmed: str
    """What was cut off behind the last whole sentence; empty where nothing was."""


class Circumstances(Frozen):
    """What was so at the time and does not touch the bytes; outside the id."""

    run: str
    """The run's name."""
    model: str
    """The model's name."""
    architecture: str | None
    """Of the model."""
    file_type: str | None
    """Weight type of the GGUF file."""
    size: Count | None
    """Of the file, in bytes."""
    preparation: Preparation | None
    """How the file was made, where it is a prepared copy."""
    exactness: str
    """How it was established that the bytes don't depend on company."""
    started: AwareDatetime
    """When the engine began on it (UTC)."""
    finished: AwareDatetime
    """When its last token was sampled (UTC)."""
    seconds: Number
    """Between the two, other sequences' work included."""
    host: str
    """The machine's kind: operating system and processor, no name."""
    threads: Count | None
    """Threads of the engine."""
    parallel: Count | None
    """Most sequences active at once."""
    n_ctx_seq: Count | None
    """Context of a sequence, in tokens."""
    remix: str
    """Version of remix."""
    commit: str | None
    """Git commit of the workspace when the run was planned, where it is a repository."""


class Weights(Frozen):
    """What a kind wants of its texts: how much each measure counts when one of several candidates is chosen."""

    kept: Number = 1.0
    """Share of the passage's sentences that are kept."""
    facts: Number = 1.0
    """Share of its hard facts that are kept."""
    added: Number = 0.0
    """Share of the text's sentences that nothing in the passage comes near."""
    reversed: Number = 0.0
    """Claims that may have been turned round; too few are found, and too many that aren't, to decide by default."""
    coverage: Number = 0.0
    """Share of its words that stand in fragments shared with the passage."""
    density: Number = 0.0
    """Mean length of such fragments."""
    length: Number = -1.0
    """How far its length is from what the kind asks for: 1 for twice or half as many words."""


class CandidateMeasures(Frozen):
    """What a candidate was chosen by, apart from its flags."""

    version: Count
    """Of the measures."""
    invented: Count
    """Hard facts that are from nothing it was made from."""
    kept: Number
    """As in `Weights`, and so the next six."""
    facts: Number
    """See there."""
    added: Number
    """See there."""
    reversed: Number
    """See there."""
    coverage: Number
    """See there."""
    density: Number
    """See there."""
    length: Number
    """See there; 0 where the kind asks for no length."""
    merit: Number
    """The sum of the last seven, each by the weight that the template gives it."""


class Candidate(Frozen):
    """One of several texts that were written for a task; outside the id."""

    number: int = Field(ge=1, le=MOST_CANDIDATES)
    """From 1. The first is the text there would have been without the others."""
    chosen: bool
    """Whether it was kept: it is the output then."""
    seed: Seed | None
    """Its sampling seed, in which alone it differs from the one that was kept; null where the writer doesn't tell."""
    text: str
    """What was written, trimmed."""
    sha256: Sha256
    """Of its body as it is, or would be, in a file: the text and a line's end."""
    finish: Literal["stop", "length"]
    """The model or a stop string ended it, or `max_tokens` cut it."""
    token_ids: Many[Token] | None
    """Every token sampled."""
    trimmed: str
    """What was cut off behind the last whole sentence; empty where nothing was."""
    flags: Many[str]
    """What looks wrong with it."""
    logprob: Number | None
    """Mean log-probability of its tokens before any sampler had its say; null where the writer doesn't tell."""
    measures: CandidateMeasures | None = None
    """What else it was chosen by; null for a rule that doesn't ask."""


class Record(Frozen):
    """An output's provenance. `id` can be recomputed by anybody; see README."""

    schema_: Literal["remix/record/1"] = Field("remix/record/1", alias="schema")
    """Name and version of this form."""
    id: Sha256
    """sha256 of the canonical JSON (RFC 8785) of {"derivation": …, "output": {"sha256": …}}."""
    sources: Many[Source] = Field(min_length=1)
    """The passages behind the output."""
    task: TaskUsed
    """What was to be written."""
    derivation: Derivation
    """What determines its bytes."""
    output: Output
    """What came of it."""
    flags: Many[str]
    """What looks wrong with the text."""
    circumstances: Circumstances
    """When, where and how fast."""
    trace: Sha256 | None = None
    """Of the file that tells how the text came about, turn by turn; null where nobody looked."""
    candidates: Many[Candidate] | None = Field(None, max_length=MOST_CANDIDATES)
    """All among which it was chosen, itself included, by number; null where there was one."""


def record_id(derivation: Derivation, output_sha256: str) -> str:
    """The id under which a derivation and its bytes are known."""
    return canonical_sha256({"derivation": derivation.model_dump(mode="json"), "output": {"sha256": output_sha256}})
