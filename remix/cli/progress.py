"""Progress of a run on stderr.

On a terminal a bar, elsewhere a plain line now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from remix.cli.printing import note

if TYPE_CHECKING:
    from remix.generation.writer import Progress

EVERY = 10.0
"""Seconds between plain lines."""

Watch = Callable[["Progress"], None]


@contextmanager
def progress(quiet: bool) -> Iterator[Watch]:
    """A function to call with each new state of the run."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.BarColumn(bar_width=None),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), expand=True) as bar:
        started = time.monotonic()
        task = bar.add_task("", total=None, rate="")

        def watch(state: Progress) -> None:
            rate = state.sampled / max(time.monotonic() - started, 1e-9)
            failed = f", {state.failed} failed" if state.failed else ""
            bar.update(task, completed=state.done, total=state.total, rate=f"{rate:.0f} tokens/s{failed}")

        yield watch


@contextmanager
def checking() -> Iterator[Callable[[int, int], None]]:
    """A function to call with the number of passages checked, and of all passages: a bar on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("Checking"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Prints a line every `EVERY` seconds, and a line at the end."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()

    def __call__(self, state: Progress) -> None:
        now = time.monotonic()
        if now - self._said < EVERY and state.done < state.total:
            return
        self._said = now
        rate = state.sampled / max(now - self._started, 1e-9)
        failed = f", {state.failed} failed" if state.failed else ""
        note(f"{state.done} of {state.total} done{failed}, {rate:.0f} tokens/s")
