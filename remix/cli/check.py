"""`remix check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.options import Command, declared, json_option
from remix.cli.printing import count, detail, note, print_json, say

if TYPE_CHECKING:
    from remix.generation.check import Problem, Report
    from remix.workspace import Workspace

NAMED = 3
"""Passages named in a line."""


@click.command(cls=Command)
@declared("kinds", "steps", "max_tokens", "min_words", "model", "memory")
@json_option
@click.pass_context
def check(ctx: click.Context, /, as_json: bool, **chosen: Any) -> None:
    """List all that would fail if everything were generated, and write nothing.

    Reads all seeds and templates, makes every prompt of every passage, and counts its tokens with the model's
    vocabulary alone. Exits with 1 where anything would fail.
    """
    from remix.generation.check import check
    from remix.records import Options

    workspace: Workspace = ctx.obj
    report = check(workspace, Options(**chosen))
    if as_json:
        print_json({**report._asdict(), "problems": [problem._asdict() for problem in report.problems]})
    else:
        for problem in report.problems:
            say(f"Problem: {problem.message}{_also(problem)}")
            detail(problem.hint)
        note(_in_words(report, chosen["steps"]))
    if report.problems:
        ctx.exit(1)


COMMANDS = (check,)


def _also(problem: Problem) -> str:
    """Where else: the message names the first passage."""
    others = problem.passages[1:]
    named = ", ".join(others[:NAMED])
    return f" And on {named}{f' and {len(others) - NAMED} more' if others[NAMED:] else ''}." if others else ""


def _in_words(report: Report, steps: int) -> str:
    looked = f"{count(report.passages, 'passage')} × {count(len(report.kinds), 'kind')} × {count(steps, 'step')}"
    if report.problems:
        return f"{looked}: {count(len(report.problems), 'problem')}."
    longest = f"the longest needs {report.longest} of the {report.context} tokens that {report.model} takes."
    return f"{looked}: all would work; {longest}"
