"""Whether a run is what was written, found out in a process of its own.

Takes a run's folder, gives its findings. That takes a processor seconds for thousands of outputs: in this process
everybody at the desk would wait at every key. Knows nothing of the desk.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from remix.outputs.verify import Finding, verify
from remix.processes import Bounds, run_python

BOUNDS = Bounds(seconds=3600)
"""An hour: a run of 10,000 texts takes less than a minute."""


def findings_of(folder: Path) -> tuple[Finding, ...]:
    """What isn't as it was written; nothing where that process was ended, as Ctrl-C does."""
    ended = run_python("remix.review.checking:main", [os.fspath(folder)], BOUNDS)
    return tuple(Finding(*each) for each in json.loads(ended.output)) if ended.status == 0 else ()


def main() -> None:
    """In that process."""
    json.dump(verify(Path(sys.argv[1])).findings, sys.stdout)
