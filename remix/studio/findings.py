"""What verification found wrong in the runs: by output, and in lines.

Takes runs with their planned outputs, gives words. Knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from remix.outputs.layout import files_of_output
from remix.outputs.run import RunFolder
from remix.studio.run_list import PlannedOutputs
from remix.util.names import one_line
from remix.verification.finding import Finding


class Findings:
    """The findings of all verified runs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.broken: dict[str, str] = {}
        """Findings about single outputs, by key."""
        self._verified: set[Path] = set()

    def unverified(self, folders: Sequence[RunFolder]) -> list[RunFolder]:
        """Runs not yet verified, except runs being written, whose files still change."""
        return [folder for folder in folders if folder.path not in self._verified and not folder.is_being_written()]

    def add(self, folder: RunFolder, planned: PlannedOutputs, found: Sequence[Finding]) -> None:
        """Add the findings of a verified run."""
        self._verified.add(folder.path)
        self.broken = self.broken | _by_key(folder, planned, found)
        self.lines += [one_line(f"{folder.run.name}: {each.file}: {each.what}") for each in found]


def _by_key(folder: RunFolder, planned: PlannedOutputs, found: Sequence[Finding]) -> dict[str, str]:
    """Findings about single outputs of a run, by key."""
    keys = {
        name: key
        for key, output in planned.outputs.items()
        if output.folder is folder
        for name in files_of_output(output.task.id)
    }
    wrong: dict[str, list[str]] = {}
    for each in found:
        if key := keys.get(each.file):
            wrong.setdefault(key, []).append(f"{each.file}: {each.what}")
    return {key: one_line("; ".join(what)) for key, what in wrong.items()}
