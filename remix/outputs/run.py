"""A run's folder: written so that nothing is lost, and read back."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psutil
from filelock import FileLock, Timeout
from pydantic import FailFast, TypeAdapter

from remix.errors import RunError
from remix.outputs.bounds import LOOKED_AT, MOST_HOLDER, MOST_LIST, MOST_RECORD, MOST_REQUEST, MOST_TEXT, MOST_TRACE
from remix.outputs.form import ANEW, body_of, compose, dump, dump_trace, id_of, text_of
from remix.outputs.layout import FAILURES, HOLDER, INDEX, LOCK, MANIFEST, REQUEST, RESUMED
from remix.outputs.refusals import (
    BRING_BACK,
    is_outside,
    refuse_equal,
    refuse_leading_out,
    refuse_link,
    refuse_unknown,
)
from remix.records import Failure, Record, Resumption, Run, Task, Trace, sha256
from remix.util import json_values
from remix.util.files import (
    check_plain,
    entries,
    make_new_folder,
    read_bounded,
    remove,
    remove_leftovers,
    temporary_of,
    unwritable,
    write_whole,
)
from remix.util.json_values import JsonError
from remix.util.units import size

_FAILURES = TypeAdapter(Annotated[list[Failure], FailFast()])
_RESUMPTIONS = TypeAdapter(Annotated[list[Resumption], FailFast()])

_EDITED = re.compile(r"((?:[^/]+/)*)\.([^/]+)\.[0-9a-f]{12}\.edited\.md\.tmp")
"""Name of an edited text's file while it is written, below the folder."""

_NAME = re.compile(r"\d{8}T\d{6}Z-.+-[0-9a-f]{4}")


def run_name(about: str, now: datetime) -> str:
    """A name for a new run: UTC time, what it is about, four random hex digits."""
    slug = re.sub(r"[\W_]+", "-", about.casefold()).strip("-")[:40].strip("-") or "run"
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{slug}-{secrets.token_hex(2)}"


class RunFolder:
    """A run on disk."""

    def __init__(self, path: Path, run: Run) -> None:
        self.path = path
        self.run = run

    # -- beginning and end ----------------------------------------------------------------------------------

    @classmethod
    def create(cls, parent: Path, run: Run) -> RunFolder:
        """Make the folder and write `run.json`. Raises `RunError` where that can't be done."""
        path, request = parent / run.name, dump(run)
        _check_size(path / REQUEST, request, MOST_REQUEST)
        make_new_folder(path)
        try:
            write_whole(path / REQUEST, request)
        except RunError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return cls(path, run)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Read a run back. Raises `RunError` where the folder holds none, or a broken one."""
        try:
            data = read_bounded(path / REQUEST, MOST_REQUEST, within=path)
        except OSError as error:
            raise _no_request(path, error) from error
        if not data.strip():
            raise RunError(f"{path / REQUEST}: empty.", BRING_BACK)
        try:
            run = json_values.read(Run, data)
        except JsonError as error:
            raise RunError(f"{path / REQUEST}: not a run's request ({error}).", _why(error)) from error
        refuse_leading_out(path, run)
        refuse_unknown(path, run)
        refuse_equal(path, run)
        return cls(path, run)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the run's only writer; the operating system lets go of the lock when the process ends.

        Raises `RunError`, naming the holder, where another process is writing.
        """
        lock = FileLock(self.path / LOCK)
        try:
            check_plain(self.path / LOCK)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"{self.path}: another process is writing this run ({_holder(self.path / HOLDER)}).",
                "Wait for it to finish, or stop it first.",
            ) from error
        except OSError as error:
            raise unwritable(self.path / LOCK, error) from error
        try:
            me = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
            write_whole(self.path / HOLDER, json.dumps(me).encode())
            remove_leftovers(self._ours_within())
            yield
        finally:
            # Whatever becomes of the card, the lock must be let go. Its file stays: removing that would let two
            # processes lock two files of that name.
            try:
                with suppress(OSError):
                    (self.path / HOLDER).unlink(missing_ok=True)
            finally:
                lock.release()

    def is_being_written(self) -> bool:
        """Whether a process holds the lock now. Makes no file, and follows no link."""
        path = self.path / LOCK
        if path.is_symlink() or not path.is_file():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def half_written(self, paths: Collection[Path]) -> set[Path]:
        """Those of some temporary files that have the name of one that is written here, edited texts included."""
        ours, tasks = {temporary_of(path) for path in self._ours()}, {task.id for task in self.run.tasks}
        names = ((path, _EDITED.fullmatch(path.relative_to(self.path).as_posix())) for path in paths)
        edited = {path for path, name in names if name and f"{name[1]}{name[2]}" in tasks}
        return {path for path in paths if path in ours} | edited

    def seal(self) -> None:
        """Write the manifest, if every task is done and there is none; forget what failed before.

        Raises `RunError` where a text isn't the one that was recorded, or a record isn't its task's or has another id
        than it comes to: a manifest must not bless what was changed.
        """
        self.check_there()
        if self.is_complete and not (self.path / MANIFEST).is_file():
            self.write_failures([])
            for task in self.run.tasks:
                self._check_own(task)
            lines = [f"{sha256(self.bytes_of(name, MOST_REQUEST))}  {name}\n" for name in self._files()]
            write_whole(self.path / MANIFEST, "".join(lines).encode())

    def unseal(self) -> None:
        """Take the manifest away: the run is to be worked on."""
        remove(self.path / MANIFEST)

    @property
    def request_sha256(self) -> str:
        """Of its `run.json`."""
        return sha256(self.bytes_of(REQUEST, MOST_REQUEST))

    # -- outputs --------------------------------------------------------------------------------------------

    def write(self, task: Task, record: Record, text: str, trace: Trace | None = None) -> None:
        """Write an output: first the trace and the text, then the record, whose presence means finished."""
        self.check_there()
        refuse_link(self.path, self.text_path(task.id).parent)
        files = [
            (self.text_path(task.id), compose(record, text), MOST_TEXT),
            (self.record_path(task.id), dump(record), MOST_RECORD),
        ]
        if trace:
            files.insert(0, (self.trace_path(task.id), dump_trace(trace), MOST_TRACE))
        for path, data, most in files:
            _check_size(path, data, most)
        # Without this a crash between the two would leave an older record beside a newer text.
        self.forget(task)
        for path, data, _ in files:
            write_whole(path, data)

    def forget(self, task: Task) -> None:
        """Let a task count as not done: its record goes, and what else tells of its text."""
        for path in (self.record_path(task.id), self.trace_path(task.id), self.measures_path(task.id)):
            remove(path)

    def is_done(self, task: Task) -> bool:
        """Whether a task's output is finished, and both its files are there still."""
        return self.record_path(task.id).is_file() and self.text_path(task.id).is_file()

    def read(self, task_id: str) -> tuple[Record, str]:
        """A finished output: its record and its text.

        Raises `RunError` where it can't be read or the text isn't the one that was recorded.
        """
        path = self.record_path(task_id)
        data, body = self.bytes_of(f"{task_id}.json"), body_of(self.bytes_of(f"{task_id}.md", MOST_TEXT))
        try:
            record = json_values.read(Record, data)
        except JsonError as error:
            raise RunError(f"{path}: not a record ({error}).", ANEW) from error
        if sha256(body) != record.output.sha256:
            raise RunError(f"{self.text_path(task_id)}: not the text that was recorded.", ANEW)
        return record, text_of(body, self.text_path(task_id))

    def _check_own(self, task: Task) -> None:
        """Raise `RunError` unless a task's output is whole, and its record speaks of this task under its own id."""
        record, _ = self.read(task.id)
        path, used = self.record_path(task.id), record.task
        try:
            is_own_id = id_of(json.loads(self.bytes_of(f"{task.id}.json"))) == record.id
        except (ValueError, RecursionError):
            is_own_id = False
        if not is_own_id:
            raise RunError(f"{path}: its id isn't the sha256 of its derivation and text.", ANEW)
        spoken_of = (record.output.file, used.kind, used.step, used.variant)
        has_passages = {source.passage for source in record.sources}.issuperset(task.passages)
        if spoken_of != (f"{task.id}.md", task.kind, task.step, task.variant) or not has_passages:
            raise RunError(f"{path}: is the record of another text ({record.output.file}).", ANEW)

    def read_trace(self, task_id: str) -> Trace:
        """How an output came about. Raises `RunError` where that wasn't kept."""
        path = self.trace_path(task_id)
        try:
            return json_values.read(Trace, self.read_bytes(f"{task_id}.trace.json", MOST_TRACE))
        except OSError as error:
            raise RunError(
                f"{task_id}: no trace was kept ({error.strerror}).", "Only texts by a local model have one."
            ) from error
        except JsonError as error:
            raise RunError(f"{path}: not a trace ({error}).", "It was changed since.") from error

    def read_bytes(self, name: str, most: int = MOST_RECORD) -> bytes:
        """A file of the run by its name in the folder. Raises `OSError` as `read_bounded` does."""
        return read_bounded(self.path / name, most, within=self.path)

    def bytes_of(self, name: str, most: int = MOST_RECORD) -> bytes:
        """The same for a file that must be there. Raises `RunError`."""
        try:
            return self.read_bytes(name, most)
        except OSError as error:
            raise RunError(
                f"{self.path / name}: can't be read ({error.strerror}).", "Is the run complete? See `remix runs`."
            ) from error

    def trace_path(self, task_id: str) -> Path:
        """Where a task's trace is, if it has one."""
        return self.path / f"{task_id}.trace.json"

    def measures_path(self, task_id: str) -> Path:
        """Where a task's measures are, if they were taken."""
        return self.path / f"{task_id}.measures.json"

    def text_path(self, task_id: str) -> Path:
        """Where a task's text is."""
        return self.path / f"{task_id}.md"

    def record_path(self, task_id: str) -> Path:
        """Where a task's record is."""
        return self.path / f"{task_id}.json"

    # -- state ----------------------------------------------------------------------------------------------

    @property
    def done(self) -> list[Task]:
        """The finished tasks."""
        return [task for task in self.run.tasks if self.is_done(task)]

    @property
    def is_complete(self) -> bool:
        """Whether every task is finished."""
        return all(self.is_done(task) for task in self.run.tasks)

    def failures(self) -> list[Failure]:
        """What failed when it was last tried."""
        try:
            return json_values.read_as(_FAILURES, self.read_bytes(FAILURES, MOST_LIST))
        except FileNotFoundError:
            return []
        except (OSError, JsonError) as error:
            raise RunError(
                f"{self.path / FAILURES}: can't be read.", "Delete it; `remix resume` finds out anew."
            ) from error

    def write_failures(self, failures: Iterable[Failure]) -> None:
        """Replace the list of what failed; without any, there is no such file."""
        rows = [failure.model_dump(mode="json") for failure in failures]
        if rows:
            write_whole(self.path / FAILURES, (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode())
        else:
            remove(self.path / FAILURES)

    # -- sittings by other models ---------------------------------------------------------------------------

    def resumptions(self) -> list[Resumption]:
        """The sittings in which another model than the run's own went on with it. Raises `RunError`."""
        try:
            return json_values.read_as(_RESUMPTIONS, self.read_bytes(RESUMED, MOST_LIST))
        except FileNotFoundError:
            return []
        except (OSError, JsonError) as error:
            raise RunError(
                f"{self.path / RESUMED}: can't be read.",
                "Bring it back from a copy, or delete it: each record names its own model.",
            ) from error

    def note_resumption(self, resumption: Resumption) -> None:
        """Note that another model goes on with the run: to be done before it writes."""
        rows = [each.model_dump(mode="json") for each in (*self.resumptions(), resumption)]
        write_whole(self.path / RESUMED, (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode())

    # -- files ----------------------------------------------------------------------------------------------

    def check_there(self) -> None:
        """Raise `RunError` where the folder has gone: writing would make another one in its place."""
        if not (self.path / REQUEST).is_file():
            raise RunError(
                f"{self.path}: the run's folder isn't there any more.",
                "If it was moved, `remix resume` it where it is now; what is finished is safe.",
            )

    def _ours(self) -> Iterator[Path]:
        """All files that are ever written here."""
        yield from (self.path / name for name in (REQUEST, RESUMED, MANIFEST, FAILURES, INDEX, HOLDER))
        for task in self.run.tasks:
            yield from (self.text_path(task.id), self.record_path(task.id))
            yield from (self.trace_path(task.id), self.measures_path(task.id))

    def _ours_within(self) -> Iterator[Path]:
        """Those of them that lie below the folder: where a link leads out, they would be somebody's."""
        outside: dict[Path, bool] = {}
        for path in self._ours():
            if path.parent not in outside:
                outside[path.parent] = is_outside(self.path, path.parent)
            if not outside[path.parent]:
                yield path

    def _files(self) -> list[str]:
        texts = [f"{task.id}{suffix}" for task in self.run.tasks for suffix in (".md", ".json")]
        resumed = [RESUMED] if (self.path / RESUMED).is_file() else []
        return [REQUEST, *resumed, *sorted(texts)]


def _check_size(path: Path, data: bytes, most: int) -> None:
    """Raise `RunError` for what couldn't be read back."""
    if len(data) > most:
        raise RunError(
            f"{path}: would be larger than {size(most)}, which is the most that is read back.",
            "Make several runs, each of fewer passages, kinds or variants, or of shorter texts.",
        )


def is_run(path: Path) -> bool:
    """Whether a folder is a run's, even if its request is lost or can't be read: its name says so then."""
    named = _NAME.fullmatch(path.name) is not None
    with suppress(OSError):
        return (path / REQUEST).is_file() or (named and path.is_dir())
    return named


def _why(error: JsonError) -> str:
    """What to do about a request that can't be understood."""
    if not error.is_json:
        return BRING_BACK
    return "It was changed, or written by another version of remix; nothing has been touched."


def _no_request(path: Path, error: OSError) -> RunError:
    """Why there is no run to be opened: a crash before it began, a lost file, or another sort of folder."""
    if not isinstance(error, FileNotFoundError) or not is_run(path):
        return RunError(f"{path}: not a run ({REQUEST}: {error.strerror}).", "`remix runs` lists what there is.")
    if any(entry.name.endswith(".md") for entry in entries(path, LOOKED_AT)):
        return RunError(
            f"{path}: a run whose {REQUEST} is lost.",
            "Bring it back from a copy, or the run can't be finished; its outputs are whole, each with its record.",
        )
    return RunError(
        f"{path}: a run that was stopped before it began (it has no {REQUEST}).",
        "Nothing is lost: delete the folder, and `remix generate` anew.",
    )


def _holder(path: Path) -> str:
    """Who says to hold the lock. What a dead process left there says nothing of the one that holds it now."""
    with suppress(OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        holder = json.loads(read_bounded(path, MOST_HOLDER, within=path.parent))
        if holder["host"] != socket.gethostname() or psutil.pid_exists(holder["pid"]):
            return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    return "it hasn't said who it is"
