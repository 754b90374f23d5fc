"""The probe: do other sequences in the batch change a sequence's logits, with this model on this machine?

Takes a GGUF and a batch config, gives a `Verdict`; takes a GGUF, gives the batch config to run the model with. Logits
of a sequence alone and in a changing batch are compared bit for bit, with the prompt's beginning computed or copied.
The decoded tokens are fixed instead of sampled, so that one difference doesn't cause others. Verdicts are kept in the
user's cache per file, libraries and CPU features.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count, cycle, islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import psutil

from remix.engine import llama
from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import BatchConfig, Decoder, KVCacheLayout, Row
from remix.engine.llama import FloatArray, LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.errors import RunError
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util import stages
from remix.util.cache import MemoStore

PROBE = "remix/probe/3"
"""Name and version of the procedure: verdicts of other versions don't count."""

CONTEXT = 256
"""llama.cpp reads the KV cache in steps of this number of tokens; the long sequence reaches into the second step."""

FLASH_CONTEXT = 512
"""From this number of tokens on, flash attention splits a single row's work between threads."""

FEW_ROWS = 4
"""Rows with which mixtures of experts are exact in weight types like Q4_K and IQ4_XS: from 8 rows for one expert on,
llama.cpp takes other kernels for that expert, and kernels for repacked weights take rows by fours."""

ONE_AT_A_TIME = ("glm5-next", "minimax-01", "plamo2")
"""Architectures for which llama.cpp ends the process, or takes one sequence's state for another's, if a call has rows
of several sequences."""

KNOWN_TO_DIFFER = ("_K", "F16", "F32")
"""Parts of the names of weight types whose kernels compute a row differently alone and in a batch of 16."""

TEXT = """\
The harbour clock had stopped at ten past four, and nobody could say in which year. Boats left by it all the same.

A stranger asked the keeper why he never mended it; he said: "It is right twice a day, which is more than the
others can claim." (They were 3 minutes slow, or 17 fast.) So the town grew used to lateness, as to weather.
"""


class Verdict(Frozen):
    """The result of a probe."""

    passed: bool
    """Whether all logits were equal."""
    compared: str
    """The comparison in words."""
    difference: str | None = None
    """The first difference."""


_MEMOS = MemoStore("probes", Verdict)


class ChosenConfig(NamedTuple):
    """The batch config to run a model with."""

    config: BatchConfig
    exact: bool
    """Whether a sequence's bytes are independent of the other sequences in the batch."""
    how: str
    """The evidence, in words."""


class Probed(Decoder, Protocol):
    """A decoder with readable logits."""

    def logits(self, slot: int) -> FloatArray: ...


def choose_config(path: Path, file: ModelFile, threads: int, gpu_layers: int = 0) -> ChosenConfig:
    """The first batch config that passes its probe: any number of rows, always 16 or 4, one sequence at a time.

    "Any number of rows" is skipped for weight types known to differ. If even the last config fails, or memory is too
    small for a probe, `how` says so. Raises `ModelError` if the model can't be loaded.
    """
    guess = llama.exact_config(*file.weight_types, gpu_layers=gpu_layers)
    *_, single = configs = _configs(file, guess)
    differs = ""
    for config in configs:
        verdict = probe(path, file, config, threads)
        if verdict is None:
            likely = config if differs else guess
            return ChosenConfig(likely, True, _by_type(file, likely))
        if verdict.passed:
            return ChosenConfig(config, True, f"probed on this machine: same logits {in_words(config)}{differs}")
        differs = differs or f"; {in_words(config)} they differ"
    return ChosenConfig(single, False, f"not exact: probed on this machine, logits differ even {in_words(single)}")


def is_known(file: ModelFile, gpu_layers: int = 0) -> bool:
    """Whether `choose_config` has a verdict in the cache."""
    guess = llama.exact_config(*file.weight_types, gpu_layers=gpu_layers)
    return is_probed(file, _configs(file, guess)[0])


def expected(file: ModelFile, gpu_layers: int = 0) -> BatchConfig:
    """The batch config that `choose_config` will give: the first one that didn't fail yet."""
    configs = _configs(file, llama.exact_config(*file.weight_types, gpu_layers=gpu_layers))
    verdicts = ((config, _MEMOS.read(_key(file, config))) for config in configs)
    return next((config for config, verdict in verdicts if verdict is None or verdict.passed), configs[-1])


def is_probed(file: ModelFile, config: BatchConfig) -> bool:
    """Whether `confirm` has a verdict in the cache."""
    return _MEMOS.read(_key(file, config)) is not None


def _configs(file: ModelFile, guess: BatchConfig) -> list[BatchConfig]:
    """Batch configs to try: any number of rows, always 16 rows, always few rows, one sequence at a time."""
    updates: list[dict[str, object]] = [
        {"fixed": False},
        {"fixed": True},
        {"fixed": True, "rows": FEW_ROWS},
        {"fixed": False, "rows": 1},
    ]
    return [guess.model_copy(update=update) for update in updates[is_hopeless(file) :]]


def confirm(path: Path, file: ModelFile, config: BatchConfig, threads: int) -> ChosenConfig:
    """A batch config chosen before, perhaps on another machine, with the verdict on this machine."""
    verdict = probe(path, file, config, threads)
    if verdict is None:
        return ChosenConfig(config, True, "as it was settled before; too little memory to probe it here")
    if verdict.passed:
        return ChosenConfig(config, True, f"probed on this machine: same logits {in_words(config)}")
    return ChosenConfig(config, False, f"not exact: probed on this machine, logits differ {in_words(config)}")


def is_hopeless(file: ModelFile) -> bool:
    """Whether logits are known to depend on the number of rows, with a model's weight types."""
    return any(part in name for name in file.weight_types for part in KNOWN_TO_DIFFER)


def fast_config(file: ModelFile, gpu_layers: int = 0) -> ChosenConfig:
    """The fastest batch config, exact or not."""
    # Only `repack` and `gpu_layers` of the guess matter: repacked for AMX, the weights would end the process.
    guess = llama.exact_config(gpu_layers=gpu_layers)
    rows = 1 if file.architecture in ONE_AT_A_TIME else guess.rows
    config = guess.model_copy(update={"rows": rows, "fixed": False, "flash_attn": True})
    return ChosenConfig(config, False, "not exact, as asked: any number of rows, flash attention on, nothing probed")


def probe(path: Path, file: ModelFile, config: BatchConfig, threads: int) -> Verdict | None:
    """Whether a model's logits are exact with a batch config; from the cache, if probed before.

    Computes some hundred prompt tokens and decodes as many: seconds for a small model, a minute for a large model.
    None if memory is too small. Raises `ModelError` if the model can't be loaded.
    """
    key = _key(file, config)
    if kept := _MEMOS.read(key):
        return kept
    if config.rows > 1 and file.architecture in ONE_AT_A_TIME:
        return Verdict(
            passed=False, compared="nothing", difference="llama.cpp mixes up sequences of this architecture"
        )
    types = " ".join(file.weight_types)
    with LlamaModel(path, config=config) as model:
        if config.rows > FEW_ROWS and model.experts and any(part in types for part in ("_K", "IQ")):
            return Verdict(passed=False, compared="nothing", difference="kernels depend on the rows for an expert")
        context = max(_long(config), config.chunk + 2) + CONTEXT - 1
        if model.context_cost.of(KVCacheLayout(context, config.rows, 2)) > psutil.virtual_memory().available // 2:
            return None
        with LlamaDecoder(model, config.rows, context, config, threads, prefix_slots=2) as decoder:
            verdict = compare(decoder, model.tokenize_text(TEXT))
    with suppress(RunError):
        _MEMOS.write(key, verdict)
    return verdict


def compare(decoder: Probed, words: Sequence[int]) -> Verdict:
    """Decode sequences made of `words`, alone and batched. The decoder must be empty and have two prefix slots."""
    calls = _Calls(decoder)
    _Comparison(calls, words, calls.count).run()
    comparison = _Comparison(decoder, words, _teller(decoder.config, calls.counted))
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


# -- the comparison -----------------------------------------------------------------------------------------


class _Calls:
    """Stands in for a decoder, computes nothing and finds all logits the same: for counting a comparison's calls."""

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


def _teller(config: BatchConfig, total: int) -> Callable[[], None]:
    """A function to call after each of a comparison's `total` calls."""
    done = count(1)
    rows = f"{config.rows} rows" if config.rows > 1 else "one sequence at a time"
    return lambda: stages.tell(f"Probing {rows}", next(done) / total)


class _DifferenceError(Exception):
    """Batched logits that differ from the logits of the sequence alone."""


class _Script(NamedTuple):
    """A prompt, and fixed tokens to decode."""

    name: str
    chunks: tuple[Chunk, ...]
    rest: Sequence[int]

    @property
    def shared(self) -> int:
        """Tokens of the prompt that are copied instead of computed: all chunks but the last."""
        return self.length - len(self.chunks[-1])

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return sum(map(len, self.chunks))


@dataclass
class _Active:
    """A sequence in the batch; its slot is its index in the list of active sequences."""

    script: _Script
    read: int = 0
    """Tokens of `script.rest` decoded so far."""

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
        # With free rows one sequence joins per call, so that each number of rows occurs. With fixed rows a call costs
        # all rows, and the number of active sequences matters less.
        self.joining = 3 if decoder.config.fixed else 1
        self.life = max(rows // self.joining, 6)
        self._scripts = (
            self._script("a shared prefix", words, chunk + 2, self.life),
            self._script("a prompt of its own", words[7:], 4, self.life),
            self._script("a long neighbour", words, max(_long(decoder.config), chunk + 2), 6),
        )
        short, long = self._scripts[:2], self._scripts[2]
        # The long script joins and leaves last, so that each number of rows occurs with and without the long script.
        self.sequences = (*islice(cycle(short), max(rows - 1, 3)), long)
        self._joining: deque[_Script] = deque()
        self._alone: dict[str, list[FloatArray]] = {}
        # The prefix slot of each script that can share its beginning.
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
        # All rows in step have the same token, so that in a mixture of experts all rows go to the same experts.
        self._decode_batched([self._scripts[1]] * rows, rows)
        self._decode_batched(self.sequences, self.joining)

    def _decode_batched(self, scripts: Iterable[_Script], joining: int) -> None:
        """Decode scripts in one batch, `joining` more with each call as long as rows are free."""
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
        """Add a sequence, its shared prefix copied from an active sequence if possible, else from its prefix slot."""
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
        """Decode one token of each sequence."""
        rows = []
        for slot, sequence in enumerate(active):
            position = sequence.script.length + sequence.read
            rows.append(Row(slot, sequence.script.rest[sequence.read], position))
            sequence.read += 1
        self.decoder.decode(rows)
        self._called()

    def _check(self, sequence: _Active, slot: int, rows: int) -> None:
        """Raise `_DifferenceError` unless a sequence's logits equal the logits of its script alone."""
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


def _long(config: BatchConfig) -> int:
    """Tokens of the long neighbour's prompt."""
    return (FLASH_CONTEXT if config.flash_attn else CONTEXT) + 1


# -- words and cache ----------------------------------------------------------------------------------------


def _key(file: ModelFile, config: BatchConfig) -> str:
    """The key of a verdict: all that may change the logits. The number of threads was shown not to."""
    return memo_key(PROBE, file, config=config.model_dump())


def in_words(config: BatchConfig) -> str:
    """What a batch config allows to vary around a sequence."""
    if config.rows == 1:
        return "one sequence at a time, prefix shared or not"
    rows = f"with always {config.rows} rows" if config.fixed else f"for 1…{config.rows} rows"
    return f"{rows}, alone or among others, prefix shared or not"


def _by_type(file: ModelFile, config: BatchConfig) -> str:
    rows = f"always {config.rows} rows" if config.fixed else f"any number of rows up to {config.rows}"
    return (
        f"by weight type: {', '.join(file.weight_types) or 'any'} was measured to give the same bits with {rows}; "
        "too little memory to probe it here"
    )
