"""The runs in an outputs folder: all of them, the latest run, and texts of a run that a refresh wrote again.

Takes the outputs folder, gives paths and run folders. Knows nothing of the words that a user types (`find.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import MANIFEST, REQUEST, TEXT
from remix.outputs.run import RunFolder, is_run
from remix.records import Task
from remix.util.files import entries

TRIED = 3
"""Most passages of a try-out: a run narrowed by `--limit` or `--sample` to so few passages."""

MOST_LOOKED_AT = 10_000
"""Files and folders of a run without `run.json` that are looked at for a text."""


def list_runs(outputs: Path) -> list[Path]:
    """The folders of all runs, readable or not, the oldest first: names begin with the time."""
    if not outputs.is_dir():
        return []
    return sorted(path for path in outputs.iterdir() if is_run(path))


# -- the latest run -----------------------------------------------------------------------------------------


class PassedOver(NamedTuple):
    """A run that is later than the latest run."""

    name: str
    why: str
    """What the run is, in words: `a refresh`."""


class Latest(NamedTuple):
    """The run that is meant if the user names none."""

    path: Path
    passed_over: tuple[PassedOver, ...] = ()
    """Later runs, the latest first."""


def latest(outputs: Path, before: Path | None = None) -> Latest:
    """The latest run; refreshes, branches, redos, try-outs and runs without a text only if there is no other run.

    `before` leaves out a run and all later runs. A run that can't be read isn't passed over: the error is to be seen.
    Raises `RunError` if there are no runs.
    """
    passed: list[PassedOver] = []
    with_text: Path | None = None
    for path in reversed(paths := _some_runs(outputs, before)):
        why = _why_passed_over(path)
        if not why:
            return Latest(path, tuple(passed))
        passed.append(PassedOver(path.name, why))
        if with_text is None and why != _EMPTY:
            with_text = path
    return Latest(with_text or paths[-1])


def latest_unfinished(outputs: Path) -> Path:
    """The latest run with a text to be written; if there is none, the latest run of all.

    Raises `RunError` if there are no runs.
    """
    paths = _some_runs(outputs)
    for path in reversed(paths):
        # A manifest is written when all texts are.
        if (path / MANIFEST).is_file() or _never_began(path):
            continue
        try:
            if not RunFolder.open(path).is_complete:
                return path
        except RunError:
            return path
    return paths[-1]


def _some_runs(outputs: Path, before: Path | None = None) -> list[Path]:
    runs = list_runs(outputs)
    if earlier := [path for path in runs if before is None or path.name < before.name]:
        return earlier
    if before and runs:
        raise RunError(f"{outputs}: no run before {before.name}.", "Name two runs; `remix runs` lists what there is.")
    raise RunError(f"{outputs}: no runs yet.", "Make one: `remix generate --tag TAG`.")


_EMPTY = "without a finished text"


def _why_passed_over(path: Path) -> str:
    """Why a run isn't meant by `the latest run`, in words: `a refresh`, `a try-out`; empty for any other run."""
    try:
        folder = RunFolder.open(path)
    except RunError:
        return _EMPTY if _never_began(path) else ""
    run = folder.run
    # The refresh of an essay is a whole essay.
    if run.refreshes and not run.weave:
        return "a refresh"
    if any(task.branch for task in run.tasks):
        return "a run of branches"
    if run.redoes:
        return "another variant of one text"
    if not any(folder.is_done(task) for task in run.tasks) and not folder.is_being_written():
        return _EMPTY
    passages = len(run.corpus)
    if (run.options.limit or run.options.sample) and passages <= TRIED:
        return f"a try-out of {passages} passage{'s' * (passages != 1)}"
    return ""


def _never_began(path: Path) -> bool:
    """Whether a run was stopped before its request was written."""
    texts = (entry for entry in entries(path, MOST_LOOKED_AT) if entry.name.endswith(TEXT))
    return not (path / REQUEST).exists() and next(texts, None) is None


# -- texts written again by a refresh -----------------------------------------------------------------------


class Refreshed(NamedTuple):
    """The texts of a passage and kind that a refresh wrote again."""

    folder: RunFolder
    """The refresh."""
    place: str
    """The passage's id in the refresh."""

    def task_of(self, task: Task) -> Task:
        """The task of the refresh that wrote a task's text again."""
        return task.model_copy(update={"place": self.place})


def refreshes(outputs: Path, folder: RunFolder) -> list[RunFolder]:
    """All refreshes of a run, and refreshes of its refreshes, the oldest first. Unreadable runs are left out."""
    known = {folder.request_sha256}
    found = []
    for path in list_runs(outputs):
        try:
            other = RunFolder.open(path)
            refreshed = other.run.refreshes
            if refreshed and refreshed.request in known:
                known.add(other.request_sha256)
                found.append(other)
        except RunError:
            continue
    return found


def written_again(folder: RunFolder, later: Iterable[RunFolder]) -> dict[tuple[str, str], Refreshed]:
    """The newest texts of each passage and kind of a run that a refresh wrote again, if all these texts are finished.

    `later` are the run's refreshes, the oldest first.
    """
    # For each run the pairs of passage and kind, and the same pairs in the first run.
    pairs = {(task.place, task.kind): (task.place, task.kind) for task in folder.run.tasks}
    origins = {folder.request_sha256: pairs}
    found: dict[tuple[str, str], Refreshed] = {}
    for refresh in later:
        if not refresh.run.refreshes:
            continue
        before = origins.get(refresh.run.refreshes.request, {})
        unfinished = {(task.place, task.kind) for task in refresh.run.tasks if not refresh.is_done(task)}
        own: dict[tuple[str, str], tuple[str, str]] = {}
        for stale in refresh.run.refreshes.stale:
            origin = before.get((stale.passage, stale.kind))
            if origin and stale.now:
                own[stale.now, stale.kind] = origin
                if (stale.now, stale.kind) not in unfinished:
                    found[origin] = Refreshed(refresh, stale.now)
        origins[refresh.request_sha256] = own
    return found
