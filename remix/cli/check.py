"""`remix check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.options import Command, declared, json_option
from remix.cli.printing import count, detail, note, print_json, say

if TYPE_CHECKING:
    from remix.generation.check import Report
    from remix.workspace import Workspace

NAMED = 3
"""Passages named in a message, besides the first."""


@click.command(cls=Command)
@declared("kinds", "steps", "max_tokens", "min_words", "model", "memory")
@json_option
@click.pass_context
def check(ctx: click.Context, /, as_json: bool, **chosen: Any) -> None:
    """List all problems that `remix generate --all` would meet, and write nothing.

    Reads all essays and templates, makes the prompts of all passages and counts the tokens with the model's
    vocabulary; the model itself isn't loaded. Exits with 1 if a problem is found.
    """
    from remix.generation.check import check
    from remix.records import Options

    workspace: Workspace = ctx.obj
    report = check(workspace, Options(**chosen))
    if as_json:
        print_json({**report._asdict(), "problems": [problem._asdict() for problem in report.problems]})
    else:
        for problem in report.problems:
            others, named = problem.passages[1:], ", ".join(problem.passages[1 : 1 + NAMED])
            more = f" and {len(others) - NAMED} more" if others[NAMED:] else ""
            say(f"Problem: {problem.message}{f' And on {named}{more}.' if others else ''}")
            detail(problem.hint)
        note(_in_words(report, chosen["steps"]))
        if not report.problems:
            note("To write texts: remix generate --tag TAG, or --all for all passages.")
    if report.problems:
        ctx.exit(1)


COMMANDS = (check,)


def _in_words(report: Report, steps: int) -> str:
    looked = f"{count(report.passages, 'passage')} × {count(len(report.kinds), 'kind')}, up to {count(steps, 'step')}"
    if report.problems:
        return f"{looked}: {count(len(report.problems), 'problem')}."
    longest = f"the longest needs {report.longest} of the {report.context} tokens that {report.model} takes."
    return f"{looked}: all would work; {longest}"
