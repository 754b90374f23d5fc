"""Downloads from servers that only a test can be: with https, and with answers that no real server gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from remix.errors import ModelError
from remix.models import download
from remix.models.download import RemoteFile, fetch, read

DATA = bytes(range(256)) * 40
FILE = RemoteFile(
    name="x.gguf", address="https://hub.example/x.gguf", size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest()
)

Answer = Callable[[httpx2.Request], httpx2.Response]


class Body(httpx2.SyncByteStream):
    """A body that arrives piece by piece, as from a network."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._data), 4096):
            yield self._data[start : start + 4096]


def reply(status: int, data: bytes = b"", **headers: str) -> httpx2.Response:
    """An answer; the names of headers have underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, headers=named, stream=Body(data))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_PAUSE", 0)


def fetched(answer: Answer, folder: Path, begun: bytes = b"") -> bytes:
    """What a download brings, after an earlier one brought some bytes."""
    if begun:
        download.part_of(folder, FILE.sha256).write_bytes(begun)
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        fetch(client, FILE, {"Authorization": "Bearer secret"}, folder / "x", lambda here: None)
    return (folder / "x").read_bytes()


def refused(answer: Answer, folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        fetched(answer, folder)
    assert caught.value.hint
    assert not (folder / "x").exists()
    return caught.value


def moved(request: httpx2.Request, place: str) -> httpx2.Response:
    if str(request.url) == place:
        assert "authorization" not in request.headers
        return reply(200, DATA)
    return reply(302, Location=place)


def test_a_redirect_to_another_server_with_https(tmp_path: Path) -> None:
    assert fetched(lambda request: moved(request, "https://elsewhere.example/x"), tmp_path) == DATA


@pytest.mark.parametrize(
    "place", ["http://hub.example/x.gguf", "http://127.0.0.1/x", "file:///etc/passwd", "ftp://a/b"]
)
def test_no_redirect_leaves_https(tmp_path: Path, place: str) -> None:
    assert "without https" in refused(lambda request: moved(request, place), tmp_path).message


@pytest.mark.parametrize("place", ["https://[", "https://"])
def test_a_redirect_to_nowhere(tmp_path: Path, place: str) -> None:
    with pytest.raises((ModelError, httpx2.HTTPStatusError)):
        fetched(lambda request: moved(request, place), tmp_path)


@pytest.mark.parametrize("server", ["a..b", f"{'a' * 70}.com"])
def test_a_server_whose_name_cant_be(server: str) -> None:
    """Python's sockets raised a `UnicodeError`."""
    with httpx2.Client(trust_env=False) as client, pytest.raises(httpx2.ConnectError, match="is no server"):
        read(client, f"http://{server}/x", {}, 99)


def test_a_redirect_that_is_none_is_an_error_of_status(tmp_path: Path) -> None:
    with pytest.raises(httpx2.HTTPStatusError):
        fetched(lambda request: reply(302), tmp_path)


def test_a_part_is_continued(tmp_path: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Range"] == "bytes=1000-"
        place = f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"
        return reply(206, DATA[1000:], Content_Range=place)

    assert fetched(answer, tmp_path, begun=DATA[:1000]) == DATA


@pytest.mark.parametrize("start", [0, 500])
def test_a_server_that_continues_earlier_than_asked(tmp_path: Path, start: int) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return reply(206, DATA[start:], Content_Range=f"bytes {start}-/9")

    assert fetched(answer, tmp_path, begun=DATA[:1000]) == DATA


@pytest.mark.parametrize("place", ["bytes 5000-9/9", "bytes */9", "", "bytes 99999999999999999999-/9", "lines 3-4"])
def test_a_server_that_continues_somewhere_else(tmp_path: Path, place: str) -> None:
    """Nothing is kept of bytes whose place isn't known."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if "Range" in request.headers:
            return reply(206, b"?" * 10, Content_Range=place)
        return reply(200, DATA)

    with pytest.raises(ModelError):
        fetched(answer, tmp_path, begun=DATA[:1000])


def test_a_compressed_answer_isnt_unpacked(tmp_path: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return reply(200, DATA, Content_Encoding="gzip")

    assert fetched(answer, tmp_path) == DATA


def test_an_empty_answer_is_asked_for_a_few_times(tmp_path: Path) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return reply(200)

    assert "(the server ended the connection)" in refused(answer, tmp_path).message
    assert len(asked) == 4


def test_a_list_from_another_server_isnt_taken() -> None:
    client = httpx2.Client(
        transport=httpx2.MockTransport(lambda request: moved(request, "https://elsewhere.example/x"))
    )
    with client, pytest.raises(ModelError, match="another server"):
        read(client, FILE.address, {}, 2**20)
