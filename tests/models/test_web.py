"""Pulling a model from an address of the web."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants

from remix.errors import ModelError
from remix.models import catalog, download, web
from remix.models.download import Pulled
from remix.models.pull import pull
from tests.models.test_download import DATA, reply

SHA256 = hashlib.sha256(DATA).hexdigest()
ADDRESS = "https://models.example/a/Tiny%20One-Q8_0.gguf?download=true"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that a server with one file was asked for."""
    addresses: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        addresses.append(str(request.url))
        assert "authorization" not in request.headers
        if request.url.path != "/a/Tiny One-Q8_0.gguf":
            return reply(404)
        return reply(200, DATA, Content_Length=str(len(DATA)))

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    for variable in ("XDG_CACHE_HOME", "LLAMA_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(download, "_PAUSE", 0)
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        monkeypatch.setattr(web, "get_session", lambda: client)
        yield addresses


def pulled(address: str = ADDRESS, sha256: str | None = SHA256) -> Pulled:
    return pull(address, sha256, lambda progress: None)


def refused(address: str = ADDRESS, sha256: str | None = SHA256) -> ModelError:
    with pytest.raises(ModelError) as caught:
        pulled(address, sha256)
    assert caught.value.hint
    return caught.value


def test_a_file_is_pulled_and_found_by_name(asked: list[str], tmp_path: Path) -> None:
    found = pulled(sha256=SHA256.upper())
    assert found == Pulled((tmp_path / ".cache/llama.cpp/Tiny One-Q8_0.gguf",), len(DATA), is_new=True)
    assert found.paths[0].read_bytes() == DATA
    assert catalog.find("tiny one-q8_0").path == found.paths[0]
    asked.clear()
    assert pulled() == found._replace(is_new=False)
    assert asked == []


def test_another_file_of_that_name_stays(asked: list[str], tmp_path: Path) -> None:
    path = pulled().paths[0]
    path.write_text("mine")
    assert "with another sha256" in refused().message
    assert path.read_text() == "mine"


def test_a_wrong_sha256_leaves_nothing(asked: list[str], tmp_path: Path) -> None:
    assert "other bytes arrived" in refused(sha256="0" * 64).message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("sha256", [None, "", "abc", "g" * 64, "0" * 65])
def test_an_address_without_a_sha256(asked: list[str], sha256: str | None) -> None:
    assert "needs --sha256" in refused(sha256=sha256).message
    assert asked == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/model.bin",
        "/..%2f..%2fx.gguf",
        "/%00.gguf",
        "/x-00001-of-00002.gguf",
        "/a%5cb.gguf",
        f"/{'x' * 300}.gguf",
    ],
)
def test_an_address_that_is_no_models(asked: list[str], path: str) -> None:
    assert "isn't the address of a single GGUF file" in refused(f"https://models.example{path}").message
    assert asked == []


def test_a_file_that_isnt_there(asked: list[str]) -> None:
    assert "the server answered 404" in refused("https://models.example/b.gguf").message


@pytest.mark.parametrize("address", ["https://[/x.gguf", "https:///x.gguf", "https://x.gguf"])
def test_an_address_that_is_none(asked: list[str], address: str) -> None:
    assert refused(address)


def test_offline_nothing_is_downloaded(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.models.web.is_offline_mode", lambda: True)
    assert "HF_HUB_OFFLINE" in refused().message
    assert asked == []


def test_without_https_there_is_no_pull(asked: list[str]) -> None:
    assert "names no repository" in refused("http://models.example/x.gguf", sha256=None).message
    assert "--sha256 is for https addresses" in refused("a/b").message
