"""The last lines of `remix generate`: a passage, what became of it, and what to do next.

Takes a finished run's folder, prints to stderr; standard output is for the folder's path alone.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from remix.cli.printing import beginning, note, rule, step
from remix.errors import RunError
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.records import Task

MOST_LINES = 5
"""Lines of the passage, and of the text."""


def show(folder: RunFolder) -> None:
    """Print the beginnings of a passage and of the first text made from it, then the next steps."""

    remix, run = program(), named(folder)
    task = first_text(folder)
    shown = _show_texts(folder, task) if task else False
    note("")
    if task and shown:
        step("Read:", f"{remix} show {run}:{shlex.quote(task.id)}")
    if task and shown and task.branch:
        step("Tree:", f"{remix} tree {run}:{shlex.quote(task.id)}")
    step("Judge:", f"{remix} review {run}")
    step("Measure:", f"{remix} measure {run}")
    step("Export:", f"{remix} export {run} --to {shlex.quote(page_name(folder.run.name))}")
    step_to_better_texts(folder)


def step_to_better_texts(folder: RunFolder) -> None:
    """If the bundled model wrote, which is there to try remix with: how to get a larger model."""
    from remix.models.recommended import best_fitting

    if folder.run.options.model is None and (best := best_fitting()):
        step("For better texts:", f"{program()} models pull {best.address}")


def named(folder: RunFolder) -> str:
    """A run's folder as an argument of a command: below the current folder without the folders above."""
    path, here = folder.path, Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def page_name(run: str) -> str:
    """The file of an exported page: a run's name without the time, so that two runs have two files."""
    return f"{run.partition('-')[2] or run}.html"


def first_text(folder: RunFolder) -> Task | None:
    """The first text of the run made from passages alone, or the first branch; rewritings come first."""
    tasks = [task for task in folder.run.tasks if task.passages and (task.branch or not task.texts)]
    return min(tasks, key=lambda task: task.kind != "rewrite", default=None)


def _show_texts(folder: RunFolder, task: Task) -> bool:
    """Print the passage and the text; gives whether both could be read."""
    try:
        record, text = folder.read(task.id)
    except RunError:
        return False
    from remix.outputs.facts import variant_label

    source = record.sources[0]
    note("", f"“{source.essay}”, {source.passage}:")
    beginning(source.text, MOST_LINES)
    rule()
    note(f"{quoted(task.kind)}, step {task.step}{variant_label(task)}:")
    beginning(text, MOST_LINES)
    return True


def program() -> str:
    """The command as the user can type the name: with its folder, if the shell wouldn't find the command."""
    called = Path(sys.argv[0])
    is_found = called.name != "remix" or shutil.which("remix") is not None
    return "remix" if is_found else shlex.quote(str(called))
