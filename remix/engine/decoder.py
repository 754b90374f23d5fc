"""The seam between the scheduler and whatever computes logits.

Takes tokens for numbered slots, gives sampled tokens. A *slot* is one sequence's place in the model's
memory. `LlamaDecoder` (llama.py) implements the protocol with llama.cpp; `FakeDecoder` without any weights,
so that the engine's logic can be tested by the thousand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pydantic import Field

from remix.errors import ModelError
from remix.records import Choice, Frozen, Sampling


class Shape(Frozen):
    """How the model's work is cut into calls: the part of the set-up that may touch the bits of a result."""

    chunk: int = Field(64, ge=1)
    """Prompts are computed in chunks of so many tokens, aligned to their position in the prompt."""

    rows: int = Field(16, ge=1)
    """Most sequences in a decode call."""

    fixed: bool = False
    """Always exactly `rows` of them, idle ones filled in."""

    flash_attn: bool = False
    """Flash attention."""

    repack: bool = True
    """Weights rearranged for the processor's own kernels when they are loaded, where llama.cpp can."""

    @property
    def label(self) -> str:
        """The rows in words, as records give them."""
        return f"fixed {self.rows}" if self.fixed else f"free<={self.rows}"


class Row(NamedTuple):
    """One sequence's part in a decode call: the token to read, and its position."""

    slot: int
    token: int
    position: int


class Decoder(Protocol):
    """A model with places for sequences of up to `n_ctx_seq` tokens each.

    Slots 0 … `slots`-1 decode; `shelf` more behind them only keep what was computed.
    """

    @property
    def shape(self) -> Shape: ...

    @property
    def slots(self) -> int: ...

    @property
    def shelf(self) -> int: ...

    @property
    def n_ctx_seq(self) -> int: ...

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        """Give an empty slot the samplers of the sequence that will live there. Raises `ModelError` for bad ones."""

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute one chunk of a prompt, whose first token stands at `position`; leaves logits for it."""

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute one token of each of several sequences; leaves logits for each."""

    def sample(self, slot: int) -> int | None:
        """Choose the slot's next token from the logits the last call left for it; none, where none is allowed."""

    def weigh(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        """How each token was chosen for its slot; `slots` are all that the last call left logits for, in order.

        To be asked after sampling, and once: it may use up the logits.
        """

    def copy(self, source: int, target: int, length: int) -> None:
        """Let a slot hold the first `length` tokens that another holds, and nothing else."""

    def move(self, source: int, target: int) -> None:
        """Move a sequence, samplers and all, to a slot that holds none."""

    def clear(self, slot: int) -> None:
        """Empty a slot."""

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for: none for control tokens."""

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""


class FakeDecoder:
    """A decoder without weights: each token is a hash of the slot's whole history and the sampling.

    It keeps the rules the real one depends on, and raises `AssertionError` when a caller breaks them: chunks
    aligned and of one sequence, positions without gaps, no more rows than the shape has, logits sampled only
    from the last call. Its memory is honest: a history that another sequence left behind changes the tokens.
    """

    END = 0

    def __init__(self, slots: int, n_ctx_seq: int = 512, shape: Shape | None = None, shelf: int = 0) -> None:
        self.shape = shape or Shape(chunk=4, rows=slots)
        self.slots = slots
        self.shelf = shelf
        self.n_ctx_seq = n_ctx_seq
        self.calls: list[tuple[str, int]] = []
        self.fail_after: int | None = None
        self._memory: list[list[int]] = [[] for _ in range(slots + shelf)]
        self._sampling: list[Sampling | None] = [None] * slots
        self._logits: set[int] = set()

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        assert self._sampling[slot] is None, "slot is taken"
        assert len(prompt) + sampling.max_tokens <= self.n_ctx_seq, "the sequence can't fit"
        self._sampling[slot] = sampling

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        assert position % self.shape.chunk == 0, "chunks begin at multiples of their size"
        assert 0 < len(tokens) <= self.shape.chunk, "a chunk has a size"
        self._count("prefill", len(tokens))
        self._append(slot, tokens, position)
        self._logits = {slot}

    def decode(self, rows: Sequence[Row]) -> None:
        assert 0 < len(rows) <= self.shape.rows, "too many rows"
        gapless = [row.slot for row in rows] == list(range(len(rows)))
        assert gapless or self.shape.fixed, "rows without gaps go through in one piece"
        assert len({row.slot for row in rows}) == len(rows), "one row a sequence"
        self._count("decode", len(rows))
        for row in rows:
            self._append(row.slot, [row.token], row.position)
        self._logits = {row.slot for row in rows}

    def sample(self, slot: int) -> int:
        sampling = self._sampling[slot]
        assert sampling is not None, "the slot is empty"
        assert slot in self._logits, "the last call left no logits for it"
        state = f"{self._memory[slot]}{sampling.seed}".encode()
        return int.from_bytes(hashlib.sha256(state).digest()[:4], "big") % 27

    def weigh(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        assert set(slots) == self._logits, "all rows of the last call, or none"
        return [Choice(self.piece(token).decode(), -float(token), 1.0, ()) for token in tokens]

    def copy(self, source: int, target: int, length: int) -> None:
        assert length % self.shape.chunk == 0, "only whole chunks can be shared"
        assert 0 < length <= len(self._memory[source]), "there is nothing to copy"
        self._memory[target] = self._memory[source][:length]
        self._logits.discard(target)

    def move(self, source: int, target: int) -> None:
        assert self._sampling[source] is not None, "nothing to move"
        assert self._sampling[target] is None, "slot is taken"
        self._sampling[target], self._sampling[source] = self._sampling[source], None
        self._memory[target], self._memory[source] = self._memory[source], []
        self._logits -= {source, target}

    def clear(self, slot: int) -> None:
        self._sampling[slot] = None
        self._memory[slot] = []

    def piece(self, token: int) -> bytes:
        return b"" if token == self.END else bytes([ord("a") + (token - 1) % 26])

    def is_end(self, token: int) -> bool:
        return token == self.END

    def _append(self, slot: int, tokens: Sequence[int], position: int) -> None:
        assert position == len(self._memory[slot]), "a gap, or another sequence's leavings"
        self._memory[slot].extend(tokens)
        assert len(self._memory[slot]) <= self.n_ctx_seq, "out of context"

    def _count(self, call: str, tokens: int) -> None:
        self.calls.append((call, tokens))
        if self.fail_after is not None and len(self.calls) > self.fail_after:
            raise ModelError("the fake decoder fails as it was told to.", "Nothing to do.")
