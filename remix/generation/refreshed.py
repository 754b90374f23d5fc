"""Stale texts of a run, apart from the texts that a refresh of the run wrote again.

Takes a run's folder, the folder of all runs, and a function that gives the stale texts of a run's request. Knows
nothing of essays and templates.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from remix.outputs.run import RunFolder
from remix.outputs.runs import Refreshed, refreshes, written_again
from remix.records import Run, Stale


class StaleTexts(NamedTuple):
    """The stale texts of a run."""

    stale: list[Stale]
    """Passages and kinds whose newest texts are stale."""
    written_again: list[tuple[Stale, Refreshed]]
    """Passages and kinds that are stale in the run, and fresh in a refresh of the run."""


def stale_texts(folder: RunFolder, outputs: Path, stale_in: Callable[[Run], list[Stale]]) -> StaleTexts:
    """The stale texts of a run. Raises the errors of `stale_in`."""
    found = StaleTexts([], [])
    own = stale_in(folder.run)
    again = written_again(folder, refreshes(outputs, folder)) if own else {}
    stale_again: dict[Path, set[tuple[str, str]]] = {}
    for stale in own:
        refreshed = again.get((stale.passage, stale.kind))
        if not refreshed:
            found.stale.append(stale)
            continue
        path = refreshed.folder.path
        if path not in stale_again:
            stale_again[path] = {(each.passage, each.kind) for each in stale_in(refreshed.folder.run)}
        if (refreshed.place, stale.kind) in stale_again[path]:
            found.stale.append(stale)
        else:
            found.written_again.append((stale, refreshed))
    return found
