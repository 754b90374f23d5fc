"""What a writer is asked, and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from remix.records.bounds import LEAST_CHUNK, MOST_CHUNK, MOST_LAYERS
from remix.records.model import ModelFile, ModelUsed
from remix.records.sampling import Sampling
from remix.records.values import Count, Frozen, Many, Sha256, Token


class Message(Frozen):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    """Who speaks. A last turn by the assistant is the beginning of the answer, for the model to go on from."""

    content: str
    """What is said."""


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


class EngineUsed(Frozen):
    """The machinery, as far as it may touch a bit of the result; null is what the writer doesn't tell."""

    exact: bool
    """Whether the same request gives the same bytes in any company."""
    llama_cpp_python: str | None = None
    """Its version."""
    libraries: dict[str, Sha256] = Field({})
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


class WriterInfo(Frozen):
    """Who writes texts: a model, the engine that runs the model, and the machine. Says nothing of one text."""

    name: str
    """The model's name."""

    model: ModelUsed
    """The model's weights by content, or what a LangChain model says identifies it."""

    file: ModelFile | None = None
    """The GGUF file; null if the model isn't one on the writer's machine."""

    engine: EngineUsed
    """The engine, as far as it may touch a bit of a text."""

    chat_template_sha256: Sha256 | None = None
    """Of the model's chat template; null if the writer doesn't tell."""

    exactness: str
    """How it was established whether a text depends on the other sequences in its batch."""

    host: str
    """The machine's kind: operating system and processor, no name."""

    threads: Count | None = None
    """Threads of the engine; null if the writer doesn't tell."""

    parallel: Count | None = None
    """Most texts being written at once; null if the writer doesn't tell."""

    n_ctx_seq: Count | None = None
    """Context of a sequence, in tokens; null if the writer doesn't tell."""


class Generation(Frozen):
    """What a writer answers."""

    writer: WriterInfo
    """Who wrote the text."""

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


class PromptSize(NamedTuple):
    """How long a prompt is."""

    tokens: int | None
    """Null if they can't be counted."""
    chunks: tuple[tuple[int, ...], ...] = ()
    """The prompt's tokens in the chunks that prompts are computed and shared by; empty if the writer doesn't tell."""
