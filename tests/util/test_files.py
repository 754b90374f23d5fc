"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remix.errors import RunError
from remix.util.files import is_within, read_bounded, remove_leftovers, unwritable, write_new, write_whole


def visible(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def test_it_writes_and_makes_the_folders_above(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_the_bytes_are_on_disk_before_the_name_is_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(handle: int) -> None:
        calls.append("fsync folder" if os.path.isdir(f"/dev/fd/{handle}") else "fsync file")  # noqa: PTH112
        fsync(handle)

    def spy_replace(self: Path, target: Path) -> Path:
        assert self.parent == target.parent
        assert self.read_bytes() == b"new"
        calls.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    write_whole(tmp_path / "a.json", b"new")
    assert calls == ["fsync file", "replace", "fsync folder"]


class _Full:
    """A file on a full disk."""

    def __init__(self, *_: Any) -> None: ...
    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *_: object) -> None: ...
    def write(self, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def _fail(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["open", "write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")
    with monkeypatch.context() as patch:
        match where:
            case "open":
                patch.setattr(Path, "open", _fail)
            case "write":
                patch.setattr(Path, "open", _Full)
            case "fsync":
                patch.setattr(os, "fsync", _fail)
            case "replace":
                patch.setattr(Path, "replace", _fail)
        with pytest.raises(RunError) as caught:
            write_whole(path, b"new")
    assert caught.value.message == f"{path}: can't be written (No space left on device)."
    assert caught.value.hint.startswith("The disk is full: make room, then `remix resume`")
    assert path.read_bytes() == b"old"
    assert visible(tmp_path) == ["a.json"]


def test_where_only_the_last_flush_fails_the_new_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remix.util.files.sync_folder", _fail)
    with pytest.raises(RunError):
        write_whole(tmp_path / "a.json", b"new")
    assert (tmp_path / "a.json").read_bytes() == b"new"


def test_a_failed_first_write_leaves_no_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _fail)
    with pytest.raises(RunError):
        write_whole(tmp_path / "a.json", b"new")
    assert visible(tmp_path) == []


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write_whole(tmp_path / "essay" / "001" / "a.json", b"old")
    path = tmp_path / "essay" / "001" / "a.json"
    (path.parent / ".a.json.tmp").write_text("{")
    (path.parent / ".b.json.tmp").write_text("somebody else's")
    remove_leftovers([path])
    assert sorted(each.name for each in path.parent.iterdir()) == [".b.json.tmp", "a.json"]


def test_a_path_below_a_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"a\.json: can't be written"):
        write_whole(tmp_path / "file" / "a.json", b"")


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "Your quota is used up"),
        (errno.EROFS, "The file system is read-only"),
        (errno.EACCES, "You may not write there"),
        (errno.EPERM, "You may not write there"),
        (errno.ENOTDIR, "Take another folder with --out"),
        (None, "Take another folder with --out"),
    ],
)
def test_hints(number: int | None, hint: str) -> None:
    error = OSError(number, os.strerror(number)) if number else OSError("odd")
    told = unwritable(Path("x"), error)
    assert told.hint.startswith(hint)
    assert told.message == f"x: can't be written ({os.strerror(number) if number else 'odd'})."


def test_a_new_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.md"
    write_new(path, b"one")
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_a_new_file_overwrites_nothing(tmp_path: Path, there: str) -> None:
    path = tmp_path / "b.md"
    if there == "file":
        path.write_bytes(b"mine")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_new(path, b"one")
    assert [each.name for each in tmp_path.iterdir()] == ["b.md"]
    assert there != "file" or path.read_bytes() == b"mine"


def test_a_new_file_where_files_have_one_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory cards have no second names for files."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "b.md"
    write_new(path, b"one")
    assert path.read_bytes() == b"one"
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


# -- reading ------------------------------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def socket_(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def folder(path: Path) -> None:
    path.mkdir()


def itself(path: Path) -> None:
    path.symlink_to(path.name)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def link_out(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("make", [pipe, device, socket_, folder, itself, sparse, link_out])
def test_reading_is_bounded_whatever_lies_there(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    make(path)
    with pytest.raises(OSError, match=r"a\.json"):
        read_bounded(path, 1000, within=tmp_path)


def test_a_pipe_that_somebody_writes_into_is_not_read_either(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(handle, b"{}")
    with pytest.raises(OSError, match="not a regular file"):
        read_bounded(path)
    os.close(handle)


def test_a_file_of_exactly_the_bound_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 1000)
    assert read_bounded(path, 1000) == b"x" * 1000
    with pytest.raises(OSError, match="larger than"):
        read_bounded(path, 999)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"words")
    (tmp_path / "a").symlink_to("b")
    assert read_bounded(tmp_path / "a", within=tmp_path) == b"words"


@pytest.mark.parametrize(
    ("path", "within"),
    [
        ("a", True),
        ("sub/a", True),
        ("sub/../a", True),
        ("absent/b", True),
        ("../a", False),
        ("sub/../../out/a", False),
        ("out/a", False),
        ("in/a", True),
        ("sub/out/a", False),
        ("loop/a", True),
        ("", True),
    ],
)
def test_whether_a_path_lies_in_a_folder(tmp_path: Path, path: str, within: bool) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (folder / "out").symlink_to(tmp_path / "out")
    (folder / "sub" / "out").symlink_to("../../out")
    (folder / "in").symlink_to("sub")
    (folder / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to("folder")
    for start in (folder, tmp_path / "link"):
        assert is_within(start / path, start) == within
        assert is_within(Path(f"{start}/{path}"), start) == within
