"""Weights by content: found wherever they lie, or received chunk by chunk and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.cluster import weights
from remix.cluster.worker import Worker
from remix.errors import ModelError
from remix.models import identity
from remix.records import ModelFile
from tests import tiny_models


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ModelFile]:
    """A tiny model in a folder of its own, and an empty cache."""
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    path = tiny_models.write(tmp_path / "here" / "tiny.gguf", tiny_models.sentence_piece())
    return path, identity.identify(path)


def test_a_model_is_found_where_it_lay_here(model: tuple[Path, ModelFile]) -> None:
    path, file = model
    assert weights.find(file, [path]) == path


def test_a_model_that_is_not_there_is_received_and_found_again(
    model: tuple[Path, ModelFile], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, file = model
    monkeypatch.setattr(weights, "CHUNK", 1000)
    chunks = list(weights.chunks(path))
    assert len(chunks) == -(-path.stat().st_size // 1000)
    # The other machine knows nothing of the file.
    path.rename(tmp_path / "gone")
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "another"))
    worker = Worker()
    assert not worker.find(file, [path])
    assert [worker.receive(chunk) for chunk in chunks] == [None] * len(chunks)
    assert worker.received(file) is None
    received = weights.find(file, [])
    assert received
    assert received.read_bytes() == (tmp_path / "gone").read_bytes()
    assert Worker().find(file, [])
    assert sorted(each.name for each in received.parents[1].iterdir()) == [file.sha256]


def test_another_content_is_refused_and_not_kept(model: tuple[Path, ModelFile]) -> None:
    path, file = model
    other = file.model_copy(update={"sha256": "0" * 64})
    receiver = weights.Receiver()
    for chunk in weights.chunks(path):
        receiver.add(chunk)
    with pytest.raises(ModelError, match="another content"):
        receiver.keep(other)
    assert list((path.parents[1] / "cache" / "weights").iterdir()) == []


def test_a_chunk_cannot_leave_the_folder(model: tuple[Path, ModelFile]) -> None:
    path, file = model
    receiver = weights.Receiver()
    for chunk in weights.chunks(path):
        receiver.add(chunk._replace(name=f"../../{chunk.name}"))
    assert receiver.keep(file).name == path.name
    assert not (path.parents[1] / "tiny.gguf").exists()
