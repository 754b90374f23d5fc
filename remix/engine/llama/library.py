"""llama.cpp as a library: version, CPU features, loading, error log, quantisation, batch config for a weight type.

Takes names of weight types and files, gives handles, batch configs, hashes and text.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.decoder import BatchConfig
from remix.errors import ModelError
from remix.models.parts import parts_of
from remix.records import sha256
from remix.util import interrupts, stages

FloatArray = npt.NDArray[np.float32]

ROW_INVARIANT = frozenset({"Q4_0", "Q4_1", "Q8_0"})
"""Weight types whose kernels computed a row of a batch with the same bits for any number of rows up to 16."""

ONE_AT_A_TIME = frozenset({"glm5-next", "minimax-01", "plamo2"})
"""Architectures for which llama.cpp computes several sequences of a call wrongly, though not every probe detects the
error.

GLM5-Next attends to different tokens if a longer sequence is in the call. MiniMax-01 ends the process if the weights
are repacked. PLaMo 2 stores states in wrong cells, or ends the process.
"""

computing = threading.Lock()
"""Two models of a process, such as a writer and a reader, take turns: otherwise the threads of both would wait for
each other on the same cores."""

recent_log: deque[str] = deque(maxlen=40)
_verbose = False
_LEVEL_ERROR = 4
_reader = threading.local()


@C.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types
def _on_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    """Keep llama.cpp's error messages for `ModelError`s; show the whole log only if verbose."""
    line = text.decode("utf-8", "replace")
    getattr(_reader, "lines", []).append(line)
    if level == _LEVEL_ERROR:
        recent_log.append(line.strip())
    if _verbose:
        sys.stderr.write(line)


@C.llama_progress_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types
def go_on(share: float, _: ctypes.c_void_p) -> bool:
    """Whether llama.cpp is to load the rest of a model: not after Ctrl-C."""
    stages.tell("Loading the model", share)
    return not interrupts.is_pressed()


C.llama_log_set(_on_log, ctypes.c_void_p(0))


def load(path: Path, params: Any) -> Any:
    """llama.cpp's handle of a model, by the path of any part; None if llama.cpp can't load the file, see
    `logged_error`."""
    # All parts are named, since llama.cpp finds further parts only by names in llama.cpp's spelling.
    parts = parts_of(path)
    names = (ctypes.c_char_p * len(parts))(*map(os.fsencode, parts))
    recent_log.clear()
    return C.llama_model_load_from_splits(names, len(parts), params)


def logged_error(otherwise: str = "llama.cpp gives no reason") -> str:
    """The first error logged by llama.cpp since `recent_log` was cleared, on one line."""
    return " ".join(next((line for line in recent_log if line), otherwise).split())


@contextmanager
def logged_lines() -> Iterator[list[str]]:
    """llama.cpp's log lines of the current thread within the `with` block."""
    lines: list[str] = []
    _reader.lines = lines
    try:
        yield lines
    finally:
        del _reader.lines


def set_verbose(verbose: bool) -> None:
    """Show or hide llama.cpp's log on stderr."""
    global _verbose
    _verbose = verbose


@functools.cache
def library_sha256s() -> dict[str, str]:
    """sha256 of each libllama and libggml file in use, by the file's shortest name."""
    folder = Path(os.environ.get("LLAMA_CPP_LIB_PATH") or Path(C.__file__).parent / "lib")
    files = [path for pattern in ("libllama*", "libggml*", "llama.dll", "ggml*.dll") for path in folder.glob(pattern)]
    hashes: dict[str, str] = {}
    for path in sorted(files, key=lambda path: (len(path.name), path.name)):
        digest = sha256(path.read_bytes())
        if digest not in hashes.values():
            hashes[path.name] = digest
    return hashes


def version() -> str:
    """Version of llama-cpp-python."""
    return str(C.__version__)


def system_info() -> str:
    """llama.cpp's own list of the CPU features in use."""
    return str(C.llama_print_system_info().decode()).strip(" |")


def exact_config(*weight_types: str, gpu_layers: int = 0) -> BatchConfig:
    """The batch config measured exact for a model's weight types.

    The number of rows is free if all weight types are in `ROW_INVARIANT`, else fixed. With layers on a GPU exactness
    wasn't measured, and fixed rows are the better guess.

    If the library is built for Intel's AMX, weights keep the plain layout: the AMX kernels were never shown to be
    exact, and compiled with GCC 12 the AMX kernels end the process at the first matrix (an illegal instruction,
    because the tile configuration is optimised away; llama.cpp's pull request 26954).
    """
    is_free = not gpu_layers and weight_types and ROW_INVARIANT.issuperset(weight_types)
    return BatchConfig(multiple=1 if is_free else 16, repack=not has_amx(), gpu_layers=gpu_layers)


def has_amx() -> bool:
    return "AMX_INT8 = 1" in system_info()


def has_gpu() -> bool:
    """Whether llama.cpp was built for a GPU and finds a GPU."""
    return bool(C.llama_supports_gpu_offload())


def quantise(source: Path, target: Path, file_type: str, threads: int) -> None:
    """Write a copy of a model with the weights in a different type (`q8_0`, `q4_0` …).

    Raises `ModelError` if llama.cpp doesn't know the type or fails; an incomplete file may be left at `target`.
    """
    code = getattr(C, f"LLAMA_FTYPE_MOSTLY_{file_type.upper()}", None)
    if code is None:
        raise ModelError(f"llama.cpp knows no weight type '{file_type}'.", "Usual ones are q8_0, q4_0 and q4_k_m.")
    params = C.llama_model_quantize_default_params()
    params.ftype = code
    params.nthread = threads
    params.allow_requantize = True
    recent_log.clear()
    names = os.fsencode(source), os.fsencode(target)
    if interrupts.in_thread(lambda: C.llama_model_quantize(*names, ctypes.byref(params))) != 0:
        raise ModelError(f"{source}: can't be prepared ({logged_error()}).", "Is there room on the disk?")
