"""Whatever ends a run, at whatever instant: what is finished is whole, and a resume gives the bytes of a run that was
never interrupted.

Two ways to try it. A child is killed (SIGKILL) at random instants of a run: 8 rounds, or 200 with `pytest --full`.
And each single thing that is asked of the disk fails in turn, or is the last thing the process does.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import rfc8785

from remix.errors import RemixError, RunError
from remix.generation import execute, prepare
from remix.generation.branch_run import PlannedBranch, run_of, variants
from remix.generation.job import Job
from remix.outputs import RunFolder, find_run, list_runs
from remix.outputs.form import dump
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter, eventually, make_workspace
from tests.crash_child import writer_of
from tests.fake_branches import branch_after, original_at, write_originals
from tests.fake_local import FakeLocal

ROOT = Path(__file__).parent.parent
MANIFEST = "MANIFEST.sha256"


class Reference(NamedTuple):
    """A run that nothing interrupted."""

    job: Job
    texts: dict[str, bytes]
    """Each task's file: in its front matter is the record's id."""


def reference(workspace: Workspace, **options: object) -> Reference:
    writer = FakeWriter(trace=True)
    job = prepare.prepare_for(workspace, Options.model_validate(options), writer)
    folder = execute.generate(job, workspace.root / "reference", writer=writer).folder
    writer.close()
    check(folder.path, Reference(job, {}))
    return Reference(job, {task.id: folder.text_path(task.id).read_bytes() for task in folder.run.tasks})


def reference_of_branches(workspace: Workspace) -> Reference:
    """A run of 36 branches of four texts: each text's branches share their cells up to where they part."""
    writer = FakeLocal(trace=True)
    originals = write_originals(workspace, writer, variants=6, kinds=("again",), limit=2)
    texts = [original_at(originals, task.id) for task in originals.run.tasks]
    longest = sorted(texts, key=lambda each: -len(each.text))[:4]
    planned: list[PlannedBranch] = []
    for original in longest:
        for kept in (1, len(original.text) // 2, len(original.text) - 1):
            other = (original.record.output.token_ids or ())[kept] % 26 + 1
            planned += variants(original, branch_after(original, kept, other), 3)
    run = run_of(workspace, planned)
    folder = execute.generate(Job(run, None, {}, 0, ()), workspace.root / "reference", writer=writer).folder
    writer.close()
    written = {task.id: folder.text_path(task.id).read_bytes() for task in folder.run.tasks}
    assert len(written) == 36
    return Reference(Job(run, None, {}, 0, ()), written)


def check(run: Path, expected: Reference) -> set[str]:
    """Check that all that shows in a run's folder is whole, and what it should be; gives the finished tasks.

    By hand, and not by way of what wrote it.
    """
    finished = set()
    for task in expected.job.run.tasks:
        text, record, trace = (run / f"{task.id}{suffix}" for suffix in (".md", ".json", ".trace.json"))
        if text.exists() and expected.texts:
            assert text.read_bytes() == expected.texts[task.id]
        if trace.exists():
            assert json.loads(trace.read_bytes())["choices"]
        if record.exists():
            told = json.loads(record.read_bytes())
            body = hashlib.sha256(text.read_bytes().split(b"\n---\n", 1)[1]).hexdigest()
            assert told["output"]["sha256"] == body
            claim = {"derivation": told["derivation"], "output": {"sha256": body}}
            assert told["id"] == hashlib.sha256(rfc8785.dumps(claim)).hexdigest()
            assert f"record: {told['id']}\n".encode() in text.read_bytes()
            assert json.loads(trace.read_bytes())["record"] == told["id"]
            finished.add(task.id)
    if (run / MANIFEST).exists() and len(finished) == len(expected.job.run.tasks):
        check_manifest(run)
    return finished


def check_manifest(run: Path) -> None:
    """What `sha256sum --check` does."""
    lines = (run / MANIFEST).read_text().splitlines()
    files = [path for path in run.rglob("*") if path.is_file() and path.suffix != ".sha256"]
    names = {path.relative_to(run).as_posix() for path in files}
    later = {
        "index.md",
        *(name for name in names if name.startswith(".") or ".trace." in name or ".lineage." in name),
    }
    assert names - later == {line.partition("  ")[2] for line in lines}
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == digest


def check_finished(folder: RunFolder, expected: Reference) -> None:
    """Check that a run is as if nothing had ever happened to it."""
    assert len(check(folder.path, expected)) == len(expected.job.run.tasks)
    check_manifest(folder.path)
    assert not list(folder.path.rglob("*.tmp"))
    hidden = {path.name for path in folder.path.rglob(".*")}
    assert hidden <= {".lock"}


def resume(folder: RunFolder) -> None:
    """Finish a run in this process."""
    writer = writer_of(folder.run)
    try:
        outcome = execute.resume(folder, writer=writer)
    finally:
        writer.close()
    assert (outcome.failures, outcome.interrupted) == ([], False)


def begun(outputs: Path) -> RunFolder | None:
    """The run in there, or nothing where it was ended before it began; then a message must say so."""
    runs = list_runs(outputs)
    assert len(runs) <= 1
    if not runs:
        return None
    if (runs[0] / "run.json").exists():
        return find_run(outputs, None)
    with pytest.raises(RunError, match=r"a run that was stopped before it began \(it has no run\.json\)"):
        find_run(outputs, None)
    return None


# -- killed at random instants ------------------------------------------------------------------------------


class Killer:
    """Has a child carry out runs, and kills it."""

    def __init__(self, server: subprocess.Popen[str], expected: Reference) -> None:
        self._server = server
        self.expected = expected
        self.seconds = 0.0
        """How long a whole run takes."""

    def run(self, after: float | None = None, reached: Callable[[], bool] | None = None, **what: Path) -> int:
        """Carry out a run, killed some seconds `after` it has `reached` a state, or else after its beginning.

        Gives its exit code, or less the signal that killed it.
        """
        self._say(json.dumps({name: str(path) for name, path in what.items()}))
        child = int(self._answer())
        if reached is not None:
            eventually(reached)
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        code = int(self._answer())
        self._say("")
        return code

    def _say(self, line: str) -> None:
        assert self._server.stdin
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()

    def _answer(self) -> str:
        assert self._server.stdout
        return self._server.stdout.readline()


@pytest.fixture(scope="module", params=["texts", "branches"])
def killer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    """A killer of runs of 36 texts, or of 36 branches."""
    root = tmp_path_factory.mktemp("killed")
    workspace = make_workspace(root / "garden")
    is_of_branches = request.param == "branches"
    expected = reference_of_branches(workspace) if is_of_branches else reference(workspace, steps=3, variants=2)
    plan = root / "plan.json"
    plan.write_bytes(dump(expected.job.run))
    command = [sys.executable, "-m", "tests.crash_child", str(plan)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        killer = Killer(server, expected)
        killer.run(outputs=root / "first")  # whatever is done the first time only
        began = time.monotonic()
        assert killer.run(outputs=root / "whole") == 0
        killer.seconds = time.monotonic() - began
        check_finished(find_run(root / "whole", None), expected)
        yield killer


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return 200 if request.config.getoption("full") else 8


def test_killed_at_any_instant_nothing_is_lost(killer: Killer, tmp_path: Path, rounds: int) -> None:
    by_chance = random.Random(1)
    counts = set()
    texts = len(killer.expected.job.run.tasks)
    for number in range(rounds):
        outputs = tmp_path / str(number)
        # Spread over the texts, however fast this one goes, and then anywhere between one text and the next.
        when = partial(has_records, outputs, int(texts * (number + by_chance.random()) / rounds))
        killer.run(after=killer.seconds / texts * by_chance.random(), reached=when, outputs=outputs)
        folder = begun(outputs)
        if folder is None:
            continue
        before = check(folder.path, killer.expected)
        counts.add(len(before))
        kept = {task: (folder.record_path(task).stat().st_mtime_ns) for task in before}
        if number % 2:
            resume(folder)
        else:
            assert killer.run(run=folder.path) == 0
        check_finished(folder, killer.expected)
        assert all(folder.record_path(task).stat().st_mtime_ns == when for task, when in kept.items())
    assert len(counts) > 1, "the instants were spread over the run"


def test_killed_again_and_again_it_ends_as_if_it_had_never_been(killer: Killer, tmp_path: Path, rounds: int) -> None:
    by_chance = random.Random(2)
    outputs, done = tmp_path / "first", set[str]()
    for number in range(rounds):
        folder = begun(outputs)
        if folder is None:
            shutil.rmtree(outputs, ignore_errors=True)
            killer.run(after=killer.seconds * by_chance.uniform(0.1, 0.3), outputs=outputs)
            continue
        killer.run(after=killer.seconds * by_chance.random() / 4, run=folder.path)
        assert done <= check(folder.path, killer.expected)
        done = check(folder.path, killer.expected)
        if folder.is_complete:
            finish(killer, folder)
            outputs, done = tmp_path / str(number), set()
    folder = begun(outputs)
    if folder:
        finish(killer, folder)


def finish(killer: Killer, folder: RunFolder) -> None:
    """Have a child finish a run, and check it."""
    assert killer.run(run=folder.path) == 0
    check_finished(folder, killer.expected)


def has_records(outputs: Path, count: int) -> bool:
    """Whether the run in there has at least so many records."""
    records = (path for path in outputs.glob("*/*/*/*.json") if not path.name.endswith(".trace.json"))
    return sum(1 for _ in records) >= count


def killed_at_work(killer: Killer, outputs: Path) -> RunFolder:
    """A run that was killed while its child held the lock."""
    # On a busy machine the child may have ended before the first record is seen.
    for each in map(outputs.joinpath, "12345"):
        killer.run(after=0, reached=partial(has_records, each, 1), outputs=each)
        folder = begun(each)
        assert folder
        if (folder.path / ".lock.json").exists():
            return folder
    raise AssertionError("it was never at work when it was killed")


def test_what_a_killed_process_leaves_holds_nothing(killer: Killer, tmp_path: Path) -> None:
    """Its card used to be read out as the holder's for as long as the next one hadn't written its own."""
    folder = killed_at_work(killer, tmp_path)
    card = folder.path / ".lock.json"
    left = card.read_bytes()
    with folder.lock():
        card.write_bytes(left)
        with pytest.raises(RunError, match=r"another process is writing this run \(it hasn't said who it is\)"):
            RunFolder.open(folder.path).lock().__enter__()
        card.write_text(json.dumps({**json.loads(left), "host": "elsewhere"}))
        with pytest.raises(RunError, match=r"process \d+ on elsewhere"):
            RunFolder.open(folder.path).lock().__enter__()
    resume(folder)
    check_finished(folder, killer.expected)


# -- the disk fails -----------------------------------------------------------------------------------------


class Crash(BaseException):
    """The process ends here: nothing it does afterwards reaches the disk."""


class Faults:
    """Lets what is asked of the disk below a folder fail: the n-th thing, or all from then on."""

    def __init__(self, root: Path, at: int, error: BaseException, lasting: bool = False) -> None:
        self._root = str(root)
        self._at = at
        self._error = error
        self._lasting = lasting
        self._count = 0

    @property
    def struck(self) -> bool:
        return self._count >= self._at

    def strike(self, path: object) -> None:
        if not str(path).startswith(self._root):
            return
        self._count += 1
        if self._count == self._at or (self._lasting and self._count > self._at):
            raise self._error

    @contextmanager
    def active(self) -> Iterator[None]:
        """Opening, writing, flushing, renaming, removing files and making folders go through here."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "replace", "unlink", "mkdir", "rmdir"):
                patch.setattr(os, name, self._watched(getattr(os, name)))
            patch.setattr(os, "fsync", lambda _: self.strike(self._root))
            opened = Path.open

            def watched(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
                if "w" not in mode:
                    return opened(path, mode, *more, **named)
                self.strike(path)
                return _Watched(opened(path, mode, *more, **named), self)

            patch.setattr(Path, "open", watched)
            yield

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *more: Any, **named: Any) -> Any:
            self.strike(path)
            return real(path, *more, **named)

        return call


class _Watched:
    """A file that is written by halves when the disk fails."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self._faults = faults
        self.flush = file.flush
        self.fileno = file.fileno

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        try:
            self._faults.strike(self._file.name)
        except BaseException:
            self._file.write(data[: len(data) // 2])
            raise
        self._file.write(data)


Make = Callable[[Path, int], Faults]

FAULTS: dict[str, Make] = {
    "an error": lambda root, at: Faults(root, at, OSError(errno.EIO, "Input/output error")),
    "full from then on": lambda root, at: Faults(root, at, OSError(errno.ENOSPC, "No space left"), lasting=True),
    "forbidden from then on": lambda root, at: Faults(root, at, PermissionError(errno.EACCES, "No"), lasting=True),
    "the process ends": lambda root, at: Faults(root, at, Crash(), lasting=True),
}


@pytest.fixture(params=FAULTS)
def faults(request: pytest.FixtureRequest) -> Make:
    return FAULTS[request.param]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A run of two texts, one made from the other."""
    workspace = make_workspace(tmp_path_factory.mktemp("short") / "garden")
    return reference(workspace, steps=2, limit=1, kinds=("again",))


def suffer(faults: Faults, act: Callable[..., object]) -> None:
    """Do something on a failing disk: it ends well, in an error with words, or with the process."""
    writer = FakeWriter(trace=True)
    with suppress(Crash), faults.active():
        try:
            act(writer=writer)
        except RemixError as error:
            told = f"{error.message}\n{error.hint}"
            assert len(told.splitlines()) == 2
    writer.close()


def test_whatever_fails_in_a_run_nothing_is_lost(short: Reference, faults: Make, tmp_path: Path) -> None:
    for at in range(1, 1000):
        outputs = tmp_path / str(at) / "outputs"
        outputs.parent.mkdir()
        fault = faults(outputs, at)
        suffer(fault, partial(execute.generate, short.job, outputs))
        folder = begun(outputs)
        if folder:
            check(folder.path, short)
            resume(folder)
            check_finished(folder, short)
        if not fault.struck:
            break
    assert 40 < at < 999, "it ends when nothing is left to fail"


def test_whatever_fails_in_a_resume_nothing_is_lost(short: Reference, faults: Make, tmp_path: Path) -> None:
    """From the worst there is: a finished run of which a record was lost, with all that a crash leaves."""
    for at in range(1, 1000):
        writer = FakeWriter(trace=True)
        path = execute.generate(short.job, tmp_path / str(at), writer=writer).folder.path
        writer.close()
        folder = RunFolder.open(path)
        folder.record_path("two-clocks/001/again.1").unlink()
        (path / "two-clocks" / "001" / ".again.1.json.tmp").write_text("{")
        (path / "failures.json").write_text("[]")
        fault = faults(path, at)
        suffer(fault, partial(execute.resume, folder))
        assert "two-clocks/001/again.2" in check(path, short)
        resume(RunFolder.open(path))
        check_finished(folder, short)
        if not fault.struck:
            break
    assert 20 < at < 999, "it ends when nothing is left to fail"
