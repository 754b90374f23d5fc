"""A run's folder: what is written, what is read back, and who may write."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.generation import prepare
from remix.outputs import RunFolder, body_of
from remix.outputs.form import body_bytes, compose, dump
from remix.outputs.run import run_name
from remix.records import Failure, Options, Record, sha256
from remix.util.files import write_whole
from remix.workspace import Workspace
from tests.conftest import FakeWriter

AGAIN = "two-clocks/001/again.1"


def with_text(record: Record, text: str) -> Record:
    """The same record, as if this text had come of it."""
    digest = sha256(body_bytes(text))
    return record.model_copy(update={"output": record.output.model_copy(update={"sha256": digest})})


# -- the whole folder ---------------------------------------------------------------------------------------


def test_the_folder_holds_what_the_design_says_and_no_more(finished: RunFolder) -> None:
    tasks = [f"two-clocks/{n:03}/{kind}.{step}" for n in (1, 2, 3) for kind in ("again", "once") for step in (1, 2)]
    files = {path.relative_to(finished.path).as_posix() for path in finished.path.rglob("*") if path.is_file()}
    expected = {f"{task}{suffix}" for task in tasks for suffix in (".md", ".json")}
    assert files - {".lock"} == expected | {"run.json", "MANIFEST.sha256", "index.md"}


def test_it_reads_back_as_it_was(finished: RunFolder) -> None:
    again = RunFolder.open(finished.path)
    assert again.run == finished.run
    assert again.is_complete
    assert again.done == list(finished.run.tasks)
    assert again.failures() == []
    record, text = again.read(AGAIN)
    assert record.output.file == f"{AGAIN}.md"
    assert (finished.path / record.output.file).read_bytes().endswith(f"---\n{text}\n".encode())


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_reads_the_manifest(finished: RunFolder) -> None:
    command = ["sha256sum", "--check", "--strict", "MANIFEST.sha256"]
    done = subprocess.run(command, cwd=finished.path, capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK\n") == 1 + 2 * len(finished.run.tasks)
    finished.text_path(AGAIN).write_text("changed")
    done = subprocess.run(command, cwd=finished.path, capture_output=True, text=True, check=False)
    assert f"{AGAIN}.md: FAILED" in done.stdout


def test_no_manifest_before_all_is_done(workspace: Workspace, writer: FakeWriter) -> None:
    folder = RunFolder.create(workspace.outputs, prepare.prepare_for(workspace, Options(), writer).run)
    folder.seal()
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


def test_a_run_whose_request_cannot_be_written_leaves_nothing(
    workspace: Workspace, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = prepare.prepare_for(workspace, Options(), writer).run
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"can't be written \(No space left on device\)"):
        RunFolder.create(workspace.outputs, run)
    assert list(workspace.outputs.iterdir()) == []


def test_create_never_takes_over_a_folder(finished: RunFolder) -> None:
    before = (finished.path / "run.json").read_bytes()
    with pytest.raises(RunError, match=r"can't be written \(File exists\)"):
        RunFolder.create(finished.path.parent, finished.run)
    assert (finished.path / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("run_json", "message"),
    [
        (None, r"not a run \(run\.json: No such file or directory\)"),
        ("{", r"run\.json: not a run's request \(invalid json"),
        ('{"schema": "remix/run/9"}', r"run\.json: not a run's request \(schema: input should be 'remix/run/1'\)"),
        ('{"schema": "remix/run/1"}', r"run\.json: not a run's request \(name: field required\)"),
    ],
)
def test_what_is_no_run(tmp_path: Path, run_json: str | None, message: str) -> None:
    if run_json is not None:
        (tmp_path / "run.json").write_text(run_json)
    with pytest.raises(RunError, match=message):
        RunFolder.open(tmp_path)


# -- outputs ------------------------------------------------------------------------------------------------


def test_a_changed_text_is_noticed(finished: RunFolder) -> None:
    path = finished.text_path(AGAIN)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunError, match=rf"{AGAIN}\.md: not the text that was recorded\."):
        finished.read(AGAIN)


def test_a_changed_front_matter_is_not_the_text_s_business(finished: RunFolder) -> None:
    path = finished.text_path(AGAIN)
    path.write_bytes(path.read_bytes().replace(b"kind: again", b"kind: again\nstars: 5"))
    assert finished.read(AGAIN)[0].task.kind == "again"


@pytest.mark.parametrize(
    ("suffix", "data", "message"),
    [
        (".json", b"{}", r"again\.1\.json: not a record \(id: field required\)"),
        (".json", b"nonsense", r"again\.1\.json: not a record \(invalid json"),
        (".json", None, r"again\.1\.json: can't be read \(No such file or directory\)"),
        (".md", None, r"again\.1\.md: can't be read \(No such file or directory\)"),
    ],
)
def test_a_broken_output(finished: RunFolder, suffix: str, data: bytes | None, message: str) -> None:
    path = finished.path / f"{AGAIN}{suffix}"
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    with pytest.raises(RunError, match=message):
        finished.read(AGAIN)


@pytest.mark.parametrize(
    "text",
    [
        "One line.",
        "",
        "---",
        "---\nkind: forged\n---\nA text that begins like front matter.",
        "Before.\n---\nAfter.",
        "Before.\n\n---\n",
        "A line.\r\nAnother.\u2028And one more.",
        "“Quoted” — 日本語 🗺",
    ],
)
def test_any_text_comes_back(finished: RunFolder, text: str) -> None:
    task = finished.run.tasks[0]
    record = with_text(finished.read(task.id)[0], text)
    finished.write(task, record, text)
    data = finished.text_path(task.id).read_bytes()
    assert body_of(data) == f"{text}\n".encode()
    assert sha256(body_of(data)) == record.output.sha256
    assert finished.read(task.id) == (record, text)


@pytest.mark.parametrize("title", ["Plain", "A: colon", "---", "a\n---\nb", "'\"", "# no comment", "x" * 3000, "🗺 é"])
def test_no_title_can_close_the_front_matter(finished: RunFolder, title: str) -> None:
    record = finished.read(AGAIN)[0]
    record = record.model_copy(update={"sources": (record.sources[0].model_copy(update={"essay": title}),)})
    assert body_of(compose(record, "The text.")) == b"The text.\n"


@pytest.mark.parametrize(
    ("data", "body"),
    [(b"No front matter.\n", b"No front matter.\n"), (b"---\nnever closed", b"---\nnever closed"), (b"", b"")],
)
def test_body_of_a_file_without_front_matter(data: bytes, body: bytes) -> None:
    assert body_of(data) == body


def test_a_half_written_output_does_not_count_as_finished(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing an output anew used to leave the old record beside the new text for a moment."""
    task = finished.run.tasks[0]
    record = with_text(finished.read(task.id)[0], "New.")

    def write(path: Path, data: bytes) -> None:
        if path == finished.record_path(task.id):
            raise RunError("power cut", "")
        write_whole(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("remix.outputs.run.write_whole", write)
        with pytest.raises(RunError, match="power cut"):
            finished.write(task, record, "New.")
    assert finished.text_path(task.id).read_bytes().endswith(b"---\nNew.\n")
    assert not finished.is_done(task)


# -- forms --------------------------------------------------------------------------------------------------


def test_dump_is_json_with_numbers_on_one_line(finished: RunFolder) -> None:
    record = finished.read(AGAIN)[0]
    data = dump(record)
    assert Record.model_validate_json(data) == record
    assert data.endswith(b"}\n")
    value = json.loads(data)
    about = ["schema", "id", "sources", "task", "derivation", "output", "flags", "not_looked_for"]
    assert list(value) == [*about, "circumstances", "trace", "candidates"]
    ids = re.search(r'\n    "token_ids": (\[.*\])', data.decode())
    assert ids
    assert json.loads(ids[1]) == value["output"]["token_ids"]
    assert '\n      "lines": [8, 8],\n' in data.decode()


def test_dump_leaves_strings_alone(finished: RunFolder) -> None:
    text = "[\n  1,\n  2\n] and [ 3 ]"
    record = finished.read(AGAIN)[0]
    record = record.model_copy(
        update={"sources": (record.sources[0].model_copy(update={"text": text, "tags": ("1", "2")}),)}
    )
    assert json.loads(dump(record))["sources"][0]["text"] == text
    assert json.loads(dump(record))["sources"][0]["tags"] == ["1", "2"]


@pytest.mark.parametrize(
    ("about", "slug"),
    [
        ("convergence", "convergence"),
        ("Generic Pastness_#2", "generic-pastness-2"),
        ("…", "run"),
        ("mémoire", "mémoire"),
        ("x" * 100, "x" * 40),
        ("../../etc", "etc"),
    ],
)
def test_run_name(about: str, slug: str) -> None:
    now = datetime(2026, 11, 22, 1, 15, tzinfo=timezone(timedelta(hours=2)))
    assert re.fullmatch(rf"20261121T231500Z-{slug}-[0-9a-f]{{4}}", run_name(about, now))


def test_names_of_one_second_differ() -> None:
    now = datetime.now(UTC)
    assert len({run_name("a", now) for _ in range(20)}) > 1


# -- failures -----------------------------------------------------------------------------------------------


def test_failures_are_kept_until_there_are_none(finished: RunFolder) -> None:
    failure = Failure(task=AGAIN, error="“So.”", hint="Try.")
    finished.write_failures([failure])
    assert finished.failures() == [failure]
    finished.write_failures([])
    assert not (finished.path / "failures.json").exists()
    finished.write_failures([])


def test_a_broken_list_of_failures(finished: RunFolder) -> None:
    (finished.path / "failures.json").write_text("[{}]")
    with pytest.raises(RunError, match=r"failures\.json: can't be read"):
        finished.failures()


# -- the lock -----------------------------------------------------------------------------------------------


def test_a_second_handle_is_refused_and_told_who_writes(finished: RunFolder) -> None:
    other = RunFolder.open(finished.path)
    with finished.lock():
        with pytest.raises(RunError, match=r"another process is writing this run \(process \d+ on .+, since 20"):
            other.lock().__enter__()
        assert (finished.path / ".lock.json").is_file(), "the one refused must not take the holder's card"
    assert not (finished.path / ".lock.json").exists()
    with other.lock():
        pass


def test_a_second_process_is_refused(finished: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from remix.errors import RunError; from remix.outputs import RunFolder\n"
        "try:\n    RunFolder.open(Path(sys.argv[1])).lock().__enter__()\n"
        "except RunError as error:\n    print(error)\n"
    )
    with finished.lock():
        done = subprocess.run(
            [sys.executable, "-c", code, str(finished.path)], capture_output=True, text=True, check=True
        )
        holder = json.loads((finished.path / ".lock.json").read_bytes())
    assert f"process {holder['pid']} on {holder['host']}" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a lock can't be shared there")
def test_of_two_looks_at_once_one_said_that_the_run_is_being_written(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look took the lock, and the other one took it for a writer."""
    import fcntl

    take, looks = fcntl.flock, []

    def look_meanwhile(file: int, how: int) -> None:
        take(file, how)
        if not looks:
            looks.append("begun")
            looks.append(RunFolder.open(finished.path).is_being_written())

    monkeypatch.setattr(fcntl, "flock", look_meanwhile)
    assert not finished.is_being_written()
    assert looks == ["begun", False]
    with finished.lock():
        assert finished.is_being_written()


def test_the_lock_is_free_again_after_an_error(finished: RunFolder) -> None:
    with pytest.raises(ZeroDivisionError), finished.lock():
        raise ZeroDivisionError
    with finished.lock():
        pass


def test_a_crash_s_leavings_are_swept_up_by_the_next_writer(finished: RunFolder) -> None:
    leftover = finished.path / "two-clocks" / "001" / ".again.1.json.tmp"
    leftover.write_text("{")
    (finished.path / ".lock.json").write_text('{"pid": 1, "host": "gone", "since": "long ago"}')
    with finished.lock():
        assert not leftover.exists()


def test_a_lock_whose_holder_is_unreadable(finished: RunFolder) -> None:
    with finished.lock():
        (finished.path / ".lock.json").write_text("{")
        with pytest.raises(RunError, match="it hasn't said who it is"):
            RunFolder.open(finished.path).lock().__enter__()
