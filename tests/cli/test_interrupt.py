"""One Ctrl-C ends a command at any instant: with status 130, the next step as the last line, and nothing half done.

The command runs as a user runs it, with the bundled model, and the signal comes at random instants of its life.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from remix.outputs import RunFolder, list_runs
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import eventually, make_workspace, python_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")

GENERATE = "generate --tag clocks --limit 1 --kind again --kind once --steps 2 --max-tokens 6 --threads 1"

OTHERS = (
    "try again two-clocks/001 --max-tokens 6 --threads 1",
    "check --kind again",
    "verify --replay",
    "models prepare --type q8_0",
    "models probe",
)

NEXT_STEP = re.compile(
    r"To (start again|go on|finish( the latest run)?): remix \S|To start again, give the same command\."
)

ENDED = ("SIGINT to the process", "SIGINT to its group")


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str
    seconds: float
    """From the signal to the end."""


class Life(NamedTuple):
    """A command in a workspace."""

    root: Path
    line: str

    def start(self) -> subprocess.Popen[str]:
        """Start the command in a process group of its own; Python itself has started when this returns."""
        command = [sys.executable, "-c", STARTED, *self.line.split()]
        environment = os.environ | python_path() | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        return process

    def seconds(self) -> float:
        """How long the command takes if nobody interrupts."""
        process = self.start()
        begun = time.monotonic()
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
        return time.monotonic() - begun

    def interrupted(self, after: float, group: bool, times: int = 1) -> Ended:
        """Press Ctrl-C after some seconds; no process is left."""
        process = self.start()
        time.sleep(after)
        family = [process.pid]
        for _ in range(times):
            try:
                family += [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
                (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
            except (psutil.Error, ProcessLookupError):  # ended before
                break
        begun = time.monotonic()
        out, err = process.communicate(timeout=120)
        seconds = time.monotonic() - begun
        eventually(lambda: not any(psutil.pid_exists(each) for each in family[1:]))
        return Ended(process.returncode, out, err, seconds)


STARTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.write(1, b"started\\n")
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[0] = "remix"
from remix.__main__ import main
main()
"""
"""What the command does, and a word before: nobody can handle a Ctrl-C that comes while Python itself starts."""


def check(ended: Ended) -> None:
    """It stopped with 130 and the next step, or had finished before."""
    said = ended.out + ended.err
    assert ended.status in (0, 130), (ended.status, said)
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    assert "bug in remix" not in said
    if ended.status == 130:
        lines = [line for line in ended.err.splitlines() if line.strip()]
        assert NEXT_STEP.search(lines[-1]), said


def check_run(workspace: Workspace, ended: Ended, resume: bool) -> None:
    """What was said of the run is so: nothing was written, or the run's folder is sound."""
    runs = list_runs(workspace.outputs)
    if "nothing was written" in ended.err or "give the same command" in ended.err:
        assert not runs
        assert not workspace.outputs.exists() or not any(workspace.outputs.iterdir())
        return
    (path,) = runs
    assert ended.status == 0 or f"To finish: remix resume outputs/{path.name}\n" in ended.err
    assert not list(path.rglob("*.tmp"))
    assert verify(path).findings == ()
    if resume and not RunFolder.open(path).is_complete:
        Life(workspace.root, f"resume {path}").seconds()
        assert RunFolder.open(path).is_complete


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Workspace:
    """A workspace in which a run was finished: the model is known and probed."""
    made = make_workspace(tmp_path_factory.mktemp("interrupted") / "garden")
    Life(made.root, GENERATE).seconds()
    return made


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether pytest was asked for all rounds."""
    return bool(request.config.getoption("--full"))


@pytest.mark.model
def test_one_ctrl_c_ends_generate_at_any_instant(place: Workspace, full: bool) -> None:
    """While a model was loaded Ctrl-C was swallowed, and the run went on."""
    life = Life(place.root, GENERATE)
    shutil.rmtree(place.outputs)
    long = life.seconds()
    rounds = 100 if full else 10
    for number in range(rounds):
        shutil.rmtree(place.outputs)
        ended = life.interrupted(instant(number, rounds, long), group=number % 2 == 1)
        check(ended)
        check_run(place, ended, resume=number % 4 == 3)
        place.outputs.mkdir(exist_ok=True)


@pytest.mark.model
def test_one_ctrl_c_ends_the_first_use_of_a_model(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """A model is identified, loaded once in a process of its own, and probed."""
    life = Life(place.root, GENERATE)
    rounds = 30 if full else 3
    for number in range(rounds):
        shutil.rmtree(place.outputs)
        monkeypatch.setenv("REMIX_CACHE", str(tmp_path / str(number)))
        ended = life.interrupted(instant(number, rounds, 8.0), group=number % 2 == 1)
        check(ended)
        check_run(place, ended, resume=False)
        place.outputs.mkdir(exist_ok=True)


@pytest.mark.model
@pytest.mark.parametrize("line", OTHERS)
def test_one_ctrl_c_ends_every_command_that_loads_a_model(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool, line: str
) -> None:
    if not list_runs(place.outputs):
        Life(place.root, GENERATE).seconds()
    before = contents(place.root)
    life = Life(place.root, line)
    rounds = 12 if full else 2
    for number in range(rounds):
        monkeypatch.setenv("REMIX_CACHE", str(tmp_path / str(number)))
        check(life.interrupted(instant(number, rounds, 4.0), group=number % 2 == 1))
        assert contents(place.root) == before
        assert not list((tmp_path / str(number)).rglob("*.tmp"))


@pytest.mark.model
def test_a_second_ctrl_c_quits_at_once(place: Workspace) -> None:
    """Also where the first came a moment before; the run's folder can still be finished."""
    shutil.rmtree(place.outputs)
    life = Life(place.root, GENERATE)
    for number in range(3):
        check(life.interrupted(instant(number, 3, 2.0), group=False, times=2))
        for path in list_runs(place.outputs) if place.outputs.exists() else ():
            Life(place.root, f"resume {path}").seconds()
            assert RunFolder.open(path).is_complete
        shutil.rmtree(place.outputs, ignore_errors=True)
    place.outputs.mkdir()


def instant(number: int, rounds: int, long: float) -> float:
    """A random instant in the part of a life that belongs to a round: seconds after the start."""
    return (number + random.Random(number).random()) * long / rounds


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
