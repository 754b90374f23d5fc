"""The library as a whole: its log, its version and features, which configs it computes exactly, quantisation."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections import deque
from pathlib import Path

import llama_cpp as C
import numpy as np
import numpy.typing as npt

from remix.engine.decoder import BatchConfig
from remix.errors import ModelError
from remix.records import sha256

FloatArray = npt.NDArray[np.float32]

ROW_INVARIANT = frozenset({"Q4_0", "Q4_1", "Q8_0"})
"""Weight types whose kernels gave every row the same bits for any number of rows up to 16."""

recent_log: deque[str] = deque(maxlen=40)
_verbose = False
_LEVEL_ERROR = 3


@C.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp tells no types
def _on_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    """Keep llama.cpp's complaints for our own errors; show its chatter only when asked."""
    line = text.decode("utf-8", "replace")
    if level == _LEVEL_ERROR:
        recent_log.append(line.strip())
    if _verbose:
        sys.stderr.write(line)


C.llama_log_set(_on_log, ctypes.c_void_p(0))


def set_verbose(verbose: bool) -> None:
    """Let llama.cpp's own messages through to stderr, or keep them off."""
    global _verbose
    _verbose = verbose


@functools.cache
def library_sha256s() -> dict[str, str]:
    """sha256 of each libllama and libggml file in use, by its shortest name."""
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
    """llama.cpp's own list of the CPU features it uses."""
    return str(C.llama_print_system_info().decode()).strip(" |")


def exact_config(*weight_types: str, gpu_layers: int = 0) -> BatchConfig:
    """The config found exact for a model's weight types: free rows where kernels for all allow it, else fixed ones.

    With layers on a GPU nothing is known, and fixed rows are the better guess.

    Weights stay in their plain layout in a library built for Intel's AMX: its kernels were never shown to be
    exact, and compiled with GCC 12 they kill the process at the first matrix (an illegal instruction, as the
    tile configuration is optimised away; llama.cpp's pull request 26954).
    """
    return BatchConfig(
        fixed=bool(gpu_layers) or not weight_types or not ROW_INVARIANT.issuperset(weight_types),
        repack=not has_amx(),
        gpu_layers=gpu_layers,
    )


def has_amx() -> bool:
    return "AMX_INT8 = 1" in system_info()


def has_gpu() -> bool:
    """Whether llama.cpp was built for a GPU and finds one."""
    return bool(C.llama_supports_gpu_offload())


def quantise(source: Path, target: Path, file_type: str, threads: int) -> None:
    """Write a model with its weights in another type (`q8_0`, `q4_0` …), by llama.cpp's own function.

    Raises `ModelError` for a type it doesn't know, or where it fails; what is at `target` then is worth nothing.
    """
    code = getattr(C, f"LLAMA_FTYPE_MOSTLY_{file_type.upper()}", None)
    if code is None:
        raise ModelError(f"llama.cpp knows no weight type '{file_type}'.", "Usual ones are q8_0, q4_0 and q4_k_m.")
    params = C.llama_model_quantize_default_params()
    params.ftype = code
    params.nthread = threads
    params.allow_requantize = True
    recent_log.clear()
    if C.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(params)) != 0:
        reason = next((line for line in recent_log if line), "llama.cpp gives no reason")
        raise ModelError(f"{source}: can't be prepared ({one_line(reason)}).", "Is there room on the disk?")


def one_line(text: str) -> str:
    return " ".join(text.split())
