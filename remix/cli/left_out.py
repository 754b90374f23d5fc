"""What a command left out because it can't be used: an error a line, and the way to the others.

Takes errors, prints messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.cli.printing import note
from remix.errors import RemixError

MOST_NAMED = 10


def show_left_out(errors: Sequence[RemixError], what: str = "Left out") -> None:
    """Print the errors of whatever was left out."""
    note(*left_out_in_lines(errors, what))


def left_out_in_lines(errors: Sequence[RemixError], what: str = "Left out") -> list[str]:
    """A line for each of the first `MOST_NAMED` errors, and a line on the rest."""
    lines = [f"{what}: {error.message} {error.hint}" for error in errors[:MOST_NAMED]]
    rest = len(errors) - len(lines)
    return [*lines, f"and {rest:,} more: `remix check` lists them."] if rest else lines
