"""Progress of a run, and of the stages before its first text, on stderr.

On a terminal a bar, elsewhere a plain line now and then, and none for stages.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from remix.cli.printing import note
from remix.util import stages

if TYPE_CHECKING:
    from remix.generation.writer import Progress

EVERY = 10.0
"""Seconds between plain lines."""

_TEXTS = "Texts"
"""Name of the bar of a run, as stages have names."""

Watch = Callable[["Progress"], None]


@contextmanager
def progress(quiet: bool) -> Iterator[Watch]:
    """A function to call with each new state of the run; until then, stages are shown."""
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
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(bar_width=None),
        rich_progress.TextColumn("{task.fields[count]}"),
        rich_progress.TimeRemainingColumn(),
    )
    bar = rich_progress.Progress(*columns, console=Console(stderr=True), expand=True)
    shown, since = "", 0.0

    def show(name: str, done: float | None, total: float, count: str) -> None:
        nonlocal shown, since
        if shown != name:
            # Nothing is drawn before the first stage: a mistyped command ends at once, in plain lines.
            bar.start()
            shown, since = name, time.monotonic()
            clear()
            bar.add_task(name, total=None, count="")
        if done is not None:
            bar.update(bar.task_ids[0], completed=done, total=total, count=count)

    def clear() -> None:
        for task in bar.task_ids:
            bar.remove_task(task)

    def watch(state: Progress) -> None:
        rate = state.sampled / max(time.monotonic() - since, 1e-9) if shown == _TEXTS else 0
        failed = f", {state.failed} failed" if state.failed else ""
        show(_TEXTS, state.done, state.total, f"{state.done}/{state.total} {rate:.0f} tokens/s{failed}")

    try:
        with stages.listening(lambda stage, share: show(stage, share, 1, f"{share or 0:.0%}")):
            yield watch
    finally:
        if shown != _TEXTS:
            clear()
        if shown:
            bar.stop()


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
