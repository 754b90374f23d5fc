"""The memory of a model in a run: sequences that fit, and the need in words.

Takes a model's file, the cost of the model's contexts and a run's `LoadOptions`, gives KV cache layouts and a
`MemoryUse`. Loads no model.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from remix.engine import llama
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import ContextCost
from remix.errors import ModelError
from remix.records import ModelFile
from remix.records.bounds import MOST_TOKENS
from remix.util import free_memory
from remix.util.units import size

if TYPE_CHECKING:
    from remix.engine.local import LoadOptions

CELLS = 256
"""llama.cpp rounds a sequence's context up to a multiple of 256 tokens."""

TIGHT = 0.8
"""Share of the free memory from which on the need of a run causes a warning."""


class MemoryUse(NamedTuple):
    """The memory of a run, in bytes."""

    weights: int
    cache: int
    """KV cache and recurrent state."""
    calls: int
    """Buffers of decode calls."""
    free: int
    """Memory free at present."""
    layout: KVCacheLayout
    """The layout with the largest need."""
    wanted: int
    """Number of sequences in a batch if memory were no limit."""

    @property
    def total(self) -> int:
        """All memory needed for the run."""
        return self.weights + self.cache + self.calls

    @property
    def in_words(self) -> str:
        """The parts, and the free memory."""
        tokens, slots, prefix_slots = self.layout
        sequences = f"{slots} sequence{'s' if slots > 1 else ''} of {tokens:,} tokens"
        kept = f", and {prefix_slots} kept prompt{'s' if prefix_slots > 1 else ''}" if prefix_slots else ""
        return (
            f"{size(self.total)} of memory: weights {size(self.weights)}, KV cache {size(self.cache)} "
            f"({sequences}{kept}), buffers {size(self.calls)}; {size(self.free)} are free"
        )

    @property
    def warning(self) -> str | None:
        """A warning if memory is tight, with the options to lower; null if memory is plentiful."""
        if self.total > self.free * TIGHT:
            return (
                f"Memory is tight: this run takes {self.in_words}. Close other programs, lower --parallel or "
                "--max-tokens, or take a smaller model or weight type (`remix models pull` lists models)."
            )
        if self.layout.slots < self.wanted:
            return (
                f"There is memory for {self.layout.slots} of {self.wanted} sequences of {self.layout.n_ctx_seq:,} "
                "tokens at once, so this run takes longer. Close other programs, raise --memory, or lower "
                "--max-tokens."
            )
        return None


def check_weights(path: Path, file: ModelFile) -> None:
    """Raises `ModelError` if the memory can't hold the weights: the process would be killed, or would read the
    weights from disk for each token."""
    free = free_memory.available_with_swap()
    if file.size > free and not llama.has_gpu():
        raise ModelError(
            f"{path}: its weights take {size(file.size)} of memory, and {size(free)} are free.",
            "Close other programs, or take a smaller model or weight type: `remix models pull` lists those that fit.",
        )


def layouts(
    file: ModelFile, cost: ContextCost, config: BatchConfig, needs: LoadOptions
) -> tuple[list[KVCacheLayout], MemoryUse]:
    """A KV cache layout for each context, with slots for sequences and for the prompts of finished sequences, and the
    memory for the largest layout. The weights must not be loaded yet.

    Each row of a decode call needs a slot, and there are as many rows as the batch config's `multiple` at least.
    Raises `ModelError` if the memory holds too few sequences.
    """
    is_on_gpu = config.gpu_layers > 0 and llama.has_gpu()
    weights, free = 0 if is_on_gpu else file.size, free_memory.available()
    budget = needs.memory or max(0, free - weights) // 2
    sequences = config.rows_for(min(needs.parallel or config.rows, config.rows, needs.chains))
    least = config.multiple
    made = []
    # A run from elsewhere may ask for any context; no planned text is longer than the model's context.
    longest = file.context if file.context > 0 else MOST_TOKENS
    rounded = (max(1, -(-min(each, longest) // CELLS)) * CELLS for each in needs.contexts or (1,))
    for context in dict.fromkeys(rounded):
        places = budget // max(1, cost.slot(context))
        if places < least:
            many = (
                f"{least} sequences of {context} tokens take"
                if least > 1
                else f"a sequence of {context} tokens takes"
            )
            raise ModelError(
                f"{file.name}: {many} {size(cost.slot(context) * least)} of memory, and there are {size(budget)} for "
                f"{'them' if least > 1 else 'it'}, beside the weights ({size(weights)}).",
                "Close other programs, raise --memory, leave long passages out, lower --max-tokens, or take a "
                "smaller model or weight type: `remix models pull` lists those that fit.",
            )
        slots = min(sequences, places // least * least)
        made.append(KVCacheLayout(context, slots, min(slots, places - slots)))
    largest = max(made, key=cost.of)
    calls = cost.calls(largest)
    return made, MemoryUse(weights, cost.of(largest) - calls, calls, free, largest, sequences)
