"""The outputs folder watched: runs that come, go and change, and texts that other processes finish."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.records import Options
from remix.studio.output_files import key_of
from remix.studio.outputs_watch import OutputsWatch
from remix.workspace import Workspace
from tests.conftest import FakeWriter, python_path

Look = Callable[[], list[tuple[str, Any]]]


@pytest.fixture
def own() -> list[str]:
    """The run that the studio itself writes, if any."""
    return []


@pytest.fixture
def look(workspace: Workspace, own: list[str]) -> Look:
    """Looks, and gives what was published."""
    published: list[tuple[str, Any]] = []
    watch = OutputsWatch(
        workspace.outputs, lambda name, value: published.append((name, value)), lambda: own[0] if own else None
    )

    def do() -> list[tuple[str, Any]]:
        published.clear()
        watch.look()
        return [*published]

    return do


def test_the_first_look_tells_nothing_and_a_look_without_news_neither(finished: RunFolder, look: Look) -> None:
    assert look() == []
    assert look() == []


def test_a_new_run_and_its_texts_are_told(workspace: Workspace, writer: FakeWriter, look: Look) -> None:
    assert look() == []
    folder = execute.generate(
        prepare.prepare_for(workspace, Options(steps=1), writer), workspace.outputs, writer=writer
    ).folder
    *outputs, (name, runs) = look()
    assert (name, runs.runs) == ("runs", (folder.path.name,))
    told = {(value.run, value.place, value.kind, value.key) for name, value in outputs if name == "output"}
    wanted = {(folder.path.name, task.place, task.kind, key_of(folder.path, task.id)) for task in folder.run.tasks}
    assert told == wanted
    assert len(outputs) == len(folder.run.tasks) == 6
    assert look() == []


def test_texts_are_told_one_by_one_while_another_process_writes(
    workspace: Workspace, writer: FakeWriter, look: Look, finished: RunFolder
) -> None:
    task = finished.run.tasks[-1]
    record, text = finished.read(task.id)
    finished.unseal()
    finished.record_path(task.id).unlink()
    look()
    with finished.lock():
        (state,) = look()
        assert state[0] == "runs"
        finished.write(task, record, text, None)
        (output, runs) = look()
        assert (output[0], output[1].kind, output[1].step) == ("output", task.kind, task.step)
        assert runs[1].runs == (finished.path.name,)
        assert look() == []
    assert [name for name, _ in look()] == ["runs"], "nobody writes any more"


def test_texts_of_the_studios_own_run_are_not_told_twice(
    workspace: Workspace, writer: FakeWriter, look: Look, own: list[str], finished: RunFolder
) -> None:
    look()
    copy = workspace.outputs / "20260101T000000Z-copy-0000"
    shutil.copytree(finished.path, copy)
    own.append(copy.name)
    assert [name for name, _ in look()] == ["runs"]


def test_a_run_that_is_gone_is_told(finished: RunFolder, look: Look) -> None:
    look()
    shutil.rmtree(finished.path)
    ((name, value),) = look()
    assert (name, value.runs) == ("runs", (finished.path.name,))


def test_a_broken_run_hides_no_other(workspace: Workspace, finished: RunFolder, look: Look) -> None:
    look()
    broken = workspace.outputs / "20260101T000000Z-broken-0000"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    assert [value.runs for _, value in look()] == [(broken.name,)]


def test_watching_ends_when_it_is_told_to(workspace: Workspace) -> None:
    stop = threading.Event()
    watch = OutputsWatch(workspace.outputs, lambda name, value: stop.set(), lambda: None)
    watching = threading.Thread(target=watch.watch, args=(stop,))
    watching.start()
    stop.set()
    watching.join(60)
    assert not watching.is_alive()


def test_a_run_whose_lock_was_held_between_two_looks_is_told(look: Look, finished: RunFolder) -> None:
    """A page that asked just then showed the run as being written until something else changed."""
    look()
    with finished.lock():
        pass
    assert [name for name, _ in look()] == ["runs"]
    assert look() == []


def test_the_end_of_a_killed_writer_is_told(look: Look, finished: RunFolder) -> None:
    """The killed process leaves all files as they were, and the operating system releases the lock."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, finished.path],
        env={**os.environ, **python_path()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    with holder:
        assert holder.stdout.readline() == b"held\n"
        assert [name for name, _ in look()] == []
        holder.kill()
    assert [name for name, _ in look()] == ["runs"]
    assert look() == []


HOLD = """
import pathlib, sys
from remix.outputs.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
