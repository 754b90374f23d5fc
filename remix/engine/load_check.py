"""A first look at a model from who knows where: does llama.cpp survive it?

Takes a GGUF that was identified, gives nothing, or raises. llama.cpp checks much of what a file says and ends the
process where it finds a contradiction: so a process of its own loads the file first, reads its vocabulary, spells
letters of every script and decodes a token. What was survived is kept in the user's cache for the same file and
libraries; what the model is good for, this module doesn't know.
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
from remix.errors import ModelError, RunError
from remix.models import identity
from remix.records import Frozen, Greedy, ModelFile, Sampling
from remix.util import environment, processes
from remix.util.cache import MemoStore

LOOK = "remix/look/2"
"""Name and version of the procedure."""

PATIENCE = 60
"""Seconds; and one more for each 20 MB of the file."""

MEMORY = 4 * 2**30
"""Bytes of address space beside twice the file: Python, its libraries and llama.cpp's buffers."""

MEMORY_PER_CPU = 256 * 2**20
"""Further bytes for each processor: threads have stacks and heaps of their own."""

VOCABULARY_MEMORY = 512 * 2**20
"""Bytes that reading a vocabulary may take: three times what the largest do."""

SENTENCE = "Is anybody there?"
"""What is decoded."""

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
"""Texts that vocabularies were seen to fail at: empty, with control characters, lone marks, emoji, long words."""

_MARKUP = "<|im_start|>user\n<s>[INST]<start_of_turn><0x41><unk>\u2581</s>"

_CAUSE = re.compile(r"GGML_ASSERT\(.*|what\(\): .*|GGML_ABORT.*")

_HINT = "It is damaged, or lies about itself: take another model, or fetch this one again from elsewhere."


class Survived(Frozen):
    """That llama.cpp survived a file."""

    path: str
    """Where the file lay."""


_MEMOS = MemoStore("load_checks", Survived)


def check(path: Path, file: ModelFile) -> None:
    """Have a look, unless that was done before. Raises `ModelError` where llama.cpp doesn't survive the file."""
    key = memo_key(LOOK, file)
    if _MEMOS.read(key):
        return
    memory = None if llama.has_gpu() else MEMORY + MEMORY_PER_CPU * (os.cpu_count() or 1) + 2 * file.size
    seconds = PATIENCE + file.size // 20_000_000
    bounds = processes.Bounds(seconds, memory, output=2**20)
    try:
        ended = processes.run_python(
            "remix.engine.load_check:main", [os.fspath(path)], bounds, environment={"GGML_NO_BACKTRACE": "1"}
        )
    except OSError as error:
        raise ModelError(
            f"{path}: can't be looked at ({error.strerror}).", "Close other programs, then try again."
        ) from error
    _judge(path, ended, seconds)
    with suppress(RunError):
        _MEMOS.write(key, Survived(path=os.fsencode(path).decode("utf-8", "replace")))


def _judge(path: Path, ended: processes.Ended, seconds: float) -> None:
    """Raise `ModelError` unless the process ended well."""
    last = (ended.output.decode("utf-8", "replace").splitlines() or [""])[-1]
    told = _told(last)
    if ended.status == 0 and told == {}:
        return
    if told:
        raise ModelError(str(told.get("message")), str(told.get("hint")))
    reason = _cause(ended.complaint, ended.status)
    if ended.status is None:
        reason = f"no end after {seconds:.0f} seconds"
    step = f", while it {last}" if last else ""
    raise ModelError(f"{path}: llama.cpp doesn't survive this file ({reason}{step}).", _HINT)


def _told(line: str) -> dict[str, Any] | None:
    """What the process said at its end: nothing of what is wrong, or an error's words; null if it came to no end."""
    with suppress(ValueError, RecursionError):
        told = json.loads(line)
        return told if isinstance(told, dict) else None
    return None


def main() -> None:
    """What the process does: look at the file that is its argument, and say how it went."""
    path = Path(sys.argv[1])
    told: dict[str, str] = {}
    try:
        _look(path)
    except ModelError as error:
        told = {"message": error.message, "hint": error.hint}
    _say(json.dumps(told))
    # Without tidying up: that is done by whoever loads it next.
    os._exit(0)


def _say(line: str) -> None:
    """Print a line at once: the process may end before the next one."""
    os.write(1, f"{line}\n".encode())


def _look(path: Path) -> None:
    """All that is done with a model, once."""
    header = identity.inspect(path)
    _say("reads the vocabulary")
    with _little_memory(), LlamaModel(path, vocab_only=True) as model:
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
    shape = llama.exact_shape(*header.weight_types)
    shape = shape.model_copy(update={"rows": 1, "fixed": False})
    with (
        LlamaModel(path, shape=shape) as model,
        LlamaDecoder(model, 1, 256, shape, environment.physical_cores()) as decoder,
    ):
        _say("decodes")
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), tokens)
        decoder.prefill(0, tokens, 0)
        decoder.decode([Row(0, decoder.sample(0) or 0, len(tokens))])
        decoder.sample(0)


@contextmanager
def _little_memory() -> Iterator[None]:
    """Let this process take at most `VOCABULARY_MEMORY` more, where the system limits that.

    Some of llama.cpp's tokenizers never end with a vocabulary of another kind, and fill the memory meanwhile.
    """
    try:
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, AttributeError):
        yield
        return
    if before[0] == resource.RLIM_INFINITY:
        # A GPU's driver reserves what it likes.
        yield
        return
    least = psutil.Process().memory_info().vms + VOCABULARY_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (min(least, before[0]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def letters() -> list[str]:
    """Characters whose UTF-8 has every byte there can be, and of each 128 code points the first that is assigned."""
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
    # Letters before what isn't one: they say more to those who read at which one llama.cpp died.
    return sorted(map(chr, codes), key=lambda letter: (unicodedata.category(letter)[0] != "L", letter))


def _spell(model: LlamaModel, texts: Iterable[str]) -> None:
    """Raise `ModelError` for a letter or number of which nothing is left. Each is named before llama.cpp may die."""
    for text in texts:
        _say(f"spells U+{ord(text):04X}")
        if not model.tokenize_text(text) and unicodedata.category(text)[0] in "LN":
            raise ModelError(
                f"{model.path}: its vocabulary can't spell {text} (U+{ord(text):04X}), and would leave it out.",
                "It lacks tokens that every text needs: take another model.",
            )


def _cause(said: str, status: int | None) -> str:
    """The last words of a process that died."""
    if found := _CAUSE.search(said):
        return found.group().strip()[:200]
    with suppress(ValueError):
        return signal.Signals(-(status or 0)).name
    return (said.strip().splitlines() or [f"status {status}"])[-1][:200]
