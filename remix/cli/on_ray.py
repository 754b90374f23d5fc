"""`--ray`: its options, the workers of a run or of a reading, and what is printed of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from remix.cli.printing import count, note
from remix.cli.progress import EVERY, Watch

if TYPE_CHECKING:
    from remix.cluster.pool import RayWriter, WorkerState
    from remix.engine.local import LoadOptions
    from remix.generation.writer import Progress
    from remix.records import EngineUsed, ModelFile, Run

MOST_WORKERS = 10_000
"""Workers of a run."""

_FEW = 8
"""Most workers that are listed singly; more workers have a line in common."""

_SHORT = 256
"""Tokens of a sequence that workers which only probe have memory for."""

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


class Asked(NamedTuple):
    """What is asked of a cluster."""

    address: str
    workers: int | None
    exact: bool


def place_options(command: _Decorated) -> _Decorated:
    """Decorates a command with `--ray` and `--workers`."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(1, MOST_WORKERS),
            metavar="N",
            help="With --ray: workers, each with the model and threads of its own; by default as many as there is "
            "room for.",
        ),
        click.option(
            "--ray",
            is_flag=False,
            flag_value="local",
            metavar="[ADDRESS]",
            help="Use the workers of a Ray cluster: `auto` or HOST:PORT; without ADDRESS, workers on this machine "
            "(needs the extra `ray`).",
        ),
    ):
        command = option(command)
    return command


def options(command: _Decorated) -> _Decorated:
    """Decorates a command with `--ray`, `--workers` and `--exact`."""
    exact = click.option(
        "--exact",
        is_flag=True,
        help="With --ray: leave out workers whose libraries or processor features differ from the first's.",
    )
    return place_options(exact(command))


def asked(chosen: Mapping[str, Any]) -> Asked | None:
    """What is asked of a cluster; null without `--ray`. Raises `click.UsageError` for the further options alone."""
    if chosen["ray"] is not None:
        return Asked(chosen["ray"], chosen["workers"], chosen.get("exact", False))
    for name in ("workers", "exact"):
        if chosen.get(name):
            raise click.UsageError(f"--{name} goes with --ray.")
    return None


@contextmanager
def opened(where: Asked | None, run: Run, model: Path | None, stop: threading.Event) -> Iterator[RayWriter | None]:
    """The workers of a run as its writer; null without `--ray`. `stop` is set if no worker is left.

    Raises `ModelError` if no worker can load the model.
    """
    if where is None:
        yield None
        return
    from remix.errors import ModelError
    from remix.generation.execute import load_options

    if run.model is None or model is None:
        raise ModelError("--ray: the run was planned for another writer than a GGUF.", "Resume it with that writer.")
    threads = _Threads(run.options.threads, bool(run.options.gpu_layers))
    order = _Ordered(model, run.model, load_options(run), run.engine)
    with _started(where, order, threads, stop.set) as pool:
        yield pool
        note(*_outcome(pool, "text"))


@contextmanager
def scorer(where: Asked, path: Path, file: ModelFile, needs: LoadOptions) -> Iterator[RayWriter]:
    """Workers with a model that scores texts.

    A worker whose engine differs from the first worker's is left out: a reading doesn't name the engine. Raises
    `ModelError` if no worker can load the model, or if none is left.
    """
    from remix.errors import ModelError

    with _started(where._replace(exact=True), _Ordered(path, file, needs), _Threads(None)) as pool:
        try:
            yield pool
        except (CancelledError, ModelError) as error:
            if pool.ended_because is None:
                raise
            raise ModelError(
                pool.ended_because, "See to the machines; the same command goes on from the stored readings."
            ) from error
        note(*filter(None, map(_news, pool.workers)))
        note(*_outcome(pool, "score"))


def probed(where: Asked, path: Path, file: ModelFile) -> list[WorkerState]:
    """The workers of a cluster, each of which has loaded a model and probed how it decodes the model exactly.

    Raises `ModelError` if no worker can load the model.
    """
    from remix.engine.local import LoadOptions

    needs = LoadOptions((_SHORT,), None, threads=1)
    with _started(where, _Ordered(path, file, needs), _Threads(None)) as pool:
        return pool.joined()


class _Ordered(NamedTuple):
    """The model that workers are to load."""

    path: Path
    file: ModelFile
    needs: LoadOptions
    engine: EngineUsed | None = None
    """The engine that wrote the run's first texts; null for that of the first worker."""


class _Threads(NamedTuple):
    """What each worker has to itself."""

    threads: int | None
    """Threads; by default as many as the cluster chooses."""
    has_gpu: bool = False


@contextmanager
def _started(
    where: Asked, ordered: _Ordered, threads: _Threads, on_end: Callable[[], object] = lambda: None
) -> Iterator[RayWriter]:
    """The workers of a cluster, with a model. Raises `ModelError` if no worker can load the model."""
    from remix.cluster import ray_cluster
    from remix.cluster.messages import Order
    from remix.cluster.pool import RayWriter
    from remix.cluster.remote import Wanted

    with ExitStack() as stack:
        cluster = ray_cluster.RayCluster(where.address, ray_cluster.Wants(where.workers, *threads))
        stack.callback(cluster.close)
        order = Order(ordered.file, ordered.needs._replace(threads=cluster.threads))
        wanted = Wanted(cluster.workers, order, ordered.path.absolute(), ordered.engine, where.exact)
        pool = stack.enter_context(closing(RayWriter(cluster, wanted, on_end)))
        if cluster.dashboard:
            note(f"Ray's dashboard: {cluster.dashboard}")
        yield pool


def following(pool: RayWriter | None, watch: Watch, quiet: bool) -> Watch:
    """A function to call with each new state of the run: also prints news of workers, and their pace now and then."""
    return watch if pool is None or quiet else _Following(pool, watch)


class _Following:
    def __init__(self, pool: RayWriter, watch: Watch) -> None:
        self._pool = pool
        self._watch = watch
        self._known: dict[int, str] = {}
        self._said = time.monotonic()
        self._before: dict[int, int] = {}
        """Tokens of each worker when its pace was last printed."""

    def __call__(self, state: Progress) -> None:
        workers = self._pool.workers
        for worker in workers:
            if self._known.get(worker.number) != worker.state:
                self._known[worker.number] = worker.state
                if news := _news(worker):
                    note(news)
        if (seconds := time.monotonic() - self._said) >= EVERY:
            note(*self._paces([each for each in workers if each.state == "working"], seconds))
            self._said = time.monotonic()
        self._watch(state)

    def _paces(self, workers: list[WorkerState], seconds: float) -> list[str]:
        paces = [(each.sampled - self._before.get(each.number, 0)) / seconds for each in workers]
        self._before = {each.number: each.sampled for each in workers}
        if len(workers) > _FEW:
            return [f"{len(workers)} workers: {min(paces):.0f} to {max(paces):.0f} tokens/s each"]
        return [
            f"Worker {each.number}: {count(each.texts, 'text')}, {pace:.0f} tokens/s"
            for each, pace in zip(workers, paces, strict=True)
        ]


def _news(worker: WorkerState) -> str:
    """A lost, refused or different worker, in words; empty for a worker that joins or works as usual."""
    where = f" on {worker.machine}" if worker.machine else ""
    if worker.state in ("lost", "refused"):
        return f"Worker {worker.number}{where} is {'lost' if worker.state == 'lost' else 'left out'}: {worker.why}"
    if worker.differs:
        return f"Worker {worker.number}{where} has another engine than the first; the records of its texts say so."
    return ""


def _outcome(pool: RayWriter, noun: str) -> list[str]:
    """What the workers did; the noun is that of a finished call."""
    workers = [each for each in pool.workers if each.texts]
    lost = sum(each.state == "lost" for each in pool.workers)
    said = [f"{count(sum(each.texts for each in workers), noun)} by {count(len(workers), 'worker')}."]
    if lost:
        said.append(f"{count(lost, 'worker')} lost; {count(pool.given_again, noun)} given to others.")
    if pool.ended_because:
        said.append(f"Stopped: {pool.ended_because}")
    return said
