"""Finds the run or the output that a user names by path, name or id.

Takes the outputs folder and a word: a path, a unique prefix of a run's name or of a record's id, or
`[RUN:]essay/NNN/kind.step[.vN]`. Gives the place, or an error that says which runs and outputs there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import RECORD, TEXT
from remix.outputs.run import RunFolder, is_run
from remix.records import Task


class OutputPlace(NamedTuple):
    """An output in its run."""

    folder: RunFolder
    task: str


def list_runs(outputs: Path) -> list[Path]:
    """The folders of all runs, readable or not, the oldest first: names begin with the time."""
    if not outputs.is_dir():
        return []
    return sorted(path for path in outputs.iterdir() if is_run(path))


def find_run(outputs: Path, word: str | None) -> RunFolder:
    """The run that a user names by path or by a unique prefix of its name; without a word the latest run.

    Raises `RunError`.
    """
    return RunFolder.open(run_path(outputs, word))


def run_path(outputs: Path, word: str | None) -> Path:
    """The folder of the run that a user names, also if the run can't be opened. Raises `RunError`."""
    if word and is_run(Path(word)) and Path(word).is_dir():
        return Path(word)
    runs = list_runs(outputs)
    if not runs:
        raise RunError(f"{outputs}: no runs yet.", "Make one: `remix generate --tag TAG`.")
    if word is None:
        return runs[-1]
    matching = [path for path in runs if path.name == word] or [path for path in runs if path.name.startswith(word)]
    if len(matching) != 1:
        found = "no run's name begins" if not matching else f"{len(matching)} runs' names begin"
        raise RunError(f"{found} with '{word}'.", "`remix runs` lists them; give more letters, or the path.")
    return matching[0]


def find_output(outputs: Path, word: str) -> OutputPlace:
    """The output that a user names. Raises `RunError` if no output fits, or several."""
    path = Path(word)
    if path.suffix in {TEXT, RECORD} and path.exists():
        return _by_path(path)
    run, _, name = word.rpartition(":")
    if "/" in name:
        folder = find_run(outputs, run or None)
        if not folder.record_path(name).is_file():
            raise RunError(f"{folder.path.name}: no output '{name}'.", "Its form is essay/NNN/kind.step[.vN].")
        return OutputPlace(folder, name)
    if not re.fullmatch(r"[0-9a-f]{4,64}", name):
        raise RunError(
            f"'{word}' is neither an output's path nor the beginning of a record's id.",
            "Or name it [RUN:]essay/NNN/kind.step[.vN].",
        )
    found = list(_by_id(outputs, name))
    if len({id_ for id_, _ in found}) != 1:
        raise RunError(f"{len(found)} outputs' ids begin with '{name}'.", "Give more digits, or essay/NNN/kind.step.")
    return found[-1][1]


def find_places(outputs: Path, words: Sequence[str]) -> dict[Path, set[str]]:
    """The folders of the named runs, each with the ids of the named outputs; no ids if the whole run is meant.

    A word names a run or an output. Without words the latest run is meant. Raises `RunError`.
    """
    if not words:
        return {run_path(outputs, None): set()}
    named: dict[Path, set[str]] = {}
    whole: set[Path] = set()
    for word in words:
        if Path(word).is_dir():
            whole.add(Path(word))
        elif any(path.name.startswith(word) for path in list_runs(outputs)):
            whole.add(run_path(outputs, word))
        else:
            folder, task = find_output(outputs, word)
            named.setdefault(folder.path, set()).add(task)
    return {**named, **{path: set() for path in whole}}


def _by_path(path: Path) -> OutputPlace:
    path = path.absolute()
    for parent in path.parents:
        if is_run(parent):
            return OutputPlace(RunFolder.open(parent), path.relative_to(parent).with_suffix("").as_posix())
    raise RunError(f"{path}: not in a run's folder.", "An output lies below the folder that holds run.json.")


def _by_id(outputs: Path, prefix: str) -> Iterator[tuple[str, OutputPlace]]:
    """Outputs by the beginning of their record's id; several runs may have outputs of the same id."""
    for run in list_runs(outputs):
        try:
            folder = RunFolder.open(run)
        except RunError:
            continue  # a broken run mustn't hide the rest; `remix runs` names broken runs
        for task in folder.done:
            id_ = _id_in(folder, task)
            if id_.startswith(prefix):
                yield id_, OutputPlace(folder, task.id)


def _id_in(folder: RunFolder, task: Task) -> str:
    """The id in a record's file; empty if the record can't be read."""
    try:
        return str(json.loads(folder.read_bytes(f"{task.id}{RECORD}"))["id"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
