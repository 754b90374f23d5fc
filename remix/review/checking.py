"""Whether a run is what was written, found out in a process of its own.

Takes a run's folder, gives its findings. That takes a processor seconds for thousands of outputs: in this process
whoever sits at the desk would wait at every key. Knows nothing of the desk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from remix.environment import python_path
from remix.outputs.verify import Finding, verify


def findings_of(folder: Path) -> tuple[Finding, ...]:
    """What isn't as it was written; nothing where that process was ended, as Ctrl-C does."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", "from remix.review.checking import main; main()", os.fspath(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | python_path(),
    ) as process:
        assert process.stdout
        found = process.stdout.read()
    return tuple(Finding(*each) for each in json.loads(found)) if process.returncode == 0 else ()


def main() -> None:
    """In that process, which ends with the one that began it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    json.dump(verify(Path(sys.argv[1])).findings, sys.stdout)


def _end_with_parent() -> None:
    # Nothing is ever written there: it ends when nobody is left to write. Not `sys.stdin`, which Python can't close
    # while a thread reads it.
    os.read(0, 1)
    os._exit(1)
