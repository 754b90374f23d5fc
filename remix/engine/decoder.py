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

from remix.engine.chunks import Chunk, cut
from remix.errors import ModelError
from remix.records import Choice, Frozen, Sampling
from remix.records.bounds import LEAST_CHUNK, MOST_CHUNK, MOST_LAYERS, MOST_ROWS


class BatchConfig(Frozen):
    """How the model's work is cut into calls: the part of the set-up that may touch the bits of a result."""

    chunk: int = Field(64, ge=LEAST_CHUNK, le=MOST_CHUNK)
    """Prompts are computed in chunks of at most so many tokens (chunks.py)."""

    paragraphs: bool = True
    """The end of a paragraph ends a chunk too."""

    rows: int = Field(16, ge=1, le=MOST_ROWS)
    """Most sequences in a decode call."""

    fixed: bool = False
    """Always exactly `rows` of them, idle ones filled in."""

    flash_attn: bool = False
    """Flash attention."""

    repack: bool = True
    """Weights rearranged for the processor's own kernels when they are loaded, where llama.cpp can."""

    gpu_layers: int = Field(0, ge=0, le=MOST_LAYERS)
    """Layers put on a GPU, where llama.cpp was built for one; more than there are means all."""

    @property
    def label(self) -> str:
        """The rows in words, as records give them."""
        return f"fixed {self.rows}" if self.fixed else f"free<={self.rows}"


class KVCacheLayout(NamedTuple):
    """Places for sequences."""

    n_ctx_seq: int
    """Tokens each may have, prompt and output together."""
    slots: int
    """How many may run."""
    prefix_slots: int
    """How many more places keep prompts only."""


class Row(NamedTuple):
    """One sequence's part in a decode call: the token to read, and its position."""

    slot: int
    token: int
    position: int


class Decoder(Protocol):
    """A model with places for sequences of up to `n_ctx_seq` tokens each.

    Slots 0 … `slots`-1 decode; `prefix_slots` more behind them only keep what was computed.
    """

    @property
    def config(self) -> BatchConfig: ...

    @property
    def slots(self) -> int: ...

    @property
    def prefix_slots(self) -> int: ...

    @property
    def n_ctx_seq(self) -> int: ...

    def resize(self, room: KVCacheLayout) -> None:
        """Make other room, and forget all that was computed; no slot may be open."""

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        """Give an empty slot the samplers of the sequence that will live there. Raises `ModelError` for bad ones."""

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute one chunk of a prompt, whose first token stands at `position`; leaves logits for it."""

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute one token of each of several sequences; leaves logits for each."""

    def sample(self, slot: int) -> int | None:
        """Choose the slot's next token from the logits the last call left for it; none, where none is allowed."""

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
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
    of one sequence and as its prompt is cut, positions without gaps, no more rows than the config has, logits sampled
    only from the last call. Its memory is honest: a history that another sequence left behind changes the tokens.
    """

    END = 0
    LINE = 27
    """A line break, which is never sampled."""

    def __init__(
        self, slots: int, n_ctx_seq: int = 512, config: BatchConfig | None = None, prefix_slots: int = 0
    ) -> None:
        self.config = config or BatchConfig(chunk=4, rows=slots)
        self.calls: list[tuple[str, int]] = []
        self.fail_after: int | None = None
        self._furnish(KVCacheLayout(n_ctx_seq, slots, prefix_slots))

    def resize(self, room: KVCacheLayout) -> None:
        assert not any(self._sampling), "somebody is still there"
        self._furnish(room)

    def _furnish(self, room: KVCacheLayout) -> None:
        self.n_ctx_seq, self.slots, self.prefix_slots = room
        slots, prefix_slots = self.slots, self.prefix_slots
        self._memory: list[list[int]] = [[] for _ in range(slots + prefix_slots)]
        self._computed: list[list[Chunk]] = [[] for _ in range(slots + prefix_slots)]
        self._to_compute: list[list[Chunk]] = [[] for _ in range(slots)]
        self._sampling: list[Sampling | None] = [None] * slots
        self._logits: set[int] = set()

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        assert self._sampling[slot] is None, "slot is taken"
        assert len(prompt) + sampling.max_tokens <= self.n_ctx_seq, "the sequence can't fit"
        self._sampling[slot] = sampling
        self._to_compute[slot] = list(cut(prompt, self.config.chunk, self.piece if self.config.paragraphs else None))

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        assert tuple(tokens) == self._to_compute[slot].pop(0), "a prompt is computed as it is cut"
        self._computed[slot].append(tuple(tokens))
        self._count("prefill", len(tokens))
        self._append(slot, tokens, position)
        self._logits = {slot}

    def decode(self, rows: Sequence[Row]) -> None:
        assert 0 < len(rows) <= self.config.rows, "too many rows"
        gapless = [row.slot for row in rows] == list(range(len(rows)))
        assert gapless or self.config.fixed, "rows without gaps go through in one piece"
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

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        assert set(slots) == self._logits, "all rows of the last call, or none"
        return [Choice(self.piece(token).decode(), -float(token), 1.0, ()) for token in tokens]

    def copy(self, source: int, target: int, length: int) -> None:
        assert 0 < length <= len(self._memory[source]), "there is nothing to copy"
        self._memory[target] = self._memory[source][:length]
        shared, self._computed[target] = iter(self._computed[source]), []
        while length > 0:
            self._computed[target].append(next(shared))
            length -= len(self._computed[target][-1])
            if target < self.slots:
                assert self._computed[target][-1] == self._to_compute[target].pop(0), "cut otherwise"
        assert length == 0, "only whole chunks can be shared"
        self._logits.discard(target)

    def move(self, source: int, target: int) -> None:
        assert self._sampling[source] is not None, "nothing to move"
        assert self._sampling[target] is None, "slot is taken"
        self._sampling[target], self._sampling[source] = self._sampling[source], None
        self._memory[target], self._memory[source] = self._memory[source], []
        self._computed[target], self._computed[source] = self._computed[source], []
        self._logits -= {source, target}

    def clear(self, slot: int) -> None:
        self._sampling[slot] = None
        self._memory[slot] = []
        self._computed[slot] = []

    def piece(self, token: int) -> bytes:
        if token == self.LINE:
            return b"\n"
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
