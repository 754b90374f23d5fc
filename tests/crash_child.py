"""A process that carries out runs to be killed: `python -m tests.crash_child PLAN`, PLAN being a planned run's JSON.

Takes lines of JSON: `{"outputs": FOLDER}` begins the run in there, `{"run": FOLDER}` resumes one. Each is done by a
child of its own, forked when all is imported, so that whoever measures time measures the run. Answers with the
child's process id at once, and when it has ended with its exit code, or less the signal that killed it. The child
isn't buried before the next line comes: until then its process id is nobody else's.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from remix.generation import execute
from remix.generation.job import Job
from remix.outputs import RunFolder
from remix.records import Run
from tests.conftest import FakeWriter
from tests.fake_local import FakeLocal


def writer_of(run: Run) -> FakeWriter:
    """The writer of a run; of a run of branches one that tells what a local model tells."""
    return FakeLocal(trace=True) if run.model else FakeWriter(trace=True)


def carry_out(run: Run, outputs: str | None = None, resumed: str | None = None) -> None:
    """Begin the run, or resume one."""
    writer = writer_of(run)
    if outputs is not None:
        execute.generate(Job(run, None, {}, 0, ()), Path(outputs), writer=writer)
    elif resumed is not None:
        execute.resume(RunFolder.open(Path(resumed)), writer=writer)
    writer.close()


def serve(run: Run) -> None:
    """Answer until nobody asks any more."""
    while line := sys.stdin.readline():
        asked = json.loads(line)
        child = os.fork()
        if not child:
            try:
                carry_out(run, asked.get("outputs"), asked.get("run"))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert end is not None
        print(end.si_status if end.si_code == os.CLD_EXITED else -end.si_status, flush=True)
        # Whoever asked has until the next line to kill what may have ended by itself.
        sys.stdin.readline()
        os.waitpid(child, 0)


if __name__ == "__main__":
    # What was written outlives a process that is killed, flushed or not.
    os.fsync = lambda handle: None
    serve(Run.model_validate_json(Path(sys.argv[1]).read_bytes()))
