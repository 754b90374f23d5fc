"""The engine process: jobs one after another, killed, stopped, and left by its studio.

With the bundled model, or where any text will do with its short form: `studio` and `short_studio`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from remix.errors import RemixError
from remix.outputs import RunFolder
from remix.records import Frozen, Options
from remix.studio import engine_process
from remix.studio.engine_host import EngineHost
from remix.studio.engine_messages import (
    Begin,
    BranchRequest,
    Ended,
    Loaded,
    RedoRequest,
    ResumeRequest,
    TryRequest,
    WeaveChoices,
    WeaveRequest,
    WriteRequest,
)
from remix.studio.engine_process import EngineProcess
from remix.studio.job_records import Job, OutputEvent
from remix.studio.jobs import Jobs
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import Remix, eventually, python_path

pytestmark = pytest.mark.model

SHORT = Options(kinds=("again",), steps=2, passages=("two-clocks/001",))
LONG = Options(kinds=("again", "once"), steps=3, variants=20, parallel=4)
"""360 texts of twelve tokens: nobody waits for their end. Of four at a time the first is finished soon."""


class Listening:
    """Jobs of a workspace, with all that was published."""

    def __init__(self, workspace: Workspace) -> None:
        self.events: list[tuple[str, Any]] = []
        self.jobs = Jobs(workspace, lambda name, value: self.events.append((name, value)))
        self.outputs = workspace.outputs

    def ended(self, job: Job) -> Job:
        eventually(lambda: self.jobs.get(job.id).is_over, 300)
        return self.jobs.get(job.id)

    def until(self, job: Job, holds: Callable[[Job], bool]) -> Job:
        eventually(lambda: holds(self.jobs.get(job.id)) or self.jobs.get(job.id).is_over, 300)
        now = self.jobs.get(job.id)
        assert not now.is_over, now.error
        return now

    def folder(self, job: Job) -> RunFolder:
        run = self.jobs.get(job.id).run
        assert run
        return RunFolder.open(self.outputs / run)

    @property
    def pid(self) -> int:
        host = self.jobs._host
        assert isinstance(host, EngineHost)
        return host.pid


@pytest.fixture
def studio(workspace: Workspace) -> Iterator[Listening]:
    listening = Listening(workspace)
    yield listening
    listening.jobs.close()


@pytest.fixture
def short_studio(short_garden: Workspace) -> Iterator[Listening]:
    listening = Listening(short_garden)
    yield listening
    listening.jobs.close()


def intact(folder: RunFolder) -> bool:
    return not verify(folder.path).findings


def test_two_jobs_a_redo_and_a_branch_are_written_by_one_process(studio: Listening) -> None:
    estimate = studio.jobs.estimate(SHORT)
    assert (estimate.texts, estimate.passages, estimate.kinds) == (2, 1, ("again",))
    assert estimate.seconds
    first, second = studio.jobs.add(WriteRequest(options=SHORT)), studio.jobs.add(WriteRequest(options=SHORT))
    assert (studio.ended(first).state, studio.ended(second).state) == ("finished", "finished")
    pid, folder, again = studio.pid, studio.folder(first), studio.folder(second)
    assert intact(folder)
    assert intact(again)
    texts = [[run.read(task.id)[0].id for task in run.run.tasks] for run in (folder, again)]
    assert texts[0] == texts[1], "with a model that stays loaded a text has the same bytes"
    task = folder.run.tasks[1].id
    output = f"{folder.path.name}:{task}"
    redo, branch = (
        studio.jobs.add(RedoRequest(output=output)),
        studio.jobs.add(BranchRequest(output=output, at="2", write="sea")),
    )
    before = studio.jobs.add(BranchRequest(output=output, text_before="The sea is"))
    for job in (redo, branch, before):
        assert studio.ended(job).state == "finished", studio.jobs.get(job.id).error
        assert intact(studio.folder(job))
    assert studio.folder(before).read(f"{task}.v2")[1].startswith("The sea is")
    assert studio.pid == pid
    loaded = [value.loaded for name, value in studio.events if name == "model"]
    assert len(loaded) == 1, "the model was loaded once"


def test_an_essay_is_planned_and_woven(short_studio: Listening) -> None:
    options, asked = Options(tags=("clocks",), max_tokens=8), WeaveChoices(order="essay", length=50)
    (paragraph,) = short_studio.jobs.estimate(options, asked).paragraphs
    assert [each.id for each in paragraph.passages] == ["two-clocks/001", "two-clocks/002"]
    assert paragraph.passages[0].first_words.startswith("The first clock runs fast.")
    job = short_studio.ended(short_studio.jobs.add(WeaveRequest(options=options, weave=asked)))
    assert (job.state, job.planned) == ("finished", 3), job.error
    folder = short_studio.folder(job)
    assert folder.run.weave
    assert intact(folder)


def test_the_words_that_came_are_the_text(short_studio: Listening) -> None:
    job = short_studio.jobs.add(WriteRequest(options=SHORT))
    short_studio.ended(job)
    folder = short_studio.folder(job)
    for task in folder.run.tasks:
        heard = ""
        for name, value in short_studio.events:
            if name == "text" and (value.place, value.kind, value.step) == (task.place, task.kind, task.step):
                heard = heard[: value.at] + value.piece
        record, text = folder.read(task.id)
        assert heard.strip() == (text + record.output.trimmed).strip()
    outputs = [value for name, value in short_studio.events if name == "output"]
    assert [isinstance(each, OutputEvent) for each in outputs] == [True] * len(folder.run.tasks)


def test_a_job_that_cannot_be_planned_fails_in_words(short_studio: Listening, workspace: Workspace) -> None:
    job = short_studio.ended(short_studio.jobs.add(WriteRequest(options=Options(tags=("tim",)))))
    assert job.state == "failed"
    assert "no passage has the tag 'tim'" in job.error
    assert "time" in job.hint
    with pytest.raises(RemixError, match="no passage has the tag 'tim'"):
        short_studio.jobs.estimate(Options(tags=("tim",)))
    with pytest.raises(RemixError, match="nowhere"):
        short_studio.jobs.estimate(SHORT.model_copy(update={"model": "nowhere"}))
    assert not list(workspace.outputs.glob("*"))


def test_a_stopped_run_goes_on(short_studio: Listening) -> None:
    job = short_studio.jobs.add(WriteRequest(options=LONG))
    short_studio.until(job, lambda now: now.finished >= 3)
    short_studio.jobs.stop(job.id)
    stopped = short_studio.ended(job)
    assert stopped.state == "stopped"
    folder = short_studio.folder(job)
    assert 3 <= len(folder.done) < len(folder.run.tasks)
    assert not folder.is_being_written()
    assert intact(folder)
    assert stopped.run
    done = len(folder.done)
    again = short_studio.jobs.add(ResumeRequest(run=stopped.run))
    short_studio.until(again, lambda now: now.finished > done + 2)
    short_studio.jobs.stop(again.id)
    short_studio.ended(again)
    assert intact(folder)


def test_a_killed_process_ends_its_job_in_words_and_the_run_is_whole(short_studio: Listening) -> None:
    job = short_studio.jobs.add(WriteRequest(options=LONG))
    short_studio.until(job, lambda now: now.finished >= 3)
    waiting = short_studio.jobs.add(WriteRequest(options=SHORT))
    os.kill(short_studio.pid, signal.SIGKILL)
    failed = short_studio.ended(job)
    assert failed.state == "failed"
    assert "was killed" in failed.error
    folder = short_studio.folder(job)
    assert len(folder.done) >= failed.finished >= 3
    assert intact(folder)
    assert short_studio.ended(waiting).state == "finished", "the next job has a new process"
    assert failed.run
    again = short_studio.jobs.add(ResumeRequest(run=failed.run))
    short_studio.until(again, lambda now: now.finished > failed.finished)


def test_a_run_that_is_written_elsewhere_is_refused(short_studio: Listening) -> None:
    job = short_studio.jobs.add(WriteRequest(options=SHORT))
    short_studio.ended(job)
    folder = short_studio.folder(job)
    folder.unseal()
    folder.record_path(folder.run.tasks[1].id).unlink()
    with folder.lock():
        refused = short_studio.ended(short_studio.jobs.add(ResumeRequest(run=folder.path.name)))
    assert refused.state == "failed"
    assert f"process {os.getpid()}" in refused.error
    assert short_studio.ended(short_studio.jobs.add(ResumeRequest(run=folder.path.name))).state == "finished"
    assert folder.is_complete


def test_an_idle_model_is_let_go(short_garden: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, by commands as the studio sends them."""
    monkeypatch.setattr(engine_process, "LOOK", 0.05)
    monkeypatch.setattr(engine_process, "IDLE", 0.1)
    monkeypatch.setattr(engine_process, "LEAST_FREE", 0.0)
    reports: list[Frozen] = []
    process = EngineProcess(lambda: short_garden, reports.append)
    try:
        process.take(Begin(job="a", request=WriteRequest(options=SHORT)).model_dump_json().encode())
        eventually(lambda: Loaded(model=None) in reports, 300)
        assert [each.state for each in reports if isinstance(each, Ended)] == ["finished"]
        process.take(Begin(job="b", request=WriteRequest(options=SHORT)).model_dump_json().encode())
        eventually(lambda: sum(isinstance(each, Ended) for each in reports) == 2, 300)
        assert all(each.state == "finished" for each in reports if isinstance(each, Ended))
    finally:
        process.close()


def test_closing_stops_the_run_at_work(short_studio: Listening) -> None:
    job = short_studio.jobs.add(WriteRequest(options=LONG))
    short_studio.until(job, lambda now: now.finished >= 1)
    pid = short_studio.pid
    short_studio.jobs.close()
    assert not psutil.pid_exists(pid)
    assert short_studio.jobs.get(job.id).state == "stopped"
    assert intact(short_studio.folder(job))


TEMPLATE = """\
---
description: A line.
max_tokens: 8
---
{{ previous or passage }}

Say it in a line.
"""


def test_a_template_is_tried_and_nothing_is_kept(short_studio: Listening, workspace: Workspace) -> None:
    request = TryRequest(kind="line", source=TEMPLATE, passage="two-clocks/001", options=Options(steps=2))
    job = short_studio.jobs.add(request)
    assert short_studio.ended(job).state == "finished", short_studio.jobs.get(job.id).error
    tried = [value for name, value in short_studio.events if name == "tried"]
    assert [(each.place, each.kind, each.step) for each in tried] == [("two-clocks/001", "line", n) for n in (1, 2)]
    assert "Say it in a line." in tried[0].prompt[-1].content
    assert tried[0].text in tried[1].prompt[-1].content, "the second step reads the first"
    words = "".join(value.piece for name, value in short_studio.events if name == "text" and value.step == 1)
    assert words.strip().startswith(tried[0].text.strip())
    assert list(workspace.outputs.glob("*")) == []
    broken = short_studio.ended(
        short_studio.jobs.add(request.model_copy(update={"source": TEMPLATE + "{{ nobody }}\n"}))
    )
    assert broken.state == "failed"
    assert "line.md.j2:8" in broken.error
    assert "nobody" in broken.error


def test_a_try_is_stopped(studio: Listening) -> None:
    long = TEMPLATE.replace("max_tokens: 8", "max_tokens: 900").replace(
        "Say it in a line.", "Tell a very long story."
    )
    job = studio.jobs.add(TryRequest(kind="line", source=long, passage="two-clocks/001", options=Options(steps=9)))
    eventually(lambda: any(name == "text" for name, _ in studio.events), 300)
    studio.jobs.stop(job.id)
    assert studio.ended(job).state == "stopped"


STUDIO = """
import sys, time
from pathlib import Path
from remix.records import Frozen, Options
from remix.studio import engine_process
from remix.studio.engine_messages import WriteRequest
from remix.studio.jobs import Jobs
from remix.workspace import open_workspace

def publish(name, value):
    if name == "output":
        print(value.run, jobs._host.pid, flush=True)

jobs = Jobs(open_workspace(Path(sys.argv[1])), publish)
jobs.add(WriteRequest(options=Options.model_validate_json(sys.argv[2])))
time.sleep(600)
"""


def test_a_studio_that_is_killed_leaves_a_run_that_is_resumed_from_a_terminal(
    short_garden: Workspace, remix_: Remix
) -> None:
    options = Options(kinds=("again",), steps=3, variants=4, parallel=4).model_dump_json(exclude_unset=True)
    with subprocess.Popen(
        [sys.executable, "-c", STUDIO, str(short_garden.root), options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **python_path()},
    ) as studio:
        assert studio.stdout
        run, pid = studio.stdout.readline().split()
        # Meanwhile the engine doesn't write: it would have written all before a busy machine ends the studio.
        psutil.Process(int(pid)).suspend()
        studio.kill()
    psutil.Process(int(pid)).resume()
    # The engine process hears that its studio is gone, and stops the run.
    eventually(lambda: not psutil.pid_exists(int(pid)), 60)
    folder = RunFolder.open(short_garden.outputs / run)
    assert 1 <= len(folder.done) < len(folder.run.tasks)
    assert intact(folder)
    resumed = remix_("resume", run, "--quiet")
    assert resumed.exit_code == 0, resumed.output
    assert folder.is_complete
    assert intact(folder)


def test_the_studios_own_process_has_no_llama_cpp() -> None:
    """A crash of llama.cpp mustn't end the studio."""
    code = "import sys, remix.studio.server; sys.exit('llama_cpp' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env={**os.environ, **python_path()}, check=False).returncode == 0
    )


def test_a_text_is_the_same_from_a_terminal(short_studio: Listening, remix_: Remix) -> None:
    job = short_studio.jobs.add(WriteRequest(options=SHORT))
    short_studio.ended(job)
    done = remix_("generate", "--passage", "two-clocks/001", "--kind", "again", "--steps", 2, "--quiet")
    assert done.exit_code == 0, done.output
    other, folder = RunFolder.open(Path(done.stdout.strip())), short_studio.folder(job)
    ids = [[each.read(task.id)[0].id for task in each.run.tasks] for each in (folder, other)]
    assert ids[0] == ids[1]
