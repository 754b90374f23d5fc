"""The protocol between the engine's loop and the model: tokens in, sampled tokens out.

Takes tokens for numbered slots, gives sampled tokens. A *slot* is the part of the KV cache for a sequence.
`LlamaDecoder` (llama/decoder.py) implements the protocol with llama.cpp, a fake in `tests/` without weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

from pydantic import Field, model_validator

from remix.records import Choice, Frozen, Sampling
from remix.records.bounds import LEAST_CHUNK, MOST_CHUNK, MOST_LAYERS, MOST_ROWS


class BatchConfig(Frozen):
    """How work is split into llama.cpp calls: all settings with a possible effect on the bits of a result."""

    chunk: int = Field(64, ge=LEAST_CHUNK, le=MOST_CHUNK)
    """Most tokens of a prompt's chunk (chunks.py)."""

    paragraphs: bool = True
    """Whether a blank line ends a chunk."""

    rows: int = Field(16, ge=1, le=MOST_ROWS)
    """Most rows (sequences) of a decode call."""

    multiple: int = Field(1, ge=1, le=MOST_ROWS)
    """Each decode call has a multiple of this many rows, idle slots filling the rest; `rows` is a multiple, too."""

    flash_attn: bool = False
    """Whether flash attention is on."""

    repack: bool = True
    """Whether llama.cpp may repack weights for the processor's kernels when loading."""

    gpu_layers: int = Field(0, ge=0, le=MOST_LAYERS)
    """Layers put on a GPU, if llama.cpp was built for a GPU; a number above the model's layers means all."""

    @model_validator(mode="after")
    def _whole_calls(self) -> Self:
        if self.rows % self.multiple:
            raise ValueError(f"{self.rows} rows aren't a multiple of {self.multiple}")
        return self

    @property
    def is_fixed(self) -> bool:
        """Whether each decode call has `rows` rows, idle slots filling the rest."""
        return self.rows == self.multiple > 1

    def rows_for(self, sequences: int) -> int:
        """Rows of a decode call for some active sequences."""
        return -(-sequences // self.multiple) * self.multiple

    @property
    def in_words(self) -> str:
        """Rows of a decode call in words: `1 to 16 rows`, `8 or 16 rows`, `always 16 rows`."""
        if self.multiple == 1:
            return f"1 to {self.rows} rows" if self.rows > 1 else "one row"
        counts = [*range(self.multiple, self.rows, self.multiple)]
        return f"{', '.join(map(str, counts))} or {self.rows} rows" if counts else f"always {self.rows} rows"

    @property
    def label(self) -> str:
        """The rows as in records: `free<=16`, `by 8<=16`, `fixed 16`."""
        if self.multiple == 1:
            return f"free<={self.rows}"
        return f"fixed {self.rows}" if self.is_fixed else f"by {self.multiple}<={self.rows}"


class KVCacheLayout(NamedTuple):
    """Number and length of the sequences in the KV cache."""

    n_ctx_seq: int
    """Most tokens of a sequence, prompt and output together."""
    slots: int
    """Sequences to decode."""
    prefix_slots: int
    """Further sequences that only keep prompts, for the prefix cache."""

    @property
    def sequences(self) -> int:
        """All sequences of the KV cache."""
        return self.slots + self.prefix_slots


class Row(NamedTuple):
    """A row of a decode call: a sequence's slot, newest token, and the token's position."""

    slot: int
    token: int
    position: int


class TokenScore(NamedTuple):
    """What a model weighs in a token's place."""

    logprobs: list[float]
    """Natural log-probabilities of the text's own token and of the alternatives asked for."""
    state: tuple[float, ...] = ()
    """The hidden state that the log-probabilities are computed from, if alternatives were asked for: (n_embd,)."""


class Decoder(Protocol):
    """A model with a KV cache for sequences of up to `n_ctx_seq` tokens each.

    Slots 0 … `slots`-1 decode; the next `prefix_slots` slots only keep computed prompts.
    """

    @property
    def config(self) -> BatchConfig: ...

    @property
    def slots(self) -> int: ...

    @property
    def prefix_slots(self) -> int: ...

    @property
    def n_ctx_seq(self) -> int: ...

    @property
    def copies_whole(self) -> bool:
        """Whether `copy` must copy all tokens of the source, since a recurrent layer's state can't be cut."""

    def resize(self, layout: KVCacheLayout) -> None:
        """Replace the KV cache by an empty KV cache; no slot may be open."""

    def open(self, slot: int, sampling: Sampling | None, tokens: Sequence[int]) -> None:
        """Create an empty slot's samplers for a prompt; without `sampling`, none, for a prompt and a text to score.

        Raises `ModelError` for a bad grammar or unknown tokens.
        """

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute a chunk of a prompt, the first token at `position`; leaves logits for the slot."""

    def score(
        self, slot: int, tokens: Sequence[int], position: int, wanted: Sequence[Sequence[int]]
    ) -> list[TokenScore]:
        """Compute a chunk, as `prefill` does.

        Gives a score of the tokens `wanted` after each of the chunk's last tokens; the first token of each item is
        the token that follows in the text, and the others are alternatives.
        """

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute a token of each given sequence; leaves logits for each."""

    def sample(self, slot: int, given: int | None = None) -> int | None:
        """Sample the slot's next token from the logits of the last call; None if the grammar allows no token.

        A given token replaces the token drawn: the state of the random numbers is as after the draw, and the samplers
        accept the given token. Raises `ModelError` if the grammar forbids the given token.
        """

    def reseed(self, slot: int, seed: int) -> None:
        """Begin new random numbers for the slot's next token and all tokens after."""

    def branch(self, source: int, target: int) -> None:
        """Make an empty slot a copy of an open slot: all cells, the samplers' state, the logits of the last call."""

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        """Log-probability, entropy and alternatives of the tokens of slots with logits of the last call, in order.

        Call once, after sampling: the logits may be overwritten.
        """

    def copy(self, source: int, target: int, length: int) -> None:
        """Replace a slot's content by the first `length` tokens of the source slot."""

    def move(self, source: int, target: int) -> None:
        """Move a sequence, samplers included, to an empty slot."""

    def clear(self, slot: int) -> None:
        """Empty a slot."""

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none for control tokens."""

    def spelling(self, token: int) -> bytes:
        """The bytes of a token; the name of a control token."""

    def tokenize(self, markup: str) -> list[int]:
        """The tokens of a mark, with control tokens."""

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
