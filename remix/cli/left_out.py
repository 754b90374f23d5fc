"""What a command left out: files that can't be used, an error a line; and the words of files that aren't read.

Takes errors and counts, gives and prints messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from remix.cli.printing import note
from remix.errors import RemixError

if TYPE_CHECKING:
    from remix.corpus.left_out import LeftOutWords

MOST_NAMED = 10

BOOKKEEPING = {"tags": "tags", "link": "addresses", "metadata": "metadata", "html": "HTML tags"}
"""Words for the reasons in `corpus.left_out.BOOKKEEPING`."""


def show_left_out(errors: Sequence[RemixError], what: str = "Left out") -> None:
    """Print the errors of whatever was left out."""
    note(*left_out_in_lines(errors, what))


def left_out_in_lines(errors: Sequence[RemixError], what: str = "Left out") -> list[str]:
    """A line for each of the first `MOST_NAMED` errors, and a line on the rest."""
    lines = [f"{what}: {error.message} {error.hint}" for error in errors[:MOST_NAMED]]
    rest = len(errors) - len(lines)
    return [*lines, f"and {rest:,} more: `remix check` lists them."] if rest else lines


def words_in_words(number: int) -> str:
    """A number of words, with a comma at the thousands."""
    return f"{number:,} {'word' if number == 1 else 'words'}"


def not_read_in_words(words: LeftOutWords, way_on: str = "; `remix passages --left-out` lists them") -> str:
    """A line on the words that aren't read, by reason; empty if all words are read."""
    parts = []
    if words.prose:
        reasons = ", ".join(f"{why} {number:,}" for why, number in words.prose.items())
        files = f"{words.files:,} {'file' if words.files == 1 else 'files'}"
        parts.append(f"{words_in_words(sum(words.prose.values()))} in {files} ({reasons})")
    if words.bookkeeping:
        *names, last = (BOOKKEEPING[why] for why in words.bookkeeping)
        listed = f"{', '.join(names)} and {last}" if names else last
        parts.append(f"{words_in_words(sum(words.bookkeeping.values()))} of {listed}")
    return f"Not read: {', and '.join(parts)}{way_on}." if parts else ""
