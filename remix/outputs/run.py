"""A run on disk: reads and writes request, outputs, failures and manifest.

Takes a `Run`, records, texts and traces; writes each file whole, and reads the same values back. Knows nothing of
models and of how texts are made.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import FailFast, TypeAdapter

from remix.errors import RunError
from remix.outputs.form import ANEW, body_of, compose, dump, dump_trace, id_of, text_of
from remix.outputs.layout import (
    ESSAY,
    FAILURES,
    LINEAGE,
    MANIFEST,
    MEASURES,
    READING,
    RECORD,
    REQUEST,
    RESUMED,
    TEXT,
    TRACE,
    bound_of,
    listed_files,
    place_of,
    renamed_files,
)
from remix.outputs.lock import is_locked, locked
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
from remix.util.files import entries, final_of, make_new_folder, read_bounded, remove, remove_leftovers, write_whole
from remix.util.json_values import JsonError
from remix.util.units import size

_FAILURES = TypeAdapter(Annotated[list[Failure], FailFast()])
_RESUMPTIONS = TypeAdapter(Annotated[list[Resumption], FailFast()])

_LOOKED_AT = 10_000
"""Files and folders that are looked at for a text, if `run.json` is lost: a link may stand for all of a disk."""

_NAME = re.compile(r"\d{8}T\d{6}Z-.+-[0-9a-f]{4}")


def run_name(about: str, now: datetime) -> str:
    """A name for a new run: UTC time, subject, four random hex digits."""
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
        """Make the folder and write `run.json`. Raises `RunError` if either fails."""
        path, request = parent / run.name, dump(run)
        _check_size(path, REQUEST, request)
        make_new_folder(path)
        try:
            write_whole(path / REQUEST, request)
        except RunError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return cls(path, run)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Read a run back. Raises `RunError` if the folder holds no run, or a broken run."""
        try:
            data = read_bounded(path / REQUEST, bound_of(REQUEST), within=path)
        except OSError as error:
            raise _no_request(path, error) from error
        if not data.strip():
            raise RunError(f"{path / REQUEST}: empty.", BRING_BACK)
        try:
            run = json_values.read(Run, data)
        except JsonError as error:
            changed = "It was changed, or written by another version of remix; nothing has been touched."
            hint = changed if error.is_json else BRING_BACK
            raise RunError(f"{path / REQUEST}: not a run's request ({error}).", hint) from error
        refuse_leading_out(path, run)
        refuse_unknown(path, run)
        refuse_equal(path, run)
        return cls(path, run)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the run's only writer. Raises `RunError`, naming the holder, if another process is writing."""
        with locked(self.path):
            remove_leftovers(self._written_here())
            yield

    def is_being_written(self) -> bool:
        """Whether a process is writing the run now. Makes no file, and follows no link."""
        return is_locked(self.path)

    def half_written(self, paths: Collection[Path]) -> set[Path]:
        """The temporary files that, by name, were to become files of this run."""
        tasks = {task.id for task in self.run.tasks}
        found = set()
        for path in paths:
            final = final_of(path)
            place = final and place_of(final.relative_to(self.path).as_posix(), tasks)
            if place and place.kind.renamed:
                found.add(path)
        return found

    def seal(self) -> None:
        """Write the manifest and remove the list of failures, if every task is done and there is no manifest yet.

        Raises `RunError` if a text was changed, or a record belongs to another task or has a wrong id: a manifest
        must not vouch for changed files.
        """
        self.check_there()
        if self.is_complete and not (self.path / MANIFEST).is_file():
            self.write_failures([])
            for task in self.run.tasks:
                self._check_own(task)
            names = listed_files(self.path, (task.id for task in self.run.tasks))
            lines = [f"{sha256(self.bytes_of(name))}  {name}\n" for name in names]
            write_whole(self.path / MANIFEST, "".join(lines).encode())

    def unseal(self) -> None:
        """Remove the manifest, and the essay whose texts may be written anew, so that the run can be continued."""
        remove(self.path / MANIFEST)
        remove(self.path / ESSAY)

    @property
    def request_sha256(self) -> str:
        """The sha256 of `run.json`."""
        return sha256(self.bytes_of(REQUEST))

    # -- outputs --------------------------------------------------------------------------------------------

    def write(self, task: Task, record: Record, text: str, trace: Trace | None = None) -> None:
        """Write an output: first the trace and the text, then the record."""
        self.check_there()
        refuse_link(self.path, self.text_path(task.id).parent)
        # The record comes last: a record's presence means that the output is finished.
        files = {TRACE: dump_trace(trace)} if trace else {}
        files |= {TEXT: compose(record, text), RECORD: dump(record)}
        for ending, data in files.items():
            _check_size(self.path, f"{task.id}{ending}", data)
        # A crash between text and record would otherwise leave an older record beside a newer text.
        self.forget(task)
        for ending, data in files.items():
            write_whole(self.path / f"{task.id}{ending}", data)

    def forget(self, task: Task) -> None:
        """Remove a task's record, trace, measures, reading and lineage, so that the task counts as not done."""
        for ending in (RECORD, TRACE, MEASURES, READING, LINEAGE):
            remove(self.path / f"{task.id}{ending}")

    def is_done(self, task: Task) -> bool:
        """Whether a task's output is finished: both record and text are there."""
        return self.record_path(task.id).is_file() and self.text_path(task.id).is_file()

    def read(self, task_id: str) -> tuple[Record, str]:
        """The record and the text of a finished output.

        Raises `RunError` if a file can't be read, or the text was changed since it was recorded.
        """
        path = self.record_path(task_id)
        data, body = self.bytes_of(f"{task_id}{RECORD}"), body_of(self.bytes_of(f"{task_id}{TEXT}"))
        try:
            record = json_values.read(Record, data)
        except JsonError as error:
            raise RunError(f"{path}: not a record ({error}).", ANEW) from error
        if sha256(body) != record.output.sha256:
            raise RunError(f"{self.text_path(task_id)}: not the text that was recorded.", ANEW)
        return record, text_of(body, self.text_path(task_id))

    def _check_own(self, task: Task) -> None:
        """Raise `RunError` unless a task's text is the recorded one, and the record has the right task and id."""
        record, _ = self.read(task.id)
        path, used = self.record_path(task.id), record.task
        try:
            is_own_id = id_of(json.loads(self.bytes_of(f"{task.id}{RECORD}"))) == record.id
        except (ValueError, RecursionError):
            is_own_id = False
        if not is_own_id:
            raise RunError(f"{path}: its id isn't the sha256 of its derivation and text.", ANEW)
        spoken_of = (record.output.file, used.kind, used.step, used.variant)
        has_passages = {source.passage for source in record.sources}.issuperset(task.passages)
        if spoken_of != (f"{task.id}.md", task.kind, task.step, task.variant) or not has_passages:
            raise RunError(f"{path}: is the record of another text ({record.output.file}).", ANEW)

    def read_trace(self, task_id: str) -> Trace:
        """The choice of each token of an output. Raises `RunError` if no trace was kept."""
        path = self.trace_path(task_id)
        try:
            return json_values.read(Trace, self.read_bytes(f"{task_id}{TRACE}"))
        except OSError as error:
            raise RunError(
                f"{task_id}: no trace was kept ({error.strerror}).", "Only texts by a local model have one."
            ) from error
        except JsonError as error:
            raise RunError(f"{path}: not a trace ({error}).", "It was changed since.") from error

    def read_bytes(self, name: str) -> bytes:
        """A file of the run by its name in the folder. Raises `OSError` as `read_bounded` does."""
        return read_bounded(self.path / name, bound_of(name), within=self.path)

    def bytes_of(self, name: str) -> bytes:
        """A file of the run by its name in the folder. Raises `RunError` if the file is missing or unreadable."""
        try:
            return self.read_bytes(name)
        except OSError as error:
            raise RunError(
                f"{self.path / name}: can't be read ({error.strerror}).", "Is the run complete? See `remix runs`."
            ) from error

    def trace_path(self, task_id: str) -> Path:
        """The path of a task's trace."""
        return self.path / f"{task_id}{TRACE}"

    def measures_path(self, task_id: str) -> Path:
        """The path of a task's measures."""
        return self.path / f"{task_id}{MEASURES}"

    def text_path(self, task_id: str) -> Path:
        """The path of a task's text."""
        return self.path / f"{task_id}{TEXT}"

    def record_path(self, task_id: str) -> Path:
        """The path of a task's record."""
        return self.path / f"{task_id}{RECORD}"

    # -- state ----------------------------------------------------------------------------------------------

    @property
    def done(self) -> list[Task]:
        """The finished tasks."""
        return [task for task in self.run.tasks if self.is_done(task)]

    @property
    def is_sealed(self) -> bool:
        """Whether the run has a manifest: all texts were finished."""
        return (self.path / MANIFEST).is_file()

    @property
    def is_complete(self) -> bool:
        """Whether every task is finished."""
        return all(self.is_done(task) for task in self.run.tasks)

    def failures(self) -> list[Failure]:
        """The tasks that failed at their last try. Raises `RunError` if the list of failures can't be read."""
        try:
            return json_values.read_as(_FAILURES, self.read_bytes(FAILURES))
        except FileNotFoundError:
            return []
        except (OSError, JsonError) as error:
            raise RunError(
                f"{self.path / FAILURES}: can't be read.", "Delete it; `remix resume` finds out anew."
            ) from error

    def write_failures(self, failures: Iterable[Failure]) -> None:
        """Replace the list of failures; without failures, remove the list's file."""
        rows = [failure.model_dump(mode="json") for failure in failures]
        if rows:
            write_whole(self.path / FAILURES, (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode())
        else:
            remove(self.path / FAILURES)

    # -- sittings by other models ---------------------------------------------------------------------------

    def resumptions(self) -> list[Resumption]:
        """The sittings in which another model than the run's own continued the run. Raises `RunError`."""
        try:
            return json_values.read_as(_RESUMPTIONS, self.read_bytes(RESUMED))
        except FileNotFoundError:
            return []
        except (OSError, JsonError) as error:
            raise RunError(
                f"{self.path / RESUMED}: can't be read.",
                "Bring it back from a copy, or delete it: each record names its own model.",
            ) from error

    def note_resumption(self, resumption: Resumption) -> None:
        """Note that another model continues the run; to be called before the model writes."""
        rows = [each.model_dump(mode="json") for each in (*self.resumptions(), resumption)]
        write_whole(self.path / RESUMED, (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode())

    # -- files ----------------------------------------------------------------------------------------------

    def check_there(self) -> None:
        """Raise `RunError` if the run's folder is gone: writing would create a new folder."""
        if not (self.path / REQUEST).is_file():
            raise RunError(
                f"{self.path}: the run's folder isn't there any more.",
                "If it was moved, `remix resume` it where it is now; what is finished is safe.",
            )

    def _written_here(self) -> Iterator[Path]:
        """The files that a crash may have left half-written, without files behind a link that leads out."""
        outside: dict[Path, bool] = {}
        for name in renamed_files(task.id for task in self.run.tasks):
            path = self.path / name
            if path.parent not in outside:
                outside[path.parent] = is_outside(self.path, path.parent)
            if not outside[path.parent]:
                yield path


def _check_size(folder: Path, name: str, data: bytes) -> None:
    """Raise `RunError` if a file of a run would be too large to be read back."""
    if len(data) > (most := bound_of(name)):
        raise RunError(
            f"{folder / name}: would be larger than {size(most)}, which is the most that is read back.",
            "Make several runs, each of fewer passages, kinds or variants, or of shorter texts.",
        )


def is_run(path: Path) -> bool:
    """Whether a folder is a run's folder; if `run.json` is lost or can't be read, by the folder's name."""
    named = _NAME.fullmatch(path.name) is not None
    with suppress(OSError):
        return (path / REQUEST).is_file() or (named and path.is_dir())
    return named


def _no_request(path: Path, error: OSError) -> RunError:
    """The error for a folder without a readable `run.json`: a crash at the beginning, a lost file, or no run."""
    if not isinstance(error, FileNotFoundError) or not is_run(path):
        return RunError(f"{path}: not a run ({REQUEST}: {error.strerror}).", "`remix runs` lists what there is.")
    if any(entry.name.endswith(TEXT) for entry in entries(path, _LOOKED_AT)):
        return RunError(
            f"{path}: a run whose {REQUEST} is lost.",
            "Bring it back from a copy, or the run can't be finished; its outputs are whole, each with its record.",
        )
    return RunError(
        f"{path}: a run that was stopped before it began (it has no {REQUEST}).",
        "Nothing is lost: delete the folder, and `remix generate` anew.",
    )
