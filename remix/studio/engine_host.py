"""The engine process seen from the studio: started when a job or question comes, told commands, heard and ended.

Takes commands, gives reports to a listener, in the order in which the process sent the reports; if the process ended
unasked, says in words why. Knows nothing of queues and pages.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Protocol

from remix.errors import ModelError
from remix.records import Frozen
from remix.studio.engine_messages import REPORT, Report
from remix.util import processes
from remix.workspace import Workspace

FUNCTION = "remix.studio.engine_process:main"
"""The function called in the process."""

ENDING = 15.0
"""Seconds that a closing studio gives the process to stop its run, before the process is killed."""

Hear = Callable[[Report], None]
"""Called with each report."""

HearEnd = Callable[[str], None]
"""Called when the process has ended, with the reason in words; no report follows."""


class Host(Protocol):
    """An engine process, or a test's substitute."""

    def say(self, command: Frozen) -> None:
        """Send a command. Raises `ModelError` if the process can't be reached."""

    def close(self) -> None:
        """Let the process stop its work, and wait until the process has ended."""


class EngineHost:
    """A running engine process."""

    def __init__(self, workspace: Workspace, hear: Hear, hear_end: HearEnd) -> None:
        """Start a process. Raises `ModelError` if the system can't."""
        self._hear, self._hear_end = hear, hear_end
        self._complaint: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process has ended)
        self._saying = threading.Lock()
        arguments = [os.fspath(workspace.root.absolute()), os.fspath(workspace.seeds.absolute())]
        try:
            self._process = subprocess.Popen(
                processes.command(FUNCTION, arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaint,
                env=processes.clean_environment(),
                # Ctrl-C in the terminal is for the studio alone, which then stops the run.
                process_group=0 if os.name == "posix" else None,
            )
        except OSError as error:
            self._complaint.close()
            raise ModelError(
                f"the engine's process can't be started ({error.strerror}).", "Close other programs, and try again."
            ) from error
        self._listener = threading.Thread(target=self._listen, name="remix-engine-reports", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def say(self, command: Frozen) -> None:
        """Send a command. Raises `ModelError` if the process has ended."""
        assert self._process.stdin
        try:
            with self._saying:
                self._process.stdin.write(command.model_dump_json().encode() + b"\n")
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise ModelError("the engine's process has just ended.", "Try again.") from error

    def close(self) -> None:
        """Let the process stop its work, and wait until the process has ended; after `ENDING` seconds, kill the
        process."""
        assert self._process.stdin
        with suppress(OSError, ValueError), self._saying:
            self._process.stdin.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._listener.join()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as reports:
            for line in reports:
                # A killed process may leave half a line.
                with suppress(ValueError):
                    self._hear(REPORT.validate_json(line))
        status = self._process.wait()
        assert self._process.stdin
        with suppress(OSError), self._saying:
            self._process.stdin.close()
        self._hear_end(_in_words(status, self._last_line()))

    def _last_line(self) -> str:
        """The last line that the process wrote to stderr."""
        with self._complaint as complaint:
            complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - 4000))
            lines = complaint.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _in_words(status: int, complaint: str) -> str:
    """Why a process ended."""
    if status == -getattr(signal, "SIGKILL", 9):
        return "the engine's process was killed, perhaps for lack of memory"
    last = f": {complaint[:200]}" if complaint else ""
    return f"the engine's process ended with status {status}{last}"
