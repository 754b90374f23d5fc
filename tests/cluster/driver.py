"""`remix generate --ray` as a process of its own, which is killed, and `remix resume --ray`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from remix.outputs.run import RunFolder
from remix.workspace import Workspace
from tests.conftest import eventually, python_path

CHOSEN = ("--all", "--steps", "2", "--variants", "2", "--max-tokens", "8", "--threads", "1")
"""The options of the run, as in `test_on_ray.OPTIONS`."""


def begin(workspace: Workspace) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(workspace, "generate", *CHOSEN, "--ray", "--workers", "2"), env=_environment())


def kill_after_a_text(process: subprocess.Popen[bytes], workspace: Workspace) -> None:
    """Kill the process as soon as its run has a finished text; the run isn't finished then."""
    try:
        eventually(lambda: list(workspace.outputs.glob("*/*/*/*.json")), seconds=240)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (path,) = workspace.outputs.iterdir()
    assert not RunFolder.open(path).is_complete


def finish(workspace: Workspace, address: str) -> None:
    """Resume the run on the cluster at an address."""
    subprocess.run(_command(workspace, "resume", "--ray", address, "--workers", "2"), env=_environment(), check=True)


def _command(workspace: Workspace, *words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "remix", "-C", str(workspace.root), *words]


def _environment() -> dict[str, str]:
    return {**os.environ, **python_path()}
