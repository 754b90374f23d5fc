"""The probe: does a sequence's company touch its logits, with this model on this machine?

Takes a GGUF and a shape, gives a `Verdict`; takes a GGUF, gives the shape to run it with. Logits are compared bit
for bit: alone, among others that come and go, with the beginning computed or copied. Fixed tokens stand in for
sampled ones, so that one difference doesn't breed others. Verdicts are kept in the user's cache for the same file,
libraries and processor; what is decoded for whom it doesn't know.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, cycle, islice
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import psutil

from remix.engine import llama
from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import Decoder, Row, Shape
from remix.engine.llama import FloatArray, LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.errors import RunError
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util.cache import MemoStore

PROBE = "remix/probe/2"
"""Name and version of the procedure: verdicts of another one are not believed."""

CONTEXT = 256
"""llama.cpp reads the cache in steps of so many tokens; one neighbour reaches into the second."""

FLASH_CONTEXT = 512
"""From so many tokens on, flash attention splits a lone row's work between threads; one neighbour reaches there."""

KNOWN_TO_DIFFER = ("_K", "F16", "F32")
"""In the names of weight types whose kernels compute a row otherwise when it is alone, or one of sixteen."""

TEXT = """\
The harbour clock had stopped at ten past four, and nobody could say in which year. Boats left by it all the same.

A stranger asked the keeper why he never mended it; he said: "It is right twice a day, which is more than the
others can claim." (They were 3 minutes slow, or 17 fast.) So the town grew used to lateness, as to weather.
"""


class Verdict(Frozen):
    """What a probe found."""

    passed: bool
    """Whether all logits were the same."""
    compared: str
    """What was compared."""
    difference: str | None = None
    """The first difference that was seen."""


_MEMOS = MemoStore("probes", Verdict)


class Chosen(NamedTuple):
    """The shape to run a model with."""

    shape: Shape
    exact: bool
    """Whether a sequence's bytes don't depend on its company."""
    how: str
    """How that is known."""


class Probed(Decoder, Protocol):
    """A decoder that shows its logits."""

    def logits(self, slot: int) -> FloatArray: ...


def choose_shape(path: Path, file: ModelFile, threads: int, gpu_layers: int = 0) -> Chosen:
    """The first shape that passes its probe: any number of rows, always 16 of them, one sequence at a time.

    The first is not tried with weight types it is known to fail with. Where even the last fails, or where the
    memory doesn't hold a probe, `how` says so. Raises `ModelError` where the model can't be loaded.
    """
    guess = llama.exact_shape(*file.weight_types, gpu_layers=gpu_layers)
    *_, single = shapes = _shapes(file, guess)
    differs = ""
    for shape in shapes:
        verdict = probe(path, file, shape, threads)
        if verdict is None:
            return Chosen(guess, True, _by_type(file, guess))
        if verdict.passed:
            return Chosen(shape, True, f"probed on this machine: same logits {in_words(shape)}{differs}")
        differs = differs or f"; {in_words(shape)} they differ"
    return Chosen(single, False, f"not exact: probed on this machine, logits differ even {in_words(single)}")


def is_known(file: ModelFile, gpu_layers: int = 0) -> bool:
    """Whether choosing a shape costs nothing, since the model was probed here before."""
    guess = llama.exact_shape(*file.weight_types, gpu_layers=gpu_layers)
    return is_settled(file, _shapes(file, guess)[0])


def is_settled(file: ModelFile, shape: Shape) -> bool:
    """Whether `settled` costs nothing, since that shape was probed here before."""
    return _MEMOS.read(_key(file, shape)) is not None


def _shapes(file: ModelFile, guess: Shape) -> list[Shape]:
    """What to try: any number of rows, always 16 of them, one sequence at a time."""
    updates: list[dict[str, object]] = [{"fixed": False}, {"fixed": True}, {"fixed": False, "rows": 1}]
    return [guess.model_copy(update=update) for update in updates[is_hopeless(file) :]]


def settled(path: Path, file: ModelFile, shape: Shape, threads: int) -> Chosen:
    """A shape that was chosen before, perhaps elsewhere, and what the probe says of it here."""
    verdict = probe(path, file, shape, threads)
    if verdict is None:
        return Chosen(shape, True, "as it was settled before; too little memory to probe it here")
    if verdict.passed:
        return Chosen(shape, True, f"probed on this machine: same logits {in_words(shape)}")
    return Chosen(shape, False, f"not exact: probed on this machine, logits differ {in_words(shape)}")


def is_hopeless(file: ModelFile) -> bool:
    """Whether free rows are known to differ with a model's weight types."""
    return any(part in name for name in file.weight_types for part in KNOWN_TO_DIFFER)


def fast_shape(gpu_layers: int = 0) -> Chosen:
    """What is quickest, whatever it does to the bits."""
    # Of the starting guess only the layout of the weights counts: with a wrong one the process would die.
    guess = llama.exact_shape(gpu_layers=gpu_layers)
    shape = guess.model_copy(update={"fixed": False, "flash_attn": True})
    return Chosen(shape, False, "not exact, as asked: any number of rows, flash attention on, nothing probed")


def probe(path: Path, file: ModelFile, shape: Shape, threads: int) -> Verdict | None:
    """What a shape does to a model's logits; from the cache, if it was looked at before.

    Takes some hundred prompt tokens and as many in decode calls: seconds for a small model, a minute for a large
    one. None where the memory doesn't hold it. Raises `ModelError` where the model can't be loaded.
    """
    key = _key(file, shape)
    if kept := _MEMOS.read(key):
        return kept
    with LlamaModel(path, shape=shape) as model:
        context = max(_long(shape), shape.chunk + 2) + CONTEXT - 1
        if model.cell_bytes * context * (shape.rows + 1) > psutil.virtual_memory().available // 2:
            return None
        with LlamaDecoder(model, shape.rows, context, shape, threads, shelf=1) as decoder:
            verdict = compare(decoder, model.tokenize_text(TEXT))
    with suppress(RunError):
        _MEMOS.write(key, verdict)
    return verdict


def compare(decoder: Probed, words: Sequence[int]) -> Verdict:
    """Decode a few sequences made of `words`, alone and in company. The decoder must have a shelf, and be empty."""
    party = _Party(decoder, words)
    compared = (
        f"the raw logits of {len(party.guests)} sequences, at up to {party.life + 1} turns each, bit for bit, "
        f"{in_words(decoder.shape)}"
    )
    try:
        party.hold()
    except _DifferenceError as difference:
        return Verdict(passed=False, compared=compared, difference=str(difference))
    return Verdict(passed=True, compared=compared)


# -- the comparison -----------------------------------------------------------------------------------------


class _DifferenceError(Exception):
    """Logits that aren't what they were."""


class _Text(NamedTuple):
    """A prompt and what follows it, come what may."""

    name: str
    chunks: tuple[Chunk, ...]
    rest: Sequence[int]

    @property
    def shared(self) -> int:
        """Tokens of the prompt that others hold too: whole chunks."""
        return self.length - len(self.chunks[-1])

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return sum(map(len, self.chunks))


@dataclass
class _Guest:
    """A sequence on its way: its slot is its place among the guests."""

    text: _Text
    read: int = 0
    """Tokens of the rest that were decoded."""

    @property
    def done(self) -> bool:
        return self.read == len(self.text.rest)


class _Party:
    """A few texts, decoded each alone, then all together as they come and go."""

    def __init__(self, decoder: Probed, words: Sequence[int]) -> None:
        self.decoder = decoder
        rows, chunk = decoder.shape.rows, decoder.shape.chunk
        # Where rows are free one comes at a time, so that every number of rows is met. Where they are fixed a call
        # costs all of them, whoever is there.
        self.pace = 3 if decoder.shape.fixed else 1
        self.life = max(rows // self.pace, 6)
        self._texts = (
            self._text("a shared prefix", words, chunk + 2, self.life),
            self._text("a prompt of its own", words[7:], 4, self.life),
            self._text("a long neighbour", words, max(_long(decoder.shape), chunk + 2), 6),
        )
        short, long = self._texts[:2], self._texts[2]
        # The long one comes late and leaves last, so that as many rows are met with it and without it.
        self.guests = (*islice(cycle(short), max(rows - 1, 3)), long)
        self._arriving = deque(self.guests)
        self._alone: dict[str, list[FloatArray]] = {}
        self._shelved = 0

    def _text(self, name: str, words: Sequence[int], length: int, rest: int) -> _Text:
        """A prompt of so many tokens, and a rest to decode."""
        tokens = tuple(islice(cycle(words), length + rest))
        shape = self.decoder.shape
        chunks = cut(tokens[:length], shape.chunk, self.decoder.piece if shape.paragraphs else None)
        return _Text(name, chunks, tokens[length:])

    def hold(self) -> None:
        """Raises `_DifferenceError` at the first one."""
        for text in self._texts:
            self._alone[text.name] = self._decode_alone(text)
        present: list[_Guest] = []
        while self._arriving or present:
            for _ in range(min(self.pace, len(self._arriving), self.decoder.shape.rows - len(present))):
                self._join(self._arriving.popleft(), present)
            self._decode(present)
            for slot, guest in enumerate(present):
                self._check(guest, slot, len(present))
            self._leave(present)

    def _decode_alone(self, text: _Text) -> list[FloatArray]:
        """The logits after the prompt, and after each token of the rest. What can be shared is shelved."""
        guest = _Guest(text)
        shelf = self.decoder.slots
        self._prefill(0, text, min(self._shelved, text.shared), shelf)
        logits = [self.decoder.logits(0).copy()]
        for _ in text.rest:
            self._decode([guest])
            logits.append(self.decoder.logits(0).copy())
        if text.shared:
            self.decoder.copy(0, shelf, text.shared)
            self._shelved = text.shared
        self.decoder.clear(0)
        return logits

    def _join(self, text: _Text, present: list[_Guest]) -> None:
        """Compute a newcomer's prompt; what is shared is copied, from a sequence at work if one has it."""
        slot = len(present)
        holders = (other for other, guest in enumerate(present) if guest.text.shared >= text.shared)
        source = next(holders, self.decoder.slots)
        present.append(_Guest(text))
        self._prefill(slot, text, text.shared, source)
        self._check(present[slot], slot, len(present))

    def _prefill(self, slot: int, text: _Text, copied: int, source: int) -> None:
        sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=len(text.rest), stop=())
        self.decoder.open(slot, sampling, tuple(chain.from_iterable(text.chunks)))
        if copied:
            self.decoder.copy(source, slot, copied)
        start = 0
        for chunk in text.chunks:
            if start >= copied:
                self.decoder.prefill(slot, chunk, start)
            start += len(chunk)

    def _decode(self, present: list[_Guest]) -> None:
        """One token of each."""
        self.decoder.decode(
            [
                Row(slot, guest.text.rest[guest.read], guest.text.length + guest.read)
                for slot, guest in enumerate(present)
            ]
        )
        for guest in present:
            guest.read += 1

    def _check(self, guest: _Guest, slot: int, rows: int) -> None:
        """Raise `_DifferenceError` unless the guest's logits are what they were alone."""
        now, alone = self.decoder.logits(slot), self._alone[guest.text.name][guest.read]
        # As integers: two NaNs are the same, 0 and -0 are not.
        differing = int(np.count_nonzero(now.view(np.uint32) != alone.view(np.uint32)))
        if differing:
            raise _DifferenceError(
                f"{guest.text.name}, {guest.read} tokens after it, {rows} active, in slot {slot}: "
                f"{differing} of {len(alone)} logits differ, by up to {np.abs(now - alone).max():.2g}"
            )

    def _leave(self, present: list[_Guest]) -> None:
        """Let the oldest go; the last moves into each gap, as the scheduler would have it."""
        going = {slot for slot, guest in enumerate(present) if guest.done}
        if not self._arriving and len(present) > 1:
            going.update(sorted(range(len(present)), key=lambda slot: -present[slot].read)[:3])
        for slot in sorted(going, reverse=True):
            self.decoder.clear(slot)
            last = present.pop()
            if slot < len(present):
                self.decoder.move(len(present), slot)
                present[slot] = last


def _long(shape: Shape) -> int:
    """Tokens of the long neighbour's prompt."""
    return (FLASH_CONTEXT if shape.flash_attn else CONTEXT) + 1


# -- what is said and kept of it ----------------------------------------------------------------------------


def _key(file: ModelFile, shape: Shape) -> str:
    """What a verdict is kept by. Threads are no part of the key: they were shown not to matter."""
    return memo_key(PROBE, file, shape=shape.model_dump())


def in_words(shape: Shape) -> str:
    """What a shape lets a sequence's company be."""
    if shape.rows == 1:
        return "one sequence at a time, prefix shared or not"
    rows = f"with always {shape.rows} rows" if shape.fixed else f"for 1…{shape.rows} rows"
    return f"{rows}, alone or among others, prefix shared or not"


def _by_type(file: ModelFile, shape: Shape) -> str:
    rows = f"always {shape.rows} rows" if shape.fixed else f"any number of rows up to {shape.rows}"
    return (
        f"by weight type: {', '.join(file.weight_types) or 'any'} was measured to give the same bits with {rows}; "
        "too little memory to probe it here"
    )
