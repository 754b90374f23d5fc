"""How a studio ends while its threads are still reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from remix.workspace import Workspace
from tests.conftest import python_path
from tests.studio_server import variants

READING = """
from pydantic import TypeAdapter, AfterValidator
from typing import Annotated
from remix.__main__ import main
from remix.studio import open_runs, server

def read(self):
    numbers = TypeAdapter(list[Annotated[int, AfterValidator(lambda number: number)]])
    while True:
        print("reading", flush=True)
        numbers.validate_python(range(1_000_000))

open_runs.OpenRuns.read = read
server.HEAD_START = server.DRAWN = 0.01
main()
"""
"""The command, with a reading thread that is always in a library written in Rust, and never ends."""


LATE = """
import os, time
from remix.util import interrupts

class LateReads:
    def __getattr__(self, name):
        return getattr(os, name)

    def read(self, *where):
        time.sleep(0.3)
        return os.read(*where)

interrupts.os = LateReads()
"""
"""The thread that watches for Ctrl-C reads each signal late, as on a busy machine."""


def test_ctrl_c_that_is_noticed_late_breaks_off_no_closing(workspace: Workspace) -> None:
    """uvicorn repeats the signal at its end; if the repetition was noticed late, it ended the command with status 130
    and "nothing was written"."""
    status, err = _closed(workspace, LATE + READING)
    assert status == 0, err
    assert "Stopped" not in err


def test_a_studio_whose_reading_does_not_end_is_closed_and_not_aborted(workspace: Workspace) -> None:
    """Python's own end ended the thread in the midst of Rust, which aborts the process (SIGABRT)."""
    status, err = _closed(workspace, READING)
    assert status == 0, err
    assert "Traceback" not in err


def _closed(workspace: Workspace, script: str) -> tuple[int, str]:
    """The exit status and the error output of a studio that is closed by Ctrl-C while its thread reads."""
    variants(workspace)
    command = [sys.executable, "-P", "-c", script, "-C", str(workspace.root), "review", "--no-open", "--as", "Eve"]
    environment = {**os.environ, **python_path()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        assert it.stdout
        while it.stdout.readline() != "reading\n":
            assert it.poll() is None
        it.send_signal(signal.SIGINT)
        _, err = it.communicate(timeout=60)
    return it.returncode, err
