"""A GGUF file's identity: sha256 of the file and of the metadata, and the facts in the header.

Takes paths, gives `ModelFile`s, and refuses damaged files. Loads no weights.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from remix.errors import ModelError
from remix.models.gguf_header import FIRST_KEY, LANGUAGES, Header, Value, read_header
from remix.models.memo import printable_name, recall, remember
from remix.models.parts import PART, join, parts_of
from remix.records import ModelFile, sha256
from remix.util import stages
from remix.util.files import open_regular

DEFAULT_CONTEXT = 2048
"""Context in tokens for a file that states no context."""

MOST_CONTEXT = 2**24
"""Tokens; the longest context of a known model has 10 million."""

MOST_TEMPLATE = 2**17
"""Characters of a chat template; the longest known have 20,000."""

_LONG_LABEL = 200
"""Most characters of a name in the metadata."""

_MOST_BEHIND = 16 * 2**20
"""Most bytes after a file's last tensor: padding, and data of tools."""

_SPARSE = 2**30
"""Size in bytes from which files are checked for holes."""

LIST_HINT = "`remix models list` shows the models on this machine."
OpenParts = Mapping[Path, BufferedReader]
"""The open files of a model by path, in order: a single file, or all parts."""

_FETCH = "Fetch the file again, or take another model."


class Facts(NamedTuple):
    """The facts of a GGUF's header, as fields of `ModelFile`."""

    architecture: str
    file_type: str | None
    weight_types: tuple[str, ...]
    context: int
    chat_template: str | None
    labels: tuple[str, ...]
    languages: tuple[str, ...]


def name_of(path: Path) -> str:
    """A model's name by the file's name: without `.gguf` and the part's number."""
    name = PART.sub("", path.name)
    return printable_name(name[: -len(".gguf")] if name.lower().endswith(".gguf") else name)


def identify(path: Path, name: str | None = None) -> ModelFile:
    """Read a GGUF's header and hash the file; `name` overrides the name by the file name.

    Of a model in parts, `path` may be any part. Hashing takes about a second per GB; results are kept in the user's
    cache folder (or `REMIX_CACHE`) as long as the files' sizes and modification times stay the same.

    Raises `ModelError` if a file is missing, unreadable, not a GGUF, damaged or cut short, or if parts don't belong
    together.
    """
    with open_parts(path) as files:
        model = read_identity(files)
    name = name or name_of(path)
    # All links to a file share a cache entry; the name of the link is added afterwards.
    labels = dict.fromkeys((*model.labels, name.lower(), model.architecture.lower()))
    return model.model_copy(update={"name": name, "labels": tuple(labels)})


@contextmanager
def open_parts(path: Path) -> Iterator[OpenParts]:
    """The files of a model in order, open for reading. Raises `ModelError`, also for errors while reading."""
    paths = parts_of(path)
    with ExitStack() as stack:
        try:
            for number, each in enumerate(paths, 1):
                if len(paths) > 1 and not each.exists():
                    raise ModelError(
                        f"{each} is missing: part {number} of the {len(paths)} parts of a model.",
                        "Put all parts into one folder; `remix models pull` fetches those that are missing.",
                    )
                check_is_file(each)
            yield {each: stack.enter_context(open_regular(each)) for each in paths}
        except OSError as error:
            raise unreadable_model(path, error) from error


def read_identity(files: OpenParts) -> ModelFile:
    """The identity of an open model, from the cache if possible; `labels` come from the metadata alone."""
    _check_magic(files)
    statuses = [os.fstat(file.fileno()) for file in files.values()]
    model = recall(tuple(files), statuses)
    if model is None:
        model = _read(files, _headers(files))
        remember(tuple(files), statuses, model)
    return model


def inspect(path: Path) -> Facts:
    """The facts of a GGUF's header, without hashing the file. Raises `ModelError`."""
    with open_parts(path) as files:
        _check_magic(files)
        return _facts_of(path, join(_headers(files)))


def sha256_of_parts(hashes: Sequence[str]) -> str:
    """The sha256 of a model: of a single file the file's own, else as described at `ModelFile.sha256`."""
    return hashes[0] if len(hashes) == 1 else sha256("".join(f"{each}\n" for each in hashes))


def _read(files: OpenParts, headers: dict[Path, Header]) -> ModelFile:
    """The facts, and the hashes of open GGUFs."""
    first = next(iter(files))
    facts = _facts_of(first, join(headers))
    for path, file in files.items():
        _refuse_empty(file, path, headers[path])
    files[first].seek(FIRST_KEY)
    metadata = sha256(files[first].read(headers[first].keys_end - FIRST_KEY))
    stages.tell("Hashing the model")
    for file in files.values():
        file.seek(0)
    hashes = tuple(hashlib.file_digest(file, "sha256").hexdigest() for file in files.values())
    return ModelFile(
        name=name_of(first),
        sha256=sha256_of_parts(hashes),
        parts=hashes if len(hashes) > 1 else (),
        metadata_sha256=metadata,
        size=sum(os.fstat(file.fileno()).st_size for file in files.values()),
        **facts._asdict(),
    )


def _headers(files: OpenParts) -> dict[Path, Header]:
    """The headers of open GGUFs, after the magic number."""
    return {path: _header(file, path, os.fstat(file.fileno()).st_size) for path, file in files.items()}


def _header(file: BufferedReader, path: Path, size: int) -> Header:
    """The header of an open GGUF of `size` bytes, after the magic number."""
    version = int.from_bytes(file.read(4), "little")
    if version not in (2, 3):
        raise ModelError(
            f"{path} is GGUF version {version}, which can't be read.",
            "Take a little-endian GGUF of version 2 or 3, as nearly all are.",
        )
    try:
        header = read_header(file, size)
    except (ValueError, struct.error) as error:
        raise _damaged(path, error) from error
    if header.data_end > size:
        raise ModelError(f"{path} is cut short: {header.data_end - size} bytes are missing.", _FETCH)
    return header


def _damaged(path: Path, error: Exception) -> ModelError:
    return ModelError(f"{path} has a header that is damaged or cut short ({error}).", _FETCH)


def _facts_of(path: Path, header: Header) -> Facts:
    """The facts of a model's header."""
    try:
        facts = _facts(header)
    except ValueError as error:
        raise _damaged(path, error) from error
    template = facts.chat_template or ""
    if len(template) > MOST_TEMPLATE:
        raise ModelError(*too_long(f"{path}: its chat template", len(template)))
    return facts


def too_long(what: str, length: int) -> tuple[str, str]:
    """Message and hint for a chat template of too many characters."""
    return (
        f"{what} has {length} characters, and at most {MOST_TEMPLATE} are allowed.",
        "The longest known chat templates have 20,000: take another model.",
    )


def _refuse_empty(file: BufferedReader, path: Path, header: Header) -> None:
    """Raise `ModelError` for a file that is mostly holes or has too few tensors for the file's size.

    A sparse file of a few bytes can claim to have a terabyte, which takes an hour to hash.
    """
    size = os.fstat(file.fileno()).st_size
    if header.data_end and size > header.data_end + _MOST_BEHIND and not header.unknown_types:
        raise ModelError(f"{path} is {size - header.data_end} bytes longer than its tensors are.", _FETCH)
    if size > _SPARSE and (written := _written(file.fileno(), size)) < size // 2:
        raise ModelError(f"{path} is mostly empty: of its {size} bytes only {written} were ever written.", _FETCH)


def _written(handle: int, size: int) -> int:
    """Bytes of a file outside of holes, counted up to half of `size`; `size` if the system doesn't report holes."""
    at = written = 0
    before = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        while at < size and written < size // 2:
            begin = os.lseek(handle, at, os.SEEK_DATA)
            at = os.lseek(handle, begin, os.SEEK_HOLE)
            written += at - begin
    except (OSError, AttributeError) as error:
        # ENXIO: only a hole follows after `at`.
        return written if getattr(error, "errno", 0) == errno.ENXIO else size
    finally:
        # The buffered reader of the file relies on the position.
        os.lseek(handle, before, os.SEEK_SET)
    return written


def _facts(header: Header) -> Facts:
    """The facts of a header; raises `ValueError` without an architecture."""
    from gguf import GGMLQuantizationType

    values = header.values
    architecture = _text(values, "general.architecture")
    if not architecture or len(architecture) > _LONG_LABEL:
        raise ValueError("no architecture" if not architecture else "an architecture's name without end")
    names = (_text(values, "general.basename"), _text(values, "general.name"))
    types = {int(kind): str(kind.name) for kind in GGMLQuantizationType}
    # Of matrices alone: vectors are always plain floats.
    weight_types = {types.get(each.kind, f"type {each.kind}") for each in header.tensors if each.dimensions > 1}
    card = values.get(LANGUAGES)
    languages = [each.strip().lower() for each in card] if isinstance(card, tuple) else []
    return Facts(
        architecture=architecture,
        file_type=_file_type(values.get("general.file_type")),
        weight_types=tuple(sorted(weight_types)),
        context=_context(header, architecture),
        chat_template=_text(values, "tokenizer.chat_template"),
        labels=tuple(label[:_LONG_LABEL].lower() for label in names if label),
        languages=tuple(dict.fromkeys(filter(None, languages))),
    )


def _context(header: Header, architecture: str) -> int:
    """The model's context in tokens, limited to positions that are always computed alike.

    If a file has RoPE factors for long contexts, llama.cpp applies the factors as soon as a sequence *may* be longer
    than the original context, for short texts too. A text's bytes must not depend on the size of the KV cache.
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
    """The file type's name; None if the `gguf` package doesn't know the type."""
    from gguf import LlamaFileType

    if not isinstance(value, int):
        return None
    try:
        # The bit `GUESSED` says that the type was guessed from the tensors.
        name = str(LlamaFileType(value & ~int(LlamaFileType.GUESSED)).name)
    except ValueError:
        return None
    return name.removeprefix("MOSTLY_").removeprefix("ALL_")


def _check_magic(files: OpenParts) -> None:
    for path, file in files.items():
        if file.read(4) != b"GGUF":
            raise ModelError(f"{path} is not a GGUF file.", "Give the path of a .gguf file.")


def check_is_file(path: Path) -> None:
    """Raise `ModelError` unless the path is a regular file: reading a pipe would wait for ever."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise ModelError(f"{path} doesn't exist.", f"Check the path; {LIST_HINT}") from error
    except (OSError, ValueError) as error:
        raise unreadable_model(path, error) from error
    if stat.S_ISDIR(mode):
        raise ModelError(f"{path} is a folder.", "Give the path of a .gguf file in it.")
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is not a regular file.", "Give the path of a .gguf file.")


def unreadable_model(path: Path, error: Exception) -> ModelError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ModelError(f"{path} can't be read ({reason}).", "Check the path and the file's permissions.")
