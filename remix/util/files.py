"""Files: written completely or not at all, and read within bounds of time and memory.

Takes bytes and a path, or a path and a bound. Knows nothing of files' meaning.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO

from remix.errors import RunError
from remix.util.units import size

TEMPORARY = ".tmp"
"""Ending of a file being written; a crash may leave such a file behind."""

_NO_FLUSH = (errno.EINVAL, errno.ENOTSUP)
"""Errors of file systems that can't flush a folder, such as some network shares."""

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""Errors of file systems without hard links, such as memory cards."""

_ELSEWHERE = (
    "take another folder with --out. A run that has begun goes on with `remix resume` when it can be written again; "
    "what is finished is safe."
)


MOST_JSON = 64 * 2**20
"""Bytes of a JSON file: ten times the `run.json` of a run of 10,000 texts."""

DEEPEST = 40
"""Depth of nested folders that are searched: a run's outputs lie two folders deep."""


class LeadsOutError(OSError):
    """A path is a link that leads out of the allowed folder."""


def read_bounded(path: Path, most: int = MOST_JSON, within: Path | None = None) -> bytes:
    """The bytes of a file, perhaps a stranger's.

    Raises `OSError` if the file can't be read, isn't a regular file (reading a pipe may block, and a device may never
    end), has more than `most` bytes, or, with `within`, is a link that leads out of the folder `within`.
    """
    if within is not None and not is_within(path, within):
        raise LeadsOutError(errno.EPERM, "a link that leads out of the folder", str(path))
    with open_regular(path) as file:
        expected = os.fstat(file.fileno()).st_size
        # A non-blocking read of a kernel file such as /proc/kmsg gives None.
        data = (file.read(expected + 1) or b"") if expected <= most else b""
        if len(data) > expected:
            # The file has grown since, as the list of reviews may.
            data += file.read(most + 1 - len(data)) or b""
    if max(len(data), expected) > most:
        raise OSError(errno.EFBIG, f"larger than {size(most)}", str(path))
    return data


def read_start(path: Path, length: int) -> bytes:
    """The first `length` bytes of a file, perhaps a stranger's, or all bytes of a shorter file.

    Raises `OSError` if the file can't be read or isn't a regular file.
    """
    with open_regular(path) as file:
        return file.read(length) or b""


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """A regular file, open for reading. Raises `OSError` for a path of any further kind, without blocking."""
    # Checked before opening, because opening makes some devices act, and again after opening, because the path may
    # have been replaced meanwhile.
    _check_regular(path.stat(), path)
    without_blocking = getattr(os, "O_NONBLOCK", 0)  # opening a pipe waits for a writer
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | without_blocking)) as file:
        _check_regular(os.fstat(file.fileno()), path)
        yield file


def open_to_append(path: Path) -> BinaryIO:
    """A file open for reading and appending, created if missing. Raises `OSError` like `check_plain`."""
    check_plain(path)
    no_link = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | no_link, 0o666)
    try:
        _check_regular(os.fstat(handle), path)
        return os.fdopen(handle, "ab+")
    except OSError:
        os.close(handle)
        raise


def check_plain(path: Path) -> None:
    """Raise `OSError` unless a path is free or a regular file, before remix writes into an existing file.

    Every link is refused, because writing would change the link's target.
    """
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            raise OSError(errno.EPERM, "a link, where a file of remix's own should be", str(path))
        _check_regular(status, path)


def _check_regular(status: os.stat_result, path: Path) -> None:
    """Raise `OSError` unless the status is a regular file's."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def entries(folder: Path, most: int = 1_000_000) -> Iterator[os.DirEntry[str]]:
    """All files and folders below a folder, without following links and without recursion.

    Entries deeper than `DEEPEST` folders are left out, `most` bounds the number of entries, and unreadable folders
    are skipped.
    """
    left = [(os.fspath(folder), 0)]
    while left and most > 0:
        place, depth = left.pop()
        with suppress(OSError):
            with os.scandir(place) as listing:
                found = list(islice(listing, most))
            # The listing is closed before entries are handed out, in case the caller stops iterating.
            yield from found
            most -= len(found)
            if depth < DEEPEST:
                left += [(entry.path, depth + 1) for entry in found if entry.is_dir(follow_symlinks=False)]


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, with links resolved. A circular link counts as lying where the link is."""
    inside, start = os.fspath(path), os.path.join(folder, "")  # noqa: PTH118 (keeps the last separator)
    # A path without links needs no resolving, which saves time: a run has thousands of outputs with four files each.
    parts = inside.removeprefix(start).split(os.sep) if inside.startswith(start) else [".."]  # noqa: PTH206
    if ".." not in parts:
        places = accumulate(parts, os.path.join, initial=start)
        if not any(map(os.path.islink, islice(places, 1, None))):
            return True
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name in the same folder, flush the file to disk, and rename the file.

    An existing file is replaced, but the permissions are kept. Raises `RunError` on failure; the path then holds the
    complete old file, or the complete new file if only the folder's flush failed.
    """
    temporary = temporary_of(path)
    try:
        _make_folder(path.parent)
        # Remove an existing temporary file first: in a stranger's folder the name may be a link to a file of ours.
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as file:
            with suppress(FileNotFoundError):
                shutil.copymode(path, temporary)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        # A partial file would take up space on a full disk.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a new file, completely or not at all.

    Raises `FileExistsError` if the path exists, even as a broken link, and `OSError` if the file can't be written. If
    two processes write the same path at once, one process succeeds.
    """
    _make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name(temporary: Path, path: Path) -> None:
    """Rename a finished file, unless the name is taken: a rename would overwrite, a hard link can't."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without hard links: reserve the name with an empty file first.
        path.open("xb").close()
        temporary.replace(path)


def temporary_of(path: Path) -> Path:
    """The temporary path of a file being written."""
    return path.with_name(f".{path.name}{TEMPORARY}")


def final_of(temporary: Path) -> Path | None:
    """The final name for a temporary name; null if the name isn't temporary."""
    name = temporary.name
    if not name.startswith(".") or not name.endswith(TEMPORARY) or len(name) <= len(TEMPORARY) + 1:
        return None
    return temporary.with_name(name[1 : -len(TEMPORARY)])


def remove(path: Path) -> None:
    """Remove a file, if the file exists, and flush the removal to disk. Raises `RunError` on failure."""
    try:
        path.unlink()
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error, "removed") from error


def make_new_folder(path: Path) -> None:
    """Make a folder that mustn't exist yet. Raises `RunError` on failure, and then leaves no folder."""
    try:
        _make_folder(path.parent)
        path.mkdir()
        try:
            sync_folder(path.parent)
        except OSError:
            path.rmdir()
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def check_writable(folder: Path) -> None:
    """Make a folder unless the folder exists. Raises `RunError` if the folder can't be made or isn't writable."""
    try:
        _make_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: OSError, what: str = "written") -> RunError:
    """The error for a path that couldn't be written, with a hint for the cause."""
    hints = {
        errno.ENOSPC: "The disk is full: make room, then `remix resume` the run; what is finished is safe.",
        errno.EDQUOT: "Your quota is used up: make room, then `remix resume` the run; what is finished is safe.",
        errno.EROFS: f"The file system is read-only: {_ELSEWHERE}",
        errno.EACCES: f"You may not write there: {_ELSEWHERE}",
        errno.EPERM: f"You may not write there: {_ELSEWHERE}",
        errno.EIO: "The disk fails: see to it, then `remix resume` the run; what was finished before is on it.",
    }
    hint = hints.get(error.errno or 0, "Take another folder with --out.")
    return RunError(f"{path}: can't be {what} ({error.strerror or error}).", hint)


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Remove the temporary files of the given files, left behind by a crash.

    Further files stay: programs such as Syncthing use similar temporary names. Raises `RunError` if a file can't be
    removed.
    """
    for path in paths:
        temporary = temporary_of(path)
        try:
            temporary.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(temporary, error, "removed") from error


def _make_folder(folder: Path) -> None:
    """Make a folder and missing parents, and flush each parent folder.

    Without the flush a power cut could remove a folder, even if the files inside were flushed.
    """
    # The current folder `.` may have been removed, and has no parent.
    if folder.is_dir() or folder == folder.parent:
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut. Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise
    finally:
        os.close(handle)
