"""The same run on a Ray cluster of this machine: equal bodies and ids, whatever dies in the middle."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from remix.cluster.messages import Order
from remix.cluster.pool import RayWriter
from remix.cluster.ray_cluster import LOCAL, RayCluster, Wants
from remix.cluster.remote import Wanted
from remix.generation import execute, prepare
from remix.generation.job import Job
from remix.generation.writer import Progress
from remix.outputs.run import RunFolder
from remix.records import Options
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import make_workspace

pytest.importorskip("ray", reason="Ray isn't installed: `pip install 'essay-remix[ray]'`")

pytestmark = pytest.mark.model

OPTIONS = Options(steps=2, variants=2, max_tokens=8, threads=1)


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("ray") / "garden")


@pytest.fixture(scope="module")
def job(garden: Workspace) -> Job:
    return prepare.prepare(garden, OPTIONS, {})


@pytest.fixture(scope="module")
def alone(garden: Workspace, job: Job) -> dict[str, tuple[str, str]]:
    """Ids and texts of the run without a cluster."""
    return found(execute.generate(job, garden.outputs).folder)


def found(folder: RunFolder) -> dict[str, tuple[str, str]]:
    return {task.id: (record.id, text) for task in folder.done for record, text in [folder.read(task.id)]}


@contextmanager
def pool(job: Job, workers: int, stop: threading.Event | None = None) -> Iterator[RayWriter]:
    """Workers of one thread each."""
    assert job.run.model
    assert job.model
    cluster = RayCluster(LOCAL, Wants(workers, 1))
    order = Order(job.run.model, execute.load_options(job.run))
    writer = RayWriter(cluster, Wanted(workers, order, job.model), (stop or threading.Event()).set)
    try:
        yield writer
    finally:
        writer.close()


def once(condition: Callable[[Progress], bool], act: Callable[[], None]) -> Callable[[Progress], None]:
    """A watch that acts once, as soon as a run's progress meets a condition."""
    done = threading.Event()

    def watch(progress: Progress) -> None:
        if condition(progress) and not done.is_set():
            done.set()
            act()

    return watch


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_the_same_texts_and_ids_on_any_number_of_workers(
    workers: int, garden: Workspace, job: Job, alone: dict[str, tuple[str, str]]
) -> None:
    with pool(job, workers) as writer:
        outcome = execute.generate(job, garden.outputs, writer=writer)
        assert sum(each.texts for each in writer.workers) == len(alone)
    assert found(outcome.folder) == alone
    assert verify(outcome.folder.path).findings == ()


def test_a_worker_that_is_killed_has_its_texts_written_by_others(
    garden: Workspace, job: Job, alone: dict[str, tuple[str, str]]
) -> None:
    with pool(job, 2) as writer:

        def kill() -> None:
            busy = next(each for each in writer.workers if each.state == "working")
            os.kill(busy.process, signal.SIGKILL)

        outcome = execute.generate(job, garden.outputs, once(lambda now: now.done >= 1, kill), writer=writer)
        assert [each.state for each in writer.workers].count("lost") == 1
        assert writer.given_again > 0
    assert found(outcome.folder) == alone
    assert verify(outcome.folder.path).findings == ()


def test_without_the_machine_s_raylet_the_run_stops_and_is_resumed(garden: Workspace) -> None:
    """The raylet is Ray's process on each machine; its end is that of the machine."""
    long = prepare.prepare(garden, OPTIONS.model_copy(update={"max_tokens": 32, "variants": 3}), {})
    stop = threading.Event()
    with pool(long, 2, stop) as writer:

        def kill() -> None:
            for process in psutil.Process().children(recursive=True):
                if process.name() == "raylet":
                    process.kill()

        outcome = execute.generate(long, garden.outputs, once(lambda now: now.done >= 1, kill), stop, writer)
    # Workers notice the end of their raylet within seconds; a fast machine may have written all texts by then.
    assert outcome.interrupted != outcome.folder.is_complete
    with pool(long, 2) as writer:
        execute.resume(RunFolder.open(outcome.folder.path), writer=writer)
    assert found(outcome.folder) == found(execute.generate(long, garden.outputs).folder)
    assert verify(outcome.folder.path).findings == ()


def test_the_command_writes_on_workers_and_finishes_what_was_killed(
    tmp_path: Path, job: Job, alone: dict[str, tuple[str, str]]
) -> None:
    """The process of the run is killed, and `remix resume --ray` goes on."""
    from tests.cluster.driver import begin, finish, kill_after_a_text

    workspace = make_workspace(tmp_path / "garden")
    kill_after_a_text(begin(workspace), workspace)
    finish(workspace)
    (path,) = workspace.outputs.iterdir()
    folder = RunFolder.open(path)
    assert folder.is_complete
    assert found(folder) == alone
    assert verify(path).findings == ()
