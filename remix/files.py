"""Writing a file so that it is either whole or not there.

Takes bytes and a path. Knows nothing of what they mean.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from remix.errors import RunError

TEMPORARY = ".tmp"
"""Ending of files being written; one left behind by a crash is nobody's."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name in its folder, flush it to disk, and rename it into place.

    Raises `RunError` where that fails; what stands at the path then is whole, and what stood there before
    unless only the last flush failed.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def check_writable(folder: Path) -> None:
    """Make a folder, unless it is there. Raises `RunError` where that can't be done, or nothing be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: OSError) -> RunError:
    """Why a path couldn't be written, in words."""
    hints = {
        errno.ENOSPC: "The disk is full: make room, then `remix resume` the run; what is finished is safe.",
        errno.EDQUOT: "Your quota is used up: make room, then `remix resume` the run; what is finished is safe.",
        errno.EROFS: "The file system is read-only: take another folder with --out.",
        errno.EACCES: "You may not write there: take another folder with --out.",
        errno.EPERM: "You may not write there: take another folder with --out.",
    }
    hint = hints.get(error.errno or 0, "Take another folder with --out.")
    return RunError(f"{path}: can't be written ({error.strerror or error}).", hint)


def remove_leftovers(folder: Path) -> None:
    """Remove what a crash left half-written."""
    for path in folder.rglob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that the rename itself survives a power cut. Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
