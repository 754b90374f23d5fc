"""Record: the provenance of an output, field by field, and how a record's id is made."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from remix.records.bounds import MOST_CANDIDATES, MOST_RETRIES
from remix.records.corpus import Passage, Ranking
from remix.records.generation import EngineUsed, Fork, Message, Thoughts
from remix.records.model import ModelUsed, Preparation
from remix.records.plan import Branch
from remix.records.reading import Label
from remix.records.sampling import Sampling
from remix.records.values import (
    Count,
    Frozen,
    Many,
    Number,
    Rule,
    Seed,
    Sha256,
    Share,
    Step,
    Token,
    Variant,
    canonical_sha256,
    is_none,
)


class Source(Frozen):
    """A passage that an output was made from, for people and for replay; not part of the id."""

    passage: str
    """Id of the passage."""
    essay: str
    """Title of the essay."""
    path: str
    """The essay's file, relative to the workspace."""
    lines: tuple[Count, Count]
    """First and last line of the passage in the file, from 1."""
    section: str | None
    """The nearest heading above the passage; null if no heading is above."""
    tags: Many[str]
    """The passage's tags."""
    text: str
    """The passage's text, so that the record stays complete if the essay is edited later."""
    language: str | None = None
    """The passage's language by its code, as found when the run was planned; null for a passage too short to tell."""
    ranking: Ranking | None = None
    """Rank of the passage, if passages were ranked by similarity to a text (`--like`)."""


def source_of(passage: Passage, ranking: Ranking | None = None) -> Source:
    """The source for a passage, with the passage's rank if there is one."""
    return Source(
        passage=passage.id,
        essay=passage.title,
        path=passage.path,
        lines=passage.lines,
        section=passage.section,
        tags=passage.tags,
        text=passage.text,
        language=passage.language,
        ranking=ranking,
    )


class TaskUsed(Frozen):
    """The task that an output was written for; not part of the id."""

    kind: str
    """Name of the template."""
    step: Step
    """Number of the step in the chain, from 1."""
    variant: Variant
    """Number of the chain, from 1."""
    template: str
    """File name of the template."""
    reads: Many[str]
    """The outputs that were read: ids of tasks for outputs of the same run, ids of records for outputs of earlier
    runs."""
    branch: Branch | None = Field(None, exclude_if=is_none)
    """Where the text leaves an output of an earlier run; null for a text of its own."""


class PromptUsed(Frozen):
    """The prompt, from template to tokens."""

    template: Sha256
    """sha256 of the template file's bytes."""
    messages: Many[Message]
    """The messages that the template was rendered to."""
    keep_opening: bool
    """Whether the beginning of the assistant's answer became part of the text."""
    chat_template_sha256: Sha256 | None
    """sha256 of the model's chat template; null if the writer doesn't tell."""
    token_ids: Many[Token] | None
    """The prompt's token ids as the model read them; null if the writer doesn't tell."""


class ReaderUsed(Frozen):
    """The model that read the candidates, with all facts that may change a reading."""

    model: ModelUsed
    """The reader's weights by content."""
    version: Count
    """Version of the questions, features and weights."""
    calibration: Sha256 | None
    """sha256 of the canonical JSON of the weights that turned answers into probabilities; null without weights."""
    engine: EngineUsed | None
    """The reader's engine; null if the model that wrote the text read it too."""


class Selection(Frozen):
    """How one of several candidates was chosen."""

    candidates: int = Field(ge=0, le=MOST_CANDIDATES)
    """Number of candidates."""
    chooser: Rule
    """Name and version of the rule that chose."""
    reader: ReaderUsed | None = Field(None, exclude_if=lambda value: value is None)
    """The model whose readings decided; absent if none did."""


class Retried(Frozen):
    """How often a text was given up, because it copied, and written again with another seed."""

    rule: Rule
    """Name and version of the rule that gave texts up and made seeds."""
    times: int = Field(ge=1, le=MOST_RETRIES)
    """Number of texts given up before the kept one."""


class Derivation(Frozen):
    """Exactly the facts that determine an output's bytes."""

    passages: Many[Sha256]
    """sha256 of the text of each passage behind the output, in the order of the record's `sources`."""
    parents: Many[Sha256]
    """Id of the record of each output that was read, in the order of the task's inputs; of a branch, of the
    original."""
    prompt: PromptUsed
    """The prompt, from the template to the tokens."""
    model: ModelUsed
    """The model's weights, identified by content."""
    sampling: Sampling | None
    """Seed, samplers and bounds; null if the writer doesn't tell."""
    fork: Fork | None = Field(None, exclude_if=is_none)
    """Of a branch, the given tokens and the random numbers after; null if all tokens were sampled."""
    selection: Selection | None
    """How the text was chosen among several candidates; null if only one text was written."""
    retried: Retried | None = Field(None, exclude_if=lambda value: value is None)
    """The tries before, with `--retry-copies`; absent if the first text was kept."""
    trim: Rule
    """Name and version of the rule that trimmed the text."""
    engine: EngineUsed
    """Version, libraries and settings of the engine."""


class Output(Frozen):
    """The text that was written, by hash and tokens."""

    file: str
    """Path of the text's file (`.md`) below the run's folder."""
    sha256: Sha256
    """sha256 of the text file's body: all bytes after the line that closes the front matter."""
    finish: Literal["stop", "length"]
    """`stop`: the model or a stop string ended the text; `length`: `max_tokens` was reached."""
    token_ids: Many[Token] | None
    """Ids of the text's tokens; null if the writer doesn't tell."""
    trimmed: str
    """The words that were cut off after the last whole sentence; empty if nothing was cut off."""
    thoughts: Thoughts | None = None
    """The model's thoughts before the text; null if the model wrote nothing but the text."""

    @property
    def task_id(self) -> str:
        """Id of the task that the text was written for: the path of the file without its ending."""
        return self.file.removesuffix(".md")


class Circumstances(Frozen):
    """Facts about the writing that the bytes don't depend on; not part of the id."""

    run: str
    """The run's name."""
    model: str
    """The model's name."""
    architecture: str | None
    """The model's architecture, as in its GGUF file (`general.architecture`)."""
    file_type: str | None
    """Weight type of the GGUF file."""
    size: Count | None
    """Size of the GGUF file in bytes."""
    preparation: Preparation | None
    """How the GGUF file was made, if the file is a prepared copy."""
    exactness: str
    """How remix found out whether a text depends on the other sequences in the batch."""
    started: AwareDatetime
    """Time (UTC) when the engine began to compute the prompt."""
    finished: AwareDatetime
    """Time (UTC) when the last token was sampled."""
    seconds: Number
    """Seconds from `started` to `finished`, in which the engine also computed other sequences."""
    host: str
    """Operating system and processor of the machine, without the machine's name."""
    threads: Count | None
    """Number of threads of the engine; null if the writer doesn't tell."""
    parallel: Count | None
    """Most texts written at the same time; null if the writer doesn't tell."""
    n_ctx_seq: Count | None
    """Longest sequence (prompt and text) in tokens; null if the writer doesn't tell."""
    remix: str
    """Version of remix."""
    commit: str | None
    """Git commit of the workspace when the run was planned; null if the workspace is in no repository."""
    reader: str | None = Field(None, exclude_if=lambda value: value is None)
    """Name of the model that read the candidates; absent if none did."""
    taken_from: str | None = Field(None, exclude_if=lambda value: value is None)
    """Name of the earlier run that wrote the text, if the text was taken over unchanged by a refresh; else absent."""


class Weights(Frozen):
    """A template's weights: how much each measure counts when one of several candidates is chosen."""

    kept: Number = 1.0
    """Weight of the share of the passage's sentences that the text keeps."""
    facts: Number = 1.0
    """Weight of the share of the passage's hard facts (numbers, dates, names, quotations …) that the text keeps."""
    added: Number = 0.0
    """Weight of the share of the text's sentences to which no sentence of the passage is close."""
    reversed: Number = 0.0
    """Weight of the number of claims that may be reversed. The measure misses too many reversed claims, and reports
    too many true claims, to count by default."""
    coverage: Number = 0.0
    """Weight of the share of the text's words in fragments that the passage has too."""
    density: Number = 0.0
    """Weight of the mean length, in words, of the shared fragment that a word of the text belongs to."""
    length: Number = -1.0
    """Weight of the distance from the length that the kind asks for: 1 for twice or half as many words."""
    heard: Number = 0.0
    """Weight of the share of the passages that stand behind at least one sentence of the text, by words."""
    said: Number = 10.0
    """Weight of the mean probability that the passage says what a sentence says. This and the next two weights count
    only if a model reads the candidates."""
    turned_round: Number = -20.0
    """Weight of the mean probability that the passage says otherwise than a sentence."""
    kept_bits: Number = 0.0
    """Weight of the share of the passage's bits that the text keeps."""


class CandidateMeasures(Frozen):
    """The numbers by which a candidate was compared with the rest, apart from flags."""

    version: Count
    """Version of the measures."""
    invented: Count
    """Number of hard facts that are in none of the texts and passages that the candidate was made from."""
    kept: Number
    """Share of the passage's sentences that the candidate keeps, 0 to 1."""
    facts: Number
    """Share of the passage's hard facts that the candidate keeps, 0 to 1."""
    added: Number
    """Share of the candidate's sentences to which no sentence of the passage is close, 0 to 1."""
    reversed: Number
    """Number of claims that may be reversed."""
    coverage: Number
    """Share of the candidate's words in fragments that the passage has too, 0 to 1."""
    density: Number
    """Mean length, in words, of the shared fragment that a word of the candidate belongs to."""
    length: Number
    """Distance from the length that the kind asks for; 0 if the kind asks for no length."""
    heard: Share | None = Field(None, exclude_if=is_none)
    """Share of the passages that stand behind at least one sentence; null if the template gives it no weight."""
    merit: Number
    """Sum of the measures from `kept` to `heard`, each multiplied by the template's weight."""


class CandidateReading(Frozen):
    """What a model found in a candidate, as far as the choice goes by it."""

    labels: dict[Label, Count]
    """Number of sentences by label."""
    said: Share | None
    """Mean probability that the passage says what a sentence says; null if the reader has no weights."""
    turned_round: Share | None
    """Mean probability that the passage says otherwise than a sentence; null if the reader has no weights."""
    kept_bits: Number
    """Share of the passage's bits that the candidate keeps."""
    flags: Many[str]
    """Names of the problems that the reader found."""
    merit: Number
    """The merit by measures, and `said`, `turned_round` and `kept_bits`, each multiplied by the template's weight."""


class GivenUp(Frozen):
    """A text that copied and was written again with another seed; not part of the id."""

    candidate: int = Field(ge=1, le=MOST_CANDIDATES)
    """Number of the candidate that the text was a try at; 1 if only one text was asked for."""
    seed: Seed | None
    """Sampling seed; null if the writer doesn't tell."""
    text: str
    """The text after trimming."""
    sha256: Sha256
    """sha256 of the text and a line feed, the body that a file of the text has."""
    flags: Many[str]
    """Names of the problems that checks of the text found."""


class Candidate(Frozen):
    """One of several texts written for the same task; not part of the id."""

    number: int = Field(ge=1, le=MOST_CANDIDATES)
    """Number of the candidate, from 1. Candidate 1 is the text that is written if only one text is asked for."""
    chosen: bool
    """Whether the candidate was kept as the output."""
    seed: Seed | None
    """Sampling seed; all other sampling parameters are those of the output. Null if the writer doesn't tell."""
    text: str
    """The text after trimming."""
    sha256: Sha256
    """sha256 of the text and a line feed, the body that a file of the text has."""
    finish: Literal["stop", "length"]
    """`stop`: the model or a stop string ended the text; `length`: `max_tokens` was reached."""
    token_ids: Many[Token] | None
    """Ids of the text's tokens; null if the writer doesn't tell."""
    trimmed: str
    """The words that were cut off after the last whole sentence; empty if nothing was cut off."""
    thoughts: Thoughts | None = None
    """The model's thoughts before the text; null if the model wrote nothing but the text."""
    flags: Many[str]
    """Names of the problems that checks of the text found."""
    logprob: Number | None
    """Mean log-probability of the tokens before any sampler; null if the writer doesn't tell."""
    measures: CandidateMeasures | None = None
    """Further numbers that the choice was based on; null if the rule uses none."""
    reading: CandidateReading | None = Field(None, exclude_if=lambda value: value is None)
    """What a model found in the candidate; absent if no model read, or the text is blank or exceeds the reader's
    context."""


class Record(Frozen):
    """An output's provenance, in a JSON file beside the text. README shows how to recompute `id`."""

    schema_: Literal["remix/record/1"] = Field("remix/record/1", alias="schema")
    """Name and version of the file format."""
    id: Sha256
    """sha256 of the canonical JSON (RFC 8785) of {"derivation": …, "output": {"sha256": …}}."""
    sources: Many[Source] = Field(min_length=1)
    """The passages behind the output."""
    task: TaskUsed
    """The task that the output was written for."""
    derivation: Derivation
    """The facts that determine the output's bytes."""
    output: Output
    """The text's file, hash and tokens."""
    flags: Many[str]
    """Names of the problems that checks of the text found."""
    not_looked_for: Many[str] = ()
    """Facts that the checks can't find in the passages' language, such as names."""
    circumstances: Circumstances
    """When, where and how fast the output was written."""
    trace: Sha256 | None = None
    """sha256 of the trace: the file with the choice of each token. Null if no trace was kept."""
    candidates: Many[Candidate] | None = Field(None, max_length=MOST_CANDIDATES)
    """All candidates by number, including the chosen candidate; null if only one text was written."""
    given_up: Many[GivenUp] = Field((), exclude_if=lambda value: not value)
    """Texts that copied and were written again, in the order of candidates and tries; absent if there are none."""


def record_id(derivation: Derivation, output_sha256: str) -> str:
    """The id of a record: sha256 of the canonical JSON of the derivation and the body's sha256."""
    return canonical_sha256({"derivation": derivation.model_dump(mode="json"), "output": {"sha256": output_sha256}})
