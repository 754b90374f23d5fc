"""The comparison of a probe: a sequence's logits alone and in a changing batch, bit for bit.

Takes an empty decoder and words, gives a `Verdict`. The prompt's beginning is computed or copied. The decoded tokens
are fixed instead of sampled, so that a difference doesn't cause further differences. Knows nothing of files and of
the verdict's use.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count, cycle, islice
from typing import Any, NamedTuple, Protocol

import numpy as np

from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import BatchConfig, Decoder, Row
from remix.engine.llama import FloatArray
from remix.records import Frozen, Greedy, Sampling
from remix.util import stages

CONTEXT = 256
"""llama.cpp reads the KV cache in steps of 256 tokens; the long sequence reaches into the second step."""

FLASH_CONTEXT = 512
"""Context, in tokens, from which flash attention splits the work of a single row between threads."""


class Verdict(Frozen):
    """The result of a probe."""

    passed: bool
    """Whether all logits were equal."""
    compared: str
    """The comparison in words."""
    difference: str | None = None
    """The first difference."""


class Probed(Decoder, Protocol):
    """A decoder with readable logits."""

    def logits(self, slot: int) -> FloatArray: ...


def compare(decoder: Probed, words: Sequence[int]) -> Verdict:
    """Decode sequences made of `words`, alone and batched. The decoder must be empty and have two prefix slots."""
    calls = _Calls(decoder)
    _Comparison(calls, words, calls.count).run()
    done = count(1)
    rows = f"{decoder.config.rows} rows" if decoder.config.rows > 1 else "one sequence at a time"
    comparison = _Comparison(decoder, words, lambda: stages.tell(f"Probing {rows}", next(done) / calls.counted))
    sequences = len(comparison.sequences) + decoder.config.rows
    compared = (
        f"the raw logits of {sequences} sequences, after up to {comparison.life + 1} tokens each, "
        f"bit for bit, {in_words(decoder.config)}"
    )
    try:
        comparison.run()
    except _DifferenceError as difference:
        return Verdict(passed=False, compared=compared, difference=str(difference))
    return Verdict(passed=True, compared=compared)


def in_words(config: BatchConfig) -> str:
    """The changes around a sequence that a batch config allows, in words."""
    if config.rows == 1:
        return "one sequence at a time, prefix shared or not"
    return f"with {config.in_words}, alone or among others, prefix shared or not"


def long_prompt(config: BatchConfig) -> int:
    """Tokens of the long neighbour's prompt."""
    return (FLASH_CONTEXT if config.flash_attn else CONTEXT) + 1


class _Calls:
    """Replaces a decoder for counting a comparison's calls: computes nothing, and all logits are the same."""

    def __init__(self, decoder: Probed) -> None:
        self._decoder = decoder
        self.counted = 0

    def count(self) -> None:
        """Count a call."""
        self.counted += 1

    def logits(self, slot: int) -> FloatArray:
        """The same logit always."""
        return np.zeros(1, np.float32)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._decoder, name)
        return found if name == "piece" or not callable(found) else lambda *_, **__: None


class _DifferenceError(Exception):
    """The logits in the batch differ from the logits of the sequence alone."""


class _Script(NamedTuple):
    """A prompt, and fixed tokens to decode."""

    name: str
    chunks: tuple[Chunk, ...]
    rest: Sequence[int]

    @property
    def shared(self) -> int:
        """Tokens of the prompt copied instead of computed: all chunks except the last."""
        return self.length - len(self.chunks[-1])

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return sum(map(len, self.chunks))


@dataclass
class _Active:
    """A sequence in the batch; the slot is the index in the list of active sequences."""

    script: _Script
    read: int = 0
    """Number of decoded tokens of `script.rest`."""

    @property
    def done(self) -> bool:
        return self.read == len(self.script.rest)


class _Comparison:
    """Three scripts, each decoded alone, then many copies batched together, joining and leaving."""

    def __init__(self, decoder: Probed, words: Sequence[int], called: Callable[[], None]) -> None:
        """`called` is called after each prefill and decode call."""
        self.decoder = decoder
        self._called = called
        rows, chunk = decoder.config.rows, decoder.config.chunk
        # With free rows a single sequence joins per call, so that each number of rows occurs. With multiples, several
        # sequences do: the numbers of rows occur all the same, and the number of active sequences matters less.
        self.joining = 1 if decoder.config.multiple == 1 else 3
        self.life = max(rows // self.joining, 6)
        self._scripts = (
            self._script("a shared prefix", words, chunk + 2, self.life),
            self._script("a prompt of its own", words[7:], 4, self.life),
            self._script("a long neighbour", words, max(long_prompt(decoder.config), chunk + 2), 6),
        )
        short, long = self._scripts[:2], self._scripts[2]
        # The long script joins and leaves last: each number of rows occurs with and without the long script.
        self.sequences = (*islice(cycle(short), max(rows - 1, 3)), long)
        self._joining: deque[_Script] = deque()
        self._alone: dict[str, list[FloatArray]] = {}
        # The prefix slot of each script whose beginning can be shared.
        self._kept: dict[str, int] = {}

    def _script(self, name: str, words: Sequence[int], length: int, rest: int) -> _Script:
        """A prompt of `length` tokens, and `rest` tokens to decode."""
        tokens = tuple(islice(cycle(words), length + rest))
        config = self.decoder.config
        chunks = cut(tokens[:length], config.chunk, self.decoder.piece if config.paragraphs else None)
        return _Script(name, chunks, tokens[length:])

    def run(self) -> None:
        """Raise `_DifferenceError` at the first difference."""
        for script in self._scripts:
            self._alone[script.name] = self._decode_alone(script)
        rows = self.decoder.config.rows
        # All rows decode the same token at the same time: in a mixture of experts all rows go to the same experts.
        self._decode_batched([self._scripts[1]] * rows, rows)
        self._decode_batched(self.sequences, self.joining)

    def _decode_batched(self, scripts: Iterable[_Script], joining: int) -> None:
        """Decode scripts in a batch; in each call `joining` more scripts join, as long as rows are free."""
        self._joining.extend(scripts)
        active: list[_Active] = []
        while self._joining or active:
            for _ in range(min(joining, len(self._joining), self.decoder.config.rows - len(active))):
                self._join(self._joining.popleft(), active)
            self._decode(active)
            for slot, sequence in enumerate(active):
                self._check(sequence, slot, len(active))
            self._leave(active)

    def _decode_alone(self, script: _Script) -> list[FloatArray]:
        """The logits after the prompt, and after each token of the rest. Keeps the shared prefix in a prefix slot."""
        sequence, first = _Active(script), self._scripts[0]
        begun = first.shared if script.shared and self._kept else 0
        self._prefill(0, script, begun, self._kept.get(first.name, 0))
        logits = [self.decoder.logits(0).copy()]
        for _ in script.rest:
            self._decode([sequence])
            logits.append(self.decoder.logits(0).copy())
        self.decoder.clear(0)
        return logits

    def _join(self, script: _Script, active: list[_Active]) -> None:
        """Add a sequence; the shared prefix is copied from an active sequence if possible, else from the prefix
        slot."""
        slot, source = len(active), self._kept.get(script.name, 0)
        if not self.decoder.copies_whole:
            holders = (other for other, sequence in enumerate(active) if sequence.script.shared >= script.shared)
            source = next(holders, source)
        active.append(_Active(script))
        self._prefill(slot, script, script.shared, source)
        self._check(active[slot], slot, len(active))

    def _prefill(self, slot: int, script: _Script, copied: int, source: int) -> None:
        sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=len(script.rest), stop=())
        self.decoder.open(slot, sampling, tuple(chain.from_iterable(script.chunks)))
        if copied:
            self.decoder.copy(source, slot, copied)
        start = 0
        for chunk in script.chunks:
            if copied < start == script.shared:
                self._kept[script.name] = kept = self.decoder.slots + len(self._kept)
                self.decoder.copy(slot, kept, start)
            if start >= copied:
                self.decoder.prefill(slot, chunk, start)
                self._called()
            start += len(chunk)

    def _decode(self, active: list[_Active]) -> None:
        """Decode a token of each sequence."""
        rows = []
        for slot, sequence in enumerate(active):
            position = sequence.script.length + sequence.read
            rows.append(Row(slot, sequence.script.rest[sequence.read], position))
            sequence.read += 1
        self.decoder.decode(rows)
        self._called()

    def _check(self, sequence: _Active, slot: int, rows: int) -> None:
        """Raise `_DifferenceError` unless a sequence's logits equal the logits of the same script alone."""
        batched, alone = self.decoder.logits(slot), self._alone[sequence.script.name][sequence.read]
        # Compared as integers: equal NaNs are the same, 0 and -0 are not.
        differing = int(np.count_nonzero(batched.view(np.uint32) != alone.view(np.uint32)))
        if differing:
            raise _DifferenceError(
                f"{sequence.script.name}, {sequence.read} tokens after it, {rows} active, in slot {slot}: "
                f"{differing} of {len(alone)} logits differ, by up to {np.abs(batched - alone).max():.2g}"
            )

    def _leave(self, active: list[_Active]) -> None:
        """Remove finished sequences, and move the last sequence into each gap, as the scheduler does."""
        leaving = {slot for slot, sequence in enumerate(active) if sequence.done}
        if not self._joining and len(active) > 1:
            leaving.update(sorted(range(len(active)), key=lambda slot: -active[slot].read)[:3])
        for slot in sorted(leaving, reverse=True):
            self.decoder.clear(slot)
            last = active.pop()
            if slot < len(active):
                self.decoder.move(len(active), slot)
                active[slot] = last
