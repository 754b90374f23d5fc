"""The pool of workers: texts as if one writer had written them, whatever becomes of workers."""

from __future__ import annotations

import itertools
import threading
from contextlib import closing
from pathlib import Path

import pytest

from remix.cluster.messages import Order
from remix.cluster.pool import MOST_DEATHS, RayWriter
from remix.cluster.remote import Wanted
from remix.errors import ModelError, PromptError
from remix.generation import execute, prepare
from remix.generation.writer import Progress
from remix.outputs.run import RunFolder
from remix.records import EngineUsed, Greedy, Message, Options, Prompt, Sampling
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.cluster.thread_cluster import ORDER, ThreadCluster, load_fake
from tests.conftest import FakeWriter, eventually

PROMPT = Prompt(template="0" * 64, messages=(Message(role="user", content="A clock."),), keep_opening=False)
SAMPLING = Sampling(seed=5, chain=(Greedy(),), max_tokens=8, stop=())


def opened(cluster: ThreadCluster, workers: int = 2, exact: bool = False) -> RayWriter:
    return RayWriter(cluster, Wanted(workers, ORDER, None, exact=exact))


def found(folder: RunFolder) -> dict[str, tuple[str, str]]:
    return {task.id: (record.id, text) for task in folder.done for record, text in [folder.read(task.id)]}


def alone(workspace: Workspace, options: Options) -> dict[str, tuple[str, str]]:
    with closing(FakeWriter(trace=True)) as writer:
        job = prepare.prepare_for(workspace, options, writer)
        return found(execute.generate(job, workspace.outputs, writer=writer).folder)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_run_has_the_same_texts_and_ids_on_any_number_of_workers(workspace: Workspace, workers: int) -> None:
    options = Options(steps=3, variants=4, best_of=2)
    with closing(opened(ThreadCluster(), workers)) as pool:
        job = prepare.prepare_for(workspace, options, pool)
        outcome = execute.generate(job, workspace.outputs, writer=pool)
    assert found(outcome.folder) == alone(workspace, options)
    assert verify(outcome.folder.path).findings == ()


def test_the_texts_of_a_lost_worker_are_given_to_others(workspace: Workspace) -> None:
    options = Options(steps=3, variants=4)
    cluster, killed = ThreadCluster(), threading.Event()

    def watch(now: Progress) -> None:
        if now.done and not killed.is_set():
            killed.set()
            cluster.remotes[0].kill()

    with closing(opened(cluster)) as pool:
        job = prepare.prepare_for(workspace, options, pool)
        outcome = execute.generate(job, workspace.outputs, watch, writer=pool)
        eventually(lambda: [each.state for each in pool.workers].count("lost") == 1)
        assert len(pool.workers) == 3
    assert found(outcome.folder) == alone(workspace, options)
    assert cluster.is_closed


def test_without_workers_the_run_stops_and_can_be_resumed(workspace: Workspace) -> None:
    options = Options(steps=3, variants=4)
    cluster, stop = ThreadCluster(room=2), threading.Event()

    def watch(now: Progress) -> None:
        if now.done:
            for remote in cluster.remotes:
                remote.kill()

    with closing(RayWriter(cluster, Wanted(2, ORDER, None), stop.set)) as pool:
        job = prepare.prepare_for(workspace, options, pool)
        outcome = execute.generate(job, workspace.outputs, watch, stop, pool)
        assert outcome.interrupted
        assert outcome.failures == []
        assert "no machine of the cluster is left" in (pool.ended_because or "")
        with pytest.raises(ModelError, match="no worker is left"):
            pool.submit(PROMPT, SAMPLING)
    with closing(opened(ThreadCluster())) as pool:
        execute.resume(RunFolder.open(outcome.folder.path), writer=pool)
    assert found(outcome.folder) == alone(workspace, options)


def test_a_worker_that_cannot_load_says_why_and_the_others_go_on() -> None:
    numbers = itertools.count()

    def load(order: Order, path: Path | None) -> FakeWriter:
        if next(numbers) == 0:
            raise ModelError("too little memory.", "Take a smaller model.")
        return FakeWriter()

    with closing(opened(ThreadCluster(load))) as pool:
        assert pool.submit(PROMPT, SAMPLING).result().text
        eventually(lambda: sorted(each.state for each in pool.workers) == ["refused", "working"])
        (refused,) = [each for each in pool.workers if each.state == "refused"]
        assert refused.why == "too little memory. Take a smaller model."


def test_if_no_worker_can_load_the_error_has_their_reasons() -> None:
    def load(order: Order, path: Path | None) -> FakeWriter:
        raise ModelError("too little memory.", "Take a smaller model.")

    cluster = ThreadCluster(load)
    with pytest.raises(ModelError, match="too little memory"):
        opened(cluster)
    assert cluster.is_closed


@pytest.mark.parametrize("exact", [False, True])
def test_a_worker_with_another_engine_is_told_apart_and_left_out_if_asked(exact: bool) -> None:
    class Other(FakeWriter):
        engine_used = EngineUsed(exact=True, system_info="CPU : NEON = 1")

    numbers = itertools.count()

    def load(order: Order, path: Path | None) -> FakeWriter:
        return Other() if next(numbers) else FakeWriter()

    with closing(opened(ThreadCluster(load), 2, exact)) as pool:
        eventually(lambda: "joining" not in [each.state for each in pool.workers])
        (differing,) = [each for each in pool.workers if each.differs]
        assert differing.state == ("refused" if exact else "working")
        assert ("system_info" in differing.why) == exact


def test_a_refused_prompt_is_the_error_of_its_text_alone() -> None:
    empty = PROMPT.model_copy(update={"messages": (Message(role="user", content=""),)})
    with closing(opened(ThreadCluster())) as pool:
        refused, written = pool.submit(empty, SAMPLING), pool.submit(PROMPT, SAMPLING)
        with pytest.raises(PromptError):
            refused.result()
        assert written.result().text


def test_a_text_that_kills_its_workers_fails_instead_of_killing_all() -> None:
    class Deadly(FakeWriter):
        def submit(self, prompt, sampling, *, fork=None):  # type: ignore[no-untyped-def]
            cluster.remotes[-1].kill()
            return super().submit(prompt, sampling, fork=fork)

    cluster = ThreadCluster(lambda order, path: Deadly())
    with closing(opened(cluster, 1)) as pool:
        with pytest.raises(ModelError, match=f"{MOST_DEATHS} workers died"):
            pool.submit(PROMPT, SAMPLING).result()
        # The text fails a moment before a worker takes the last one's place.
        eventually(lambda: len(pool.workers) == MOST_DEATHS + 1)


def test_the_words_of_a_text_come_at_its_end() -> None:
    heard: list[str] = []
    with closing(RayWriter(ThreadCluster(load_fake), Wanted(1, ORDER, None))) as pool:
        text = pool.submit(PROMPT, SAMPLING, heard.append).result().text
    assert heard == [text]
