"""Prepared models: copies with their weights in a type that this machine computes faster.

Takes a GGUF and a weight type, gives a copy in the user's cache with a sidecar that says what it was made from, and
finds it again. The original is never touched.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from remix.engine import llama, load_check
from remix.errors import ModelError
from remix.models import catalog, identity
from remix.records import Frozen, ModelFile, Preparation, Sha256
from remix.util.cache import MemoStore, cache_folder


class Sidecar(Frozen):
    """What is written beside a prepared copy."""

    name: str
    """The original's name."""
    sha256: Sha256
    """Of the prepared copy."""
    preparation: Preparation
    """How it was made."""


_SIDECARS = MemoStore("prepared", Sidecar)
"""By the name of the copy, which lies beside its sidecar."""


def requantise(source: Path, file_type: str, threads: int) -> Path:
    """Make a prepared copy, unless a good one is there already; gives its path.

    The copy is renamed into place when it is whole and its sidecar written. Raises `ModelError`, or `RunError` where
    the cache can't be written.
    """
    original = identity.identify(source)
    target = _folder() / f"{original.sha256}-{file_type.lower()}.gguf"
    if _is_good(target):
        return target
    load_check.check(source, original)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers()
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        llama.quantise(source, draft, file_type, threads)
        made = Preparation(source=original.sha256, file_type=file_type.upper(), llama_cpp_python=llama.version())
        copy = Sidecar(name=original.name, sha256=identity.identify(draft).sha256, preparation=made)
        _SIDECARS.write(target.stem, copy)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def prepared(source: Path) -> Path | None:
    """The copy made of a model last, if there is one."""
    return max(copies_of(source), key=lambda path: path.stat().st_mtime_ns, default=None)


def copies_of(source: Path) -> list[Path]:
    """All copies made of a model."""
    original = identity.identify(source).sha256
    return [path for path in sorted(_folder().glob(f"{original}-*.gguf")) if _sidecar(path)]


def copies() -> list[catalog.Found]:
    """All prepared copies."""
    paths = [path for path in sorted(_folder().glob("*.gguf")) if _sidecar(path)]
    return [catalog.Found(name=path.stem, path=path, origin="settings", size=path.stat().st_size) for path in paths]


def forget(source: Path) -> list[Path]:
    """Remove all copies made of a model; gives what was removed."""
    original = identity.identify(source).sha256
    copies = sorted(_folder().glob(f"{original}-*.gguf"))
    for path in copies:
        path.unlink()
        _SIDECARS.forget(path.stem)
    return copies


def resolve(model: str | None, folders: Sequence[Path]) -> tuple[Path, ModelFile]:
    """The file to use for a model that is named, and what it is: the prepared copy, where one was made.

    A path means that very file. Raises `ModelError` where there is no such model.
    """
    found = catalog.find(model, folders)
    is_path = model is not None and catalog.is_there(model)
    path = found.path if is_path else prepared(found.path) or found.path
    return path, identify(path, found.name)


def identify(path: Path, name: str | None = None) -> ModelFile:
    """What a model is; of a prepared copy, also how it was made. Raises `ModelError`."""
    sidecar = _sidecar(path) if path.parent == _folder() else None
    if sidecar is None:
        return identity.identify(path, name)
    file = identity.identify(path, f"{sidecar.name}+{sidecar.preparation.file_type}")
    if file.sha256 != sidecar.sha256:
        raise ModelError(f"{path}: not the copy that was prepared.", "Make it anew: `remix models prepare`.")
    return file.model_copy(update={"preparation": sidecar.preparation})


def _remove_leftovers() -> None:
    """Remove what a process that was killed left half-made: a draft ends in its maker's number."""
    for draft in _folder().glob("*.tmp"):
        maker = draft.stem.rpartition(".")[2]
        if maker.isdecimal() and not psutil.pid_exists(int(maker)):
            draft.unlink(missing_ok=True)


def _is_good(path: Path) -> bool:
    """Whether a copy is there, and is what was made."""
    sidecar = _sidecar(path)
    return sidecar is not None and identity.identify(path).sha256 == sidecar.sha256


def _sidecar(path: Path) -> Sidecar | None:
    """What is written beside a prepared copy; nothing where the two aren't both there."""
    return _SIDECARS.read(path.stem) if path.is_file() else None


def _folder() -> Path:
    return cache_folder() / "prepared"
