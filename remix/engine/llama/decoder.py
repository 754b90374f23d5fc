"""Contexts and KV caches: prompts computed, tokens decoded, logits read."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import llama_cpp as C
import numpy as np
import psutil

from remix.engine.decoder import BatchConfig, KVCacheLayout, Row
from remix.engine.llama.library import FloatArray, has_gpu, one_line, recent_log
from remix.engine.llama.model import LlamaModel
from remix.engine.llama.samplers import LARGEST_LOGIT, NEAR, Samplers, floored
from remix.errors import ModelError
from remix.records import Alternative, Choice, Sampling
from remix.records.bounds import INT32, MOST_THREADS
from remix.util.units import size

ALTERNATIVES = 5
"""How many other tokens a trace names at each turn, at most."""


class LlamaDecoder:
    """A llama.cpp context as a `Decoder`. Close it, or use it in a `with`, before its model.

    Room for `slots` sequences of at most `n_ctx_seq` tokens each, and for the prompts of `prefix_slots` more; with a
    fixed config `slots` must equal its rows.
    Raises `ModelError` where the memory for that isn't there.
    """

    def __init__(
        self, model: LlamaModel, slots: int, n_ctx_seq: int, config: BatchConfig, threads: int, prefix_slots: int = 0
    ) -> None:
        if config.fixed and slots != config.rows:
            raise ValueError("fixed rows need as many slots")
        self.model = model
        self.config = config
        self.threads = threads
        self._context: Any = None
        self._furnish(KVCacheLayout(n_ctx_seq, slots, prefix_slots))
        self._batch = C.llama_batch_init(max(config.chunk, config.rows), 0, 1)

    def resize(self, room: KVCacheLayout) -> None:
        """Make other room. Raises `ModelError` where the memory isn't there, and goes on in the room there was."""
        before = KVCacheLayout(self.n_ctx_seq, self.slots, self.prefix_slots)
        self._unfurnish()
        try:
            self._furnish(room)
        # Whatever is wrong: without a context there would be nothing to go on in.
        except BaseException:
            self._unfurnish()
            self._furnish(before)
            raise

    def _check_room(self, room: KVCacheLayout) -> None:
        """Raise `ModelError` for room that llama.cpp would wrap round at 32 bits, or die for want of memory over."""
        n_ctx_seq, slots, prefix_slots = room
        cells, places = n_ctx_seq * (slots + prefix_slots), slots + prefix_slots
        # Without flash attention the scores of a call's tokens stand in memory for each head and place of a context.
        rows = 0 if self.config.flash_attn else max(self.config.chunk, self.config.rows)
        needed = cells * self.model.cell_bytes + 4 * n_ctx_seq * rows * self.model.heads
        there = psutil.virtual_memory().available + psutil.swap_memory().free
        if (
            min(n_ctx_seq, slots) < 1
            or prefix_slots < 0
            or cells > INT32
            or places > C.llama_max_parallel_sequences()
        ):
            what = "more than llama.cpp can count"
        elif not 1 <= self.threads <= MOST_THREADS:
            what = f"{self.threads} threads, and llama.cpp starts 1 to {MOST_THREADS}"
        elif needed > there and not (self.config.gpu_layers and has_gpu()):
            what = f"{size(needed)}, and {size(there)} of memory are free"
        else:
            return
        raise ModelError(
            f"{self.model.path}: no room for {places} sequences of {n_ctx_seq} tokens ({what}).",
            "Lower --parallel or --max-tokens, or take a smaller model.",
        )

    def _furnish(self, room: KVCacheLayout) -> None:
        """Make a context."""
        self._check_room(room)
        n_ctx_seq, slots, prefix_slots = room
        self.slots, self.prefix_slots = slots, prefix_slots
        config, model = self.config, self.model
        params = C.llama_context_default_params()
        params.n_ctx = n_ctx_seq * (slots + prefix_slots)
        # llama.cpp makes room for an output of each sequence, and ends the process where a call can't have so many.
        params.n_batch = params.n_ubatch = max(config.chunk, config.rows, slots + prefix_slots)
        params.n_seq_max = slots + prefix_slots
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = int(config.flash_attn)
        params.kv_unified = False
        # Without these two a build for a GPU would use it even where no layer is put there, and records say none is.
        params.op_offload = params.offload_kqv = config.gpu_layers > 0
        params.no_perf = True
        recent_log.clear()
        self._samplers: list[Samplers | None] = [None] * slots
        self._context = C.llama_init_from_model(model.handle, params)
        if not self._context:
            reason = next((line for line in recent_log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{model.path}: no room for {slots} sequences of {n_ctx_seq} tokens ({one_line(reason)}).",
                "Lower --parallel or --max-tokens, or take a smaller model.",
            )
        self.n_ctx_seq = int(C.llama_n_ctx_seq(self._context))
        self._memory = C.llama_get_memory(self._context)
        self._prompt_length = [0] * slots
        self._held = [0] * (slots + prefix_slots)
        self._logits_row = [0] * slots
        self._scratch = np.empty((slots, model.n_vocab), np.float32)

    def close(self) -> None:
        """Free the context and all samplers."""
        self._unfurnish()
        if self._batch:
            C.llama_batch_free(self._batch)
            self._batch = None

    def _unfurnish(self) -> None:
        for slot in range(len(self._samplers)):
            self._free_samplers(slot)
        if self._context:
            C.llama_free(self._context)
            # llama.cpp takes no memory for none, and does nothing.
            self._context = self._memory = None

    def __enter__(self) -> LlamaDecoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        """Give an empty slot its samplers. Raises `ModelError` for a bad grammar, or tokens of another model."""
        for token in (min(prompt, default=0), max(prompt, default=0)):
            self.model.check_token(token)
        self._samplers[slot] = Samplers(self.model, sampling)
        self._prompt_length[slot] = len(prompt)

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute one chunk; logits are made only for the prompt's last token."""
        assert tokens, "an empty chunk"
        last = position + len(tokens) == self._prompt_length[slot]
        for row, token in enumerate(tokens):
            self._put(row, Row(slot, token, position + row), wants_logits=False)
        self._batch.logits[len(tokens) - 1] = last
        self._decode(len(tokens))
        self._held[slot] = position + len(tokens)
        self._logits_row[slot] = len(tokens) - 1

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute one token of each sequence, in the order of their slots; a fixed config fills in idle slots."""
        wanted = {row.slot: row for row in rows}
        slots = range(self.slots) if self.config.fixed else sorted(wanted)
        for index, slot in enumerate(slots):
            # Fillers want logits too: the last layer computes only the rows that do, and their number must not vary.
            self._put(index, wanted.get(slot) or self._filler(slot), wants_logits=True)
            self._logits_row[slot] = index
        self._decode(len(slots))
        for slot in slots:
            if slot in wanted:
                self._held[slot] += 1
            else:
                C.llama_memory_seq_rm(self._memory, slot, self._held[slot], -1)

    def sample(self, slot: int) -> int | None:
        """Choose the slot's next token; none, where its grammar allows none.

        Raises `ModelError` where the logits aren't numbers that can be compared.
        """
        samplers = self._samplers[slot]
        assert samplers is not None, "the slot is empty"
        logits = self.logits(slot)
        self._check_finite(logits)
        if samplers.grammar:
            return samplers.choose_within(logits)
        return samplers.choose(self._context, self._logits_row[slot])

    def _check_finite(self, logits: FloatArray) -> None:
        """Raise `ModelError` unless the largest logit is finite. Some models give single tokens minus infinity.

        One pass of 5 µs for 49,152 tokens. What isn't a number is the largest in numpy's eyes.
        """
        best = float(logits.max())
        if not -LARGEST_LOGIT < best < LARGEST_LOGIT:
            raise ModelError(
                f"{self.model.path.name}: the model computes {best:g} where a token's score should be.",
                "Its weights are damaged, or overflow on this machine: fetch the file again, or take another model.",
            )

    def logits(self, slot: int) -> FloatArray:
        """The raw logits that the last call left for a slot: a view of float32, one number for each token.

        It is llama.cpp's own memory: read it before the next call, and change nothing.
        """
        row = C.llama_get_logits_ith(self._context, self._logits_row[slot])
        return np.ctypeslib.as_array(row, shape=(self.model.n_vocab,))

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        """How each token was chosen. Works in llama.cpp's own memory, and leaves no logits behind.

        Softmax and Shannon entropy of the raw logits, in nats: with s = logit - max and Z = Σ exp(s),
        log p = s - log Z and H = log Z - Σ s·exp(s) / Z.
        """
        # Of a row that isn't finite `sample` has told already; what is said of it here is of no use.
        with np.errstate(all="ignore"):
            return self._weigh(self._rows_of(slots), tokens)

    def _weigh(self, logits: FloatArray, tokens: Sequence[int]) -> list[Choice]:
        np.subtract(logits, logits.max(axis=1, keepdims=True), out=logits)
        weights = np.exp(logits, out=self._scratch[: len(logits)])
        totals = weights.sum(axis=1)
        # Row by row: what a row sums to must not depend on how many there are.
        means = np.array([row @ weight for row, weight in zip(logits, weights, strict=True)])
        if not np.isfinite(means).all():
            # A token of minus infinity never comes, and adds nothing. (0 · -∞ isn't a number.)
            means = np.array([row @ weight for row, weight in zip(floored(logits), weights, strict=True)])
        entropies = np.log(totals) - means / totals
        return [
            Choice(
                self.model.text(token),
                round(float(logits[row, token] - np.log(totals[row])), 4),
                round(max(0.0, float(entropies[row])), 4),
                self._alternatives(logits[row], float(totals[row]), token),
            )
            for row, token in enumerate(tokens)
        ]

    def _rows_of(self, slots: Sequence[int]) -> FloatArray:
        """The logits of several slots, a row each: llama.cpp's own memory where it holds no other rows."""
        if len(slots) > 1 and not self.config.fixed:
            first = C.llama_get_logits(self._context)
            return np.ctypeslib.as_array(first, shape=(len(slots), self.model.n_vocab))
        return np.stack([self.logits(slot) for slot in slots])

    def _alternatives(self, logits: FloatArray, total: float, chosen: int) -> tuple[Alternative, ...]:
        """The likeliest tokens but the chosen one. Sorting a whole vocabulary would cost more than decoding."""
        near = np.flatnonzero(logits > NEAR)
        likely = near[np.argsort(-logits[near], kind="stable")[: ALTERNATIVES + 1]]
        return tuple(
            Alternative(self.model.text(int(token)), round(float(np.exp(logits[token])) / total, 4))
            for token in likely
            if token != chosen
        )[:ALTERNATIVES]

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the beginning of a sequence; the work itself is done with the next decode call.

        Between streams llama.cpp copies a whole sequence or aborts the process, so the rest is dropped after.
        """
        C.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self.truncate(target, length)

    def truncate(self, slot: int, length: int) -> None:
        """Drop all but the first `length` tokens of a sequence."""
        C.llama_memory_seq_rm(self._memory, slot, length, -1)
        self._held[slot] = length

    def move(self, source: int, target: int) -> None:
        """Move a sequence to a slot that holds none."""
        self.copy(source, target, self._held[source])
        self._samplers[target], self._samplers[source] = self._samplers[source], None
        self._prompt_length[target] = self._prompt_length[source]
        self.clear(source)

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        self._free_samplers(slot)
        C.llama_memory_seq_rm(self._memory, slot, -1, -1)
        self._held[slot] = 0

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for."""
        return self.model.piece(token)

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return self.model.is_end(token)

    def _filler(self, slot: int) -> Row:
        """A row for an idle slot: any token, behind whatever the slot holds, to be forgotten at once."""
        return Row(slot, 0, self._held[slot])

    def _put(self, index: int, row: Row, wants_logits: bool) -> None:
        # The batch is C's memory: what is written behind its end is somebody else's.
        assert 0 <= index < max(self.config.chunk, self.config.rows), "more tokens than a call takes"
        if row.position >= self.model.positions:
            raise ModelError(
                f"{self.model.path.name}: knows {self.model.positions} positions, and a text has more tokens.",
                "Split the passage, lower --max-tokens, or take a model with a longer context.",
            )
        batch = self._batch
        batch.token[index] = row.token
        batch.pos[index] = row.position
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = row.slot
        batch.logits[index] = wants_logits

    def _decode(self, count: int) -> None:
        if not self._context:
            raise ModelError(f"{self.model.path.name}: its context has been given up.", "Load the model again.")
        self._batch.n_tokens = count
        recent_log.clear()
        status = int(C.llama_decode(self._context, self._batch))
        if status != 0:
            reason = next((line for line in recent_log if line), f"status {status}")
            raise ModelError(
                f"{self.model.path.name}: llama.cpp failed to decode ({one_line(reason)}).",
                "Lower --parallel to use less memory, then `remix resume` the run.",
            )

    def _free_samplers(self, slot: int) -> None:
        if samplers := self._samplers[slot]:
            samplers.free()
            self._samplers[slot] = None
