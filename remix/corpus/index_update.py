"""A folder of essays, queried through an index that is updated first; without an index, the folder is read.

Takes a folder and a question, gives the answer, which is the same with and without an index. The index is a file in
the user's cache folder, for each folder of essays. A file counts as unchanged if times, size and inode number are the
same; otherwise the content is hashed, and the file is read again if the hash differs.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import stat
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from remix.corpus import index, slugs
from remix.corpus.index import Index, IndexedFile
from remix.corpus.memory import MemoryCorpus
from remix.corpus.select import Corpus
from remix.corpus.walk import seed_names
from remix.errors import SeedError, UnreadError
from remix.records import canonical_sha256, sha256
from remix.util import files
from remix.util.cache import cache_folder

Answer = TypeVar("Answer")

UNSETTLED = 2 * 10**9
"""Nanoseconds. A file may change twice within a tick of the file system's clock (2 s on FAT): a stamp read sooner
after the file's last change is not trusted."""

FORGOTTEN = 90 * 86_400
"""Seconds of disuse until an index is removed."""

BATCH = 5_000
"""Passages written in a transaction: bounds the memory, and the waiting time of concurrent commands."""

READER_FOLDERS = ("corpus", "records", "util")
"""Folders of remix with all code for reading essays: a change to this code makes the index stale."""


def consult(
    folder: Path,
    root: Path,
    question: Callable[[Corpus], Answer],
    on_error: Callable[[SeedError], None] | None = None,
    exclude: Sequence[str] = (),
) -> Answer:
    """Ask a folder of essays. Paths are relative to the workspace `root`; files that match `exclude` are left out.

    Raises the errors of `read_seeds` and of the question, and passes the same errors as `read_seeds` to `on_error`. A
    broken index is made again once; if no index can be made, the folder is read.
    """
    on_error = on_error and _once(on_error)
    file = index_file(folder, root)
    for _ in range(2 if folder.is_dir() else 0):
        try:
            _mark_as_used(file)
            with index.opened(file, reader_version()) as corpus:
                errors = IndexUpdate(corpus, folder, root).run(exclude)
                if corpus.is_empty():
                    break
                for error in errors:
                    if on_error is None:
                        raise error
                    on_error(error)
                with corpus.unchanged():
                    return question(corpus)
        except (sqlite3.OperationalError, OSError):
            # Locked for long, on a full disk, or without full-text search.
            break
        except (sqlite3.DatabaseError, ValidationError):
            with suppress(OSError):
                file.unlink()
    from remix.corpus.essays import read_files

    read = read_files(folder, root, on_error, exclude)
    left_out = [(file.essay.path, each) for file in read for each in file.left_out]
    notes = [note for file in read for note in file.notes]
    return question(MemoryCorpus([file.essay for file in read], left_out, notes))


def _once(on_error: Callable[[SeedError], None]) -> Callable[[SeedError], None]:
    """Pass each error on once, even if the folder is read a second time without the index."""
    passed: set[str] = set()

    def pass_on(error: SeedError) -> None:
        if error.message not in passed:
            passed.add(error.message)
            on_error(error)

    return pass_on


def _mark_as_used(file: Path) -> None:
    """Record the use of an index.

    Before an index is made, unused indexes are removed: an index may outlive its essays, and private text should not
    stay in the cache.
    """
    with suppress(FileNotFoundError):
        os.utime(file)
        return
    for other in file.parent.glob("*.sqlite"):
        with suppress(OSError):
            if other.stat().st_mtime < time.time() - FORGOTTEN:
                other.unlink()


def index_file(folder: Path, root: Path) -> Path:
    """The path of a folder's index."""
    places = [os.fsencode(os.path.realpath(place)) for place in (folder, root)]
    return cache_folder() / "seeds" / f"{sha256(bytes(1).join(places))}.sqlite"


@functools.cache
def reader_version() -> int:
    """31 bits of a hash of the code that determines how files are read: remix, libraries, Unicode's tables."""
    package = Path(__file__).parent.parent
    own = (path for folder in READER_FOLDERS for path in (package / folder).glob("*.py"))
    code = sorted(sha256(path.read_bytes()) for path in own)
    libraries = map(metadata.version, ("markdown-it-py", "pyyaml"))
    versions = [*libraries, unicodedata.unidata_version, sqlite3.sqlite_version, list(sys.version_info[:2])]
    return int(canonical_sha256([*code, *versions])[:8], 16) >> 1


# -- updating -----------------------------------------------------------------------------------------------


class _File(NamedTuple):
    """A file's path and status."""

    path: str
    name: str
    """Relative to the folder of essays, with forward slashes."""
    stamp: str
    """Times, size and inode number, and a link's target."""
    changed: int
    """Time of the last change, in nanoseconds."""


class IndexUpdate:
    """A pass over a folder's files, sorted by path, that updates the index."""

    def __init__(self, updated: Index, folder: Path, root: Path) -> None:
        self._index = updated
        self._folder = folder
        self._root = root
        self._known = updated.known()
        self._errors: list[SeedError] = []
        self._slugs: dict[str, str] = {}
        """The slug of each file."""
        self._read: list[IndexedFile] = []
        self._removed: list[str] = []
        self._restamped: list[tuple[str, str | None, int]] = []

    def run(self, exclude: Sequence[str]) -> list[SeedError]:
        """Update the index; returns the errors of unusable files, sorted by path."""
        folder = str(self._folder)
        names_there = seed_names(self._folder, exclude, self._errors.append)
        there = [file for name in names_there if (file := _status(folder, name))]
        self._removed += self._known.keys() - {file.name for file in there}
        self._slugs = slugs.settled(file.name for file in there)
        for file in there:
            try:
                self._update(file)
            except SeedError as error:
                self._errors.append(UnreadError(file.name, error))
                self._removed.append(file.name)
        self._write()
        return self._errors

    def _content(self, file: _File) -> str | None:
        """A hash of the file's content; none if the file can't be read, or if a link leads out of the workspace."""
        leads = file.stamp.partition(" /")[2]
        path = Path(file.path)
        if leads and not any(files.is_within(path, folder) for folder in (self._folder, self._root)):
            return None
        from remix.util import frontmatter

        try:
            # The link's target is part of the hash.
            return sha256(frontmatter.read_bytes(path) + os.fsencode(leads))
        except frontmatter.FrontMatterError:
            # `read_essay` raises an error with the reason.
            return None

    def _update(self, file: _File) -> None:
        """Update the index from a file. Raises `SeedError` if the file can't be used."""
        slug = self._slugs[file.name]
        known = self._known.get(file.name)
        if known and known.slug != slug:
            known = None
        if known and known.stamp == file.stamp and file.changed < known.seen - UNSETTLED:
            return
        now = time.time_ns()
        content = self._content(file)
        if known and content and known.content == content:
            self._restamped.append((file.name, file.stamp, now))
            return
        from remix.corpus.essays import read_file

        read = read_file(Path(file.path), self._folder, self._root, slug)
        # If the file has changed meanwhile, the hash may not be the hash of the text read.
        same = _status(str(self._folder), file.name) == file
        stamp, content = (file.stamp, content) if same else (None, None)
        self._read.append(IndexedFile(file.name, stamp, now, content, read.essay, read.left_out, read.notes))
        if sum(len(file.essay.passages) for file in self._read) >= BATCH:
            self._write()

    def _write(self) -> None:
        if self._restamped:
            self._index.restamp(self._restamped)
        if self._read or self._known.keys() & self._removed:
            self._index.put(self._read, self._removed)
        self._read, self._removed, self._restamped = [], [], []


def _status(folder: str, name: str) -> _File | None:
    """A file's status; none if no regular file is at the path. Thousands of `Path`s would take longer than
    strings."""
    path, leads = f"{folder}/{name}", ""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            leads, status = os.path.realpath(path), os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    stamp = f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino} {leads}"
    return _File(path, name, stamp, max(status.st_mtime_ns, status.st_ctime_ns))
