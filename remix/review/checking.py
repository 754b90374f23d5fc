"""Whether a run is what was written, found out in a process of its own.

Takes a run's folder, gives its findings. That takes a processor seconds for thousands of outputs: in this process
whoever sits at the desk would wait at every key. Knows nothing of the desk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from remix.environment import python_path
from remix.outputs.verify import Finding, verify


def findings_of(folder: Path) -> tuple[Finding, ...]:
    """What isn't as it was written; nothing where that process was ended, as Ctrl-C does."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from remix.review.checking import main; main()", os.fspath(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | python_path(),
        check=False,
    )
    return tuple(Finding(*each) for each in json.loads(done.stdout)) if done.returncode == 0 else ()


def main() -> None:
    """In that process."""
    json.dump(verify(Path(sys.argv[1])).findings, sys.stdout)
