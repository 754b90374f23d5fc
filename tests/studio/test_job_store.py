"""Jobs that wait outlive the studio: what was acknowledged isn't lost, and nothing is begun unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.records import Options
from remix.studio import job_store
from remix.studio.engine_messages import Began, Begin, Ended, RedoRequest, ResumeRequest, WriteRequest
from remix.studio.job_store import JobStore
from remix.workspace import Workspace
from tests.conftest import python_path
from tests.played_engine import Played

WRITE = WriteRequest(options=Options(tags=("time",), steps=2))
REDO = RedoRequest(output="a-run:two-clocks/001/again.1")


def files(workspace: Workspace) -> list[Path]:
    return sorted(workspace.outputs.glob(".queue-*.json"))


def abandoned(workspace: Workspace) -> None:
    """Let the studios' files be those of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for path in files(workspace):
        path.rename(path.with_name(f".queue-{ended.pid}.json"))


def test_a_job_is_on_disk_before_it_is_acknowledged_and_until_its_run_is(workspace: Workspace) -> None:
    played = Played(workspace)
    first, second = played.jobs.add(WRITE), played.jobs.add(REDO)
    (path,) = files(workspace)
    assert [each["id"] for each in json.loads(path.read_bytes())["jobs"]] == [first.id, second.id]
    played.begin(first)
    assert [each["id"] for each in json.loads(path.read_bytes())["jobs"]] == [second.id]
    played.jobs.stop(second.id)
    assert files(workspace) == []


def test_a_job_said_to_be_stopped_would_have_been_held_by_the_next_studio(workspace: Workspace) -> None:
    """The page heard of the end before the job was gone from the disk."""
    Played(workspace).jobs.add(REDO)
    abandoned(workspace)
    there: list[list[Path]] = []
    after = Played(workspace, lambda name, value: there.append(files(workspace)))
    (held,) = after.jobs.all()
    after.jobs.stop(held.id)
    failed = after.jobs.add(WRITE)
    after.host.hear(Ended(job=failed.id, state="failed"))
    assert [value.state for _, value in after.published] == ["stopped", "queued", "loading", "failed"]
    assert [len(each) for each in there] == [0, 1, 1, 0]


def test_the_next_studio_holds_what_the_last_one_left(workspace: Workspace) -> None:
    before = Played(workspace)
    working, waiting, cancelled = (before.jobs.add(each) for each in (WRITE, REDO, WRITE))
    before.begin(working)
    before.jobs.stop(cancelled.id)
    abandoned(workspace)
    after = Played(workspace)
    (held,) = after.jobs.all()
    assert (held.id, held.state, held.does) == (waiting.id, "held", "redo")
    assert after.hosts == [], "nothing is begun unasked"
    assert after.jobs.again(held.id).state == "loading"
    assert after.host.told == [Begin(job=held.id, request=REDO)]


def test_a_held_job_can_be_cancelled_and_others_go_before_it(workspace: Workspace) -> None:
    Played(workspace).jobs.add(REDO)
    abandoned(workspace)
    after = Played(workspace)
    (held,) = after.jobs.all()
    assert after.jobs.add(WRITE).state == "loading"
    assert after.jobs.stop(held.id).state == "stopped"
    after.begin(after.jobs.all()[1])
    assert files(workspace) == []


def test_a_job_that_a_studio_left_twice_is_still_there(workspace: Workspace) -> None:
    Played(workspace).jobs.add(REDO)
    for _ in range(2):
        abandoned(workspace)
        (held,) = Played(workspace).jobs.all()
        assert held.state == "held"


def test_closing_leaves_what_waits(workspace: Workspace) -> None:
    played = Played(workspace)
    working, waiting = played.jobs.add(WRITE), played.jobs.add(REDO)
    played.jobs.close()
    played.host.hear(Ended(job=working.id, state="stopped"))
    abandoned(workspace)
    assert [each.id for each in Played(workspace).jobs.all()] == [working.id, waiting.id]


def test_a_job_that_failed_with_the_engine_process_is_left_until_it_is_begun_again(workspace: Workspace) -> None:
    played = Played(workspace)
    job = played.jobs.add(REDO)
    for _ in range(2):
        played.host.hear_end("the engine's process was killed")
    assert played.jobs.get(job.id).state == "failed"
    abandoned(workspace)
    after = Played(workspace)
    assert [(each.id, each.state) for each in after.jobs.all()] == [(job.id, "held")]
    after.jobs.again(job.id)
    for _ in range(2):
        after.host.hear_end("the engine's process was killed")
    again = after.jobs.again(job.id)
    after.begin(again)
    assert files(workspace) == []


def test_an_open_studios_jobs_are_its_own(workspace: Workspace) -> None:
    code = (
        "import sys; from pathlib import Path; from remix.studio.job_store import JobStore, WaitingJob; "
        "from remix.studio.engine_messages import RedoRequest; from datetime import datetime, UTC; "
        "JobStore(Path(sys.argv[1])).write([WaitingJob(id='a', created=datetime.now(UTC), "
        "request=RedoRequest(output='x'))]); print('ready', flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, **python_path()}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.outputs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"ready\n"
        assert Played(workspace).jobs.all() == []
        other.kill()
        other.wait()
    assert [each.id for each in Played(workspace).jobs.all()] == ["a"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"begun": 1, "jobs": [{"id": "a"}]}'], ids=range(4))
def test_a_file_that_cannot_be_read_stays_where_it_is(workspace: Workspace, content: bytes) -> None:
    workspace.outputs.mkdir(exist_ok=True)
    path = workspace.outputs / ".queue-4000000.json"
    path.write_bytes(content)
    assert Played(workspace).jobs.all() == []
    assert path.read_bytes() == content


def test_a_link_that_leads_out_is_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text('{"begun": 1, "jobs": []}')
    workspace.outputs.mkdir(exist_ok=True)
    (workspace.outputs / ".queue-4000000.json").symlink_to(elsewhere)
    assert JobStore(workspace.outputs).take_over() == []
    assert elsewhere.exists()


def test_a_disk_that_takes_nothing_refuses_the_job(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(workspace)

    def full(path: Path, data: bytes) -> None:
        raise RunError(f"{path}: can't be written (No space left on device).", "Make room.")

    monkeypatch.setattr(job_store, "write_whole", full)
    with pytest.raises(RunError, match="No space left"):
        played.jobs.add(WRITE)
    assert (played.jobs.all(), played.hosts) == ([], [])


def test_what_is_left_of_a_job_goes_on(workspace: Workspace) -> None:
    played = Played(workspace)
    job = played.jobs.add(WRITE)
    played.begin(job)
    assert played.jobs.again(job.id).id == job.id, "a job at work goes on anyway"
    played.host.hear(Ended(job=job.id, state="stopped"))
    rest = played.jobs.again(job.id)
    assert played.host.told[-1] == Begin(job=rest.id, request=ResumeRequest(run="a-run"))
    played.host.hear(Began(job=rest.id, run="a-run", planned=2, finished=1, model="tiny"))
    played.host.hear(Ended(job=rest.id, state="finished"))
    # A job without a run is asked for as it was.
    failed = played.jobs.add(REDO)
    played.host.hear(Ended(job=failed.id, state="failed", error="no.", hint="Ask again."))
    again = played.jobs.again(failed.id)
    assert again.id != failed.id
    assert played.host.told[-1] == Begin(job=again.id, request=REDO)
