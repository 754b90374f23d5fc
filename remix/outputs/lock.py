"""The lock by which a run's folder has one writer at a time.

Takes a run's folder, lets one process at a time write there, and names the holder of the lock. The operating system
releases the lock when the process ends. Knows nothing of the files that are written.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from remix.errors import RunError
from remix.outputs.layout import HOLDER, LOCK, bound_of
from remix.util.files import check_plain, read_bounded, unwritable, write_whole

PATIENCE = 1.0
"""Seconds to wait for the lock: a process that a killed writer has just started may hold the lock a moment longer."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only writer of a run. Raises `RunError`, naming the holder, if another process is writing."""
    lock = FileLock(folder / LOCK)
    try:
        check_plain(folder / LOCK)
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise RunError(
            f"{folder}: another process is writing this run ({_holder(folder / HOLDER)}).",
            "Wait for it to finish, or stop it first.",
        ) from error
    except OSError as error:
        raise unwritable(folder / LOCK, error) from error
    try:
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
        write_whole(folder / HOLDER, json.dumps(me).encode())
        yield
    finally:
        # Even if the holder's note can't be removed, the lock must be released. The lock's file stays: after a
        # removal two processes could lock two files of the same name.
        try:
            with suppress(OSError):
                (folder / HOLDER).unlink(missing_ok=True)
        finally:
            lock.release()


def is_locked(folder: Path) -> bool:
    """Whether a process is writing a run now. Makes no file, and follows no link."""
    path = folder / LOCK
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _holder(path: Path) -> str:
    """The holder of the lock, in words. A note by a dead process isn't believed."""
    with suppress(OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        holder = json.loads(read_bounded(path, bound_of(HOLDER), within=path.parent))
        if holder["host"] != socket.gethostname() or psutil.pid_exists(holder["pid"]):
            return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    return "it hasn't said who it is"
