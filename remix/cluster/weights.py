"""Weights by content: found on a worker's machine, or received in chunks and kept in that machine's cache.

Takes a model's identity; gives the path of a file with that sha256. Knows nothing of Ray.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.errors import ModelError, RunError
from remix.models import catalog, identity, prepared
from remix.records import ModelFile
from remix.util.cache import cache_folder

CHUNK = 16 * 2**20
"""Bytes that cross at once: few beside the smallest object store of Ray, which has 75 MiB."""


class Chunk(NamedTuple):
    """A stretch of one of a model's files."""

    name: str
    """The file's name; no path."""
    data: bytes


def chunks(path: Path) -> Iterator[Chunk]:
    """The bytes of a model's files in order, `CHUNK` at a time. Raises `ModelError` if a file can't be read."""
    with identity.open_parts(path) as files:
        for part, file in files.items():
            while data := file.read(CHUNK):
                yield Chunk(part.name, data)


def find(file: ModelFile, likely: Sequence[Path]) -> Path | None:
    """The path of a file with a model's content on this machine; null if there is none.

    Looks at the `likely` paths, at models received before, and at all models that remix knows here.
    """
    here = [*likely, *_received(file)]
    with suppress(OSError):
        for path in here:
            with suppress(ModelError):
                if path.is_file() and identity.identify(path).sha256 == file.sha256:
                    return path
    known = [*prepared.copies(), *catalog.seen(), *catalog.available()]
    found = catalog.find_by_sha256(file.sha256, [each for each in known if each.size == file.size])
    return found.path if found else None


class Receiver:
    """Receives a model's files into a folder of the cache, which gets its name when the content is checked."""

    def __init__(self) -> None:
        """Raises `RunError` if the cache can't be written."""
        try:
            _folder().mkdir(parents=True, exist_ok=True)
            self._draft = Path(tempfile.mkdtemp(prefix="draft-", dir=_folder()))
        except OSError as error:
            raise _unwritable(error) from error

    def add(self, chunk: Chunk) -> None:
        """Append a chunk to its file. Raises `RunError` if the disk is full."""
        try:
            with (self._draft / Path(chunk.name).name).open("ab") as file:
                file.write(chunk.data)
        except OSError as error:
            self.drop()
            raise _unwritable(error) from error

    def keep(self, file: ModelFile) -> Path:
        """The path of the model's first file. Raises `ModelError` if what was received has another content."""
        try:
            first = min(self._draft.iterdir())
            if identity.identify(first).sha256 != file.sha256:
                raise ModelError(f"{file.name}: was received with another content.", "Try again.")
            target = _folder() / file.sha256
            if not target.exists():
                self._draft.rename(target)
            return target / first.name
        except OSError as error:
            raise _unwritable(error) from error
        finally:
            self.drop()

    def drop(self) -> None:
        """Remove what was received and isn't kept."""
        shutil.rmtree(self._draft, ignore_errors=True)


def _folder() -> Path:
    return cache_folder() / "weights"


def _received(file: ModelFile) -> list[Path]:
    with suppress(OSError):
        return sorted((_folder() / file.sha256).iterdir())[:1]
    return []


def _unwritable(error: OSError) -> RunError:
    return RunError(
        f"{_folder()}: can't be written ({error.strerror}).", "Make room on that machine, or set REMIX_CACHE there."
    )
