"""The folder of drafts: listed, created, read, saved, renamed and thrown away.

A draft is `NAME.md`, with its sources in `NAME.sources.json`. A version is the sha256 of the Markdown file: a draft
is only saved over the version that the writer saw, so that edits by other programs and tabs are never overwritten.
Takes the folder and the runs. Threads and processes may share the folder.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from filelock import FileLock, Timeout

from remix.drafts.matching import matched
from remix.drafts.origins import RunOf, original_text
from remix.drafts.pieces import joined, origins_left_out, stored, unchanged, with_line_feeds
from remix.errors import RemixError, RunError
from remix.records import sha256
from remix.records.draft import DraftSources, Origin, Piece
from remix.util import json_values, names
from remix.util.files import check_plain, is_within, read_bounded, sync_folder, write_new, write_whole
from remix.util.json_values import JsonError
from remix.workspace import DRAFT_SOURCES

TEXT = ".md"
SOURCES = DRAFT_SOURCES
LOCK = ".lock"
TRASH = ".trash"
"""Folder below the folder of drafts: drafts that were thrown away, to be moved back by hand."""

MOST_BYTES = 2**21
"""Largest size of a draft: about 350,000 words."""

MOST_PIECES = 2000

MOST_HISTORY = 500
"""Sources of pieces taken out that are kept."""

PATIENCE = 5.0
"""Seconds to wait while another process saves a draft."""

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|#^\[\]%]+')
"""Characters that a system, a link in Obsidian or an address doesn't allow in a name."""


class DraftError(RemixError):
    """A draft can't be read or saved."""


class NoSuchDraftError(DraftError):
    """There is no draft of a name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no draft {names.quoted(name)}.", "The page of drafts lists all drafts.")


class DraftConflictError(DraftError):
    """A draft was changed by another program or page since the version that the writer saw."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            f"The draft {names.quoted(draft.name)} was changed elsewhere meanwhile.", "Choose which version to keep."
        )
        self.draft = draft
        """The draft as it is on the disk."""


class Draft(NamedTuple):
    """A draft as it is on the disk."""

    name: str
    version: str
    """sha256 of the Markdown file."""
    pieces: tuple[Piece, ...]
    history: tuple[Origin, ...]
    """Sources of pieces that were taken out."""


class DraftLine(NamedTuple):
    """A draft in a list."""

    name: str
    changed: float
    """Time of the last change, in seconds since 1970."""


class _File(NamedTuple):
    """A Markdown file as read."""

    version: str
    text: str
    """With line feeds."""
    line_end: str
    """As in the file: a line feed, or carriage return and line feed."""


class Drafts:
    """The drafts of a workspace."""

    def __init__(self, folder: Path, run_of: RunOf) -> None:
        self.folder = folder
        self._run_of = run_of
        self._lock = RLock()

    def all(self) -> list[DraftLine]:
        """All drafts, the one changed last first. Links and names with control characters are left out."""
        found = []
        try:
            self._check_folder()
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    name = entry.name.removesuffix(TEXT)
                    if entry.name.endswith(TEXT) and _is_name(name) and entry.is_file(follow_symlinks=False):
                        found.append(DraftLine(name, entry.stat(follow_symlinks=False).st_mtime))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DraftError(f"{self.folder}: can't be read ({error.strerror}).", "Check its permissions.") from error
        return sorted(found, key=lambda each: (-each.changed, each.name))

    def create(self, title: str) -> Draft:
        """A new, empty draft, named after a title as far as systems allow. Raises `DraftError`."""
        with self._locked():
            taken = _taken(self.folder)
            name = next(each for each in _names_for(title) if names.same_place(f"{each}{TEXT}") not in taken)
            try:
                # Sources of a draft whose text was removed stay: the text may come back.
                if names.same_place(f"{name}{SOURCES}") not in taken:
                    self._write_sources(name, DraftSources())
                write_new(self._path(name), b"")
            except OSError as error:
                raise _unwritable(self._path(name), error.strerror or str(error)) from error
        return self.read(name)

    def read(self, name: str) -> Draft:
        """A draft. Raises `NoSuchDraftError`, or `DraftError` if a file can't be read."""
        file = self._read_file(name)
        sources = self._sources(name)
        pieces = unchanged(file.text, sources.pieces)
        if pieces is None:
            pieces = matched(file.text, sources, self._original)
        return Draft(name, file.version, tuple(pieces), sources.history)

    def save(self, name: str, version: str, pieces: Sequence[Piece]) -> Draft:
        """Save a draft over the version that the writer saw.

        Raises `DraftConflictError` if the file has another version and another text meanwhile, `NoSuchDraftError` if
        the file is gone, `DraftError` if the draft is too large or can't be written.
        """
        pieces = [each.model_copy(update={"text": with_line_feeds(each.text)}) for each in pieces]
        text = joined(pieces)
        _check(name, text, pieces)
        with self._locked():
            file = self._read_file(name)
            is_same = file.text == text
            if file.version != version and not is_same:
                raise DraftConflictError(self.read(name))
            before = self._sources(name)
            known = [*before.history, *(each.origin for each in before.pieces if each.origin)]
            sources = DraftSources(
                pieces=tuple(map(stored, pieces)), history=tuple(origins_left_out(known, pieces)[-MOST_HISTORY:])
            )
            # Sources first: after a crash in between, the old text is matched with the new sources and with those
            # taken out, and the page sends the new text again.
            if sources != before:
                self._write_sources(name, sources)
            if not is_same:
                _write(self._path(name), text.replace("\n", file.line_end).encode())
            return Draft(name, self._read_file(name).version, tuple(pieces), sources.history)

    def rename(self, name: str, title: str) -> Draft:
        """Name a draft, and the file with its sources, after another title. Raises the same errors as `read`."""
        with self._locked():
            self._read_file(name)
            taken = _taken(self.folder) - {names.same_place(f"{name}{ending}") for ending in (TEXT, SOURCES)}
            free = next(each for each in _names_for(title) if _is_free(each, taken))
            if free != name:
                self._move(name, self.folder, free)
        return self.read(free)

    def throw_away(self, name: str) -> Path:
        """Move a draft and the file with its sources to the trash; gives the draft's path there.

        Raises the same errors as `read`.
        """
        trash = self.folder / TRASH
        with self._locked():
            self._read_file(name)
            if trash.is_symlink():
                raise DraftError(f"{trash}: a link.", "Put a folder in its place.")
            trash.mkdir(exist_ok=True)
            taken = _taken(trash)
            free = next(each for each in _names_for(name) if _is_free(each, taken))
            self._move(name, trash, free)
        return trash / f"{free}{TEXT}"

    def _move(self, name: str, folder: Path, free: str) -> None:
        """Move both files of a draft. After a crash in between each name with a text has the sources, too."""
        sources = self._sources(name)
        self._write_sources(free, sources, folder)
        try:
            self._path(name).rename(folder / f"{free}{TEXT}")
            sync_folder(folder)
            # On systems that ignore case, both names may be of one file.
            if folder != self.folder or names.same_place(free) != names.same_place(name):
                (self.folder / f"{name}{SOURCES}").unlink(missing_ok=True)
            sync_folder(self.folder)
        except OSError as error:
            raise _unwritable(self._path(name), error.strerror or str(error)) from error

    def origins(self, name: str) -> dict[str, Origin]:
        """The sources that a draft has or had, by the record's id; the present ones count."""
        sources = self._sources(name)
        present = [each.origin for each in sources.pieces if each.origin]
        return {origin.record: origin for origin in (*sources.history, *present)}

    def version(self, name: str) -> str:
        """The version of a draft. Raises the same errors as `read`."""
        return self._read_file(name).version

    # -- files -----------------------------------------------------------------------------------------------

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{TEXT}"

    def _check_folder(self) -> None:
        """Raise `DraftError` if the folder is a link that leads out of the workspace."""
        if self.folder.is_symlink() and not is_within(self.folder, self.folder.parent):
            raise DraftError(f"{self.folder}: a link that leads out of the workspace.", "Put a folder in its place.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only thread and process that saves drafts. Makes the folder."""
        self._check_folder()
        try:
            self.folder.mkdir(exist_ok=True)
            check_plain(self.folder / LOCK)
            with self._lock, FileLock(self.folder / LOCK, timeout=PATIENCE):
                yield
        except Timeout as error:
            raise DraftError(f"{self.folder}: another process is saving.", "Try again.") from error
        except OSError as error:
            raise _unwritable(self.folder, error.strerror or str(error)) from error

    def _read_file(self, name: str) -> _File:
        self._check_folder()
        path = self._path(name)
        try:
            # On systems that ignore case one file has several names: only the name in the folder counts.
            if not _is_name(name) or path.name not in os.listdir(self.folder):  # noqa: PTH208 (names are enough)
                raise NoSuchDraftError(name)
            check_plain(path)
            data = read_bounded(path, MOST_BYTES)
            text = data.decode().removeprefix("\ufeff")
        except FileNotFoundError as error:
            raise NoSuchDraftError(name) from error
        except OSError as error:
            raise _unreadable(path, f"can't be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise _unreadable(path, f"not UTF-8 at byte {error.start}") from error
        if "\0" in text:
            raise _unreadable(path, "has a NUL, as no text has")
        return _File(sha256(data), with_line_feeds(text), "\r\n" if "\r\n" in text else "\n")

    def _sources(self, name: str) -> DraftSources:
        """The sources of a draft; a draft by another program has none."""
        if not _is_name(name):
            raise NoSuchDraftError(name)
        path = self.folder / f"{name}{SOURCES}"
        try:
            check_plain(path)
            return json_values.read(DraftSources, read_bounded(path))
        except FileNotFoundError:
            return DraftSources()
        except OSError as error:
            raise _unreadable(path, f"can't be read ({error.strerror})") from error
        except JsonError as error:
            raise DraftError(
                f"{path}: not the sources of a draft ({error}).",
                "Bring the file back from a copy; without the file the draft is your own words alone.",
            ) from error

    def _write_sources(self, name: str, sources: DraftSources, folder: Path | None = None) -> None:
        data = sources.model_dump_json(indent=1, by_alias=True, exclude_none=True)
        _write((folder or self.folder) / f"{name}{SOURCES}", f"{data}\n".encode())

    def _original(self, origin: Origin) -> str | None:
        try:
            return original_text(origin, self._run_of)
        except RunError:
            return None


def _is_name(name: str) -> bool:
    is_safe = bool(name) and not name.startswith(".") and not names.leads_out(name) and "/" not in name
    return is_safe and len(name.encode(errors="replace")) <= names.LONGEST


def _taken(folder: Path) -> set[str]:
    """The names in a folder, as systems that ignore case compare names."""
    return {names.same_place(path.name) for path in folder.iterdir()}


def _is_free(name: str, taken: set[str]) -> bool:
    """Whether no draft has a name, and no sources of a draft whose text was removed."""
    return not taken & {names.same_place(f"{name}{ending}") for ending in (TEXT, SOURCES)}


def _names_for(title: str) -> Iterator[str]:
    """Names for a title: the title as far as it may be a file's name, then the same with numbers."""
    plain = "".join(each if names.is_plain(each) else " " for each in _NOT_IN_NAMES.sub(" ", title))
    name = " ".join(plain.split()).strip(". ")
    if not name or names.is_reserved(name):
        name = f"Draft {name}".strip()
    # Room for a number and for the longest ending.
    name = name.encode()[: names.LONGEST - 30].decode(errors="ignore").strip(". ")
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1


def _check(name: str, text: str, pieces: Sequence[Piece]) -> None:
    """Raise `DraftError` for a draft that can't be kept."""
    if len(pieces) > MOST_PIECES:
        raise DraftError(f"{names.quoted(name)}: more than {MOST_PIECES:,} pieces.", "Begin another draft.")
    if len({piece.id for piece in pieces}) < len(pieces):
        raise DraftError(f"{names.quoted(name)}: two pieces have the same id.", "Reload the page.")
    if "\0" in text:
        raise DraftError(f"{names.quoted(name)}: a NUL is in the text.", "Take the character out.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise DraftError(f"{names.quoted(name)}: a half character is in the text.", "Take it out.") from error
    if size > MOST_BYTES:
        raise DraftError(f"{names.quoted(name)}: more than {MOST_BYTES // 2**20} MiB.", "Begin another draft.")


def _write(path: Path, data: bytes) -> None:
    try:
        check_plain(path)
        write_whole(path, data)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    except RunError as error:
        reason = error.__cause__
        what = reason.strerror if isinstance(reason, OSError) and reason.errno != errno.ENOENT else ""
        raise _unwritable(path, what or "its folder is gone") from error


def _unreadable(path: Path, why: str) -> DraftError:
    return DraftError(f"{path}: {why}.", "Mend the file, or move it away; nothing has been changed.")


def _unwritable(path: Path, why: str) -> DraftError:
    return DraftError(f"{path}: can't be written ({why}).", "Make room or check its permissions, then try again.")
