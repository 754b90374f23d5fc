"""Python in a process of its own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from remix.processes import Bounds, run_python

HERE = "tests.test_processes"


def echo() -> None:
    """Say back what came."""
    print(sys.argv[1:], sys.stdin.read())


def grow() -> None:
    """Take more memory than anyone has."""
    print(len(b"x" * 2**34))


def chatter() -> None:
    """Print without end."""
    while True:
        sys.stdout.write("word " * 1000)


def wait() -> None:
    """Never end."""
    time.sleep(600)


def fail() -> None:
    """Raise."""
    raise ValueError("no such thing")


def where_json_is_from() -> None:
    """Import a module of the standard library that the current folder may have, too."""
    import json

    print(json.__file__)


def test_it_gets_its_arguments_and_its_input() -> None:
    ended = run_python(f"{HERE}:echo", ["a b", "-c", ""], Bounds(60), b"words")
    assert (ended.status, ended.output.decode().strip()) == (0, "['a b', '-c', ''] words")


def test_what_it_raises_is_its_complaint() -> None:
    ended = run_python(f"{HERE}:fail", [], Bounds(60))
    assert ended.status == 1
    assert ended.complaint.strip().endswith("ValueError: no such thing")


def test_more_memory_than_its_bound_is_not_to_be_had() -> None:
    ended = run_python(f"{HERE}:grow", [], Bounds(60, memory=2**30))
    assert ended.status == 1
    assert "MemoryError" in ended.complaint


def test_what_it_prints_is_bounded() -> None:
    ended = run_python(f"{HERE}:chatter", [], Bounds(60, output=2**20))
    assert ended.status != 0
    assert len(ended.output) <= 2**20


def test_it_is_ended_when_its_time_is_up() -> None:
    assert run_python(f"{HERE}:wait", [], Bounds(3)).status is None


@pytest.mark.parametrize("name", ["json.py", "sitecustomize.py", "usercustomize.py", "remix/__init__.py", "os.py"])
def test_no_module_of_the_current_folder_is_imported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("raise SystemExit('taken')")
    monkeypatch.chdir(tmp_path)
    ended = run_python(f"{HERE}:where_json_is_from", [], Bounds(60))
    assert (ended.status, ended.complaint) == (0, "")
    assert ended.output.decode().strip() == os.path.abspath(sys.modules["json"].__file__ or "")  # noqa: PTH100
