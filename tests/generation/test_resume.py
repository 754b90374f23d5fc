"""What may happen to a run, its workspace and its model before it is resumed, or while it is written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.errors import ModelError, PromptError, RunError
from remix.generation import execute, prepare, run_model
from remix.generation.job import Job
from remix.generation.writer import OnText, Progress, Watch
from remix.langchain.writer import _name, _plain
from remix.models import identity
from remix.models.open_file import OpenModelFile
from remix.outputs import RunFolder, list_runs
from remix.records import Fork, Generation, ModelFile, ModelUsed, Options, Prompt, Run, Sampling
from remix.util.files import write_whole
from remix.verification.verify import verify
from remix.workspace import Workspace, open_workspace
from tests.conftest import FakeWriter, make_workspace
from tests.models.test_catalog import write_gguf
from tests.test_crash import Reference, check, check_finished, check_manifest, reference
from tests.tiny_models import byte_pairs, whole

FIRST = "two-clocks/001/again.1"


@pytest.fixture
def expected(workspace: Workspace) -> Reference:
    """What a run of twelve texts comes to."""
    return reference(workspace, steps=2)


def begin(expected: Reference, outputs: Path, watch: Watch | None = None, **more: Any) -> RunFolder:
    """Carry the run out, or a part of it."""
    writer = FakeWriter(trace=True)
    try:
        return execute.generate(expected.job, outputs, watch, writer=writer, **more).folder
    finally:
        writer.close()


def finish(path: Path, **more: Any) -> execute.Outcome:
    """Resume a run from what is on disk."""
    writer = FakeWriter(trace=True)
    try:
        return execute.resume(RunFolder.open(path), writer=writer, **more)
    finally:
        writer.close()


def interrupted(expected: Reference, outputs: Path, after: int = 3) -> Path:
    """A run that was stopped when so many texts were done."""
    stop = threading.Event()
    folder = begin(expected, outputs, lambda state: state.done < after or stop.set(), stop=stop)
    assert 0 < len(folder.done) < 12
    return folder.path


def once(act: Callable[[], object], done: int = 3) -> Watch:
    """Does something when so many texts are done."""
    acts = [act]

    def watch(state: Progress) -> None:
        if state.done >= done and acts:
            acts.pop()()

    return watch


def command(root: Path, *words: str) -> Result:
    return CliRunner().invoke(remix.cli.cli, ["-C", str(root), *words])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command resumes with the fake writer."""
    monkeypatch.setattr(execute, "_load", lambda run, model: FakeWriter(trace=True))
    monkeypatch.setattr(run_model, "model_of", lambda run, model, model_folders: Path("fake"))
    monkeypatch.setattr("remix.cli.generate.set_verbose", lambda verbose: None)


# -- moved, and alone ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake")
def test_resume_needs_nothing_but_the_run_wherever_it_is_now(
    workspace: Workspace, expected: Reference, tmp_path: Path
) -> None:
    (workspace.root / "remix.toml").write_text("")
    path = interrupted(expected, workspace.outputs)
    for gone in (workspace.seeds, workspace.prompts):
        shutil.rmtree(gone)
    (workspace.root / "remix.toml").unlink()
    moved = tmp_path / "else where" / "my run"
    moved.parent.mkdir()
    path.rename(moved)
    result = command(tmp_path, "resume", str(moved))
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{moved}\n"
    check_finished(RunFolder.open(moved), expected)
    assert list_runs(workspace.outputs) == []


def test_neither_run_nor_record_says_where_on_the_machine_anything_lies(
    workspace: Workspace, expected: Reference, model_path: Path
) -> None:
    """`run.json` used to hold the paths of --model and --out."""
    (workspace.root / "else").mkdir()
    (workspace.root / "remix.toml").write_text(f'seeds = "{workspace.seeds}"\nprompts = "{workspace.prompts}"\n')
    place = open_workspace(workspace.root)
    given = {"model": str(model_path), "out": workspace.root / "else", "tags": ("clocks",), "steps": 1}
    job = prepare.prepare(place, Options(model=str(model_path), steps=1), given)
    assert job.run.given == {"model": model_path.name, "out": "else", "tags": ("clocks",), "steps": 1}
    assert job.run.options.model == model_path.stem
    writer = FakeWriter(trace=True)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    for path in folder.path.rglob("*.json"):
        said = path.read_text()
        assert not [each for each in strings(json.loads(said)) if PurePath(each).is_absolute()], path
        for place_ in (workspace.root, model_path.parent, Path.home()):
            assert f"{place_}/" not in said


def test_a_chat_model_is_named_without_the_place_of_its_files() -> None:
    model: Any = SimpleNamespace(model_name="", model_id="/home/me/models/llama")
    assert _name(model) == "llama"
    asked = {"model_id": "/home/me/models/llama", "stop": ["/", "a/b"], "base_url": "http://here/v1"}
    assert _plain(asked) == {**asked, "model_id": "llama"}


def strings(value: Any) -> list[str]:
    """Every string in a JSON value."""
    if isinstance(value, dict):
        return [each for item in value.values() for each in strings(item)]
    if isinstance(value, list):
        return [each for item in value for each in strings(item)]
    return [value] if isinstance(value, str) else []


def test_seeds_prompts_and_settings_may_go_while_a_run_is_written(workspace: Workspace, expected: Reference) -> None:
    def destroy() -> None:
        (workspace.seeds / "two-clocks.md").write_text("Something else. #clocks\n")
        shutil.rmtree(workspace.prompts)

    folder = begin(expected, workspace.outputs, once(destroy))
    check_finished(folder, expected)


def test_a_run_that_is_moved_while_it_is_written_stays_one_run(workspace: Workspace, expected: Reference) -> None:
    """A second folder used to grow in its old place, without a request, and the command said that all was well."""

    moved = workspace.root / "moved"
    with pytest.raises(RunError, match="the run's folder isn't there any more") as caught:
        begin(expected, workspace.outputs, once(lambda: workspace.outputs.rename(moved)))
    assert "remix resume" in caught.value.hint
    assert not workspace.outputs.exists()
    (path,) = list_runs(moved)
    assert 0 < len(check(path, expected)) < 12
    finish(path)
    check_finished(RunFolder.open(path), expected)


def test_a_run_that_is_moved_when_all_is_written_is_not_said_to_be_finished(
    workspace: Workspace, expected: Reference
) -> None:
    moved = workspace.root / "moved"
    with pytest.raises(RunError, match="the run's folder isn't there any more"):
        begin(expected, workspace.outputs, once(lambda: workspace.outputs.rename(moved), done=12))
    (path,) = list_runs(moved)
    finish(path)
    check_finished(RunFolder.open(path), expected)


# -- what is left of a run ----------------------------------------------------------------------------------


def lose(path: Path) -> None:
    (path / "run.json").unlink()


def husk(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()
    (path / ".run.json.tmp").write_text("{")


BROKEN = {
    "empty": (lambda path: (path / "run.json").write_text(""), "run.json: empty.", "bring it back from a copy"),
    "half": (
        lambda path: (path / "run.json").write_bytes((path / "run.json").read_bytes()[:999]),
        "run.json: not a run's request (invalid json",
        "bring it back from a copy",
    ),
    "zeros": (lambda path: (path / "run.json").write_bytes(bytes(999)), "run.json: not a run's", "from a copy"),
    "lost": (lose, ": a run whose run.json is lost.", "Bring it back from a copy"),
    "never begun": (husk, ": a run that was stopped before it began", "delete the folder"),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("words", [["resume"], ["resume", "RUN"], ["resume", "PATH"], ["show", FIRST], ["runs"]])
def test_a_run_without_a_whole_request_is_named_with_what_to_do(
    workspace: Workspace, expected: Reference, words: list[str], broken: str
) -> None:
    path = interrupted(expected, workspace.outputs)
    breaks, message, hint = BROKEN[broken]
    breaks(path)
    before = {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}
    names = {"RUN": path.name, "PATH": str(path)}
    result = command(workspace.root, *(names.get(word, word) for word in words))
    assert result.exit_code == (0 if words == ["runs"] else 1)
    assert message in result.stderr
    assert path.name in result.stderr
    assert hint in result.stderr
    assert {each: each.read_bytes() for each in path.rglob("*") if each.is_file()} == before


@pytest.mark.parametrize("key", ["place", "kind"])
def test_a_request_whose_tasks_speak_of_what_it_does_not_hold(finished: RunFolder, key: str) -> None:
    """Used to end in a KeyError."""
    raw = json.loads((finished.path / "run.json").read_bytes())
    raw["tasks"][0][key] = "nowhere/001"
    (finished.path / "run.json").write_text(json.dumps(raw))
    with pytest.raises(RunError, match="holds no passage or template for"):
        RunFolder.open(finished.path)


def test_a_text_in_a_run_without_a_request_says_so(workspace: Workspace, finished: RunFolder) -> None:
    lose(finished.path)
    result = command(workspace.root, "show", str(finished.text_path(FIRST)))
    assert "a run whose run.json is lost" in result.stderr


def test_a_sweep_takes_nothing_that_is_not_its_own(finished: RunFolder) -> None:
    """It used to remove all hidden files that end in .tmp: Syncthing's half-fetched ones, for example."""
    folder = finished.text_path(FIRST).parent
    theirs = [folder / ".syncthing.again.1.md.tmp", finished.path / ".mine.tmp", folder / "notes.tmp"]
    for path in theirs:
        path.write_text("not remix's")
    (finished.path / ".folder.tmp").mkdir()
    suffixes = (".md", ".json", ".trace.json")
    ours = [finished.path / f".{name}.tmp" for name in ("run.json", "MANIFEST.sha256", "failures.json")]
    ours += [folder / f".again.1{suffix}.tmp" for suffix in suffixes]
    for path in ours:
        path.write_text("{")
    with finished.lock():
        assert not [path for path in ours if path.exists()]
    assert all(path.read_text() == "not remix's" for path in theirs)
    assert (finished.path / ".folder.tmp").is_dir()


def test_a_copy_of_a_run_that_is_being_written_is_free(workspace: Workspace, expected: Reference) -> None:
    copy = workspace.root / "copies" / "copy"
    with RunFolder.open(interrupted(expected, workspace.outputs)).lock():
        (path,) = list_runs(workspace.outputs)
        shutil.copytree(path, copy)
        assert (copy / ".lock.json").exists()
        finish(copy)
    check_finished(RunFolder.open(copy), expected)


def test_the_lock_is_let_go_where_the_card_cannot_be_taken_away(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error here used to hide the one before, and to leave the lock taken."""

    def forbidden(path: Any, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def hold() -> None:
        with monkeypatch.context() as patch, finished.lock():
            patch.setattr(os, "unlink", forbidden)
            raise RunError("no room", "Make room.")

    with pytest.raises(RunError, match="no room"):
        hold()
    assert (finished.path / ".lock.json").exists()
    with RunFolder.open(finished.path).lock():
        pass


# -- the disk and the clock ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "The disk is full: make room, then `remix resume`"),
        (errno.EACCES, "You may not write there: take another folder with --out. A run that has begun goes on with"),
        (errno.EROFS, "The file system is read-only: take another folder with --out. A run that has begun goes on"),
        (errno.EIO, "The disk fails: see to it, then `remix resume`"),
    ],
)
def test_a_disk_that_fails_midway_ends_the_command_in_words(
    workspace: Workspace, expected: Reference, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
) -> None:
    path = interrupted(expected, workspace.outputs)
    real, left = os.replace, iter(range(7))

    def fails(*paths: Any, **more: Any) -> None:
        if next(left, None) is None:
            raise OSError(number, os.strerror(number))
        real(*paths, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fails)
        result = command(workspace.root, "resume")
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.stdout) == (1, "")
    error, told = result.stderr.splitlines()[-2:]
    assert error.startswith(f"Error: {path}/two-clocks/")
    assert error.endswith(f": can't be written ({os.strerror(number)}).")
    assert told.strip().startswith(hint)
    assert 3 <= len(check(path, expected)) < 12
    assert command(workspace.root, "resume").exit_code == 0
    check_finished(RunFolder.open(path), expected)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(workspace: Workspace, expected: Reference) -> None:
    path = interrupted(expected, workspace.outputs)
    for folder in (path, workspace.outputs):
        folder.chmod(0o555)
    with pytest.raises(RunError, match="can't be written"):
        begin(expected, workspace.outputs)
    with pytest.raises(RunError, match="can't be written"):
        finish(path)
    for folder in (path, workspace.outputs):
        folder.chmod(0o755)
    finish(path)
    check_finished(RunFolder.open(path), expected)


def test_a_folder_that_cannot_be_flushed_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network shares know no such thing."""
    real = os.fsync

    def picky(handle: int) -> None:
        if os.path.isdir(f"/dev/fd/{handle}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", picky)
    write_whole(tmp_path / "new" / "a.json", b"whole")
    assert (tmp_path / "new" / "a.json").read_bytes() == b"whole"


def test_new_folders_are_flushed_into_those_they_lie_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut could have taken a run's first folders, and the files in them that were flushed themselves."""
    flushed = []
    monkeypatch.setattr("remix.util.files.sync_folder", flushed.append)
    write_whole(tmp_path / "a" / "b" / "c.json", b"")
    assert flushed == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


def test_a_half_written_file_is_not_left_to_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        write_whole(tmp_path / "a.json", bytes(999))
    assert list(tmp_path.iterdir()) == []


class Backwards(FakeWriter):
    """A writer whose clock is put back an hour while it writes."""

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        written, told = super().submit(prompt, sampling, on_text, fork=fork), Future[Generation]()
        generation = written.result(timeout=60)
        earlier = generation.started - timedelta(hours=1)
        told.set_result(generation.model_copy(update={"finished": earlier}))
        return told


def test_a_clock_that_is_put_back_makes_no_text_end_before_it_begins(
    workspace: Workspace, expected: Reference
) -> None:
    """It used to make negative durations."""
    writer = Backwards(trace=True)
    folder = execute.generate(expected.job, workspace.outputs, writer=writer).folder
    writer.close()
    check_finished(folder, expected)
    for task in folder.run.tasks:
        told = folder.read(task.id)[0].circumstances
        assert (told.seconds, told.finished) == (0.0, told.started)


def test_a_run_of_tomorrow_is_resumed_today(workspace: Workspace, expected: Reference) -> None:
    """A clock that was put back between the two."""
    path = interrupted(expected, workspace.outputs)
    run = json.loads((path / "run.json").read_bytes())
    run["created"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    (path / "run.json").write_text(json.dumps(run))
    finish(path)
    check_finished(RunFolder.open(path), expected)


# -- the model ----------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a home of the test's own: no model is found that another test made."""
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "cache"


class Local(FakeWriter):
    """The fake writer in the guise of a local model; what it writes hangs on the model."""

    def __init__(self, file: ModelFile) -> None:
        super().__init__(trace=True)
        self.file = file
        self.name = file.name
        self.model_used = ModelUsed(sha256=file.sha256, metadata_sha256=file.metadata_sha256)

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        (*first, last) = prompt.messages
        named = last.model_copy(update={"content": f"{last.content}\n{self.name}"})
        return super().submit(prompt.model_copy(update={"messages": (*first, named)}), sampling, on_text, fork=fork)


class Begun:
    """A run of twenty-four texts that a model began, and which another might go on with."""

    def __init__(self, place: Workspace, tmp_path: Path) -> None:
        self.began = write_gguf(tmp_path / "weights" / "began.gguf", name="Began")
        self.other = write_gguf(tmp_path / "weights" / "other.gguf", name="Another", tensors=3)
        self.place = place
        job = prepare.prepare_for(place, Options(steps=4), FakeWriter())
        run = job.run.model_copy(update={"model": identity.identify(self.began)})
        self.job = Job(run, self.began, {}, 0, ())
        self.whole = execute.generate(self.job, place.root / "reference").folder

    def interrupted(self) -> RunFolder:
        stop = threading.Event()
        execute.generate(self.job, self.place.outputs, lambda state: state.done < 4 or stop.set(), stop)
        (path,) = list_runs(self.place.outputs)
        return RunFolder.open(path)


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    def load(run: Run, path: Path | None) -> Local:
        assert run.model
        assert path
        assert identity.identify(path).sha256 == run.model.sha256
        return Local(run.model)

    class NoLengths:
        contexts = (4096,)

    monkeypatch.setattr(execute, "_load", load)
    monkeypatch.setattr(run_model, "measure_prompts", lambda *_: (NoLengths, [], {}))
    monkeypatch.setattr("remix.cli.generate.set_verbose", lambda verbose: None)
    return Begun(workspace, tmp_path)


def same(folder: RunFolder, whole: RunFolder) -> bool:
    """Whether two runs came to the same ids and bytes."""
    return all(
        folder.read(task.id)[0].id == whole.read(task.id)[0].id
        and folder.text_path(task.id).read_bytes() == whole.text_path(task.id).read_bytes()
        for task in whole.run.tasks
    )


def test_a_model_is_found_again_wherever_it_was_seen(run: Begun) -> None:
    """A run keeps no path, so the cache does: models that lie in no folder remix looks through are found too."""
    folder = run.interrupted()
    assert run_model.model_of(folder.run) == run.began
    execute.resume(folder)
    assert same(folder, run.whole)


def test_a_model_that_moved_is_found_where_the_command_says(run: Begun) -> None:
    folder = run.interrupted()
    moved = run.began.rename(run.began.with_name("renamed.gguf"))
    with pytest.raises(ModelError, match=r"its model began .* isn't here") as caught:
        run_model.model_of(folder.run)
    assert "--model" in caught.value.hint
    result = command(run.place.root, "resume", "--model", str(moved))
    assert result.exit_code == 0, result.output
    assert same(folder, run.whole)
    assert not (folder.path / "resumed.json").exists()


def test_another_model_is_refused(run: Begun) -> None:
    """It used to be passed over without a word, where the right one was found."""
    folder = run.interrupted()
    before = {path: path.read_bytes() for path in folder.path.rglob("*.*") if path.is_file()}
    result = command(run.place.root, "resume", "--model", str(run.other))
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()[-2:]
    began, other = identity.identify(run.began).sha256[:12], identity.identify(run.other).sha256[:12]
    assert error == (
        f"Error: {folder.run.name}: began with began (sha256 {began}…), and {run.other} is another model "
        f"(sha256 {other}…)."
    )
    assert "--anyway" in hint
    assert {path: path.read_bytes() for path in folder.path.rglob("*.*") if path.is_file()} == before


def test_a_model_that_was_replaced_is_refused(run: Begun) -> None:
    run.interrupted()
    run.other.replace(run.began)
    result = command(run.place.root, "resume")
    assert result.exit_code == 1
    assert f"isn't here; {run.began} has another content." in result.stderr
    assert "--model OTHER --anyway" in result.stderr


def test_another_model_goes_on_when_told_to_and_the_records_say_so(run: Begun) -> None:
    folder = run.interrupted()
    request = (folder.path / "run.json").read_bytes()
    early = {task.id: folder.read(task.id)[0] for task in folder.done}
    result = command(run.place.root, "resume", "--model", str(run.other), "--anyway")
    assert result.exit_code == 0, result.output
    assert "Written by other; the run began with began." in result.stderr
    assert "llama.cpp" not in result.stderr
    assert (folder.path / "run.json").read_bytes() == request
    began, other = (identity.identify(path).sha256 for path in (run.began, run.other))
    for task in folder.run.tasks:
        record, _ = folder.read(task.id)
        if task.id in early:
            assert record == early[task.id]
        wrote = began if task.id in early else other
        assert record.derivation.model.sha256 == wrote
        assert record.circumstances.model == ("began" if task.id in early else "other")
        assert f"model: {record.circumstances.model}\n" in folder.text_path(task.id).read_text()
        if task.reads:
            assert record.derivation.parents == (folder.read(task.reads[0])[0].id,)
    (sitting,) = folder.resumptions()
    assert (sitting.name, sitting.model.sha256) == ("other", other)
    check(folder.path, Reference(run.job, {}))
    check_manifest(folder.path)
    assert command(run.place.root, "runs").stdout.endswith("\t24\t24\t0\t0\t0\tbegan, other\t\n")


def test_after_another_model_the_run_s_own_goes_on(run: Begun) -> None:
    folder = run.interrupted()
    count = len(folder.done)
    stop = threading.Event()
    execute.resume(folder, lambda _: run.other, lambda state: state.done < count + 2 or stop.set(), stop)
    mixed = len(folder.done)
    assert count < mixed < 24
    outcome = execute.resume(folder)
    assert outcome.other_model is None
    assert len(folder.resumptions()) == 1
    used = [folder.read(task.id)[0].circumstances.model for task in folder.run.tasks]
    assert used.count("other") == mixed - count
    check_manifest(folder.path)


def test_verify_knows_of_the_other_model_by_what_was_noted_and_only_by_that(run: Begun) -> None:
    folder = run.interrupted()
    command(run.place.root, "resume", "--model", str(run.other), "--anyway")
    assert verify(folder.path).findings == ()
    (folder.path / "resumed.json").unlink()
    (folder.path / "MANIFEST.sha256").unlink()
    folder.seal()
    assert {each.what for each in verify(folder.path).findings} == {
        "was written by another model than run.json or resumed.json names"
    }


def test_a_path_is_never_taken_for_the_run_s_model_unseen(run: Begun) -> None:
    """What `find_model` gave used to be recorded as the run's own model, whatever it was."""
    folder = run.interrupted()
    outcome = execute.resume(folder, lambda _: run.other)
    assert outcome.other_model == "other"
    assert {folder.read(task.id)[0].circumstances.model for task in folder.run.tasks} == {"began", "other"}


def test_what_does_not_fit_the_other_model_is_found_before_anything_is_touched(
    run: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_: object) -> None:
        raise PromptError("two-clocks/001 needs 9 tokens with its output, and other takes 8.", "Split it.")

    folder = run.interrupted()
    monkeypatch.setattr(run_model, "measure_prompts", too_long)
    result = command(run.place.root, "resume", "--model", str(run.other), "--anyway")
    assert result.exit_code == 1
    assert "and other takes 8." in result.stderr
    assert not (folder.path / "resumed.json").exists()


def test_anyway_goes_with_a_model(workspace: Workspace) -> None:
    result = command(workspace.root, "resume", "--anyway")
    assert result.exit_code == 2
    assert "--anyway goes with --model" in result.stderr


def test_another_writer_is_noted_too(workspace: Workspace, expected: Reference) -> None:
    path = interrupted(expected, workspace.outputs)
    writer = FakeWriter(trace=True)
    writer.name = "somebody else"
    outcome = execute.resume(RunFolder.open(path), writer=writer)
    writer.close()
    assert outcome.other_model == "somebody else"
    assert [each.name for each in RunFolder.open(path).resumptions()] == ["somebody else"]
    check_manifest(path)


class Another(FakeWriter):
    """A writer of the same texts, who is another."""

    model_used = ModelUsed(sha256=None, metadata_sha256=None, parameters={"another": True})


def test_a_step_made_from_a_text_that_was_replaced_is_no_finished_one(finished: RunFolder) -> None:
    """A run that came no further than the text that was replaced was sealed with the step that its precursor had."""
    for path in (finished.text_path(FIRST), finished.record_path(FIRST)):
        path.unlink()
    for most in (1, 2):
        writer = Another()
        writer.fail_on = lambda _, asked=writer.asked, most=most: len(asked) > most
        outcome = execute.resume(finished, writer=writer)
        writer.close()
        assert verify(finished.path).findings == ()
        assert finished.is_complete == (most == 2) == (not outcome.failures)


def test_no_trace_of_an_earlier_writer_stays(expected: Reference, tmp_path: Path) -> None:
    """Where the next writer tells nothing, the trace told of a record that was gone."""
    path = begin(expected, tmp_path).path
    folder = RunFolder.open(path)
    folder.record_path(FIRST).unlink()
    writer = Another()
    execute.resume(folder, writer=writer)
    writer.close()
    assert verify(path).findings == ()
    assert not folder.trace_path(FIRST).exists()


def test_a_broken_list_of_sittings(finished: RunFolder) -> None:
    (finished.path / "resumed.json").write_text("[{}]")
    with pytest.raises(RunError, match=r"resumed\.json: can't be read"):
        finished.resumptions()


# -- the model's file while it is in use --------------------------------------------------------------------


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = write_gguf(tmp_path / "weights.gguf")
    os.utime(path, ns=(10**9, 10**9))  # long ago: some clocks of files tick slowly
    return path


def test_a_file_that_is_written_over_is_noticed(weights: Path) -> None:
    held = OpenModelFile(weights, identity.identify(weights))
    held.check()
    with weights.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(ModelError, match=r"weights\.gguf: was changed while it was in use") as caught:
        held.check()
    assert "remix resume" in caught.value.hint
    held.close()


def test_a_new_time_of_change_alone_is_nothing(weights: Path) -> None:
    held = OpenModelFile(weights, identity.identify(weights))
    os.utime(weights, ns=(1, 1))
    held.check()
    held.check()
    held.close()


def test_another_file_in_its_place_is_nothing_to_who_has_loaded_this_one(weights: Path) -> None:
    held = OpenModelFile(weights, identity.identify(weights))
    held.check_place()
    write_gguf(weights.with_name("new"), tensors=3).replace(weights)
    held.check()
    with pytest.raises(ModelError, match="was replaced while it was being loaded"):
        held.check_place()
    weights.unlink()
    held.check()
    with pytest.raises(ModelError, match="was replaced while it was being loaded"):
        held.check_place()
    held.close()


def test_a_file_that_is_no_longer_what_was_planned_with_is_refused(weights: Path) -> None:
    """It used to be loaded, and recorded as the one before."""
    file = identity.identify(weights)
    write_gguf(weights, tensors=3)
    with pytest.raises(ModelError, match=r"weights\.gguf: is no longer weights \(sha256 [0-9a-f]{12}…\)"):
        OpenModelFile(weights, file)
    weights.unlink()
    with pytest.raises(ModelError, match="doesn't exist"):
        OpenModelFile(weights, file)


@pytest.mark.model
def test_no_record_names_weights_that_were_written_over(tmp_path: Path, cache: Path) -> None:
    place = make_workspace(tmp_path / "real")
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(whole(byte_pairs().pack(), byte_pairs().data_bytes))
    job = prepare.prepare(place, Options(model=str(copy), steps=2, parallel=1))
    uninterrupted = execute.generate(job, place.root / "reference").folder
    last = copy.read_bytes()[-1:]

    def write_over(data: bytes) -> None:
        with copy.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(data)

    other = bytes([last[0] ^ 1])
    with pytest.raises(ModelError, match=r"copy\.gguf: was changed while it was in use"):
        execute.generate(job, place.outputs, once(lambda: write_over(other), done=2))
    (path,) = list_runs(place.outputs)
    folder = RunFolder.open(path)
    assert 2 <= len(folder.done) < 12
    with pytest.raises(ModelError, match=r"isn't here; .*copy\.gguf has another content"):
        execute.resume(folder)
    write_over(last)
    execute.resume(folder)
    assert same(folder, uninterrupted)


@pytest.mark.model
def test_another_local_model_goes_on_in_a_shape_of_its_own(tmp_path: Path, cache: Path) -> None:
    place = make_workspace(tmp_path / "real")
    stop = threading.Event()
    first, other = tmp_path / "first.gguf", tmp_path / "other.gguf"
    data = whole(byte_pairs().pack(), byte_pairs().data_bytes)
    first.write_bytes(data)
    other.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    job = prepare.prepare(place, Options(model=str(first), steps=2, limit=2, parallel=1))
    path = execute.generate(job, place.outputs, lambda state: state.done < 2 or stop.set(), stop).folder.path
    result = command(place.root, "resume", "--model", str(other), "--anyway", "-q")
    assert result.exit_code == 0, result.output
    assert "Written by other; the run began with first" in result.stderr
    folder = RunFolder.open(path)
    used = {folder.read(task.id)[0].derivation.model.sha256 for task in folder.run.tasks}
    assert used == {identity.identify(first).sha256, identity.identify(other).sha256}
    check(path, Reference(job, {}))
    check_manifest(path)
