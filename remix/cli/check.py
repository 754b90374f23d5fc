"""`remix check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.left_out import not_read_in_words, words_in_words
from remix.cli.options import Command, declared, json_option
from remix.cli.printing import count, detail, note, print_json, say
from remix.cli.progress import checking

if TYPE_CHECKING:
    from remix.generation.check import Report, Words
    from remix.workspace import Workspace

NAMED = 3
"""Passages named in a message, besides the first."""


@click.command(cls=Command)
@declared("kinds", "steps", "max_tokens", "think", "max_thoughts", "min_words", "model", "memory")
@json_option
@click.pass_context
def check(ctx: click.Context, /, as_json: bool, **chosen: Any) -> None:
    """List all problems that `remix generate --all` would meet, and write nothing.

    Reads all essays and templates, makes the prompts of all passages and counts the tokens with the model's
    vocabulary; the model itself isn't loaded. Counts the words of the essays that are in no passage. Exits with 1 if
    a problem is found.
    """
    from remix.generation.check import check
    from remix.records import Options

    workspace: Workspace = ctx.obj
    with checking() as watch:
        report = check(workspace, Options(**chosen), watch)
    if as_json:
        print_json(_as_json(report))
    else:
        for problem in report.problems:
            others, named = problem.passages[1:], ", ".join(problem.passages[1 : 1 + NAMED])
            more = f" and {len(others) - NAMED} more" if others[NAMED:] else ""
            say(f"Problem: {problem.message}{f' And on {named}{more}.' if others else ''}")
            detail(problem.hint)
        for each in (*report.notes, *filter(None, [report.languages])):
            note(f"Note: {each}")
        note(_in_words(report, chosen["steps"]), *_words_in_words(report.words))
        if not report.problems:
            note("To write texts: remix generate --tag TAG, or --all for all passages.")
    if report.problems:
        ctx.exit(1)


COMMANDS = (check,)


def _in_words(report: Report, steps: int) -> str:
    looked = f"{count(report.passages, 'passage')} × {count(len(report.kinds), 'kind')}, up to {count(steps, 'step')}"
    if report.problems:
        return f"{looked}: {count(len(report.problems), 'problem')}."
    longest = f"the longest needs at most {report.longest} of the {report.context} tokens that {report.model} takes."
    return f"{looked}: all would work; {longest}"


def _words_in_words(words: Words) -> list[str]:
    """Where the essays' words are, and what isn't read."""
    if not words.essays:
        return []
    not_read = words.left_out.total
    essays = f"{words.essays:,} {'essay' if words.essays == 1 else 'essays'}"
    where = f"{words.passages:,} in passages + {words.headings:,} in headings + {not_read:,} not read"
    return [f"{essays}: {words_in_words(words.total)} = {where}.", *filter(None, [not_read_in_words(words.left_out)])]


def _as_json(report: Report) -> dict[str, Any]:
    words = report.words
    return {
        **report._asdict(),
        "problems": [problem._asdict() for problem in report.problems],
        "words": {
            "essays": words.essays,
            "passages": words.passages,
            "headings": words.headings,
            "not_read": words.left_out.by_reason,
        },
    }
