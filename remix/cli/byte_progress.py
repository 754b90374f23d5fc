"""Progress of a download on stderr: bytes and the time left.

On a terminal a bar, elsewhere a plain line now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from remix.cli.printing import note
from remix.cli.progress import EVERY
from remix.util.names import one_line
from remix.util.units import size

if TYPE_CHECKING:
    from remix.models.download import Progress, Watch


@contextmanager
def byte_progress() -> Iterator[Watch]:
    """A function to call with each new state of the download."""
    if sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich import progress as rich_progress
    from rich.console import Console
    from rich.text import Text

    columns = (
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(binary_units=True),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, visible=False)
        shown = ""

        def watch(state: Progress) -> None:
            nonlocal shown
            if not shown:
                # Bytes of an earlier download don't count for the speed.
                bar.reset(task, total=state.total, completed=state.done, visible=True)
            if shown != state.name:
                shown = state.name
                bar.console.print(Text(one_line(shown)))
            bar.update(task, completed=state.done)

        yield watch


class _Lines:
    """Prints a line every `EVERY` seconds, and a line at the end."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._before: int | None = None

    def __call__(self, state: Progress) -> None:
        now = time.monotonic()
        self._before = state.done if self._before is None else self._before
        if now - self._said < EVERY and state.done < state.total:
            return
        self._said = now
        rate = (state.done - self._before) / max(now - self._started, 1e-9)
        left = f", {_duration((state.total - state.done) / rate)} left" if rate and state.done < state.total else ""
        note(f"{size(state.done)} of {size(state.total)}{left}")


def _duration(seconds: float) -> str:
    """A time in seconds, minutes or hours."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
