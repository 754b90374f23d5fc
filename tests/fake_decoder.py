"""A decoder without weights, to test the engine's loop in milliseconds.

Takes what `LlamaDecoder` takes, gives tokens that are hashes; asserts the rules that llama.cpp depends on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import BatchConfig, KVCacheLayout, Row, TokenScore
from remix.errors import ModelError
from remix.records import Choice, Sampling


class FakeDecoder:
    """A decoder without weights: each token is a hash of the slot's tokens and the seed.

    Asserts the rules that `LlamaDecoder` depends on: prompts computed chunk by chunk as cut, positions without gaps,
    no more rows than the batch config has, logits sampled only from the last call. Tokens left in a slot by an
    earlier sequence change the hash, as they would change logits. With `copies_whole`, a slot can't be cut.
    """

    copies_whole = False
    hears_all = True
    """Whether each token of a slot was sampled or given, so that the samplers heard it."""

    END = 0
    LINE = 27
    """A line break; never sampled."""

    def __init__(
        self, slots: int, n_ctx_seq: int = 512, config: BatchConfig | None = None, prefix_slots: int = 0
    ) -> None:
        self.config = config or BatchConfig(chunk=4, rows=slots)
        self.calls: list[tuple[str, int]] = []
        self.fail_after: int | None = None
        self._allocate(KVCacheLayout(n_ctx_seq, slots, prefix_slots))

    def resize(self, layout: KVCacheLayout) -> None:
        assert not any(self._sampling), "a slot is still open"
        self._allocate(layout)

    def _allocate(self, layout: KVCacheLayout) -> None:
        self.n_ctx_seq, self.slots, self.prefix_slots = layout
        slots, prefix_slots = self.slots, self.prefix_slots
        self._memory: list[list[int]] = [[] for _ in range(slots + prefix_slots)]
        self._computed: list[list[Chunk]] = [[] for _ in range(slots + prefix_slots)]
        self._to_compute: list[list[Chunk]] = [[] for _ in range(slots)]
        self._sampling: list[Sampling | None] = [None] * slots
        self._begin: list[int] = [0] * slots
        self._heard: list[list[int]] = [[] for _ in range(slots)]
        self._random: list[str] = [""] * slots
        self._logits: set[int] = set()

    def open(self, slot: int, sampling: Sampling | None, tokens: Sequence[int]) -> None:
        assert self._sampling[slot] is None, "slot is taken"
        assert len(tokens) + (sampling.most if sampling else 0) <= self.n_ctx_seq, "the sequence can't fit"
        self._sampling[slot] = sampling
        self._begin[slot], self._heard[slot] = len(tokens), []
        self._random[slot] = str(sampling.seed) if sampling else ""
        prompt = tokens if sampling else tokens[:-1]
        self._to_compute[slot] = list(cut(prompt, self.config.chunk, self.piece if self.config.paragraphs else None))

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        assert tuple(tokens) == self._to_compute[slot].pop(0), "not the next chunk of the prompt"
        self._computed[slot].append(tuple(tokens))
        self._count("prefill", len(tokens))
        self._append(slot, tokens, position)
        self._logits = {slot}

    def score(
        self, slot: int, tokens: Sequence[int], position: int, wanted: Sequence[Sequence[int]]
    ) -> list[TokenScore]:
        self.prefill(slot, tokens, position)
        known = self._memory[slot]
        begin = len(known) - len(wanted) + 1
        assert known[begin:] == [each[0] for each in wanted[:-1]], "not the tokens that follow"
        scores = [
            [-float(hashlib.sha256(f"{known[:end]}{token}".encode()).digest()[0]) for token in each]
            for end, each in enumerate(wanted, begin)
        ]
        return [TokenScore(each, tuple(map(math.exp, each)) if len(each) > 1 else ()) for each in scores]

    def decode(self, rows: Sequence[Row]) -> None:
        assert 0 < len(rows) <= self.config.rows, "too many rows"
        gapless = [row.slot for row in rows] == list(range(len(rows)))
        assert gapless or self.config.is_fixed, "rows must have no gaps"
        assert self.config.rows_for(len(rows)) <= self.slots, "too few slots to fill up the last multiple"
        assert len({row.slot for row in rows}) == len(rows), "a sequence has one row"
        self._count("decode", len(rows))
        for row in rows:
            self._append(row.slot, [row.token], row.position)
        self._logits = {row.slot for row in rows}

    def sample(self, slot: int, given: int | None = None) -> int:
        assert self._sampling[slot] is not None, "the slot is empty"
        assert slot in self._logits, "the last call left no logits for the slot"
        after = self._memory[slot][self._begin[slot] :]
        assert self._heard[slot] == after or not self.hears_all, "the samplers heard other tokens"
        state = f"{self._memory[slot]}{self._random[slot]}".encode()
        drawn = int.from_bytes(hashlib.sha256(state).digest()[:4], "big") % 27
        self._heard[slot].append(drawn if given is None else given)
        return self._heard[slot][-1]

    def reseed(self, slot: int, seed: int) -> None:
        assert self._sampling[slot] is not None, "the slot is empty"
        self._random[slot] = f"{seed} after {len(self._heard[slot])} tokens"

    def branch(self, source: int, target: int) -> None:
        assert self._sampling[target] is None, "slot is taken"
        assert not self._memory[target], "the slot isn't empty"
        assert source in self._logits, "the last call left no logits for the slot"
        self._memory[target] = [*self._memory[source]]
        self._computed[target] = [*self._computed[source]]
        self._sampling[target], self._begin[target] = self._sampling[source], self._begin[source]
        self._heard[target], self._random[target] = [*self._heard[source]], self._random[source]
        self._logits.add(target)

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        assert set(slots) == self._logits, "the slots aren't those of the last call"
        return [Choice(self.piece(token).decode(), -float(token), 1.0, ()) for token in tokens]

    def copy(self, source: int, target: int, length: int) -> None:
        assert 0 < length <= len(self._memory[source]), "nothing to copy"
        assert not self.copies_whole or length == len(self._memory[source]), "a recurrent state can't be cut"
        self._memory[target] = self._memory[source][:length]
        shared, self._computed[target] = iter(self._computed[source]), []
        while length > 0:
            self._computed[target].append(next(shared))
            length -= len(self._computed[target][-1])
            if target < self.slots:
                assert self._computed[target][-1] == self._to_compute[target].pop(0), "cut differently"
        assert length == 0, "only whole chunks can be shared"
        self._logits.discard(target)

    def move(self, source: int, target: int) -> None:
        assert self._sampling[source] is not None, "nothing to move"
        assert self._sampling[target] is None, "slot is taken"
        self._sampling[target], self._sampling[source] = self._sampling[source], None
        self._memory[target], self._memory[source] = self._memory[source], []
        self._computed[target], self._computed[source] = self._computed[source], []
        self._begin[target], self._random[target] = self._begin[source], self._random[source]
        self._heard[target], self._heard[source] = self._heard[source], []
        self._logits -= {source, target}

    def clear(self, slot: int) -> None:
        self._logits.discard(slot)
        self._sampling[slot] = None
        self._memory[slot] = []
        self._computed[slot] = []

    def piece(self, token: int) -> bytes:
        if token == self.LINE:
            return b"\n"
        return b"" if token == self.END else bytes([ord("a") + (token - 1) % 26])

    def spelling(self, token: int) -> bytes:
        return self.piece(token)

    def tokenize(self, markup: str) -> list[int]:
        raise AssertionError("this vocabulary spells no mark")

    def is_end(self, token: int) -> bool:
        return token == self.END

    def _append(self, slot: int, tokens: Sequence[int], position: int) -> None:
        assert position == len(self._memory[slot]), "a gap, or tokens left by another sequence"
        self._memory[slot].extend(tokens)
        assert len(self._memory[slot]) <= self.n_ctx_seq, "beyond the context"

    def _count(self, call: str, tokens: int) -> None:
        self.calls.append((call, tokens))
        if self.fail_after is not None and len(self.calls) > self.fail_after:
            raise ModelError("the fake decoder fails on purpose.", "Nothing to do.")
