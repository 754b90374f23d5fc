"""Prepared models: copies with weights in a type that this machine computes faster.

Takes a GGUF and a weight type, gives a copy in the user's cache, with a sidecar file that names the original; finds
existing copies. The original is never changed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from remix.errors import ModelError
from remix.models import catalog, identity
from remix.models.catalog import LocatedModel
from remix.models.memo import known
from remix.models.parts import parts_of
from remix.records import Frozen, ModelFile, Preparation, Sha256
from remix.util.cache import MemoStore, cache_folder


class Sidecar(Frozen):
    """The sidecar file of a prepared copy."""

    name: str
    """The original's name."""
    sha256: Sha256
    """sha256 of the prepared copy."""
    preparation: Preparation
    """How the copy was made."""


_SIDECARS = MemoStore("prepared", Sidecar)
"""Facts about prepared copies, by the name of the copy, in a file beside the copy."""


def requantise(source: Path, file_type: str, threads: int) -> Path:
    """Make a prepared copy, unless an intact copy exists; gives the copy's path.

    The complete copy is renamed into place after the sidecar is written. Raises `ModelError`, or `RunError` if the
    cache can't be written.
    """
    # Imported late: loading llama.cpp takes longer than the rest of this module's work.
    from remix.engine import llama, load_check

    original = identity.identify(source)
    target = _folder() / f"{original.sha256}-{file_type.lower()}.gguf"
    existing = _sidecar(target)
    if existing and identity.identify(target).sha256 == existing.sha256:
        return target
    if original.parts and not source.name.endswith(".gguf"):
        raise ModelError(
            f"{source}: llama.cpp prepares a model in parts only if their names end in .gguf, in lower case.",
            "Rename the parts.",
        )
    load_check.check(source, original)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers()
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        llama.quantise(parts_of(source)[0], draft, file_type, threads)
        made = Preparation(source=original.sha256, file_type=file_type.upper(), llama_cpp_python=llama.version())
        copy = Sidecar(name=original.name, sha256=identity.identify(draft).sha256, preparation=made)
        _SIDECARS.write(target.stem, copy)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def prepared(source: Path) -> Path | None:
    """The newest prepared copy of a model, if any."""
    return max(copies_of(source), key=lambda path: path.stat().st_mtime_ns, default=None)


def copies_of(source: Path) -> list[Path]:
    """All prepared copies of a model."""
    original = identity.identify(source).sha256
    return [path for path in sorted(_folder().glob(f"{original}-*.gguf")) if _sidecar(path)]


def known_types(source: Path) -> list[str]:
    """The weight types of a model's prepared copies, without hashing: none if the model wasn't identified before."""
    original = known(source)
    sidecars = [_sidecar(path) for path in sorted(_folder().glob(f"{original.sha256}-*.gguf"))] if original else []
    return [sidecar.preparation.file_type for sidecar in sidecars if sidecar]


def copies() -> list[LocatedModel]:
    """All prepared copies of all models."""
    paths = [path for path in sorted(_folder().glob("*.gguf")) if _sidecar(path)]
    return [LocatedModel(name=path.stem, path=path, origin="settings", size=path.stat().st_size) for path in paths]


def forget(source: Path) -> list[Path]:
    """Remove all prepared copies of a model; gives the removed paths."""
    original = identity.identify(source).sha256
    copies = sorted(_folder().glob(f"{original}-*.gguf"))
    for path in copies:
        path.unlink()
        _SIDECARS.forget(path.stem)
    return copies


def resolve(model: str | None, folders: Sequence[Path]) -> tuple[Path, ModelFile]:
    """The file to use for a model, and the file's identity: the prepared copy, if any.

    A path always means the file itself. Raises `ModelError` if the model isn't found.
    """
    found = catalog.find(model, folders)
    is_path = model is not None and catalog.is_there(model)
    path = found.path if is_path else prepared(found.path) or found.path
    return path, identify(path, found.name)


def identify(path: Path, name: str | None = None) -> ModelFile:
    """A model's identity; a prepared copy's says how the copy was made. Raises `ModelError`."""
    sidecar = _sidecar(path) if path.parent == _folder() else None
    if sidecar is None:
        return identity.identify(path, name)
    file = identity.identify(path, f"{sidecar.name}+{sidecar.preparation.file_type}")
    if file.sha256 != sidecar.sha256:
        raise ModelError(f"{path}: not the copy that was prepared.", "Make a new copy: `remix models prepare`.")
    return file.model_copy(update={"preparation": sidecar.preparation})


def _remove_leftovers() -> None:
    """Remove incomplete copies of ended processes; an incomplete copy is named after the process id."""
    for draft in _folder().glob("*.tmp"):
        process = draft.stem.rpartition(".")[2]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            draft.unlink(missing_ok=True)


def _sidecar(path: Path) -> Sidecar | None:
    """The sidecar of a prepared copy; None unless both files exist."""
    return _SIDECARS.read(path.stem) if path.is_file() else None


def _folder() -> Path:
    return cache_folder() / "prepared"
