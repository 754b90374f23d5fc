"""Prepared copies of models."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from remix.engine import llama
from remix.errors import ModelError
from remix.generation import prepare, run_model
from remix.models import catalog, prepared
from remix.records import Options
from remix.workspace import Workspace

pytestmark = pytest.mark.model


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_prepared_copy_is_used_named_and_forgotten(workspace: Workspace, model_path: Path, cache: Path) -> None:
    before = hashlib.sha256(model_path.read_bytes()).hexdigest()
    copy = prepared.requantise(model_path, "q8_0", threads=2)
    assert copy.is_relative_to(cache)
    assert [path.suffix for path in sorted(copy.parent.iterdir())] == [".gguf", ".json"]
    assert hashlib.sha256(model_path.read_bytes()).hexdigest() == before

    job = prepare.prepare(workspace, Options(limit=1))
    assert job.model == copy
    assert job.run.model is not None
    assert (job.run.model.name, job.run.model.file_type) == ("SmolLM2-135M-Instruct.Q4_1+Q8_0", "Q8_0")
    assert job.run.model.sha256 == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert job.run.model.preparation is not None
    assert job.run.model.preparation.source == before
    assert run_model.model_of(job.run) == copy

    as_path = prepare.prepare(workspace, Options(limit=1, model=str(model_path)))
    assert as_path.model == model_path, "a path means that very file"

    assert prepared.known_types(model_path) == ["Q8_0"]
    assert prepared.forget(model_path) == [copy]
    assert prepared.known_types(model_path) == []
    assert list(copy.parent.iterdir()) == []
    assert prepare.prepare(workspace, Options(limit=1)).model == model_path
    with pytest.raises(ModelError, match="isn't here"):
        run_model.model_of(job.run)


def test_preparing_twice_makes_it_once(model_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(source: Path, target: Path, file_type: str, threads: int) -> None:
        made.append(file_type)
        target.write_bytes(source.read_bytes())

    made: list[str] = []
    monkeypatch.setattr(llama, "quantise", fake)
    assert prepared.requantise(model_path, "q8_0", 1) == prepared.requantise(model_path, "Q8_0", 1)
    assert made == ["q8_0"]


def test_a_copy_that_was_changed_is_refused(model_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama, "quantise", lambda source, target, *_: target.write_bytes(source.read_bytes()))
    copy = prepared.requantise(model_path, "q8_0", 1)
    data = bytearray(copy.read_bytes())
    data[-1] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ModelError, match="not the copy that was prepared"):
        prepared.identify(copy)
    assert prepared.requantise(model_path, "q8_0", 1) == copy
    assert prepared.identify(copy).preparation is not None


def test_what_fails_halfway_leaves_nothing(model_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: Path, target: Path, file_type: str, threads: int) -> None:
        target.write_bytes(b"half")
        raise ModelError("no room", "Make some.")

    monkeypatch.setattr(llama, "quantise", fails)
    with pytest.raises(ModelError, match="no room"):
        prepared.requantise(model_path, "q8_0", 1)
    assert list((cache / "prepared").iterdir()) == []
    assert prepared.prepared(model_path) is None


def test_an_unknown_type_is_refused(model_path: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no weight type 'q17'"):
        llama.quantise(model_path, tmp_path / "x.gguf", "q17", 1)


def test_a_source_that_is_no_model_gives_a_reason(tmp_path: Path) -> None:
    source = tmp_path / "no.gguf"
    source.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ModelError, match=r"no\.gguf: can't be prepared"):
        llama.quantise(source, tmp_path / "x.gguf", "q8_0", 1)


def test_names_of_cached_copies_are_not_names_of_models(model_path: Path) -> None:
    assert catalog.find(None).path == model_path


def test_drafts_of_those_who_were_killed_are_removed(
    model_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed `models prepare` left a model's worth of bytes in the cache for ever."""

    def fake(source: Path, target: Path, file_type: str, threads: int) -> None:
        target.write_bytes(source.read_bytes())

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = cache / "prepared"
    folder.mkdir(parents=True)
    for name in (f"x-q8_0.{gone.pid}.tmp", f"x-q8_0.{os.getpid()}.tmp", ".tmp", "notes.tmp"):
        (folder / name).write_bytes(b"")
    monkeypatch.setattr(llama, "quantise", fake)
    prepared.requantise(model_path, "q8_0", 1)
    assert {path.name for path in folder.glob("*.tmp")} == {f"x-q8_0.{os.getpid()}.tmp", ".tmp", "notes.tmp"}
