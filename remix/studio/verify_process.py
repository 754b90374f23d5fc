"""Verifies a run in a process of its own.

Takes a run's folder, gives the findings. Verifying thousands of outputs computes for seconds; in the server's process
the page would answer no key meanwhile. Knows nothing of the studio.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from remix.util.processes import Bounds, run_python
from remix.verification.finding import Finding
from remix.verification.verify import verify

BOUNDS = Bounds(seconds=3600, memory=4 * 2**30)
"""An hour and 4 GiB: a run of 10,000 texts takes less than a minute and 1 GiB."""


def findings_of(folder: Path, bounds: Bounds = BOUNDS) -> tuple[Finding, ...]:
    """The findings of `verify`. A process ended by its bounds gives a finding too: a run may be made to end it."""
    ended = run_python("remix.studio.verify_process:main", [os.fspath(folder)], bounds)
    if ended.status == 0:
        return tuple(Finding(*each) for each in json.loads(ended.output))
    why = f"it took longer than {bounds.seconds:g} s" if ended.status is None else f"status {ended.status}"
    return (Finding(".", f"can't be checked here ({why}): ask `remix verify`"),)


def main() -> None:
    """Run in the new process."""
    json.dump(verify(Path(sys.argv[1])).findings, sys.stdout)
