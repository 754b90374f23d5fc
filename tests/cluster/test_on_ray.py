"""The same run, readings and roads on a Ray cluster of this machine: equal texts and ids, whatever dies meanwhile.

All tests share one cluster, and most of them five workers. The last one has its machine die.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from remix.cluster.messages import Order
from remix.cluster.pool import RayWriter, WorkerState
from remix.cluster.ray_cluster import LOCAL, RayCluster, RayWorker, Wants
from remix.cluster.remote import Wanted
from remix.errors import ModelError
from remix.generation import execute, prepare
from remix.generation.job import Job
from remix.generation.roads import RoadOptions, plan_roads
from remix.generation.writer import Progress
from remix.outputs.layout import READING
from remix.outputs.run import RunFolder
from remix.reader import run_readings
from remix.records import Options
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import make_workspace

ray = pytest.importorskip("ray", reason="Ray isn't installed: `pip install 'essay-remix[ray]'`")

pytestmark = pytest.mark.model

OPTIONS = Options(steps=2, variants=2, max_tokens=8, threads=1)

WORKERS = 5


class SharedCluster:
    """A cluster that stays when a pool of workers leaves."""

    def __init__(self) -> None:
        self.ray = RayCluster(LOCAL, Wants(WORKERS, 1))

    @property
    def address(self) -> str:
        """HOST:PORT, at which another process joins."""
        return str(ray.get_runtime_context().gcs_address)

    def start(self) -> RayWorker:
        return self.ray.start()

    def close(self) -> None:
        """A pool leaves."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SharedCluster]:
    try:
        shared = SharedCluster()
    except ModelError:
        # Ray gives its raylet 30 s to start, which a busy machine may exceed.
        shared = SharedCluster()
    yield shared
    shared.ray.close()


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("ray") / "garden")


@pytest.fixture(scope="module")
def job(garden: Workspace) -> Job:
    return prepare.prepare(garden, OPTIONS, {})


@pytest.fixture(scope="module")
def here(garden: Workspace, job: Job) -> RunFolder:
    """The run without a cluster."""
    return execute.generate(job, garden.outputs).folder


@pytest.fixture(scope="module")
def five(cluster: SharedCluster, job: Job) -> Iterator[RayWriter]:
    """Five workers, with room for prompts of readings."""
    with pool(cluster, job, WORKERS) as writer:
        yield writer


def found(folder: RunFolder) -> dict[str, tuple[str, str]]:
    return {task.id: (record.id, text) for task in folder.done for record, text in [folder.read(task.id)]}


@contextmanager
def pool(
    cluster: SharedCluster | RayCluster, job: Job, workers: int, stop: threading.Event | None = None
) -> Iterator[RayWriter]:
    """Workers of one thread each."""
    assert job.run.model
    assert job.model
    order = Order(job.run.model, execute.load_options(job.run)._replace(contexts=(2048,)))
    with closing(RayWriter(cluster, Wanted(workers, order, job.model), (stop or threading.Event()).set)) as writer:
        yield writer


def in_flight(pool: RayWriter, worker: WorkerState) -> int:
    """The number of calls that a worker has been given and hasn't answered."""
    desk = pool._placing._desks.get(worker.number)
    return len(desk.given) if desk else 0


def once(condition: Callable[[Progress], bool], act: Callable[[], None]) -> Callable[[Progress], None]:
    """A watch that acts once, as soon as a run's progress meets a condition."""
    done = threading.Event()

    def watch(progress: Progress) -> None:
        if condition(progress) and not done.is_set():
            done.set()
            act()

    return watch


# Two workers write below, interrupted and resumed.
@pytest.mark.parametrize("workers", [1, 3])
def test_a_few_workers_write_the_same_texts_and_ids(
    cluster: SharedCluster, garden: Workspace, job: Job, here: RunFolder, workers: int
) -> None:
    with pool(cluster, job, workers) as writer:
        writer.joined()
        outcome = execute.generate(job, garden.outputs, writer=writer)
        assert all(each.texts for each in writer.workers)
    assert found(outcome.folder) == found(here)


def test_five_workers_write_the_same_texts_and_ids(
    five: RayWriter, garden: Workspace, job: Job, here: RunFolder
) -> None:
    five.joined()
    outcome = execute.generate(job, garden.outputs, writer=five)
    assert sum(each.texts for each in five.workers) == len(here.done)
    assert found(outcome.folder) == found(here)
    assert verify(outcome.folder.path).findings == ()


def test_all_workers_have_one_engine_and_say_how_it_is_exact(five: RayWriter, here: RunFolder) -> None:
    infos = [each.info for each in five.joined()]
    assert len(infos) == WORKERS
    assert {info and info.engine.model_dump_json() for info in infos} == {
        here.run.engine and here.run.engine.model_dump_json()
    }
    assert all(info and info.exactness for info in infos)


def test_workers_read_texts_as_this_process_does(five: RayWriter, job: Job, here: RunFolder, tmp_path: Path) -> None:
    assert job.run.model
    assert job.model

    @contextmanager
    def by_workers(*_: object) -> Iterator[RayWriter]:
        yield five

    read = []
    for open_model in (None, by_workers):
        folder = RunFolder.open(shutil.copytree(here.path, tmp_path / str(open_model is None)))
        # Of the shortest passage: a reading asks some questions for each sentence and each word.
        *others, last = folder.run.tasks
        for task in others:
            folder.forget(task)
        assert run_readings.read(folder, (job.model, job.run.model), open_model).left_out == []
        read.append((folder.path / f"{last.id}{READING}").read_bytes())
    assert read[0] == read[1]


def test_workers_take_the_same_roads(five: RayWriter, garden: Workspace, here: RunFolder) -> None:
    planned = plan_roads(garden, here, [here.run.tasks[0].id], RoadOptions(1, 2))
    there = execute.generate(planned.job, garden.outputs, writer=five).folder
    assert len(there.done) == 2
    assert found(there) == found(execute.generate(planned.job, garden.outputs).folder)
    assert verify(there.path).findings == ()


def test_five_workers_of_which_one_is_killed_write_the_same_texts_and_ids(
    five: RayWriter, garden: Workspace, job: Job, here: RunFolder
) -> None:
    def kill() -> None:
        # Of those with most texts at hand, the worker that has written most gets the next steps of its texts, too.
        working = [each for each in five.workers if each.state == "working"]
        busy = max(working, key=lambda each: (in_flight(five, each), each.texts))
        os.kill(busy.process, signal.SIGKILL)

    outcome = execute.generate(job, garden.outputs, once(lambda now: now.done >= 1, kill), writer=five)
    assert [each.state for each in five.workers].count("lost") == 1
    assert five.given_again > 0
    assert found(outcome.folder) == found(here)
    assert verify(outcome.folder.path).findings == ()
    # The commands that follow have the cluster's processors.
    five.close()


def test_the_command_writes_on_two_workers_and_finishes_what_was_killed(
    cluster: SharedCluster, tmp_path: Path, here: RunFolder
) -> None:
    """The process of the run is killed, and `remix resume --ray ADDRESS` goes on, on another cluster."""
    from tests.cluster.driver import begin, finish, kill_after_a_text

    workspace = make_workspace(tmp_path / "garden")
    kill_after_a_text(begin(workspace), workspace)
    finish(workspace, cluster.address)
    (path,) = workspace.outputs.iterdir()
    folder = RunFolder.open(path)
    assert folder.is_complete
    assert found(folder) == found(here)
    assert verify(path).findings == ()


def test_without_the_machine_s_raylet_the_run_stops_and_is_resumed(cluster: SharedCluster, garden: Workspace) -> None:
    """The raylet is Ray's process on each machine; its end is that of the machine."""
    long = prepare.prepare(garden, OPTIONS.model_copy(update={"kinds": ("again",), "max_tokens": 32}), {})
    stop = threading.Event()
    with pool(cluster, long, 2, stop) as writer:

        def kill() -> None:
            for process in psutil.Process().children(recursive=True):
                # Others of Ray's processes may end meanwhile.
                with suppress(psutil.NoSuchProcess):
                    if process.name() == "raylet":
                        process.kill()

        outcome = execute.generate(long, garden.outputs, once(lambda now: now.done >= 1, kill), stop, writer)
    # Workers notice the end of their raylet within seconds; a fast machine may have written all texts by then.
    assert outcome.interrupted != outcome.folder.is_complete
    cluster.ray.close()
    with pool(RayCluster(LOCAL, Wants(2, 1)), long, 2) as writer:
        execute.resume(RunFolder.open(outcome.folder.path), writer=writer)
    assert found(outcome.folder) == found(execute.generate(long, garden.outputs).folder)
    assert verify(outcome.folder.path).findings == ()
