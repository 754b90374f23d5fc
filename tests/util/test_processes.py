"""Python in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from remix.templates import worker
from remix.util import processes
from remix.util.processes import Bounds, run_python

HERE = "tests.util.test_processes"


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


def say_variables() -> None:
    """Print two environment variables, and where modules are looked for."""
    print(json.dumps([os.environ.get("REMIX_ONE"), os.environ.get("REMIX_TWO"), sys.path, os.environ.get("PATH")]))


def wait_after_saying_who_it_is() -> None:
    """Leave one's number in a file, and never end."""
    Path(sys.argv[1]).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def test_variables_are_added_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIX_ONE", "1")
    ended = run_python(f"{HERE}:say_variables", [], Bounds(60), environment={"REMIX_ONE": None, "REMIX_TWO": "2"})
    assert json.loads(ended.output)[:2] == [None, "2"]


@pytest.mark.parametrize("place", ["here", "below", ".", "", "remix/.."])
def test_a_module_path_into_the_current_folder_is_not_handed_on(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an empty entry in PYTHONPATH, or started as `python -m`, Python has the current folder on its path."""
    for folder in (tmp_path, tmp_path / "below", tmp_path / "remix"):
        folder.mkdir(exist_ok=True)
        for name in ("json.py", "sitecustomize.py", "jinja2.py", "encodings.py"):
            (folder / name).write_text(f"open({str(tmp_path / 'pwned')!r}, 'w'); raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    entry = {"here": str(tmp_path), "below": str(tmp_path / "below")}.get(place, place)
    monkeypatch.setattr(sys, "path", [entry, *sys.path])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), entry]))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    ended = run_python(f"{HERE}:say_variables", [], Bounds(60))
    assert (ended.status, ended.complaint) == (0, "")
    assert not [each for each in json.loads(ended.output)[2] if each in ("", str(tmp_path), str(tmp_path / "below"))]
    monkeypatch.delenv("PYTHONHOME")
    worker._worker.close()
    worker.compile_(worker.Program("prompt", "x", "{{ passage }}"))
    worker._worker.close()
    assert not (tmp_path / "pwned").exists()


def test_where_remix_itself_lies_is_handed_on_wherever_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(processes.__file__).parents[2]
    monkeypatch.chdir(here)
    assert str(here) in processes.search_path() or str(here) not in sys.path
    assert run_python(f"{HERE}:echo", [], Bounds(60)).status == 0


def test_it_is_ended_with_the_one_that_started_it(tmp_path: Path) -> None:
    """A process that nobody waits for went on: `kill -9` of remix left it behind."""
    arguments = f"'{HERE}:wait_after_saying_who_it_is', [{str(tmp_path / 'who')!r}], Bounds(600)"
    # Not at the top: the processes that these tests start import this module, within little memory.
    from tests.conftest import eventually, python_path

    code = f"from remix.util.processes import Bounds, run_python; run_python({arguments})"
    command = [sys.executable, "-P", "-c", code]
    with subprocess.Popen(command, env=os.environ | python_path()) as parent:
        who = tmp_path / "who"
        eventually(lambda: who.exists() and who.read_text())
        child = psutil.Process(int(who.read_text()))
        parent.kill()
    child.wait(30)


@pytest.mark.parametrize("name", processes.SEARCHED)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("/usr/bin:/bin", "/usr/bin:/bin"), (":/bin", "/bin"), ("/bin:", "/bin"), ("/a::/b", "/a:/b")),
        *((".:/b", "/b"), ("../x:/b:./c:d", "/b"), ("", ""), (":", ""), (".", ""), ("~/bin:/b", "/b")),
    ],
)
def test_folders_of_programs_are_absolute(
    name: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one means the current folder, which may be a stranger's."""
    monkeypatch.setenv(name, before)
    assert processes.clean_environment()[name] == after


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("path", ["", ".", "bin", "{here}", "{here}/bin", "{link}", "{outside}/x"])
def test_no_program_of_the_current_folder_is_found(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, outside = tmp_path / "here", tmp_path / "outside"
    make_program(here / "tool")
    make_program(here / "bin/tool")
    (outside / "x").mkdir(parents=True)
    (outside / "x/tool").mkdir()
    (tmp_path / "link").symlink_to(here / "bin")
    monkeypatch.chdir(here)
    place = path.format(here=here, link=tmp_path / "link", outside=outside)
    monkeypatch.setenv("PATH", place)
    assert processes.program("tool") is None
    good = make_program(outside / "bin/tool")
    monkeypatch.setenv("PATH", os.pathsep.join([place, "", str(good.parent)]))
    assert processes.program("tool") == str(good)


def test_from_the_topmost_folder_programs_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert processes.program("sh") is not None


def test_programs_of_the_workspace_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(tmp_path / "garden/bin/tool")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "garden/bin"), "", ".", "/bin"]))
    processes.leave_out(tmp_path / "garden")
    assert os.environ["PATH"] == "/bin"
    processes.leave_out(Path("/"))
    assert os.environ["PATH"] == "/bin"
