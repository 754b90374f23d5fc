"""Files: written whole or not at all, and read so that none can hang remix or fill its memory.

Takes bytes and a path, or a path and a bound. Knows nothing of what they mean.
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
"""Ending of files being written; one left behind by a crash is nobody's."""

_NO_FLUSH = (errno.EINVAL, errno.ENOTSUP)
"""What file systems say that can't flush a folder: some network shares."""

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What file systems say that know no second names: those of memory cards."""

_ELSEWHERE = (
    "take another folder with --out. A run that has begun goes on with `remix resume` when it can be written again; "
    "what is finished is safe."
)


MOST_JSON = 64 * 2**20
"""Bytes of a JSON file that remix reads: ten times what a run of 10,000 texts asks for in `run.json`."""

DEEPEST = 40
"""Folders within folders that are looked into: the outputs of a run lie in two."""


class LeadsOutError(OSError):
    """A path leads out of the folder in which it should be."""


def read_bounded(path: Path, most: int = MOST_JSON, within: Path | None = None) -> bytes:
    """The bytes of a file that a stranger may have made.

    Raises `OSError` if it can't be read, is not a regular file (a pipe would be waited for, and a device never ends),
    has more than `most` bytes, or, with `within`, is a link that leads out of that folder.
    """
    if within is not None and not is_within(path, within):
        raise LeadsOutError(errno.EPERM, "a link that leads out of the folder", str(path))
    with open_regular(path) as file:
        expected = os.fstat(file.fileno()).st_size
        # Nothing comes of the kernel's own files that would be waited for, such as /proc/kmsg.
        data = (file.read(expected + 1) or b"") if expected <= most else b""
        if len(data) > expected:
            # It has grown meanwhile, as the list of reviews may.
            data += file.read(most + 1 - len(data)) or b""
    if max(len(data), expected) > most:
        raise OSError(errno.EFBIG, f"larger than {size(most)}", str(path))
    return data


def read_start(path: Path, length: int) -> bytes:
    """The first `length` bytes of a file that a stranger may have made; all of them if it has fewer.

    Raises `OSError` if it can't be read or is not a regular file.
    """
    with open_regular(path) as file:
        return file.read(length) or b""


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """A regular file, open for reading. Raises `OSError` for anything else, without waiting."""
    # Asked before the file is opened, for opening makes some devices act; and once more of what was opened, for the
    # path may lead elsewhere by then.
    _check_regular(path.stat(), path)
    with open(path, "rb", opener=_at_once) as file:  # Path.open takes no opener
        _check_regular(os.fstat(file.fileno()), path)
        yield file


def _at_once(path: str, flags: int) -> int:
    """Open a file without waiting: a pipe's open waits for somebody to write."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def open_to_append(path: Path) -> BinaryIO:
    """A file to read and to append to, made unless it is there. Raises `OSError` where `check_plain` does."""
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
    """Raise `OSError` unless a regular file or nothing is at a path, where remix writes into what is there.

    A link is refused wherever it leads: what is written would go into another file.
    """
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            raise OSError(errno.EPERM, "a link, where a file of remix's own should be", str(path))
        _check_regular(status, path)


def _check_regular(status: os.stat_result, path: Path) -> None:
    """Raise `OSError` if this isn't the state of a regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def entries(folder: Path, most: int = 1_000_000) -> Iterator[os.DirEntry[str]]:
    """All that lies below a folder, at any depth, files and folders: not by recursion, and no link is followed.

    What lies deeper than `DEEPEST` folders is left out, and after `most` entries it ends. A folder that can't be read
    is passed over.
    """
    left = [(os.fspath(folder), 0)]
    while left and most > 0:
        place, depth = left.pop()
        with suppress(OSError):
            with os.scandir(place) as listing:
                found = list(islice(listing, most))
            # Nothing is open while whoever asked looks at them, or stops asking.
            yield from found
            most -= len(found)
            if depth < DEEPEST:
                left += [(entry.path, depth + 1) for entry in found if entry.is_dir(follow_symlinks=False)]


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, links followed. A link that goes round in circles is where it is."""
    inside, start = os.fspath(path), os.path.join(folder, "")  # noqa: PTH118 (keeps the last separator)
    # Where no link is on the way there is nothing to follow: of thousands of outputs each has four files.
    parts = inside.removeprefix(start).split(os.sep) if inside.startswith(start) else [".."]  # noqa: PTH206
    if ".." not in parts:
        places = accumulate(parts, os.path.join, initial=start)
        if not any(map(os.path.islink, islice(places, 1, None))):
            return True
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name in its folder, flush it to disk, and rename it into place.

    One that stood there before leaves it its permissions. Raises `RunError` where that fails; what stands at the path
    then is whole, and what stood there before unless only the last flush failed.
    """
    temporary = temporary_of(path)
    try:
        _make_folder(path.parent)
        # What lies there isn't written through: in a stranger's folder it may be a link to any file of ours.
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
        # On a full disk half a file is in the way of all that could still be written.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a file where nothing may stand yet, whole or not at all.

    Raises `FileExistsError` where something does, a link that leads nowhere included; another `OSError` where the
    file can't be written. Of two who write the same at once, one succeeds.
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
    """Give a finished file its name, unless that is taken. Renaming would overwrite; a second name can't."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # The name is reserved first, and nobody else can have it then.
        path.open("xb").close()
        temporary.replace(path)


def temporary_of(path: Path) -> Path:
    """The name a file has while it is written."""
    return path.with_name(f".{path.name}{TEMPORARY}")


def final_of(temporary: Path) -> Path | None:
    """The name that a file gets when it is written, of a temporary name; null if the name isn't a temporary one."""
    name = temporary.name
    if not name.startswith(".") or not name.endswith(TEMPORARY) or len(name) <= len(TEMPORARY) + 1:
        return None
    return temporary.with_name(name[1 : -len(TEMPORARY)])


def remove(path: Path) -> None:
    """Remove a file, if it is there, and flush that to disk. Raises `RunError` where it can't be done."""
    try:
        path.unlink()
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error, "removed") from error


def make_new_folder(path: Path) -> None:
    """Make a folder that mustn't be there yet. Raises `RunError` where that can't be done; then there is none."""
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
    """Make a folder, unless it is there. Raises `RunError` where that can't be done, or nothing be written there."""
    try:
        _make_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: OSError, what: str = "written") -> RunError:
    """Why a path couldn't be written, in words."""
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
    """Remove what a crash left half-written of these files, and nothing else.

    Others name their temporary files like we do, Syncthing for one. Raises `RunError` where one can't be removed.
    """
    for path in paths:
        temporary = temporary_of(path)
        try:
            temporary.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(temporary, error, "removed") from error


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there; each is flushed into the one it lies in.

    Otherwise a power cut could take a folder away, and with it files that were flushed to disk themselves.
    """
    # The folder that `.` stands for may be gone, and has none above it.
    if folder.is_dir() or folder == folder.parent:
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that the rename itself survives a power cut. Windows has no such call."""
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
