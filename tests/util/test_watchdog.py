"""The watchdog acts on late tasks alone, and one thread serves many tasks."""

from __future__ import annotations

import threading

import pytest

from remix.util import watchdog
from remix.util.watchdog import Watchdog
from tests.conftest import eventually

LONG = 600.0
"""Seconds that no test lasts."""


def test_a_task_that_takes_too_long_is_acted_upon_once() -> None:
    acted: list[str] = []
    late = threading.Event()
    dog = Watchdog()
    dog.begin(0.0, lambda: (acted.append("late"), late.set()))
    assert late.wait(LONG)
    assert dog.end()
    assert acted == ["late"]


def test_a_task_that_ends_in_time_is_left_alone_and_the_next_is_watched() -> None:
    late = threading.Event()
    dog = Watchdog()
    dog.begin(LONG, pytest.fail)
    assert not dog.end()
    dog.begin(0.0, late.set)
    assert late.wait(LONG)
    assert dog.end()


def test_many_tasks_have_one_thread() -> None:
    dog = Watchdog()
    threads = set()
    for _ in range(100):
        dog.begin(LONG, pytest.fail)
        threads.add(dog._thread)
        assert not dog.end()
    assert len(threads) == 1


def test_the_thread_ends_without_tasks_and_the_next_task_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_TICK", 0.001)
    late = threading.Event()
    dog = Watchdog()
    dog.begin(LONG, pytest.fail)
    assert not dog.end()
    eventually(lambda: dog._thread is None)
    dog.begin(0.0, late.set)
    assert late.wait(LONG)
