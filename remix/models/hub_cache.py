"""A repository's folder in the Hugging Face cache, in the layout of `huggingface_hub`.

`blobs/` holds contents by sha256, `snapshots/COMMIT/` links to contents by file name, `refs/main` names the newest
commit. Takes a repository's name and files, gives paths. Knows no network.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from filelock import FileLock, Timeout
from huggingface_hub import constants
from pydantic import Field

from remix.errors import ModelError
from remix.models.download import MOST_BYTES, check_space, length, part_of
from remix.models.repository import MOST_FILES, ListedFile, Repository
from remix.records import Frozen, Sha256
from remix.util.files import entries, read_bounded
from remix.util.names import quoted

_UNKNOWN = "0" * 64
"""Stands for the sha256 of a file that is no link, on disks without links."""


class HubFile(Frozen):
    """A file of a repository, with size and sha256 for checks."""

    name: str
    """The path within the repository, with forward slashes."""

    size: Annotated[int, Field(ge=1, le=MOST_BYTES)]
    """In bytes."""

    sha256: Sha256


class HubCache:
    """A repository's folder in the cache. The folder may not exist yet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root = Path(constants.HF_HUB_CACHE)
        self._folder = self._root / f"models--{name.replace('/', '--')}"

    def path(self, commit: str, file: HubFile) -> Path:
        """The path of a file by name."""
        return self._folder / "snapshots" / commit / file.name

    def blob(self, file: HubFile) -> Path:
        """The path of a file's content, by sha256."""
        return self._folder / "blobs" / file.sha256

    def link(self, path: Path, blob: Path) -> None:
        """Make a name for a content: by a link, or on disks without links by moving the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        try:
            path.symlink_to(os.path.relpath(blob, path.parent))
        except OSError:
            blob.replace(path)

    def check_space(self, files: Iterable[HubFile]) -> None:
        """Raise `ModelError` if the missing bytes of files don't fit the disk."""
        needed = 0
        for file in files:
            blob = self.blob(file)
            here = length(blob) or length(part_of(blob.parent, blob.name))
            needed += max(file.size - here, 0)
        hint = "Make room, take a smaller weight type, or set HF_HOME to a folder on another disk."
        check_space(self._folder, needed, hint)

    @contextlib.contextmanager
    def locked(self, file: HubFile) -> Iterator[None]:
        """Keep all further processes from downloading the same file; huggingface_hub's own downloads heed the lock
        too."""
        lock = self._root / ".locks" / self._folder.name / f"{file.sha256}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock, timeout=0):
                yield
        except Timeout as error:
            raise ModelError(
                f"{quoted(file.name)} is being downloaded by another process.", "Wait for the other process to end."
            ) from error

    def note_newest(self, commit: str) -> None:
        """Note the newest commit."""
        reference = self._folder / "refs" / "main"
        reference.parent.mkdir(parents=True, exist_ok=True)
        draft = reference.with_name(f"main.{os.getpid()}.tmp")
        draft.write_text(commit, encoding="ascii")
        draft.replace(reference)

    def read(self) -> Repository | None:
        """The repository's newest commit in the cache, with the cached files; None without any file."""
        with contextlib.suppress(OSError, ValueError):
            commit = read_bounded(self._folder / "refs" / "main", 100).decode("ascii").strip()
            place = self._folder / "snapshots" / commit
            if re.fullmatch(r"[0-9a-f]{40}", commit) and place.is_dir():
                found = [Path(path) for path in sorted(entry.path for entry in entries(place, MOST_FILES))]
                files = [_listed(path, place) for path in found if path.suffix.lower() == ".gguf" and length(path)]
                return Repository(name=self._name, commit=commit, files=tuple(files)) if files else None
        return None


def _listed(path: Path, place: Path) -> ListedFile:
    """A file of a commit's folder."""
    blob = path.resolve().name
    sha256 = blob if re.fullmatch(r"[0-9a-f]{64}", blob) else _UNKNOWN
    return ListedFile(name=path.relative_to(place).as_posix(), size=length(path), sha256=sha256)
