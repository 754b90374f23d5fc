"""The probe: does the rest of the batch change a sequence's logits, for a given model on this machine?

Takes a GGUF and a batch config, gives a `Verdict`; takes a GGUF, gives the batch config to run the model with.
Verdicts are kept in the user's cache per file, libraries and CPU features.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.engine import llama
from remix.engine.comparison import CONTEXT, Verdict, compare, in_words, long_prompt
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.errors import RunError
from remix.records import ModelFile
from remix.util import free_memory
from remix.util.cache import MemoStore

PROBE = "remix/probe/3"
"""Name and version of the procedure: verdicts of different versions are ignored."""

MULTIPLE = 8
"""Rows of a decode call come in multiples of this number, if any number isn't exact: from 8 rows on llama.cpp uses
different kernels for K- and IQ-quants, and computes a row alike in 8, 12 or 16 rows, of F16 in 2 rows or more."""

FEW_ROWS = 4
"""Rows for exact mixtures of experts in weight types like Q4_K and IQ4_XS: from 8 rows of the same expert on,
llama.cpp uses different kernels for the expert, and kernels for repacked weights take rows by fours."""

FLOATS = ("F16", "F32")
"""Parts of the names of weight types whose kernels compute a row differently alone and in a batch of any size."""

KNOWN_TO_DIFFER = ("_K", *FLOATS)
"""Parts of the names of weight types whose kernels compute a row differently alone and in a batch of 16."""

TEXT = """\
The harbour clock had stopped at ten past four, and nobody could say in which year. Boats left by it all the same.

A stranger asked the keeper why he never mended it; he said: "It is right twice a day, which is more than the
others can claim." (They were 3 minutes slow, or 17 fast.) So the town grew used to lateness, as to weather.
"""

_MEMOS = MemoStore("probes", Verdict)


class ChosenConfig(NamedTuple):
    """The batch config to run a model with."""

    config: BatchConfig
    exact: bool
    """Whether a sequence's bytes are independent of the rest of the batch."""
    how: str
    """The evidence, in words."""


def choose_config(path: Path, file: ModelFile, threads: int, gpu_layers: int = 0) -> ChosenConfig:
    """The first batch config that passes the probe: any number of rows, a multiple of 8, always 16 or 4, one sequence
    at a time.

    "Any number of rows" is skipped for weight types known to differ. `how` says if even the last config fails, or
    memory is too small for a probe. Raises `ModelError` if the model can't be loaded.
    """
    guess = llama.exact_config(*file.weight_types, gpu_layers=gpu_layers)
    *_, single = configs = _configs(file, guess)
    differs = ""
    for config in configs:
        verdict = probe(path, file, config, threads)
        if verdict is None:
            likely = config if differs or is_single(file) or is_hopeless(file) else guess
            return ChosenConfig(likely, True, _by_type(file, likely))
        if verdict.passed:
            return ChosenConfig(config, True, f"probed on this machine: same logits {in_words(config)}{differs}")
        differs = differs or f"; {in_words(config)} they differ"
    return ChosenConfig(single, False, f"not exact: probed on this machine, logits differ even {in_words(single)}")


def is_known(file: ModelFile, gpu_layers: int = 0) -> bool:
    """Whether `choose_config` has a verdict in the cache."""
    guess = llama.exact_config(*file.weight_types, gpu_layers=gpu_layers)
    return is_probed(file, _configs(file, guess)[0])


def expected(path: Path, file: ModelFile, gpu_layers: int = 0) -> BatchConfig:
    """The expected result of `choose_config`: the first batch config without a failed probe in the cache."""
    configs = _configs(file, llama.exact_config(*file.weight_types, gpu_layers=gpu_layers))
    verdicts = ((config, _foreseen(path, file, config)) for config in configs)
    return next((config for config, verdict in verdicts if verdict is None or verdict.passed), configs[-1])


def is_probed(file: ModelFile, config: BatchConfig) -> bool:
    """Whether `confirm` has a verdict in the cache."""
    return _MEMOS.read(_key(file, config)) is not None


def _configs(file: ModelFile, guess: BatchConfig) -> list[BatchConfig]:
    """Batch configs to try: any number of rows, a multiple of 8, always 16, always 4, one sequence at a time."""
    tried = ((guess.rows, 1), (guess.rows, MULTIPLE), (guess.rows, guess.rows), (FEW_ROWS, FEW_ROWS), (1, 1))
    first = len(tried) - 1 if is_single(file) else int(is_hopeless(file))
    return [guess.model_copy(update={"rows": rows, "multiple": multiple}) for rows, multiple in tried[first:]]


def confirm(path: Path, file: ModelFile, config: BatchConfig, threads: int) -> ChosenConfig:
    """A batch config chosen before, perhaps on a different machine, with the verdict on this machine."""
    verdict = probe(path, file, config, threads)
    if verdict is None:
        return ChosenConfig(config, True, "as it was settled before; too little memory to probe it here")
    if verdict.passed:
        return ChosenConfig(config, True, f"probed on this machine: same logits {in_words(config)}")
    return ChosenConfig(config, False, f"not exact: probed on this machine, logits differ {in_words(config)}")


def is_hopeless(file: ModelFile) -> bool:
    """Whether logits are known to depend on the number of rows, with a model's weight types."""
    return any(part in name for name in file.weight_types for part in KNOWN_TO_DIFFER)


def is_float(file: ModelFile) -> bool:
    """Whether logits are known to be different for a row alone, with a model's weight types."""
    return any(part in name for name in file.weight_types for part in FLOATS)


def is_single(file: ModelFile) -> bool:
    """Whether llama.cpp is known to compute several sequences of a call wrongly, with a model's architecture."""
    return file.architecture in llama.ONE_AT_A_TIME


def fast_config(file: ModelFile, gpu_layers: int = 0) -> ChosenConfig:
    """The fastest batch config, exact or not."""
    # Only `repack` and `gpu_layers` of the guess matter: repacked for AMX, the weights would end the process.
    guess = llama.exact_config(gpu_layers=gpu_layers)
    rows = 1 if is_single(file) else guess.rows
    config = guess.model_copy(update={"rows": rows, "multiple": 1, "flash_attn": True})
    return ChosenConfig(config, False, "not exact, as asked: any number of rows, flash attention on, nothing probed")


def probe(path: Path, file: ModelFile, config: BatchConfig, threads: int) -> Verdict | None:
    """Whether a model's logits are exact with a batch config; from the cache, if probed before.

    Computes some hundred prompt tokens and decodes as many: seconds for a small model, a minute for a large model.
    None if memory is too small. Raises `ModelError` if the model can't be loaded.
    """
    if verdict := _foreseen(path, file, config):
        return verdict
    with LlamaModel(path, config=config) as model:
        context = max(long_prompt(config), config.chunk + 2) + CONTEXT - 1
        if model.context_cost.of(KVCacheLayout(context, config.rows, 2)) > free_memory.available() // 2:
            return None
        with LlamaDecoder(model, config.rows, context, config, threads, prefix_slots=2) as decoder:
            return _kept(file, config, compare(decoder, model.tokenize_text(TEXT)))


def _foreseen(path: Path, file: ModelFile, config: BatchConfig) -> Verdict | None:
    """The verdict in the cache, or a verdict that needs no weights; null if a probe is needed."""
    if known := _MEMOS.read(_key(file, config)):
        return known
    if config.rows > 1 and is_single(file):
        return Verdict(
            passed=False, compared="nothing", difference="llama.cpp mixes up sequences of this architecture"
        )
    types = " ".join(file.weight_types)
    if config.rows > FEW_ROWS and any(part in types for part in ("_K", "IQ")):
        with LlamaModel(path, vocab_only=True) as model:
            is_mixture = model.experts > 0
        if is_mixture:
            differs = Verdict(passed=False, compared="nothing", difference="kernels depend on the rows for an expert")
            return _kept(file, config, differs)
    return None


def _kept(file: ModelFile, config: BatchConfig, verdict: Verdict) -> Verdict:
    """The verdict, put into the cache if the cache can be written."""
    with suppress(RunError):
        _MEMOS.write(_key(file, config), verdict)
    return verdict


# -- words and cache ----------------------------------------------------------------------------------------


def _key(file: ModelFile, config: BatchConfig) -> str:
    """The key of a verdict: all settings with a possible effect on the logits. The number of threads was shown to
    have none."""
    return memo_key(PROBE, file, config=config.model_dump())


def _by_type(file: ModelFile, config: BatchConfig) -> str:
    return (
        f"by weight type: {', '.join(file.weight_types) or 'any'} was measured to give the same bits with "
        f"{config.in_words}; too little memory to probe it here"
    )
