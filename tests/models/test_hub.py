"""Pulling models from a hub that serves them well, badly, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from filelock import FileLock
from huggingface_hub import constants

from remix.errors import ModelError
from remix.models import catalog, download
from remix.models.download import Progress, Pulled
from remix.models.hub import pull
from remix.models.repository import parse
from tests import fake_hub
from tests.fake_hub import FakeHub
from tests.tiny_models import byte_pairs, whole

TINY = "somebody/Tiny-GGUF"
WHOLE = whole(byte_pairs().pack(), byte_pairs().data_bytes)
PARTS = {f"tiny-q8_0-{number:05}-of-00003.gguf": bytes([number]) * 70_000 for number in (1, 2, 3)}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with a tiny model, whole and in parts."""
    monkeypatch.setattr(download, "_PAUSE", 0)
    with fake_hub.serve() as hub, fake_hub.in_use(hub, tmp_path, monkeypatch):
        readme = {"README.md": b"A tiny model."}
        hub.files[TINY] = {"Tiny-Q4_K_M.gguf": WHOLE, **PARTS, "mmproj-Tiny-Q4_K_M.gguf": b"eyes", **readme}
        yield hub


def pulled(text: str = TINY) -> Pulled:
    return pull(parse(text), lambda progress: None)


def refused(text: str = TINY) -> ModelError:
    with pytest.raises(ModelError) as caught:
        pulled(text)
    assert caught.value.hint
    return caught.value


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


# -- what arrives -------------------------------------------------------------------------------------------


def test_a_model_is_pulled_and_found_by_name(hub: FakeHub) -> None:
    found = pulled()
    assert found.is_new
    assert (found.paths[0].name, found.size) == ("Tiny-Q4_K_M.gguf", len(WHOLE))
    assert found.paths[0].read_bytes() == WHOLE
    assert catalog.find("tiny-q4_k_m").path == found.paths[0]
    assert "authorization" not in hub.file_requests()[0]


def test_all_parts_of_a_split_model_arrive(hub: FakeHub) -> None:
    seen: list[Progress] = []
    found = pull(parse(f"{TINY}:q8_0"), seen.append)
    assert [path.read_bytes() for path in found.paths] == list(PARTS.values())
    assert found.size == seen[-1].done == seen[-1].total == 210_000
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    located = catalog.find("tiny-q8_0")
    assert (located.path, located.size) == (found.paths[0], found.size)


def test_a_model_that_is_here_is_not_downloaded_again(hub: FakeHub) -> None:
    first = pulled()
    asked = len(hub.file_requests())
    assert pulled() == first._replace(is_new=False)
    assert len(hub.file_requests()) == asked


def test_a_repository_in_another_case_is_the_same(hub: FakeHub) -> None:
    path = pulled().paths[0]
    assert pulled("SOMEBODY/tiny-gguf") == Pulled((path,), len(WHOLE), is_new=False)
    assert catalog.find("Tiny-Q4_K_M").path == path


def test_a_list_under_another_name_is_kept_under_the_name_asked_for(hub: FakeHub) -> None:
    hub.raw_listing = hub.listing(TINY).replace(b"somebody/Tiny-GGUF", b"../../elsewhere")
    assert "models--somebody--Tiny-GGUF" in pulled().paths[0].parts


def test_a_missing_part_alone_is_downloaded(hub: FakeHub) -> None:
    path = pulled(f"{TINY}:q8_0").paths[1]
    path.resolve().unlink()
    hub.asked.clear()
    seen: list[Progress] = []
    assert pull(parse(f"{TINY}:q8_0"), seen.append).is_new
    assert len(hub.file_requests()) == 1
    assert seen[0].done > 140_000


def test_what_huggingface_hub_downloads_is_found_and_not_downloaded_again(hub: FakeHub) -> None:
    path = Path(huggingface_hub.hf_hub_download(TINY, "Tiny-Q4_K_M.gguf"))
    assert catalog.find("Tiny-Q4_K_M").path == path
    hub.asked.clear()
    assert pulled().paths == (path,)
    assert hub.file_requests() == []


def test_what_remix_pulls_is_huggingface_hubs_own(hub: FakeHub) -> None:
    path = pulled().paths[0]
    hub.asked.clear()
    assert huggingface_hub.hf_hub_download(TINY, "Tiny-Q4_K_M.gguf") == str(path)
    assert hub.file_requests() == []
    cache = huggingface_hub.scan_cache_dir()
    assert not cache.warnings
    assert [repo.repo_id for repo in cache.repos] == [TINY]
    assert [file.file_path for repo in cache.repos for revision in repo.revisions for file in revision.files] == [
        path
    ]


def test_a_newer_version_takes_the_older_ones_place(hub: FakeHub) -> None:
    old = pulled().paths[0]
    hub.commit, hub.files[TINY]["Tiny-Q4_K_M.gguf"] = "3" * 40, WHOLE + bytes(32)
    new = pulled().paths[0]
    assert new.read_bytes() != old.read_bytes()
    assert catalog.find("Tiny-Q4_K_M").path == new
    assert {found.path for found in catalog.available() if found.origin == "huggingface"} >= {old, new}


def test_a_disk_without_links_holds_the_file_itself(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    path = pulled().paths[0]
    assert path.read_bytes() == WHOLE
    assert not path.is_symlink()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pulled().paths == (path,)


# -- interruptions ------------------------------------------------------------------------------------------


def test_a_download_that_breaks_off_goes_on_where_it_stopped(hub: FakeHub) -> None:
    hub.cuts = [10_000, 5_000]
    assert pulled().paths[0].read_bytes() == WHOLE
    assert [headers.get("range") for headers in hub.file_requests()] == [None, "bytes=10000-", "bytes=15000-"]


def test_the_next_command_goes_on_where_the_last_stopped(hub: FakeHub) -> None:
    hub.cuts = [10_000, 0, 0, 0]
    error = refused()
    assert "the download stopped at 10 KiB of" in error.message
    assert "goes on where it stopped" in error.hint
    hub.asked.clear()
    hub.cuts = []
    assert pulled().paths[0].read_bytes() == WHOLE
    assert [headers.get("range") for headers in hub.file_requests()] == ["bytes=10000-"]


def test_ctrl_c_keeps_what_is_here(hub: FakeHub) -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(parse(TINY), interrupt)
    hub.asked.clear()
    assert pulled().paths[0].read_bytes() == WHOLE
    assert hub.file_requests()[0]["range"].startswith("bytes=")


def test_a_hub_without_ranges_sends_all_of_it_again(hub: FakeHub) -> None:
    hub.cuts, hub.ranges = [10_000], False
    assert pulled().paths[0].read_bytes() == WHOLE
    assert [headers.get("range") for headers in hub.file_requests()] == [None, "bytes=10000-"]


def test_a_hub_that_is_busy_for_a_moment(hub: FakeHub) -> None:
    hub.statuses = [503, 429, 416]
    assert pulled().paths[0].read_bytes() == WHOLE


def test_a_hub_that_is_busy_for_long(hub: FakeHub) -> None:
    hub.statuses = [503] * 9
    assert "(the server answered 503)" in refused().message
    assert len(hub.statuses) == 5


def test_a_connection_that_always_breaks_off_is_given_up(hub: FakeHub) -> None:
    hub.cuts = [1] * 100
    assert "the download stopped" in refused().message
    assert len(hub.cuts) == 96


def test_a_part_that_is_too_long_is_begun_anew(hub: FakeHub) -> None:
    sha256 = hashlib.sha256(WHOLE).hexdigest()
    blobs = Path(constants.HF_HUB_CACHE) / "models--somebody--Tiny-GGUF" / "blobs"
    blobs.mkdir(parents=True)
    download.part_of(blobs, sha256).write_bytes(bytes(len(WHOLE) + 1))
    assert pulled().paths[0].read_bytes() == WHOLE


# -- what isn't what it should be ---------------------------------------------------------------------------


def test_a_wrong_hash_leaves_nothing(hub: FakeHub, tmp_path: Path) -> None:
    hub.claimed_sha256["Tiny-Q4_K_M.gguf"] = "0" * 64
    assert "other bytes arrived than the file has" in refused().message
    assert files_below(tmp_path / "hf") == []


def test_a_damaged_part_is_noticed_and_begun_anew(hub: FakeHub) -> None:
    blobs = Path(constants.HF_HUB_CACHE) / "models--somebody--Tiny-GGUF" / "blobs"
    blobs.mkdir(parents=True)
    download.part_of(blobs, hashlib.sha256(WHOLE).hexdigest()).write_bytes(bytes(1000))
    assert "Nothing was kept" in refused().message
    assert pulled().paths[0].read_bytes() == WHOLE


def test_a_body_that_never_ends_fills_no_disk(hub: FakeHub, tmp_path: Path) -> None:
    hub.endless_file = True
    assert f"sends more than the file's {len(WHOLE):,} bytes" in refused().message
    assert all(path.stat().st_size == 0 for path in (tmp_path / "hf").rglob("*.incomplete"))


def test_a_list_that_never_ends_fills_no_memory(hub: FakeHub) -> None:
    hub.endless_list = True
    assert "answers with more than 8 MiB" in refused().message


@pytest.mark.parametrize(
    "listing", [b"", b"<html>", b"[]", b"{}", b'{"id": "", "sha": "main", "siblings": []}', b"[" * 100_000]
)
def test_a_list_that_is_none(hub: FakeHub, listing: bytes) -> None:
    hub.raw_listing = listing
    assert "answered with no list of files" in refused().message


@pytest.mark.parametrize("size", [-1, 2**60, "many", 1.5])
def test_absurd_sizes(hub: FakeHub, size: int) -> None:
    hub.claimed_size["Tiny-Q4_K_M.gguf"] = size
    assert "answered with no list of files" in refused().message


@pytest.mark.parametrize("claim", ["claimed_size", "claimed_sha256"])
def test_the_files_headers_tell_what_a_mirrors_list_doesnt(hub: FakeHub, claim: str) -> None:
    getattr(hub, claim)["Tiny-Q4_K_M.gguf"] = None
    assert pulled().paths[0].read_bytes() == WHOLE
    asked = [path for method, path, _ in hub.asked if method == "HEAD"]
    assert asked == [f"/{TINY}/resolve/{fake_hub.COMMIT}/Tiny-Q4_K_M.gguf"]


def test_a_file_that_cant_be_checked(hub: FakeHub) -> None:
    hub.claimed_size["Tiny-Q4_K_M.gguf"] = 0
    hub.files[TINY]["Tiny-Q4_K_M.gguf"] = b""
    assert "tells no size and sha256" in refused().message


def test_a_gated_file_of_a_mirror(hub: FakeHub) -> None:
    hub.claimed_sha256["Tiny-Q4_K_M.gguf"] = None
    hub.gated.add(TINY)
    assert "is gated" in refused().message


def test_a_model_larger_than_the_disk(hub: FakeHub) -> None:
    hub.claimed_size["Tiny-Q4_K_M.gguf"] = 2**42
    error = refused()
    assert "4096.0 GiB are needed on the disk of" in error.message
    assert "HF_HOME" in error.hint
    assert hub.file_requests() == []


@pytest.mark.parametrize(
    "name", ["../../evil-Q4_K_M.gguf", "/etc/evil-Q4_K_M.gguf", "a/../../evil-Q4_K_M.gguf", "a\\b.gguf"]
)
def test_names_that_lead_out_of_the_cache(hub: FakeHub, name: str, tmp_path: Path) -> None:
    hub.files[TINY] = {name: WHOLE}
    assert "has no GGUF file" in refused().message
    assert refused(f"{TINY}:{name}")
    assert files_below(tmp_path) == []


def test_a_hub_that_sends_on_and_on(hub: FakeHub) -> None:
    hub.redirect = hub.address
    assert "more than 5 times" in refused().message


def test_another_server_gets_no_token(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    with fake_hub.serve() as other:
        other.files = hub.files
        hub.redirect = other.address
        assert pulled().paths[0].read_bytes() == WHOLE
        assert hub.file_requests()[0]["authorization"] == f"Bearer {fake_hub.TOKEN}"
        assert "authorization" not in other.file_requests()[0]


# -- what can't be had --------------------------------------------------------------------------------------


def test_a_gated_repository(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gated.add(TINY)
    error = refused()
    assert "is gated" in error.message
    assert f"{hub.address}/{TINY}" in error.hint
    assert "set HF_TOKEN" in error.hint
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    assert "with the account of HF_TOKEN" in refused().hint
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    assert pulled().is_new


def test_a_private_or_misspelt_repository(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.private.add(TINY)
    for text in (TINY, "somebody/Teeny-GGUF"):
        error = refused(text)
        assert "has no repository" in error.message
        assert "HF_TOKEN" in error.hint
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    assert "doesn't accept your token for" in refused().message
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    assert pulled().is_new


@pytest.mark.parametrize(("status", "words"), [(403, "has no repository"), (400, "refuses"), (302, "refuses")])
def test_further_refusals(hub: FakeHub, status: int, words: str) -> None:
    hub.statuses = [status]
    assert words in refused().message


def test_a_file_that_is_listed_and_gone(hub: FakeHub) -> None:
    hub.raw_listing = hub.listing(TINY)
    del hub.files[TINY]["Tiny-Q4_K_M.gguf"]
    assert "has lost a file" in refused().message


def test_a_hub_that_nobody_listens_for(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    error = refused()
    assert error.message.startswith("http://127.0.0.1:1 can't be reached (")
    assert "HF_ENDPOINT" in error.hint


@pytest.mark.parametrize("endpoint", ["hub", "ftp://hub", "http://", "http://[", "http://a b", "http://a..b"])
def test_an_endpoint_that_is_none(hub: FakeHub, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    assert "HF_ENDPOINT" in refused().hint


def test_offline_the_cache_answers(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pulled().paths[0]
    asked = len(hub.asked)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pulled() == Pulled((path,), len(WHOLE), is_new=False)
    assert pulled(f"{TINY}:q4_k_m").paths == (path,)
    assert "only Tiny-Q4_K_M.gguf" in refused(f"{TINY}:Q8_0").message
    assert "HF_HUB_OFFLINE" in refused("somebody/Other-GGUF").message
    assert len(hub.asked) == asked


def test_another_process_downloads_the_same_file(hub: FakeHub) -> None:
    sha256 = hashlib.sha256(WHOLE).hexdigest()
    lock = Path(constants.HF_HUB_CACHE) / ".locks" / "models--somebody--Tiny-GGUF" / f"{sha256}.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert "another process" in refused().message
    assert pulled().is_new


def test_a_cache_that_cant_be_written(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "hub").write_text("no folder")
    assert "can't be written" in refused().message


def test_a_full_disk_is_told_in_words(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    error = refused()
    assert "(No space left on device)" in error.message
    assert "Make room" in error.hint
