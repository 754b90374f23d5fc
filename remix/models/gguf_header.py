"""The header of a GGUF file: its metadata, and where its parts end.

Takes an open file, gives numbers and strings. It trusts nothing: counts are checked against the bytes that
are left before they are believed. (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)

The tables are the `gguf` package's, but not its `GGUFReader`: that one can't open a file that is cut short,
follows lying counts until memory ends, and takes seconds to build arrays of tokens that nobody here asks for.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from io import BufferedReader
from typing import Any, NamedTuple

FIRST_KEY = 24
"""Where the key-value section begins: after magic, version and the two counts."""

_MOST_HEADER = 64 * 2**20
"""Bytes. The largest vocabularies come to a quarter of that; only a damaged header could want more."""

_MOST_KEYS, _MOST_TENSORS = 10_000, 100_000
"""The largest models there are have a hundred keys, and two thousand tensors."""

_MOST_ITEMS = 2_000_000
"""Texts in arrays, all together. The largest vocabularies have 260,000 tokens and 500,000 merges."""

_LONGEST_KEY = 2**16
"""Bytes; the format has it so."""

# fmt: off
_NUMBERS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}
# fmt: on
_STRING, _ARRAY = 8, 9

Value = str | int | float | None
"""A number or a string; None stands for an array, whose items nobody here asks for."""


class Tensor(NamedTuple):
    """A tensor's description."""

    name: str
    dimensions: int
    kind: int
    """Number of its number type in the format."""
    end: int
    """Where its data ends, in bytes from the beginning of all data."""


class Header(NamedTuple):
    """A header's values, and where things end."""

    values: dict[str, Value]
    keys_end: int
    """Where the key-value section ends, in bytes from the file's beginning."""
    data_end: int
    """Where the last tensor's data ends, or should."""
    tensors: tuple[Tensor, ...]
    """All of them, as described."""
    unknown_types: bool
    """Some tensor's number type is one whose size isn't known here: where the data ends can't be told."""


def read_header(file: BufferedReader, size: int) -> Header:
    """Read on after the version; raises `ValueError` for what no GGUF can have."""
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
        values[key] = cursor.value(cursor.number("<I"))
    keys_end = cursor.at
    cursor.check(tensors, 24)
    _refuse_more(tensors, _MOST_TENSORS, "tensors")
    found = tuple(cursor.tensor(GGML_QUANT_SIZES) for _ in range(tensors))
    start = cursor.at + -cursor.at % _alignment(values)
    data_end = start + max(tensor.end for tensor in found) if found else cursor.at
    return Header(values, keys_end, data_end, found, any(each.kind not in GGML_QUANT_SIZES for each in found))


def _refuse_more(count: int, most: int, what: str) -> None:
    if count > most:
        raise ValueError(f"{count} {what}")


def _alignment(values: dict[str, Value]) -> int:
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"an alignment of {alignment}")
    return alignment


class _Cursor:
    """Reads numbers and strings one after the other, and nothing beyond `end`.

    Counts are checked against the bytes that are left before they are believed.
    """

    def __init__(self, file: BufferedReader, end: int) -> None:
        self.at = file.tell()
        self._file = file
        self._end = end
        self._items = 0

    def number(self, form: str) -> Any:
        """A number in one of `struct`'s formats."""
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def string(self, most: int = _MOST_HEADER) -> str:
        """A string of UTF-8 after its length."""
        length = self.number("<Q")
        _refuse_more(length, most, "bytes in a name")
        return self._take(length).decode()

    def value(self, kind: int) -> Value:
        """A value of a kind by its number in the format; of an array, only that it was one."""
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
        """The tensor described here. `sizes` has the items and bytes in a block of each number type."""
        name = self.string(_LONGEST_KEY)
        dimensions = self.number("<I")
        if dimensions > 4:
            raise ValueError(f"a tensor of {dimensions} dimensions")
        count: int = math.prod(self.number("<Q") for _ in range(dimensions))
        # llama.cpp may know types that the package doesn't yet; how long their data is can't be checked then.
        kind = self.number("<I")
        items, width = sizes.get(kind, (1, 0))
        return Tensor(name, dimensions, kind, int(self.number("<Q")) + count // items * width)

    def check(self, count: int, width: int) -> None:
        """Raise `ValueError` unless so many things of at least `width` bytes can still follow."""
        if count * width > self._end - self.at:
            raise ValueError(f"a length of {count} where {self._end - self.at} bytes are left")

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
