"""Memos in the user's cache: whole, bounded, and never in the way."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.records import Frozen
from remix.util.cache import MOST_MEMO, MemoStore


class Colour(Frozen):
    name: str


COLOURS = MemoStore("colours", Colour)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_memo_is_kept_until_it_is_forgotten() -> None:
    assert COLOURS.read("a") is None
    COLOURS.write("a", Colour(name="red"))
    COLOURS.write("b", Colour(name="blue"))
    COLOURS.write("a", Colour(name="green"))
    assert COLOURS.read("a") == Colour(name="green")
    assert [memo.name for memo in COLOURS.read_all()] == ["green", "blue"]
    COLOURS.forget("a")
    COLOURS.forget("a")
    assert [memo.name for memo in COLOURS.read_all()] == ["blue"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b'{"name": 1}', b'{"name": "x", "more": 1}', b"\xff", b"[" * 10_000]
)
def test_a_damaged_memo_is_as_none(data: bytes) -> None:
    COLOURS.write("a", Colour(name="red"))
    COLOURS.path("a").write_bytes(data)
    assert COLOURS.read("a") is None
    assert list(COLOURS.read_all()) == []
    COLOURS.write("a", Colour(name="red"))
    assert COLOURS.read("a") == Colour(name="red")


def test_a_memo_larger_than_its_bound_is_as_none() -> None:
    COLOURS.write("a", Colour(name="x" * MOST_MEMO))
    assert COLOURS.read("a") is None


def test_a_cache_that_cannot_be_written_is_an_error_that_names_the_file(cache: Path) -> None:
    cache.write_text("no folder")
    with pytest.raises(RunError, match=r"a\.json: can't be written"):
        COLOURS.write("a", Colour(name="red"))
    assert COLOURS.read("a") is None
    assert list(COLOURS.read_all()) == []


def test_several_threads_write_whole_memos(cache: Path) -> None:
    threads = [threading.Thread(target=COLOURS.write, args=("a", Colour(name=letter * 10_000))) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memo = COLOURS.read("a")
    assert memo is not None
    assert len(set(memo.name)) == 1
    assert [path.name for path in (cache / "colours").iterdir()] == ["a.json"]
