"""The KV cache and the decode calls: prompts computed, tokens sampled, log-probabilities read.

Takes tokens for numbered slots, gives sampled tokens and `Choice`s; implements `engine.decoder.Decoder` with a
llama.cpp context. Knows nothing of queues, requests and texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

import llama_cpp as C
import numpy as np

from remix.engine.decoder import BatchConfig, KVCacheLayout, Row, TokenScore
from remix.engine.llama.choices import choices_of
from remix.engine.llama.context import context_params
from remix.engine.llama.library import ONE_AT_A_TIME, FloatArray, computing, has_gpu, logged_error, recent_log
from remix.engine.llama.model import LlamaModel
from remix.engine.llama.samplers import SamplerChain
from remix.errors import ModelError
from remix.records import Choice, Sampling
from remix.records.bounds import INT32, MOST_THREADS
from remix.util import free_memory
from remix.util.units import size

LARGEST_LOGIT = 1e30
"""Larger logits mean a broken model, and overflow when divided by a temperature."""


class LlamaDecoder:
    """A llama.cpp context as a `Decoder`. Close before the model, or use in a `with`.

    The KV cache holds `slots` decoding sequences and the prompts of `prefix_slots` finished sequences, each of at
    most `n_ctx_seq` tokens. `slots` must be a multiple of the batch config's `multiple`. Raises `ModelError`
    for lack of memory, or if llama.cpp can't decode several texts of the architecture.
    """

    def __init__(
        self, model: LlamaModel, slots: int, n_ctx_seq: int, config: BatchConfig, threads: int, prefix_slots: int = 0
    ) -> None:
        if slots % config.multiple:
            raise ValueError(f"{slots} slots aren't a multiple of {config.multiple}")
        if config.rows > 1 and model.architecture in ONE_AT_A_TIME:
            raise ModelError(
                f"{model.path}: llama.cpp can decode {model.architecture} models one text at a time only.",
                "Begin a new run with `remix generate`, which does so.",
            )
        self.model = model
        self.config = config
        self.threads = threads
        self.copies_whole = model.copies_whole
        self._context: Any = None
        self._create_context(KVCacheLayout(n_ctx_seq, slots, prefix_slots))
        self._batch = C.llama_batch_init(max(config.chunk, config.rows), 0, 1)

    def resize(self, layout: KVCacheLayout) -> None:
        """Replace the KV cache. Raises `ModelError` for lack of memory, and then keeps the old layout."""
        before = KVCacheLayout(self.n_ctx_seq, self.slots, self.prefix_slots)
        self._free_context()
        try:
            self._create_context(layout)
        # Restore the old layout after any error: without a context the engine can't go on.
        except BaseException:
            self._free_context()
            self._create_context(before)
            raise

    def _check_memory(self, layout: KVCacheLayout) -> None:
        """Raise `ModelError` for a layout that overflows llama.cpp's 32-bit counters, or needs more than the memory.

        Without this check llama.cpp would end the process.
        """
        n_ctx_seq, slots, prefix_slots = layout
        sequences = layout.sequences
        needed = self.model.context_cost.of(layout)
        free = free_memory.available_with_swap()
        too_many = n_ctx_seq * sequences > INT32 or sequences > C.llama_max_parallel_sequences()
        if min(n_ctx_seq, slots) < 1 or prefix_slots < 0 or too_many:
            reason = "more than llama.cpp can count"
        elif not 1 <= self.threads <= MOST_THREADS:
            reason = f"{self.threads} threads, and llama.cpp starts 1 to {MOST_THREADS}"
        elif needed > free and not (self.config.gpu_layers and has_gpu()):
            reason = f"{size(needed)}, and {size(free)} of memory are free"
        else:
            return
        raise self._no_memory(sequences, n_ctx_seq, reason)

    def _no_memory(self, sequences: int, n_ctx_seq: int, reason: str) -> ModelError:
        return ModelError(
            f"{self.model.path}: no memory for {sequences} sequences of {n_ctx_seq} tokens ({reason}).",
            "Lower --parallel or --max-tokens, or take a smaller model.",
        )

    def _create_context(self, layout: KVCacheLayout) -> None:
        self._check_memory(layout)
        n_ctx_seq, slots, prefix_slots = layout
        sequences, model = layout.sequences, self.model
        params = context_params(self.config, n_ctx_seq, sequences)
        params.n_threads = params.n_threads_batch = self.threads
        recent_log.clear()
        self.slots, self.prefix_slots = slots, prefix_slots
        self._samplers: list[SamplerChain | None] = [None] * slots
        self._context = C.llama_init_from_model(model.handle, params)
        if not self._context:
            raise self._no_memory(sequences, n_ctx_seq, logged_error())
        self.n_ctx_seq = int(C.llama_n_ctx_seq(self._context))
        self._memory = C.llama_get_memory(self._context)
        self._prompt_length = [0] * slots
        self._cached = [0] * sequences
        self._logits_row = [0] * slots
        self._rows_without_fillers = 0
        """Rows of the last decode call; 0 or 1 if llama.cpp's memory holds rows that no slot of the call owns."""
        self._scratch = np.empty((slots, model.n_vocab), np.float32)

    def close(self) -> None:
        """Free the context and all samplers."""
        self._free_context()
        if self._batch:
            C.llama_batch_free(self._batch)
            self._batch = None

    def _free_context(self) -> None:
        for slot in range(len(self._samplers)):
            self._free_samplers(slot)
        if self._context:
            C.llama_free(self._context)
            # With a null pointer llama.cpp's memory functions return at once: late calls are harmless.
            self._context = self._memory = None

    def __enter__(self) -> LlamaDecoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- decoding -------------------------------------------------------------------------------------------

    def open(self, slot: int, sampling: Sampling | None, tokens: Sequence[int]) -> None:
        """Create the samplers of an empty slot for a prompt; none for a prompt and a text to score.

        Raises `ModelError` for a bad grammar, and for token ids unknown to the vocabulary.
        """
        for token in (min(tokens, default=0), max(tokens, default=0)):
            self.model.check_token(token)
        self._samplers[slot] = SamplerChain(self.model, sampling, tokens) if sampling else None
        self._prompt_length[slot] = len(tokens)

    def prefill(self, slot: int, tokens: Sequence[int], position: int) -> None:
        """Compute a chunk of a prompt; logits are computed only for the prompt's last token."""
        is_last = position + len(tokens) == self._prompt_length[slot]
        self._compute(slot, tokens, position, int(is_last))
        self._logits_row[slot] = len(tokens) - 1

    def score(
        self, slot: int, tokens: Sequence[int], position: int, wanted: Sequence[Sequence[int]]
    ) -> list[TokenScore]:
        """Compute a chunk, with logits for the last `len(wanted)` tokens, or for all if a hidden state is needed.

        Gives a score for each of these last tokens. The number of logits of a chunk must depend on the request alone,
        since with some kernels the bits of a row depend on the number of rows. Keys and values don't depend on this
        number: llama.cpp leaves rows without logits out in the last layer, after the attention.
        """
        needs_states = any(len(each) > 1 for each in wanted)
        # llama.cpp gives hidden states only for all tokens of a call.
        C.llama_set_embeddings(self._context, needs_states)
        try:
            self._compute(slot, tokens, position, len(tokens) if needs_states else len(wanted))
            first = len(tokens) - len(wanted)
            return [
                TokenScore(self._logprobs(row, each), self._state(row) if len(each) > 1 else ())
                for row, each in enumerate(wanted, first)
            ]
        finally:
            C.llama_set_embeddings(self._context, False)

    def _compute(self, slot: int, tokens: Sequence[int], position: int, outputs: int) -> None:
        """Compute a chunk, with logits for the last `outputs` tokens."""
        assert tokens, "an empty chunk"
        for index, token in enumerate(tokens):
            self._put(index, Row(slot, token, position + index), wants_logits=index >= len(tokens) - outputs)
        self._decode(len(tokens))
        self._rows_without_fillers = 1
        self._cached[slot] = position + len(tokens)

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute a token of each sequence, in the order of the slots; idle slots fill up the last multiple."""
        active = {row.slot: row for row in rows}
        idle = (slot for slot in range(self.slots) if slot not in active)
        fillers = islice(idle, self.config.rows_for(len(active)) - len(active))
        slots = sorted((*active, *fillers))
        # llama.cpp splits a call at every gap, and the parts would have other numbers of rows.
        assert self.config.multiple == 1 or slots[-1] == len(slots) - 1, "a gap between the rows"
        for index, slot in enumerate(slots):
            # Filler rows want logits too: the last layer computes only rows with logits, and the number of computed
            # rows must be a multiple in each layer.
            self._put(index, active.get(slot) or Row(slot, 0, self._cached[slot]), wants_logits=True)
            self._logits_row[slot] = index
        self._decode(len(slots))
        self._rows_without_fillers = len(active) if len(active) == len(slots) else 0
        for slot in slots:
            if slot in active:
                self._cached[slot] += 1
            else:
                self._cut(slot, self._cached[slot])

    def sample(self, slot: int, given: int | None = None) -> int | None:
        """Sample the slot's next token, or take the given token instead; None if the slot's grammar allows no token.

        Raises `ModelError` unless the largest logit is finite, and if the grammar forbids a given token.
        """
        samplers = self._open_samplers(slot)
        logits = self.logits(slot)
        self._largest(logits)
        return samplers.choose(self._context, self._logits_row[slot], logits, given)

    def reseed(self, slot: int, seed: int) -> None:
        """Begin new random numbers for the slot's next token and all tokens after."""
        self._open_samplers(slot).reseed(seed)

    def branch(self, source: int, target: int) -> None:
        """Make an empty slot a copy of an open slot: all cells, the samplers' state, the logits of the last call."""
        self.copy(source, target, self._cached[source])
        self._samplers[target] = self._open_samplers(source).copy()
        for known in (self._prompt_length, self._logits_row):
            known[target] = known[source]

    def _open_samplers(self, slot: int) -> SamplerChain:
        samplers = self._samplers[slot]
        assert samplers is not None, "the slot is empty"
        return samplers

    def _put(self, index: int, row: Row, wants_logits: bool) -> None:
        # The batch is C memory: an index beyond the end would overwrite foreign data.
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
            raise ModelError(f"{self.model.path.name}: its context has been closed.", "Load the model again.")
        self._batch.n_tokens = count
        with computing:
            recent_log.clear()
            status = int(C.llama_decode(self._context, self._batch))
        if status != 0:
            raise ModelError(
                f"{self.model.path.name}: llama.cpp failed to decode ({logged_error(f'status {status}')}).",
                "Lower --parallel to use less memory, then `remix resume` the run.",
            )

    # -- logits ---------------------------------------------------------------------------------------------

    def logits(self, slot: int) -> FloatArray:
        """The raw logits of the last call for a slot: float32 of shape (n_vocab,).

        The array is a view of llama.cpp's memory: to be read before the next call, and never changed.
        """
        return self._logits_at(self._logits_row[slot])

    def _logits_at(self, row: int) -> FloatArray:
        """The raw logits of the last call for a row: float32 of shape (n_vocab,)."""
        logits = C.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(logits, shape=(self.model.n_vocab,))

    def _largest(self, logits: FloatArray) -> np.float32:
        """The largest logit. Raises `ModelError` unless finite.

        Single logits may be minus infinity in sound models. The maximum of an array with a NaN is NaN; the pass takes
        5 µs for 49,152 tokens.
        """
        best: np.float32 = logits.max()
        if not -LARGEST_LOGIT < best < LARGEST_LOGIT:
            raise ModelError(
                f"{self.model.path.name}: the largest logit that the model computes is {best:g}.",
                "Its weights are damaged, or overflow on this machine: fetch the file again, or take another model.",
            )
        return best

    def _logprobs(self, row: int, tokens: Sequence[int]) -> list[float]:
        """log p of tokens, of the raw logits of a row: exp in float32, sum and logarithm in float64.

        Computed row by row, so that the result doesn't depend on the number of rows.
        """
        logits = self._logits_at(row)
        best = self._largest(logits)
        weights = np.subtract(logits, best, out=self._scratch[0])
        total = np.exp(weights, out=weights).sum(dtype=np.float64)
        return [float(logits[token]) - float(best) - math.log(total) for token in tokens]

    def _state(self, row: int) -> tuple[float, ...]:
        """The hidden state of the last call for a row: (n_embd,), behind the last layer's norm."""
        state = C.llama_get_embeddings_ith(self._context, row)
        return tuple(np.ctypeslib.as_array(state, shape=(self.model.width,)).tolist())

    def choices_of(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
        """Log-probability, entropy and alternatives of the tokens sampled for some slots.

        Overwrites the logits in llama.cpp's memory.
        """
        # `sample` has raised already for a row without finite logits; the numbers of such a row are never used.
        with np.errstate(all="ignore"):
            return choices_of(self._rows_of(slots), self._scratch, tokens, self.model.text)

    def _rows_of(self, slots: Sequence[int]) -> FloatArray:
        """The logits of some slots, of shape (slots, n_vocab): a copy, or a view of llama.cpp's memory."""
        if len(slots) == self._rows_without_fillers > 1:
            # Without filler rows llama.cpp's memory holds exactly the rows of `slots`, unless a slot was branched
            # after the call.
            first = C.llama_get_logits(self._context)
            return np.ctypeslib.as_array(first, shape=(len(slots), self.model.n_vocab))
        return np.stack([self.logits(slot) for slot in slots])

    # -- the KV cache ---------------------------------------------------------------------------------------

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of a slot's KV cells; llama.cpp does the work in the next decode call.

        Between KV streams llama.cpp can copy only whole sequences (copying a part would abort the process); the copy
        is cut afterwards.
        """
        C.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self._cut(target, length)
        self._cached[target] = length

    def _cut(self, slot: int, length: int) -> None:
        """Drop all but the first `length` tokens of a slot.

        Raises `ModelError` if llama.cpp refuses: the state of a recurrent layer can be dropped whole, but not cut.
        """
        if not C.llama_memory_seq_rm(self._memory, slot, length, -1):
            raise ModelError(
                f"{self.model.path.name}: llama.cpp can't cut a sequence of this model after {length} tokens.",
                "Please report this with the output of `-v`.",
            )

    def move(self, source: int, target: int) -> None:
        """Move a sequence, samplers included, to an empty slot."""
        self.copy(source, target, self._cached[source])
        self._samplers[target], self._samplers[source] = self._samplers[source], None
        self._prompt_length[target] = self._prompt_length[source]
        self.clear(source)

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        self._free_samplers(slot)
        self._cut(slot, 0)
        self._cached[slot] = 0

    def _free_samplers(self, slot: int) -> None:
        if samplers := self._samplers[slot]:
            samplers.free()
            self._samplers[slot] = None

    # -- the vocabulary -------------------------------------------------------------------------------------

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none for control tokens."""
        return self.model.piece(token)

    def spelling(self, token: int) -> bytes:
        """The bytes of a token; the name of a control token."""
        return self.model.spelling(token)

    def tokenize(self, markup: str) -> list[int]:
        """The tokens of a mark, with control tokens."""
        return self.model.tokenize_markup(markup)

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn."""
        return self.model.is_end(token)
