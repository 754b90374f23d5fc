"""The runs of the studio: found in the outputs folder, and their outputs, finished or planned, by key.

Takes the outputs folder and runs named at the start, gives `RunFolder`s and a `PlannedOutputs`. Knows nothing of
reviews and pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from remix.errors import RunError
from remix.outputs.layout import REQUEST
from remix.outputs.run import RunFolder, is_run
from remix.outputs.runs import list_runs
from remix.records import TaskInput
from remix.studio.listing import PassageRow, Row, passage_row_of, row_of
from remix.studio.output_files import OpenOutput, key_of, outputs_by_passage


class RunFinder:
    """Finds runs. A run that can't be opened is tried again when its request changes."""

    def __init__(self, outputs: Path, named: Sequence[RunFolder]) -> None:
        self._outputs = outputs
        self._named = tuple(named)
        self._opened = {folder.path.absolute(): folder for folder in named}
        self._unreadable: dict[Path, tuple[int, int]] = {}

    def find(self) -> tuple[RunFolder, ...]:
        """The named runs, then all others of the outputs folder, the oldest first; without runs that are gone."""
        named = [folder for folder in self._named if is_run(folder.path)]
        paths = dict.fromkeys(
            path.absolute() for path in [*(folder.path for folder in named), *list_runs(self._outputs)]
        )
        self._opened = {path: folder for path, folder in self._opened.items() if path in paths}
        return tuple(folder for path in paths if (folder := self._open(path)))

    def _open(self, path: Path) -> RunFolder | None:
        if path not in self._opened:
            state = _state_of(path / REQUEST)
            if self._unreadable.get(path) == state:
                return None
            try:
                self._opened[path] = RunFolder.open(path)
            except RunError:
                self._unreadable[path] = state
                return None
        return self._opened[path]


def _state_of(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


@dataclass(frozen=True)
class PlannedOutputs:
    """All planned outputs of some runs: passages essay by essay, outputs passage by passage."""

    folders: tuple[RunFolder, ...]
    passages: tuple[PassageRow, ...]
    rows: Mapping[str, Row]
    """By key."""
    outputs: Mapping[str, OpenOutput]
    """By key."""

    @cached_property
    def of_passage(self) -> Mapping[str, Sequence[str]]:
        """Keys of the outputs of a passage, by the passage's id, and by the sha256 of its text.

        An output made from the texts of several passages (the opening of an essay) isn't counted as theirs.
        """
        found: dict[str, list[str]] = {}
        for key, output in self.outputs.items():
            is_read = any(not isinstance(each, TaskInput) for each in output.task.inputs)
            if len(output.passages) == 1 or is_read:
                for passage in output.passages:
                    found.setdefault(passage.id, []).append(key)
                    found.setdefault(passage.sha256, []).append(key)
        return found

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {key: number for number, key in enumerate(self.outputs)}

    def order(self, key: str) -> tuple[int, int]:
        """Where an output stands when outputs are sorted run by run, as planned within a run."""
        return self.rows[key].run, self._numbers[key]

    @classmethod
    def of(cls, folders: Sequence[RunFolder]) -> PlannedOutputs:
        """The planned outputs of some runs."""
        passages: list[PassageRow] = []
        rows: dict[str, Row] = {}
        outputs: dict[str, OpenOutput] = {}
        for behind, planned in outputs_by_passage(folders):
            for run, output in planned:
                key = key_of(output.folder.path, output.task.id)
                outputs[key] = output
                rows[key] = row_of(key, run, len(passages), output.task)
            passages.append(passage_row_of(behind))
        return cls(tuple(folders), tuple(passages), rows, outputs)
