"""Readings, roads and probes on workers: equal to those of this process, whatever becomes of workers."""

from __future__ import annotations

import itertools
import json
import re
from concurrent.futures import Future
from pathlib import Path

import pytest

from remix.cli import on_ray
from remix.cluster.messages import Order
from remix.cluster.worker import Model
from remix.engine import load_check
from remix.errors import ModelError
from remix.generation.roads import RoadOptions, plan_roads
from remix.models import prepared
from remix.outputs import RunFolder
from remix.outputs.layout import READING
from remix.reader import run_readings
from remix.records import Answers, EngineUsed, Score, WriterInfo
from remix.workspace import Workspace
from tests.cluster.test_pool import found
from tests.cluster.thread_cluster import ThreadCluster, take_for_ray
from tests.conftest import FILE, WRITER, Remix
from tests.fake_local import FakeLocal
from tests.generation.branches import local, write, write_run
from tests.reader.fake_scorer import FakeScorer
from tests.reader.test_run_readings import MODEL, FakeVocabulary

__all__ = ["local"]


class ScoringModel(FakeScorer):
    """The fake scorer as the model of a worker."""

    info: WriterInfo = WRITER.model_copy(update={"file": FILE, "parallel": 4})
    sampled = 0

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def readings_here(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files of a run's readings by this process, which are then removed."""
    monkeypatch.setattr(run_readings, "LocalModel", FakeScorer)
    monkeypatch.setattr(run_readings, "Vocabulary", FakeVocabulary)
    monkeypatch.setattr(run_readings, "find_reader", lambda *_: MODEL)
    run_readings.read(finished, MODEL)
    files = readings_of(finished)
    for name in files:
        (finished.path / name).unlink()
    return files


def readings_of(folder: RunFolder) -> dict[str, bytes]:
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in folder.path.rglob(f"*{READING}")}


def test_readings_by_workers_are_those_of_one_process(
    finished: RunFolder, readings_here: dict[str, bytes], remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = ThreadCluster(lambda order, path: ScoringModel())
    take_for_ray(monkeypatch, cluster)
    result = remix_("measure", "--by", "model", "--ray", "--workers", "3")
    assert result.exit_code == 0, result.output
    assert readings_of(finished) == readings_here
    assert "scores by" in result.stderr
    assert len(cluster.remotes) == 3
    assert cluster.is_closed


def test_what_a_lost_worker_was_to_score_is_scored_by_others(
    finished: RunFolder, readings_here: dict[str, bytes], remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count()

    class Mortal(ScoringModel):
        def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
            if next(numbers) == 5:
                cluster.remotes[0].kill()
            return super().score_text(before, *parts)

    cluster = ThreadCluster(lambda order, path: Mortal())
    take_for_ray(monkeypatch, cluster)
    result = remix_("measure", "--by", "model", "--ray")
    assert result.exit_code == 0, result.output
    assert readings_of(finished) == readings_here
    assert "1 worker lost" in result.stderr


def test_without_workers_a_reading_ends_in_words_and_goes_on_later(
    finished: RunFolder, readings_here: dict[str, bytes], remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Last(ScoringModel):
        def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
            cluster.remotes[0].kill()
            return super().score_text(before, *parts)

    cluster = ThreadCluster(lambda order, path: Last(), room=1)
    take_for_ray(monkeypatch, cluster)
    result = remix_("measure", "--by", "model", "--ray", "--workers", "1")
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "no worker is left: the worker died." in said
    assert "the same command goes on from the stored readings" in said
    take_for_ray(monkeypatch, ThreadCluster(lambda order, path: ScoringModel()))
    assert remix_("measure", "--by", "model", "--ray").exit_code == 0
    assert readings_of(finished) == readings_here


def test_a_worker_with_another_engine_reads_nothing(
    finished: RunFolder, readings_here: dict[str, bytes], remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other(ScoringModel):
        info = ScoringModel.info.model_copy(update={"engine": EngineUsed(exact=True, system_info="NEON = 1")})

    numbers = itertools.count()
    cluster = ThreadCluster(lambda order, path: Other() if next(numbers) else ScoringModel())
    take_for_ray(monkeypatch, cluster)
    result = remix_("measure", "--by", "model", "--ray")
    assert result.exit_code == 0, result.output
    assert readings_of(finished) == readings_here
    assert "by 1 worker." in result.stderr


def test_workers_read_by_model_only(finished: RunFolder, remix_: Remix) -> None:
    for words in (("--ray",), ("--workers", "2")):
        result = remix_("measure", *words)
        assert result.exit_code == 2
        assert "goes with --" in result.output


def test_roads_by_workers_are_those_of_one_process(
    workspace: Workspace, local: FakeLocal, remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = write_run(workspace, local)
    planned = plan_roads(workspace, originals, [task.id for task in originals.run.tasks], RoadOptions(2, 2))
    here = write(workspace, planned.job, local)

    def load(order: Order, path: Path | None) -> Model:
        return FakeLocal(trace=True)

    take_for_ray(monkeypatch, ThreadCluster(load))
    monkeypatch.setattr(on_ray, "EVERY", 0.0)
    result = remix_("roads", "--run", originals.path.name, "--turns", "2", "--width", "2", "--ray", "--workers", "2")
    assert result.exit_code == 0, result.output
    assert "texts by 2 workers." in result.stderr
    assert re.search(r"Worker [12]: \d+ texts?, \d+ tokens/s", result.stderr)
    assert found(RunFolder.open(Path(result.stdout.strip()))) == found(here)


def test_each_worker_says_how_it_decodes_exactly(
    workspace: Workspace, remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other(ScoringModel):
        info = ScoringModel.info.model_copy(update={"engine": EngineUsed(exact=True, rows="free<=8")})

    numbers = itertools.count()

    def load(order: Order, path: Path | None) -> Model:
        if (number := next(numbers)) == 2:
            raise ModelError("too little memory.", "Take a smaller model.")
        return Other() if number else ScoringModel()

    monkeypatch.setattr(prepared, "resolve", lambda model, folders: MODEL)
    monkeypatch.setattr(load_check, "check", lambda path, file: None)
    take_for_ray(monkeypatch, ThreadCluster(load))
    result = remix_("models", "probe", "fake", "--ray", "--workers", "3", "--json")
    assert result.exit_code == 0, result.output
    workers = json.loads(result.stdout)["workers"]
    assert [each["worker"] for each in workers] == [1, 2, 3]
    assert len({each["engine"] for each in workers}) == 3
    assert [each["how"] for each in workers if each["engine"] is None] == ["too little memory. Take a smaller model."]
    numbers = itertools.count()
    take_for_ray(monkeypatch, ThreadCluster(load))
    result = remix_("models", "probe", "fake", "--ray", "--workers", "3")
    assert len(result.stdout.splitlines()) == 3
    assert "free<=8 rows, not known." in result.stdout
    assert "left out: too little memory" in result.stdout
    assert "Workers with different engines may write different texts" in result.stderr
