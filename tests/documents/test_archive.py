"""Zip archives from strangers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from remix.documents import archive
from remix.documents.archive import Archive
from remix.documents.document import DocumentError


def test_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    path.write_bytes(b"PK no")
    with pytest.raises(DocumentError, match="damaged"):
        Archive(path)


def test_a_bomb_is_never_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.xml", b"a" * 2**21)
    monkeypatch.setattr(archive, "MOST_TEXT", 2**20)
    with pytest.raises(DocumentError, match=r"larger than 1\.0 MiB|larger than 1 MiB"):
        Archive(path)


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.xml", b"a" * 2**20)
    data = path.read_bytes()
    path.write_bytes(data.replace((2**20).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(DocumentError, match="damaged"):
        Archive(path).read("a.xml")


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as many:
        for n in range(3):
            many.writestr(f"{n}.xml", b"")
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    with pytest.raises(DocumentError):
        Archive(path)


def test_a_damaged_member(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as fine:
        fine.writestr("a.xml", b"some words")
    path.write_bytes(path.read_bytes().replace(b"some", b"same"))
    with pytest.raises(DocumentError, match="damaged"):
        Archive(path).read("a.xml")
