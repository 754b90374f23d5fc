"""Reading the header of a GGUF: metadata, tensors, and the ends of sections.

Takes an open file, gives numbers and strings. The file may be forged: each count is checked against the remaining
bytes first. (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)

Uses the tables of the `gguf` package. The package's `GGUFReader` isn't used, since `GGUFReader` can't open a
truncated file, follows forged counts until memory ends, and takes seconds to build unneeded arrays of tokens.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from io import BufferedReader
from typing import Any, NamedTuple

FIRST_KEY = 24
"""Offset of the key-value section in bytes: after magic number, version and two counts."""

_MOST_HEADER = 64 * 2**20
"""Most bytes of a header: four times as many as with the largest vocabularies."""

_MOST_KEYS, _MOST_TENSORS = 10_000, 100_000
"""The largest models have a hundred keys and two thousand tensors."""

_MOST_ITEMS = 2_000_000
"""Most strings in all arrays together. The largest vocabularies have 260,000 tokens and 500,000 merges."""

_LONGEST_KEY = 2**16
"""Bytes, by the format."""

# fmt: off
_NUMBERS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}
# fmt: on
_STRING, _ARRAY = 8, 9

LANGUAGES = "general.languages"
"""The key of the languages named by the model's card: the only array that is read."""

_MOST_LANGUAGES, _LONGEST_LANGUAGE = 1000, 100
"""Languages of a card, and bytes of a language's name; of more, none is read."""

Value = str | int | float | tuple[str, ...] | None
"""A number or a string; None for an array except `LANGUAGES`: the items are skipped."""


class Tensor(NamedTuple):
    """A tensor's description."""

    name: str
    dimensions: int
    kind: int
    """The weight type, by the format's number."""
    end: int
    """End of the tensor's data, in bytes from the beginning of all tensors' data."""


class Header(NamedTuple):
    """A header's metadata and tensors, and where sections end."""

    values: dict[str, Value]
    keys_end: int
    """End of the key-value section, in bytes from the file's beginning."""
    data_end: int
    """End of the last tensor's data by the header, in bytes from the file's beginning."""
    tensors: tuple[Tensor, ...]
    """All tensors, as described."""
    unknown_types: bool
    """Whether some tensor has an unknown weight type; then `data_end` isn't reliable."""


def read_header(file: BufferedReader, size: int) -> Header:
    """Read the header of a file positioned after the version. Raises `ValueError` for a malformed header."""
    from gguf import GGML_QUANT_SIZES

    cursor = _Cursor(file, min(size, _MOST_HEADER))
    tensors, keys = cursor.number("<Q"), cursor.number("<Q")
    cursor.check(keys, 13)
    _refuse_more(keys, _MOST_KEYS, "keys")
    values: dict[str, Value] = {}
    for _ in range(keys):
        key = cursor.string(_LONGEST_KEY)
        if key in values:
            raise ValueError(f"{key!r} comes twice")
        kind = cursor.number("<I")
        values[key] = cursor.languages() if key == LANGUAGES and kind == _ARRAY else cursor.value(kind)
    keys_end = cursor.at
    cursor.check(tensors, 24)
    _refuse_more(tensors, _MOST_TENSORS, "tensors")
    found = tuple(cursor.tensor(GGML_QUANT_SIZES) for _ in range(tensors))
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"an alignment of {alignment}")
    start = cursor.at + -cursor.at % alignment
    data_end = start + max(tensor.end for tensor in found) if found else cursor.at
    return Header(values, keys_end, data_end, found, any(each.kind not in GGML_QUANT_SIZES for each in found))


def _refuse_more(count: int, most: int, what: str) -> None:
    if count > most:
        raise ValueError(f"{count} {what}")


class _Cursor:
    """Reads numbers and strings in order, up to `end`; each count is checked against the remaining bytes first."""

    def __init__(self, file: BufferedReader, end: int) -> None:
        self.at = file.tell()
        self._file = file
        self._end = end
        self._items = 0

    def number(self, form: str) -> Any:
        """A number in a format of `struct`."""
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def string(self, most: int = _MOST_HEADER) -> str:
        """A UTF-8 string preceded by the string's length."""
        length = self.number("<Q")
        _refuse_more(length, most, "bytes in a name")
        return self._take(length).decode()

    def value(self, kind: int) -> Value:
        """A value of a type, by the type's number in the format; None for an array."""
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            self._skip_array()
            return None
        if kind not in _NUMBERS:
            raise ValueError(f"unknown type {kind} of value")
        value: int | float = self.number(_NUMBERS[kind])
        return value

    def tensor(self, sizes: Mapping[int, tuple[int, int]]) -> Tensor:
        """The next tensor's description. `sizes` has the items and bytes per block of each weight type."""
        name = self.string(_LONGEST_KEY)
        dimensions = self.number("<I")
        if dimensions > 4:
            raise ValueError(f"a tensor of {dimensions} dimensions")
        count: int = math.prod(self.number("<Q") for _ in range(dimensions))
        # The data's length can't be checked for weight types known to llama.cpp and unknown to the package.
        kind = self.number("<I")
        items, width = sizes.get(kind, (1, 0))
        return Tensor(name, dimensions, kind, int(self.number("<Q")) + count // items * width)

    def check(self, count: int, width: int) -> None:
        """Raise `ValueError` unless `count` items of at least `width` bytes each are left."""
        if count * width > self._end - self.at:
            raise ValueError(f"a length of {count} where {self._end - self.at} bytes are left")

    def languages(self) -> tuple[str, ...] | None:
        """The strings of a short array; None for a longer array, or items of a different type, which are skipped."""
        start = self.at
        self._skip_array()
        end = self.at
        self._file.seek(start)
        self.at = start
        kind, count = self.number("<I"), self.number("<Q")
        found: list[str] = []
        while kind == _STRING and count <= _MOST_LANGUAGES and len(found) < count:
            length = self.number("<Q")
            if length > _LONGEST_LANGUAGE:
                break
            found.append(self._take(length).decode(errors="replace"))
        is_whole = self.at == end and len(found) == count
        self._file.seek(end)
        self.at = end
        return tuple(found) if is_whole else None

    def _skip_array(self) -> None:
        kind, count = self.number("<I"), self.number("<Q")
        if kind == _STRING:
            self.check(count, 8)
            self._items += count
            _refuse_more(self._items, _MOST_ITEMS, "texts in arrays")
            for _ in range(count):
                self._skip(int.from_bytes(self._take(8), "little"))
        elif kind in _NUMBERS:
            self._skip(count * struct.calcsize(_NUMBERS[kind]))
        else:
            raise ValueError(f"unknown type {kind} of array")

    def _take(self, count: int) -> bytes:
        self.check(count, 1)
        self.at += count
        return self._file.read(count)

    def _skip(self, count: int) -> None:
        self.check(count, 1)
        self.at += count
        self._file.seek(self.at)
