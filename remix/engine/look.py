"""A first look at a model from who knows where: does llama.cpp survive it?

Takes a GGUF that was identified, gives nothing, or raises. llama.cpp checks much of what a file says and ends the
process where it finds a contradiction: so a process of its own loads the file first, reads its vocabulary and
decodes a token. What was survived is kept in the user's cache for the same file and libraries; what the model is
good for, this module doesn't know.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from remix import environment, models
from remix.cache import cache_folder
from remix.engine import llama
from remix.engine.decoder import Row
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.errors import ModelError, RunError
from remix.files import write_whole
from remix.records import Greedy, ModelFile, Sampling, canonical_sha256

LOOK = "remix/look/1"
"""Name and version of the procedure."""

PATIENCE = 60
"""Seconds; and one more for each 20 MB of the file."""

REFUSED = 3
"""Exit status of a look that ended in a `ModelError`: whoever loads the model next will meet the same."""

_CAUSE = re.compile(r"GGML_ASSERT\(.*|what\(\): .*|GGML_ABORT.*")


def check(path: Path, file: ModelFile) -> None:
    """Have a look, unless that was done before. Raises `ModelError` where llama.cpp doesn't survive the file."""
    memo = cache_folder() / "looks" / _key(file)
    if memo.is_file():
        return
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from remix.engine.look import main; main()", os.fspath(path)],
            capture_output=True,
            timeout=PATIENCE + file.size // 20_000_000,
            env=os.environ | {"GGML_NO_BACKTRACE": "1"} | environment.python_path(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _deadly(path, f"no end after {error.timeout:.0f} seconds") from error
    if done.returncode not in (0, REFUSED):
        raise _deadly(path, _cause(done.stderr.decode("utf-8", "replace"), done.returncode))
    if not done.returncode:
        with suppress(RunError):
            write_whole(memo, b"")


def main() -> None:
    """What the process does: look at the file that is its argument."""
    path = Path(sys.argv[1])
    try:
        _look(path)
    except ModelError:
        os._exit(REFUSED)
    # Without tidying up: that is done by whoever loads it next.
    os._exit(0)


def _look(path: Path) -> None:
    """All that is done with a model, once."""
    with LlamaModel(path, vocab_only=True) as model:
        for name in ("bos", "eos"):
            model.special_text(name)
        for token in range(model.n_vocab):
            model.piece(token)
            model.is_end(token)
        tokens = model.tokenize_text("Is anybody there?") or [0]
        model.tokenize_markup("<|im_start|>")
    shape = llama.exact_shape(*models.inspect(path).weight_types)
    shape = shape.model_copy(update={"rows": 1, "fixed": False})
    with (
        LlamaModel(path, shape=shape) as model,
        LlamaDecoder(model, 1, 256, shape, environment.physical_cores()) as decoder,
    ):
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), tokens)
        decoder.prefill(0, tokens, 0)
        decoder.decode([Row(0, tokens[0], len(tokens))])


def _cause(said: str, status: int) -> str:
    """The last words of a process that died."""
    if found := _CAUSE.search(said):
        return found.group().strip()
    with suppress(ValueError):
        return signal.Signals(-status).name
    return (said.strip().splitlines() or [f"status {status}"])[-1][:200]


def _deadly(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"{path}: llama.cpp doesn't survive this file ({reason}).",
        "It is damaged, or lies about itself: take another model, or fetch this one again from elsewhere.",
    )


def _key(file: ModelFile) -> str:
    """What a look holds for."""
    return canonical_sha256(
        {"look": LOOK, "model": file.sha256, "libraries": llama.library_sha256s(), "system_info": llama.system_info()}
    )
