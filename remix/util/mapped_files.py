"""Mapped files cut short while in use: the process ends with a message, and with exit status 1.

Takes the paths of files mapped into memory by a library. If a mapped file shrinks, or the disk goes away, the system
sends SIGBUS at the next access, and by default the process dies without a message. Systems without SIGBUS refuse to
shrink a mapped file. Knows nothing of models.

A model's weights could be copied into memory instead. But mapped weights are loaded 2 to 13 times as fast, are shared
by all processes with the same model, and may be larger than the memory. Measured with Qwen2.5-Coder-1.5B in Q4_K_M, a
file of 1.04 GiB: mapped 0.3 s and 0.08 GiB of the process's own, copied 1.3 to 3.6 s and 1.1 GiB. With the weights
repacked for the processor: mapped 0.7 s and 0.7 GiB, copied 1.2 to 2.0 s and 1.1 GiB.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from remix.util.names import one_line

HINT = "Fetch it again. What was finished is safe: `remix resume` goes on with a run."


def _write(message: str) -> None:
    with suppress(OSError):
        os.write(2, f"\n{one_line(message)}\n".encode("utf-8", "backslashreplace"))


tell: Callable[[str], None] = _write
"""Prints the message before the process ends; a different line may be half printed."""


class MappedFiles:
    """Files mapped from now on, as long as the `MappedFiles` lives."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._sizes = {path: _size(path) for path in paths}
        _all.add(self)
        _handle_faults()

    def lost(self) -> Path | None:
        """The first file that has become shorter, or can't be found."""
        return next((path for path, size in self._sizes.items() if _size(path) < size), None)


_all: WeakSet[MappedFiles] = WeakSet()
_ending = threading.Lock()


def _size(path: Path) -> int:
    """Bytes of a file; -1 for a missing file."""
    with suppress(OSError):
        return path.stat().st_size
    return -1


def _on_fault(_: int) -> None:
    """Called on the thread that read beyond a file's end, in the library's code, without Python's lock."""
    if not _ending.acquire(blocking=False):
        # A second thread already prints the message; until the process ends, the faulting thread faults again.
        return
    with suppress(Exception):
        if path := next(filter(None, (files.lost() for files in tuple(_all))), None):
            tell(f"Error: {path} was cut short or lost while it was in use. {HINT}")
            os._exit(1)
    # The fault has a different cause: the system handles the signal when the thread reads again.
    _libc().signal(signal.SIGBUS, None)


def _libc() -> Any:
    """The C library, whose `signal` may be called in any thread, and whose handlers run on the faulting thread.

    Python's own `signal.signal` only notes a signal for the main thread: the faulting thread would fault for ever.
    """
    libc = ctypes.CDLL(None)
    libc.signal.restype = ctypes.c_void_p
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    return libc


_handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(_on_fault)


def _handle_faults() -> None:
    """Install the handler, unless a handler of a different program (Python's `faulthandler`, say) is installed."""
    if hasattr(signal, "SIGBUS"):
        libc = _libc()
        before = libc.signal(signal.SIGBUS, ctypes.cast(_handler, ctypes.c_void_p))
        if before not in (None, ctypes.cast(_handler, ctypes.c_void_p).value):
            libc.signal(signal.SIGBUS, before)
