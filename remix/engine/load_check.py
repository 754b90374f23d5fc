"""The load check: does llama.cpp survive a GGUF from an unknown source?

Takes an identified GGUF; raises `ModelError` if the check fails. On a contradiction in a file llama.cpp ends the
process: a child process therefore loads a new file first, reads the vocabulary, tokenises characters of every script
and decodes a token. Passed checks are kept in the user's cache per file and libraries. Says nothing of a model's
quality.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from remix.engine import llama
from remix.engine.decoder import Row
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.memo import memo_key
from remix.engine.memory import check_weights
from remix.errors import ModelError, RunError
from remix.models import identity
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util import environment, processes, stages
from remix.util.cache import MemoStore

LOAD_CHECK = "remix/look/3"
"""Name and version of the procedure."""

PATIENCE = 60
"""Seconds for the check, and one more second for each 20 MB of the file."""

MEMORY = 4 * 2**30
"""Bytes of address space for Python, libraries and llama.cpp's buffers, in addition to twice the file's size."""

MEMORY_PER_CPU = 256 * 2**20
"""Further bytes for each processor: each thread has a stack and a heap."""

VOCABULARY_MEMORY = 512 * 2**20
"""Most bytes for reading a vocabulary: three times as many as the largest vocabularies take."""

SENTENCE = "Is anybody there?"
"""The text to decode."""

TEXTS = (
    "",
    "\0",
    "".join(map(chr, range(128))),
    "\r\n\n \t \u00a0\u2028\ufeff",
    "e\u0301 \u0301\u0e47\u200d \ufe0f",
    "\U0001f642\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "\u202etxt\u202c \u200b\u2060 \U000e0041",
    "aAaA'sS'LL1a1a,,a.a" * 50,
    "a" * llama.LONGEST_WORD,
    "!" * llama.LONGEST_WORD,
    " " * llama.LONGEST_WORD,
    "\u0301\u6f22" * (llama.LONGEST_WORD // 2),
)
"""Texts that made some vocabularies fail: empty, control characters, combining marks, emoji, long words."""

_MARKUP = "<|im_start|>user\n<s>[INST]<start_of_turn><0x41><unk>\u2581</s>"

_CAUSE = re.compile(r"GGML_ASSERT\(.*|what\(\): .*|GGML_ABORT.*")

_HINT = "The file is damaged or forged: take another model, or fetch the file again from elsewhere."


class Survived(Frozen):
    """A passed check: llama.cpp survived a file."""

    path: str
    """Where the file lay."""


_MEMOS = MemoStore("load_checks", Survived)


def check(path: Path, file: ModelFile) -> None:
    """Check a file, unless checked before.

    Raises `ModelError` if llama.cpp doesn't survive the file, or if memory for the weights is missing.
    """
    check_weights(path, file)
    key = memo_key(LOAD_CHECK, file)
    if _MEMOS.read(key):
        return
    stages.tell("Checking the model")
    memory = None if llama.has_gpu() else MEMORY + MEMORY_PER_CPU * (os.cpu_count() or 1) + 2 * file.size
    seconds = PATIENCE + file.size // 20_000_000
    bounds = processes.Bounds(seconds, memory, output=2**20)
    try:
        ended = processes.run_python(
            "remix.engine.load_check:main", [os.fspath(path)], bounds, environment={"GGML_NO_BACKTRACE": "1"}
        )
    except OSError as error:
        raise ModelError(
            f"{path}: can't be checked ({error.strerror}).", "Close other programs, then try again."
        ) from error
    _judge(path, ended, seconds)
    with suppress(RunError):
        _MEMOS.write(key, Survived(path=os.fsencode(path).decode("utf-8", "replace")))


def _judge(path: Path, ended: processes.Ended, seconds: float) -> None:
    """Raise `ModelError` unless the check passed."""
    last = (ended.output.decode("utf-8", "replace").splitlines() or [""])[-1]
    result: Any = None
    # `{}` for a passed check, or an error's message and hint; no JSON if the process was stopped.
    with suppress(ValueError, RecursionError):
        result = json.loads(last)
    if ended.status == 0 and result == {}:
        return
    if result and isinstance(result, dict):
        raise ModelError(str(result.get("message")), str(result.get("hint")))
    reason = _cause(ended.complaint, ended.status)
    if ended.status is None:
        reason = f"no end after {seconds:.0f} seconds"
    step = f", while it {last}" if last else ""
    raise ModelError(f"{path}: llama.cpp doesn't survive this file ({reason}{step}).", _HINT)


def main() -> None:
    """The child process: check the file named by the argument, and print the result."""
    path = Path(sys.argv[1])
    result: dict[str, str] = {}
    try:
        _use(path)
    except ModelError as error:
        result = {"message": error.message, "hint": error.hint}
    _say(json.dumps(result))
    # Exit at once, without the clean-up by Python and llama.cpp.
    os._exit(0)


def _say(line: str) -> None:
    """Print a line at once, since the process may be killed in the next call."""
    os.write(1, f"{line}\n".encode())


def _use(path: Path) -> None:
    """Use each part of a model once. Prints each step: the parent learns where llama.cpp died."""
    header = identity.inspect(path)
    _say("reads the vocabulary")
    with _limited_memory(), LlamaModel(path, vocab_only=True) as model:
        for name in ("bos", "eos"):
            model.special_text(name)
        for token in range(model.n_vocab):
            model.piece(token)
            model.is_end(token)
        _spell(model, letters())
        for number, text in enumerate(TEXTS):
            _say(f"reads text {number}")
            model.tokenize_text(text)
            model.tokenize_whole(text)
        _say("reads markup")
        for text in (*TEXTS, _MARKUP):
            model.tokenize_markup(text)
        tokens = model.tokenize_text(SENTENCE) or [0]
    _say("loads the weights")
    config = llama.exact_config(*header.weight_types)
    config = config.model_copy(update={"rows": 1, "multiple": 1})
    with (
        LlamaModel(path, config=config) as model,
        LlamaDecoder(model, 1, 256, config, environment.default_threads()) as decoder,
    ):
        _say("decodes")
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), tokens)
        decoder.prefill(0, tokens, 0)
        decoder.decode([Row(0, decoder.sample(0) or 0, len(tokens))])
        decoder.sample(0)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Limit this process to `VOCABULARY_MEMORY` more bytes, if the system can.

    With a vocabulary of the wrong kind some of llama.cpp's tokenizers loop for ever, and fill the memory.
    """
    try:
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, AttributeError):
        yield
        return
    if before[0] == resource.RLIM_INFINITY:
        # No limit was set, because a GPU's driver reserves much address space.
        yield
        return
    least = psutil.Process().memory_info().vms + VOCABULARY_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (min(least, before[0]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def letters() -> list[str]:
    """Characters to tokenise: every possible byte of UTF-8 occurs, and the first assigned of each 128 code points."""
    every_byte = [
        *range(0x100),
        *range(0x100, 0x800, 0x40),
        *range(0x800, 0x10000, 0x800),
        *range(0x10000, 0x110000, 0x30000),
    ]
    rows = [range(start, start + 128) for start in (*range(0, 0x32000, 128), *range(0xE0000, 0xE0200, 128))]
    first = [
        next((code for code in row if unicodedata.category(chr(code)) not in ("Cn", "Co")), None) for row in rows
    ]
    codes = {code for code in (*every_byte, *first) if code is not None and not 0xD800 <= code < 0xE000}
    # Letters first: in an error message a letter says more than a symbol.
    return sorted(map(chr, codes), key=lambda letter: (unicodedata.category(letter)[0] != "L", letter))


def _spell(model: LlamaModel, texts: Iterable[str]) -> None:
    """Raise `ModelError` for a letter or number without a token. Prints each, since llama.cpp may die."""
    for text in texts:
        _say(f"spells U+{ord(text):04X}")
        if not model.tokenize_text(text) and unicodedata.category(text)[0] in "LN":
            raise ModelError(
                f"{model.path}: its vocabulary can't spell {text} (U+{ord(text):04X}), and would leave it out.",
                "It lacks tokens that every text needs: take another model.",
            )


def _cause(complaint: str, status: int | None) -> str:
    """The cause of a process's death, by error output or exit status."""
    if found := _CAUSE.search(complaint):
        return found.group().strip()[:200]
    with suppress(ValueError):
        return signal.Signals(-(status or 0)).name
    return (complaint.strip().splitlines() or [f"status {status}"])[-1][:200]
