"""Downloads that the page asked for, by a downloader that is played; no test reaches another machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remix.errors import ModelError
from remix.models.download import Progress, Pulled, Watch
from remix.studio.model_pulls import Pulls, models
from remix.workspace import Workspace
from tests.conftest import eventually

Published = list[tuple[str, Any]]


def pulls(published: Published, download: Callable[[str, str | None, Watch], Pulled]) -> Pulls:
    return Pulls(lambda name, value: published.append((name, value)), download)


def test_a_download_tells_how_far_it_is(tmp_path: Path) -> None:
    def download(name: str, sha256: str | None, watch: Watch) -> Pulled:
        watch(Progress("a.gguf", 5, 10))
        watch(Progress("a.gguf", 10, 10))
        return Pulled((tmp_path / "a.gguf",), 10, True)

    published: Published = []
    asked = pulls(published, download)
    assert asked.begin("owner/name").state == "pulling"
    eventually(lambda: asked.last and asked.last.state == "finished")
    assert asked.last
    assert (asked.last.model, asked.last.done, asked.last.total) == ("a", 10, 10)
    assert [(value.state, value.done) for _, value in published] == [
        ("pulling", 0),
        ("pulling", 5),
        ("pulling", 10),
        ("finished", 10),
    ]


def test_a_download_is_stopped_and_another_waits_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def download(name: str, sha256: str | None, watch: Watch) -> Pulled:
        begun.set()
        go_on.wait(60)
        watch(Progress("a.gguf", 5, 10))
        raise AssertionError("the download went on")

    asked = pulls([], download)
    asked.begin("owner/name")
    begun.wait(60)
    assert asked.begin("owner/name").state == "pulling", "the same again is the same"
    with pytest.raises(ModelError, match="owner/name is being downloaded"):
        asked.begin("owner/other")
    asked.stop()
    go_on.set()
    eventually(lambda: asked.last and asked.last.state == "stopped")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModelError("'x' names no repository.", "Write OWNER/NAME."), "names no repository"),
        (OSError("no"), "OSError"),
    ],
    ids=["refused", "unexpected"],
)
def test_a_download_that_fails_says_why(error: Exception, words: str) -> None:
    def download(name: str, sha256: str | None, watch: Watch) -> Pulled:
        raise error

    asked = pulls([], download)
    asked.begin("x")
    eventually(lambda: asked.last and asked.last.state == "failed")
    assert asked.last
    assert words in asked.last.error


def test_a_name_that_is_no_repository_reaches_no_machine() -> None:
    asked = Pulls(lambda name, value: None)
    asked.begin("not a repository")
    eventually(lambda: asked.last and asked.last.state == "failed")
    assert asked.last
    assert "names no repository" in asked.last.error


def test_models_here_and_to_be_pulled_are_listed(workspace: Workspace, model_path: Path) -> None:
    found = models(workspace, "tiny", None)
    (usual,) = [each for each in found.here if each.is_default]
    assert usual.name == model_path.stem
    assert usual.size == model_path.stat().st_size
    assert usual.context > 0
    assert found.loaded == "tiny"
    assert sum(each.is_best for each in found.recommended) <= 1
    assert all(each.address.count(":") == 1 and each.memory > each.size for each in found.recommended)
