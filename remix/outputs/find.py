"""Finds the run or the output that a user names by path, name or id.

Takes the outputs folder and a word: a path, a unique prefix of a run's name or of a record's id, or
`[RUN:]essay/NNN/kind.step[.vN]`. Gives the place, or an error that says which runs and outputs there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import RECORD, TEXT
from remix.outputs.run import RunFolder, is_run
from remix.outputs.runs import latest, list_runs, refreshes, written_again
from remix.util import names

MOST_LISTED = 8
"""Passages or texts that an error lists."""


class OutputPlace(NamedTuple):
    """An output in its run."""

    folder: RunFolder
    task: str


def find_run(outputs: Path, word: str | None) -> RunFolder:
    """The run that a user names by path or by a unique prefix of its name; without a word the latest run (`latest`).

    Raises `RunError`.
    """
    return RunFolder.open(run_path(outputs, word))


def run_path(outputs: Path, word: str | None) -> Path:
    """The folder of the run that a user names, also if the run can't be opened. Raises `RunError`."""
    if word and is_run(Path(word)) and Path(word).is_dir():
        return Path(word)
    if word is None or not (runs := list_runs(outputs)):
        return latest(outputs).path
    matching = [path for path in runs if path.name == word] or [path for path in runs if path.name.startswith(word)]
    if len(matching) != 1:
        found = "no run's name begins" if not matching else f"{len(matching)} runs' names begin"
        raise RunError(f"{found} with '{word}'.", "`remix runs` lists them; give more letters, or the path.")
    return matching[0]


def find_output(outputs: Path, word: str) -> OutputPlace:
    """The output that a user names. Raises `RunError` if no output fits, or several.

    Without a run, the name is looked up in the latest run, where a refresh may have written the text again, and then
    in all other runs, the latest first.
    """
    path = Path(word)
    if path.suffix in {TEXT, RECORD} and path.exists():
        return _by_path(path)
    run, _, name = word.rpartition(":")
    if "/" in name:
        found = _in_run(find_run(outputs, run), name) if run else _in_any_run(outputs, name)
        if not found:
            folder = find_run(outputs, run or None)
            message = f"{folder.path.name}: no output '{name}'." if run else f"no output '{name}' in any run."
            raise RunError(message, _what_there_is(folder, name))
        return found
    if not re.fullmatch(r"[0-9a-f]{4,64}", name):
        raise RunError(
            f"'{word}' is neither an output's path nor the beginning of a record's id.",
            _what_there_is(find_run(outputs, run or None), name),
        )
    by_id = list(_by_id(outputs, name))
    if len({id_ for id_, _ in by_id}) != 1:
        raise RunError(f"{len(by_id)} outputs' ids begin with '{name}'.", "Give more digits, or essay/NNN/kind.step.")
    return by_id[-1][1]


def _in_run(folder: RunFolder, name: str) -> OutputPlace | None:
    return OutputPlace(folder, name) if folder.record_path(name).is_file() else None


def _in_any_run(outputs: Path, name: str) -> OutputPlace | None:
    """An output of the latest run or of a refresh, or else of the newest run that has the output.

    A run that can't be read hides no other run. Raises `RunError` if there are no runs.
    """
    path = latest(outputs).path
    with suppress(RunError):
        folder = RunFolder.open(path)
        if found := _written_again(outputs, folder, name) or _in_run(folder, name):
            return found
    for other in reversed(list_runs(outputs)):
        if (other / f"{name}{RECORD}").is_file():
            with suppress(RunError):
                return OutputPlace(RunFolder.open(other), name)
    return None


def _written_again(outputs: Path, folder: RunFolder, name: str) -> OutputPlace | None:
    """The output of the newest refresh that wrote a text of a run again."""
    task = next((task for task in folder.run.tasks if task.id == name), None)
    again = written_again(folder, refreshes(outputs, folder)) if task else {}
    refreshed = again.get((task.place, task.kind)) if task else None
    return _in_run(refreshed.folder, refreshed.task_of(task).id) if task and refreshed else None


def _what_there_is(folder: RunFolder, name: str) -> str:
    """What a run has instead of a name: texts of the passage, or similar names; else passages and kinds."""
    done = folder.done
    ids = [task.id for task in done]
    if own := [id_ for id_ in ids if name and id_.startswith(f"{name.rstrip('/')}/")]:
        return f"Texts of {name.rstrip('/')}: {_listed(own)}."
    near = names.similar(name, ids) if len(name) <= names.LONGEST else []
    also = f"Did you mean {' or '.join(near)}? " if near else ""
    if not done:
        return f"{folder.path.name} has no finished text; `remix runs` lists the runs."
    passages = _listed(list(dict.fromkeys(task.place for task in done)))
    kinds = _listed(list(dict.fromkeys(f"{task.kind}.{task.step}" for task in done)))
    return (
        f"{also}{folder.path.name} has texts of {passages}; kinds and steps: {kinds}. Write essay/NNN/kind.step[.vN]."
    )


def _listed(words: Sequence[str]) -> str:
    """The first words of a list, and the number of the rest."""
    more = f" and {len(words) - MOST_LISTED} more" if len(words) > MOST_LISTED else ""
    return ", ".join(words[:MOST_LISTED]) + more


def find_places(outputs: Path, words: Sequence[str]) -> dict[Path, set[str]]:
    """The folders of the named runs, each with the ids of the named outputs; no ids if the whole run is meant.

    A word names a run or an output. Without words the latest run is meant. Raises `RunError`.
    """
    if not words:
        return {latest(outputs).path: set()}
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
            try:
                id_ = str(json.loads(folder.read_bytes(f"{task.id}{RECORD}"))["id"])
            except (OSError, ValueError, LookupError, TypeError, RecursionError):
                continue  # the record can't be read
            if id_.startswith(prefix):
                yield id_, OutputPlace(folder, task.id)
