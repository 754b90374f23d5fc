"""The languages that a model's card names, in a GGUF's header."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from remix.errors import ModelError
from remix.models.identity import identify
from tests.models.test_catalog import ARCHITECTURE, header, string


def with_languages(path: Path, items: Sequence[bytes], kind: int = 8) -> Path:
    """A GGUF of two keys: languages, as an array of a type, then the architecture."""
    array = struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)
    path.write_bytes(header(0, 2, string("general.languages") + array + ARCHITECTURE))
    return path


def test_languages_are_read_in_lower_case_each_once(tmp_path: Path) -> None:
    path = with_languages(tmp_path / "a.gguf", [string("en"), string("DE "), string("en"), string("")])
    model = identify(path)
    assert (model.languages, model.architecture) == (("en", "de"), "llama")
    assert identify(path) == model  # from the cache


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([string("x" * 101), string("en")], 8),
        ([string("en")] * 1001, 8),
        ([struct.pack("<I", 5), struct.pack("<I", 6)], 4),
        ([], 8),
    ],
    ids=["a long name", "many", "numbers", "none"],
)
def test_any_other_array_names_none(tmp_path: Path, items: Sequence[bytes], kind: int) -> None:
    model = identify(with_languages(tmp_path / "a.gguf", items, kind))
    assert (model.languages, model.architecture) == ((), "llama")


def test_a_file_without_the_key_names_none(tmp_path: Path) -> None:
    path = tmp_path / "bare.gguf"
    path.write_bytes(header(0, 1, ARCHITECTURE))
    assert identify(path).languages == ()


def test_a_forged_length_is_refused(tmp_path: Path) -> None:
    path = with_languages(tmp_path / "a.gguf", [struct.pack("<Q", 2**40)])
    with pytest.raises(ModelError, match="damaged or cut short"):
        identify(path)
