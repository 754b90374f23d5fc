"""The message after Ctrl-C: whether the work so far is kept, and the command that goes on.

Takes the words of the command line, prints lines to stderr. Knows nothing of signals.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from remix.cli import printing
from remix.util import interrupts

WRITERS = frozenset({"add", "export", "init", "measure", "models", "resume", "review", "sign", "tags", "verdict"})
"""Commands that may have written files before their end. `generate` writes nothing before making a run's folder."""

LONGEST = 300
"""Characters of a command line to repeat."""


def tell() -> None:
    """Say that the command was stopped, and how to go on."""
    printing.note("")
    printing.step(*_words(sys.argv[1:]))


def tell_gently() -> None:
    """Say that a run is being stopped, perhaps in the middle of another line."""
    printing.at_once("Stopping; what is finished is safe. Once more quits at once.")


def tell_at_once() -> None:
    """Say that the process ends now, perhaps in the middle of another line."""
    run = "Stopped at once; what is finished is safe. To finish the latest run: remix resume"
    printing.at_once(run if interrupts.is_gentle() else " ".join(_words(sys.argv[1:])))


def _words(arguments: Sequence[str]) -> tuple[str, str]:
    """Whether the work so far is kept, in words, and the command that goes on."""
    line = shlex.join(["remix", *arguments])
    again = line if len(line) <= LONGEST else "the same command."
    if WRITERS.isdisjoint(arguments):
        return "Stopped; nothing was written. To start again:", again
    return "Stopped; what was finished is kept. To go on:", again
