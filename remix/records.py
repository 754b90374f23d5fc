"""The frozen records that the stages hand each other.

Takes plain values, gives immutable pydantic models whose fields are described one by one. Knows nothing of
files, templates or llama.cpp, and imports no other part of remix but the bounds.

    Essay, Passage          corpus   -> plan, prompts
    Task                    plan     -> pipeline
    Message, Prompt         prompts  -> engine
    Request, Generation     engine
    Record                  pipeline -> outputs -> review, measures, exports
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import rfc8785
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from remix.bounds import (
    DEEPEST_GRAMMAR,
    INT32,
    LARGEST_WHOLE,
    LEAST_CHUNK,
    LEAST_TEMPERATURE,
    LONGEST_BREAKER,
    LONGEST_GRAMMAR,
    LONGEST_STOP,
    LOOK_BACK,
    MOST_BREAKERS,
    MOST_CANDIDATES,
    MOST_CHUNK,
    MOST_LAYERS,
    MOST_PARALLEL,
    MOST_SAMPLERS,
    MOST_STEPS,
    MOST_STOPS,
    MOST_STRENGTH,
    MOST_TASKS,
    MOST_THREADS,
    MOST_TOKENS,
    MOST_VARIANTS,
)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

_Each = TypeVar("_Each")
Many = Annotated[tuple[_Each, ...], Field(fail_fast=True)]
"""Any number of values. Reading ends at the first that is wrong: of millions the errors fill the memory."""

# -- numbers: records come from strangers, and some of theirs reach llama.cpp, which checks none ---------------

Count = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
"""A number of something."""

Token = Annotated[int, Field(ge=0, le=INT32)]
"""A token's number. Whether a vocabulary has it, `LlamaModel.piece` checks."""

Length = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
"""A number of tokens, at least one."""

Strength = Annotated[float, Field(ge=-MOST_STRENGTH, le=MOST_STRENGTH)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
"""A measured number, or one by which such are weighed: sums and products of a few of them stay finite."""

Step = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Variant = Annotated[int, Field(ge=1, le=MOST_VARIANTS)]
Seed = Annotated[int, Field(ge=1, le=2**32 - 2)]
"""For the samplers that draw. 0 and 2**32-1 mean "random" elsewhere, so they are left out."""


def sha256(data: bytes | str) -> str:
    """The bare lower-case hex sha256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical_sha256(value: Any) -> str:
    """The sha256 of a JSON value in the one form RFC 8785 gives it."""
    return sha256(rfc8785.dumps(value))


class Frozen(BaseModel):
    """A value: immutable, compared by its fields, refusing fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        validate_by_name=True,
    )


# -- the corpus ---------------------------------------------------------------------------------------------


class Passage(Frozen):
    """One tagged paragraph of an essay: what everything later is derived from."""

    id: str
    """`essay-slug/NNN`, NNN being its number among the essay's passages, from 001."""

    essay: str
    """Slug of the essay."""

    title: str
    """Title of the essay."""

    section: str | None
    """Text of the nearest heading above, if there is one."""

    path: str
    """The seed's file, with forward slashes, relative to the workspace; of a folder elsewhere, from its name on."""

    lines: tuple[Count, Count]
    """First and last line in that file, from 1, both included."""

    tags: Many[str]
    """Its own tags as written, then those of the headings above, the nearest first, then those of its essay."""

    text: str
    """The words alone: the list of tags at the end and comments taken off, wrapped lines joined."""

    sha256: Sha256
    """Of the text."""


class Essay(Frozen):
    """One seed file."""

    slug: str
    """Its place below the seeds folder, without suffix, in letters, digits and hyphens."""

    title: str
    """From the front matter, else the first heading of the first level (in Markdown), else the file's name."""

    author: str | None
    """From the front matter."""

    date: str | None
    """From the front matter (`date` or `planted`), as written there, else from the file's name."""

    aliases: Many[str] = ()
    """Its other names, from the front matter."""

    tags: Many[str]
    """Tags and categories in the front matter; they count for all passages."""

    path: str
    """As that of its passages."""

    passages: Many[Passage]
    """In the order of the file."""


# -- the plan -----------------------------------------------------------------------------------------------


class Task(Frozen):
    """One text to be written: passage x kind x step x variant."""

    passage: str
    """Id of the passage."""

    kind: str
    """Name of the prompt template."""

    step: Step
    """1 reads the passage; k reads the text of step k-1."""

    variant: Variant
    """Number of the independent chain, from 1."""

    seed: Seed
    """Sampling seed, a hash of what the task is and never of when it runs."""

    @property
    def id(self) -> str:
        """`essay/NNN/kind.step[.vN]`: its name in the run, and its file without suffix."""
        return task_id(self.passage, self.kind, self.step, self.variant)

    @property
    def parent(self) -> str | None:
        """Id of the task whose text this one reads, if it isn't the first step."""
        return task_id(self.passage, self.kind, self.step - 1, self.variant) if self.step > 1 else None


def task_id(passage: str, kind: str, step: int, variant: int) -> str:
    """Name a task within its run; variant 1 goes without saying."""
    return f"{passage}/{kind}.{step}" + (f".v{variant}" if variant > 1 else "")


# -- the model ----------------------------------------------------------------------------------------------


class Preparation(Frozen):
    """How a prepared copy of a model was made."""

    source: Sha256
    """Of the file it was made from."""
    file_type: str
    """The weight type asked for."""
    llama_cpp_python: str
    """Version of what made it."""


class ModelFile(Frozen):
    """What is known of a GGUF file. Says nothing of where it lies."""

    name: str
    """The file's stem, or the name its manager knows it by (`llama3.2:3b`)."""

    sha256: Sha256
    """Of the whole file."""

    metadata_sha256: Sha256
    """Of the bytes of its key-value section, which tensors' types and data are not part of."""

    size: Count
    """Of the file, in bytes."""

    architecture: str
    """`general.architecture`."""

    file_type: str | None
    """`general.file_type` in words: Q4_1, Q8_0, F16 …"""

    weight_types: Many[str]
    """Number types of its matrices, which the file type only sums up."""

    context: Count
    """Tokens it was trained to take in; of models that compute long contexts by other rules, the short one."""

    chat_template: str | None
    """Jinja2 source of its chat template."""

    preparation: Preparation | None = None
    """How it was made, where it is a prepared copy."""

    labels: Many[str]
    """Names a template's `families` may match: `general.basename`, `general.name`, the stem, the architecture;
    in lower case."""


# -- prompts and sampling -----------------------------------------------------------------------------------


class Message(Frozen):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    """Who speaks. A last turn by the assistant is the beginning of the answer, for the model to go on from."""

    content: str
    """What is said."""


class Dry(Frozen):
    """The DRY sampler: penalises tokens that would go on repeating what was said before."""

    name: Literal["dry"] = "dry"
    """Which sampler this is."""
    multiplier: Strength
    """Strength; 0 is off."""
    base: Strength
    """How the penalty grows with each further token of the repetition."""
    allowed_length: int = Field(ge=0, le=INT32)
    """Repetitions up to this many tokens are free."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """How many tokens back it looks. -1 (all) is silently off in llama.cpp's library, so it is refused."""
    breakers: tuple[Annotated[str, Field(max_length=LONGEST_BREAKER)], ...] = Field(max_length=MOST_BREAKERS)
    """Strings across which nothing counts as a repetition."""


class Penalties(Frozen):
    """The classic repetition, frequency and presence penalties."""

    name: Literal["penalties"] = "penalties"
    """Which sampler this is."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """How many tokens back it looks."""
    repeat: float = Field(gt=0, le=MOST_STRENGTH)
    """Divides the logit of a token seen before; 1 is off."""
    frequency: Strength
    """Subtracted once for each time seen; 0 is off."""
    presence: Strength
    """Subtracted once if seen; 0 is off."""


class Grammar(Frozen):
    """Keeps the tokens with which the text can still become what a grammar describes."""

    name: Literal["grammar"] = "grammar"
    """Which sampler this is."""
    source: str = Field(min_length=1, max_length=LONGEST_GRAMMAR)
    """The rules, in llama.cpp's form of BNF (GBNF). None at all would allow everything there, so that is refused."""
    root: str = Field("root", max_length=256)
    """The rule that the whole text follows."""

    @field_validator("source")
    @classmethod
    def _not_too_deep(cls, source: str) -> str:
        depth = 0
        for bracket in re.findall(r"[()]", _NO_GROUPS.sub("", source)):
            depth += 1 if bracket == "(" else -1
            if depth > DEEPEST_GRAMMAR:
                raise ValueError(f"a grammar may have {DEEPEST_GRAMMAR} groups within groups at most")
        return source


_NO_GROUPS = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|#[^\n]*', re.DOTALL)
"""What of a grammar may hold brackets that group nothing: literals, sets of letters, comments."""


class TopK(Frozen):
    """Keeps the k likeliest tokens."""

    name: Literal["top_k"] = "top_k"
    """Which sampler this is."""
    k: int = Field(ge=0, le=INT32)
    """How many; 0 is all."""


class TopP(Frozen):
    """Keeps the likeliest tokens that together reach probability p."""

    name: Literal["top_p"] = "top_p"
    """Which sampler this is."""
    p: Share
    """The mass to keep."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """At least so many."""


class MinP(Frozen):
    """Keeps tokens at least p times as likely as the likeliest."""

    name: Literal["min_p"] = "min_p"
    """Which sampler this is."""
    p: Share
    """The share of the top probability."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """At least so many."""


class Temperature(Frozen):
    """Divides the logits."""

    name: Literal["temperature"] = "temperature"
    """Which sampler this is."""
    t: float = Field(ge=LEAST_TEMPERATURE, le=MOST_STRENGTH)
    """Below 1 sharpens, above 1 flattens."""


class Dist(Frozen):
    """Draws from what the samplers before it left, with the request's seed."""

    name: Literal["dist"] = "dist"
    """Which sampler this is."""


class Greedy(Frozen):
    """Takes the likeliest token."""

    name: Literal["greedy"] = "greedy"
    """Which sampler this is."""


Sampler = Annotated[
    Grammar | Dry | Penalties | TopK | TopP | MinP | Temperature | Dist | Greedy, Field(discriminator="name")
]


StopString = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]


class Sampling(Frozen):
    """All that turns logits into a text, given the model."""

    seed: Seed
    """For the samplers that draw."""

    chain: Many[Sampler] = Field(max_length=MOST_SAMPLERS)
    """The samplers in the order they are applied, a grammar first."""

    max_tokens: Length
    """The text is cut after so many tokens."""

    stop: Many[StopString] = Field(max_length=MOST_STOPS)
    """Strings that end the text, once it has begun; they are not part of it."""

    @field_validator("chain")
    @classmethod
    def _grammar_first(cls, chain: tuple[Sampler, ...]) -> tuple[Sampler, ...]:
        # Behind top-k and the like it would find only what the model likes best, and of that perhaps nothing to keep.
        if any(isinstance(sampler, Grammar) for sampler in chain[1:]):
            raise ValueError("a grammar must be the first sampler, and the only one of its kind")
        return chain


class Prompt(Frozen):
    """What a template made of a passage, before any model is asked."""

    template: Sha256
    """Of the template file's bytes."""

    messages: Many[Message]
    """The turns, the last of them the user's or the beginning of the assistant's answer."""

    keep_opening: bool
    """Whether that beginning counts as part of the text."""

    @property
    def opening(self) -> str:
        """The beginning of the assistant's answer, or nothing."""
        return self.messages[-1].content if self.messages[-1].role == "assistant" else ""


# -- the engine ---------------------------------------------------------------------------------------------


class Request(Frozen):
    """What the engine is asked: tokens to read and how to go on from them."""

    token_ids: Many[Token]
    """The prompt."""

    sampling: Sampling
    """How to choose each next token, and when to stop."""


class Alternative(NamedTuple):
    """Another token that could have come."""

    piece: str
    """What it spells."""
    probability: Annotated[float, Field(ge=0, le=1.001)]
    """Before any sampler had its say, 0 … 1."""


class Choice(NamedTuple):
    """One turn at which a token was chosen, as the model saw it before any sampler had its say."""

    piece: str
    """What the chosen token spells; empty for the one that ended the text."""
    logprob: Annotated[float, Field(ge=-1e6, le=1)]
    """Natural logarithm of its probability."""
    entropy: Annotated[float, Field(ge=0, le=1e6)]
    """How open the turn was, in nats: 0 where only one token could come."""
    alternatives: Many[Alternative]
    """The likeliest other tokens, at most five."""


class Trace(Frozen):
    """How an output came about, turn by turn."""

    schema_: Literal["remix/trace/1"] = Field("remix/trace/1", alias="schema")
    """Name and version of this form."""
    record: Sha256
    """Id of the output's record."""
    choices: Many[Choice]
    """In the order of the text; an opening that the template gave isn't among them."""


class Generation(Frozen):
    """What the engine answers."""

    text: str
    """The new words, without the stop string."""

    finish: Literal["stop", "length"]
    """The model or a stop string ended the text, or `max_tokens` cut it."""

    token_ids: Many[Token] | None
    """Every token sampled, the one that ended the text included; null where the writer doesn't tell."""

    prompt_token_ids: Many[Token] | None
    """The prompt as the model read it; null where the writer doesn't tell."""

    sampling: Sampling | None
    """How the tokens were chosen; null where the writer doesn't tell."""

    choices: Many[Choice] | None
    """How each token was chosen; null where nobody looked."""

    started: datetime
    """When its prompt began to be computed."""

    finished: datetime
    """When its last token was sampled."""


# -- the record of an output --------------------------------------------------------------------------------


class Rule(Frozen):
    """Name and version of a rule that made part of an output."""

    name: str
    """Which."""
    version: Count
    """Raised whenever its results may change."""


class Ranking(Frozen):
    """How a passage came out among those that were compared with a text."""

    rank: int = Field(ge=1, le=LARGEST_WHOLE)
    """1 is the likest."""
    score: Number
    """What it was ranked by; more is liker. Only comparable within a run."""
    method: Rule
    """What compared them."""


class Source(Frozen):
    """Where an output comes from, for people and for replay; outside the id."""

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
    kind: str
    """Name of the template."""
    step: Step
    """How often the kind has been applied to its own result."""
    variant: Variant
    """Number of the chain."""
    template: str
    """The template's file name."""
    ranking: Ranking | None = None
    """How the passage came to be chosen, where a text ranked them."""


def source_of(passage: Passage, task: Task, template: str, ranking: Ranking | None = None) -> Source:
    """Where a task's text comes from; `template` is a file name."""
    return Source(
        passage=passage.id,
        essay=passage.title,
        path=passage.path,
        lines=passage.lines,
        section=passage.section,
        tags=passage.tags,
        text=passage.text,
        kind=task.kind,
        step=task.step,
        variant=task.variant,
        template=template,
        ranking=ranking,
    )


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


class ModelUsed(Frozen):
    """The weights, by content."""

    sha256: Sha256 | None
    """Of the GGUF file; null for a model that isn't one."""
    metadata_sha256: Sha256 | None
    """Of the bytes of its metadata: equal for requantisations that changed weights alone."""
    parameters: dict[str, Any] | None = None
    """What a LangChain model says identifies it, where it isn't a GGUF file."""


class Selection(Frozen):
    """How one of several candidates was chosen."""

    candidates: int = Field(ge=0, le=MOST_CANDIDATES)
    """How many there were."""
    chooser: Rule
    """What chose."""


class EngineUsed(Frozen):
    """The machinery, as far as it may touch a bit of the result; null is what the writer doesn't tell."""

    exact: bool
    """Whether the same request gives the same bytes in any company."""
    llama_cpp_python: str | None = None
    """Its version."""
    libraries: dict[str, Sha256] = {}
    """sha256 of each libllama and libggml file."""
    libc: str | None = None
    """The system's C library, whose exponentials and cosines they use."""
    system_info: str | None = None
    """llama.cpp's own list of the CPU features in use."""
    chunk: int | None = Field(None, ge=LEAST_CHUNK, le=MOST_CHUNK)
    """Prompts are computed in chunks of at most so many tokens."""
    paragraphs: bool | None = None
    """Whether the end of a paragraph ends a chunk too, where it has 16 tokens already."""
    rows: str | None = Field(None, pattern=r"^(free<=|fixed )([1-9]|[12][0-9]|3[0-2])$")
    """`free<=16`: as many rows as sequences are active; `fixed 16`: always so many."""
    type_k: str | None = None
    """Number type of the cached keys."""
    type_v: str | None = None
    """Number type of the cached values."""
    flash_attn: bool | None = None
    """Whether flash attention was on."""
    repack: bool | None = None
    """Whether weights were rearranged for the processor's own kernels."""
    n_gpu_layers: int | None = Field(None, ge=0, le=MOST_LAYERS)
    """Layers on a GPU."""


class Derivation(Frozen):
    """All that determines an output's bytes, and nothing else."""

    passage: Sha256
    """Of the passage's text."""
    parent: Sha256 | None
    """Id of the record whose text this step read."""
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
    source: Source
    """Where it comes from."""
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


# -- a run --------------------------------------------------------------------------------------------------


class TemplateUsed(Frozen):
    """A template as it was when the run began."""

    kind: str
    """Its kind."""
    name: str
    """Its file, for people."""
    sha256: Sha256
    """Of the file's bytes."""
    source: str
    """Those bytes, as text."""


class Options(Frozen):
    """What a run was asked for, every default filled in."""

    tags: Many[str] = ()
    """Passages with any of these tags; all, if there are none."""
    essays: Many[str] = ()
    """Passages of these essays; of all, if there are none."""
    where: str | None = None
    """Passages that this query means; see `corpus/query.py`."""
    like: str | None = None
    """Passages like this text, the likest first; by words only those that share one with it."""
    by: Literal["words", "meaning"] = "words"
    """What makes passages like that text."""
    sample: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """So many of the passages, drawn with the run's seed."""
    kinds: Many[str] = ()
    """Kinds of outputs; all templates there are, if none are named."""
    steps: int = Field(3, ge=1, le=MOST_STEPS)
    """Steps a chain."""
    variants: int = Field(1, ge=1, le=MOST_VARIANTS)
    """Chains a passage and kind."""
    best_of: int = Field(1, ge=1, le=MOST_CANDIDATES)
    """Candidates a task, of which one is kept."""
    min_words: int = Field(0, ge=0, le=LARGEST_WHOLE)
    """Only passages of so many words."""
    limit: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """Only the first so many passages."""
    model: str | None = None
    """Path or name of the model; the bundled one, if none is named. A run keeps no path, but the name."""
    seed: int = Field(1, ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)
    """The run's seed: a whole number that every reader of JSON takes for the same."""
    parallel: int | None = Field(None, ge=1, le=MOST_PARALLEL)
    """Most sequences active at once."""
    threads: int | None = Field(None, ge=1, le=MOST_THREADS)
    """Threads of the engine."""
    max_tokens: int | None = Field(None, ge=1, le=MOST_TOKENS)
    """Tokens an output, instead of what the templates say."""
    temperature: float | None = Field(None, ge=0, le=MOST_STRENGTH)
    """Sampling temperature, instead of what the templates say."""
    memory: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """Bytes for what sequences keep in memory; half of what is free, if nothing is said."""
    gpu_layers: int = Field(0, ge=0, le=MOST_LAYERS)
    """Layers put on a GPU."""
    fast: bool = False
    """Decode in whatever shape is quickest, though bytes then depend on company."""
    skip_bad: bool = False
    """Leave out seeds, templates and passages that can't be used, rather than stop."""


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


Change = Literal["passage", "passage gone", "essay", "template", "template gone", "model"]
"""What a text was made from that is another now; of an essay's title and the like what its prompt shows."""


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
    rankings: dict[str, Ranking] = {}
    """By passage, where a text ranked them."""
    tasks: Many[Task] = Field(max_length=MOST_TASKS)
    """In the order of the plan."""
    refreshes: Refresh | None = None
    """The run whose stale texts are written anew here, and nothing but these; null for a run of its own."""
    environment: Environment
    """Where and with what it began."""


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


# -- reviews ------------------------------------------------------------------------------------------------


Verdict = Literal["accept", "reject", "star"]
"""To star is to accept, and more."""

Loss = Literal["earned", "lost", "neither"]
"""Whether what a text drops was worth dropping."""


class Edit(Frozen):
    """A person's own version of an output: a text of its own, beside it."""

    file: str
    """Below the run's folder."""
    sha256: Sha256
    """Of its body."""


class Review(Frozen):
    """One thing a person said of an output. Nothing is ever taken out of the list of these: what is undone is said to
    be, by another."""

    schema_: Literal["remix/review/1"] = Field("remix/review/1", alias="schema")
    """Name and version of this form."""
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Random, to be spoken of by."""
    at: datetime
    """When (UTC)."""
    reviewer: str = Field(min_length=1)
    """Who."""
    output: Sha256
    """The record's id: what is said holds wherever the same text of the same origin is."""
    task: str
    """The output's name in the run, for people."""
    verdict: Verdict | None = None
    """Whether to keep it; null where that isn't said."""
    loss: Loss | None = None
    """Whether the loss was worth it; null where that isn't said."""
    note: str | None = None
    """In the reviewer's words; null where nothing is said, empty to take a note back."""
    edit: Edit | None = None
    """What it should be instead; null where that isn't said."""
    undoes: str | None = None
    """Id of another of the same reviewer's, which is as if it had never been said."""


class Standing(Frozen):
    """What holds of an output, all reviews taken together: of each thing the last that was said."""

    verdict: Verdict | None = None
    """Whether to keep it."""
    loss: Loss | None = None
    """Whether the loss was worth it."""
    note: str | None = None
    """In words."""
    edit: Edit | None = None
    """The last edited version."""
    reviewers: Many[str] = ()
    """Who said any of it."""

    @property
    def is_accepted(self) -> bool:
        """Whether it is to be kept."""
        return self.verdict in ("accept", "star")


class Failure(Frozen):
    """A task that could not be done."""

    task: str
    """Its id."""
    error: str
    """What went wrong."""
    hint: str
    """What to do."""
