"""Prompts, requests to the engine, and generations: the text with tokens, choices, model and engine."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from remix.records.bounds import LEAST_CHUNK, MOST_CHUNK, MOST_LAYERS
from remix.records.model import ModelFile, ModelUsed
from remix.records.sampling import Sampling
from remix.records.values import Count, Frozen, Many, Seed, Sha256, Token


class Message(Frozen):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    """Who speaks. If the last turn is the assistant's, its content is the beginning of the answer, which the model
    continues."""

    content: str
    """The text of the turn."""


class Prompt(Frozen):
    """A rendered template: the conversation to be sent to a model."""

    template: Sha256
    """sha256 of the template file's bytes."""

    messages: Many[Message]
    """The turns. The last turn is the user's, or the beginning of the assistant's answer."""

    keep_opening: bool
    """Whether the beginning of the answer counts as part of the text."""

    @property
    def opening(self) -> str:
        """The beginning of the assistant's answer; empty if the user speaks last."""
        return self.messages[-1].content if self.messages[-1].role == "assistant" else ""


class Fork(Frozen):
    """How a branch begins: the given tokens, which no sampler chooses, and the random numbers after these tokens."""

    token_ids: Many[Token] = Field(min_length=1)
    """Ids of the given tokens, from the first token after the prompt: those of thoughts, then those of the text."""

    seed: Seed | None = None
    """Seed of the samplers' random numbers from the first token after the given tokens; null if the random numbers of
    the sampling's seed go on, as if each given token had been sampled."""


class Request(Frozen):
    """A request to the engine: a prompt as tokens, and how to sample the text that follows."""

    token_ids: Many[Token]
    """The prompt's token ids."""

    sampling: Sampling
    """Samplers, stop strings and the largest number of tokens."""

    opened: str = ""
    """The opening mark of a thought that the prompt leaves open."""

    fork: Fork | None = None
    """The beginning of the text, for a branch of another text; null if all tokens are sampled."""


class Alternative(NamedTuple):
    """A token that could have been sampled, with the token's probability."""

    piece: str
    """The token's text."""
    probability: Annotated[float, Field(ge=0, le=1.001)]
    """Probability before any sampler, from 0 to 1."""


class Choice(NamedTuple):
    """The choice of a token, with the model's probabilities before any sampler changed them."""

    piece: str
    """The chosen token's text; empty for the token by which the model ended the text."""
    logprob: Annotated[float, Field(ge=-1e6, le=1)]
    """Natural logarithm of the chosen token's probability before any sampler."""
    entropy: Annotated[float, Field(ge=0, le=1e6)]
    """Entropy of all tokens' probabilities, in nats: 0 if only one token was possible."""
    alternatives: Many[Alternative]
    """The most probable tokens besides the chosen token, at most five, the most probable first."""

    @property
    def perplexity(self) -> float:
        """e^entropy: the number of equally probable tokens with the same entropy, from 1 up."""
        # A trace may be a stranger's: no vocabulary has e^20 tokens.
        return math.exp(min(self.entropy, 20.0)) if self.entropy > 0 else 1.0

    @property
    def among(self) -> str:
        """The perplexity in digits, as in `choice among 3.2`: with one decimal below 10, else whole."""
        return f"{self.perplexity:.1f}" if self.perplexity < 9.95 else f"{self.perplexity:.0f}"


class Trace(Frozen):
    """The choice of each token of an output, in a file beside the output."""

    schema_: Literal["remix/trace/1"] = Field("remix/trace/1", alias="schema")
    """Name and version of the file format."""
    record: Sha256
    """Id of the output's record."""
    choices: Many[Choice]
    """The choices in the order of the text, without the tokens of an opening from the template."""


class Thoughts(Frozen):
    """The thoughts of a reasoning model before a text."""

    text: str
    """The thoughts without their marks; empty if the model wrote marks alone."""
    sha256: Sha256
    """sha256 of the thoughts' UTF-8."""
    token_ids: Many[Token] | None
    """Ids of the tokens of thoughts and marks; null if the writer doesn't tell."""

    @property
    def in_words(self) -> str:
        """The number of tokens: `12 tokens of thoughts`."""
        return "thoughts" if self.token_ids is None else f"{len(self.token_ids)} tokens of thoughts"


class EngineUsed(Frozen):
    """The engine, as far as a text's bytes may depend on it; null for facts that the writer doesn't tell."""

    exact: bool
    """Whether the same request gives the same bytes, whatever other sequences are in the batch."""
    llama_cpp_python: str | None = None
    """Version of llama-cpp-python."""
    libraries: dict[str, Sha256] = Field({})
    """sha256 of each libllama and libggml file."""
    libc: str | None = None
    """Name and version of the system's C library, whose exp and cos llama.cpp calls."""
    system_info: str | None = None
    """llama.cpp's list of the CPU features in use."""
    chunk: int | None = Field(None, ge=LEAST_CHUNK, le=MOST_CHUNK)
    """Chunk size: most tokens of a prompt in one call."""
    paragraphs: bool | None = None
    """Whether a chunk also ends at the end of a paragraph, if the chunk has at least 16 tokens by then."""
    rows: str | None = Field(None, pattern=r"^((free<=|fixed )([1-9]|[12][0-9]|3[0-2])|by 8<=(16|24|32))$")
    """Rows of a decode call. `free<=16`: as many as active sequences, at most 16; `by 8<=16`: 8 or 16; `fixed 16`:
    always 16."""
    type_k: str | None = None
    """Number type of the cached keys."""
    type_v: str | None = None
    """Number type of the cached values."""
    flash_attn: bool | None = None
    """Whether flash attention was on."""
    repack: bool | None = None
    """Whether weights were rearranged for the processor's own kernels."""
    n_gpu_layers: int | None = Field(None, ge=0, le=MOST_LAYERS)
    """Number of the model's layers on a GPU."""


class WriterInfo(Frozen):
    """Who writes texts: a model, the engine that runs the model, and the machine."""

    name: str
    """The model's name."""

    model: ModelUsed
    """The model's weights by content, or the parameters by which a LangChain model identifies itself."""

    file: ModelFile | None = None
    """Facts about the GGUF file; null if the writer has no GGUF file on its machine."""

    engine: EngineUsed
    """Version, libraries and settings of the engine, as far as a text's bytes may depend on them."""

    chat_template_sha256: Sha256 | None = None
    """sha256 of the model's chat template; null if the writer doesn't tell."""

    exactness: str
    """How remix found out whether a text depends on the other sequences in the batch."""

    host: str
    """Operating system and processor of the machine, without the machine's name."""

    threads: Count | None = None
    """Number of threads of the engine; null if the writer doesn't tell."""

    parallel: Count | None = None
    """Most texts written at the same time; null if the writer doesn't tell."""

    n_ctx_seq: Count | None = None
    """Longest sequence (prompt and text) in tokens; null if the writer doesn't tell."""


class Generation(Frozen):
    """A writer's answer to a prompt."""

    writer: WriterInfo
    """Who wrote the text."""

    text: str
    """The new text, without the opening and without the stop string."""

    finish: Literal["stop", "length"]
    """`stop`: the model or a stop string ended the text; `length`: `max_tokens` was reached."""

    token_ids: Many[Token] | None
    """Ids of the text's tokens, including the token that ended the text; null if the writer doesn't tell."""

    thoughts: Thoughts | None = None
    """The model's thoughts; null if the model wrote nothing but the text."""

    prompt_token_ids: Many[Token] | None
    """The prompt's token ids as the model read them; null if the writer doesn't tell."""

    sampling: Sampling | None
    """Samplers and bounds that were used; null if the writer doesn't tell."""

    choices: Many[Choice] | None
    """The choice of each token of the text; null if no choices were kept."""

    started: datetime
    """Time when the engine began to compute the prompt."""

    finished: datetime
    """Time when the last token was sampled."""


class PromptSize(NamedTuple):
    """The length of a prompt."""

    tokens: int | None
    """Number of tokens; null if the writer can't count tokens."""
    chunks: tuple[tuple[int, ...], ...] = ()
    """The prompt's token ids, divided into the chunks in which prompts are computed and shared; empty if the writer
    doesn't tell."""
