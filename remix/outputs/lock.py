"""The lock by which a run's folder has one writer at a time.

Takes a run's folder, lets one process at a time write there, and names the holder of the lock. The operating system
releases the lock when the process ends. Knows nothing of the files that are written.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from remix.errors import RunError
from remix.outputs.layout import HOLDER, LOCK, bound_of
from remix.util.files import check_plain, read_bounded, unwritable, write_whole

if sys.platform != "win32":
    import fcntl

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
    return path.is_file() and not path.is_symlink() and _is_held(path)


def _is_held(path: Path) -> bool:
    if sys.platform == "win32":
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # Those who look share the lock: two looks at the same time don't take each other for a writer.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        # Some file systems say EACCES of a lock that is held. On those without locks `FileLock` makes its file and
        # removes it: while the file is there, the run counts as being written.
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.ENOSYS)
    finally:
        os.close(file)


def _holder(path: Path) -> str:
    """The holder of the lock, in words. A note by a dead process isn't believed."""
    with suppress(OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        holder = json.loads(read_bounded(path, bound_of(HOLDER), within=path.parent))
        if holder["host"] != socket.gethostname() or psutil.pid_exists(holder["pid"]):
            return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    return "it hasn't said who it is"
