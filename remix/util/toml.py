"""TOML within bounds.

Takes TOML that a stranger may have written, gives its values, or an error with its line. Knows nothing of what the
keys mean. tomllib alone takes the square of a key's parts in time and memory, and as many nested calls as there are
brackets in brackets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from typing import Any

DEEPEST = 20
"""Parts of a key, and brackets in brackets."""

LONGEST_WORD = 200
"""Letters of a number, or of a key without quotes."""

_TOKENS = re.compile(
    r"(?P<string>\"\"\"(?:[^\\\"]++|\\.|\"(?!\"\"))*+\"{3,5}|'''(?:[^']++|'(?!''))*+'{3,5}"
    r"|\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+')"
    r"|(?P<comment>#[^\n]*+)|(?P<word>[\w+-]++)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)|(?P<dot>\.)|[ \t]++|.",
    re.DOTALL,
)


class TomlError(Exception):
    """What is wrong, in words, and on which line, from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def loads(source: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The values that TOML stands for. Raises `TomlError`."""
    _check(source)
    try:
        return tomllib.loads(source, parse_float=parse_float)
    # TOMLDecodeError is a ValueError; others come of numbers and dates that Python can't hold.
    except (ValueError, RecursionError) as error:
        message, _, place = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise TomlError(message if line else str(error), int(line[1]) if line else 1) from error


def line_of(source: str, place: Sequence[int | str]) -> int:
    """The line, from 1, of a value: `place` names the tables around it and its key. Of a value in a table that is
    written in one line, the line of that table; 1 if nothing is found."""
    lines = source.split("\n")
    found = 0
    for name in place:
        if isinstance(name, str) and len(name) <= LONGEST_WORD:
            begins = re.compile(rf"[\s\[]*+(?:[\w-]++\s*+\.\s*+)*[\"']?{re.escape(name)}[\"']?\s*+[].=]")
            found = next((at for at, line in enumerate(lines[found:], found) if begins.match(line)), found)
    return found + 1


def _check(source: str) -> None:
    """Raise `TomlError` for what is nested too deeply, or for words that are too long."""
    line, depth, dots = 1, 0, 0
    for token in _TOKENS.finditer(source):
        match token.lastgroup:
            case "open":
                depth += 1
                dots = 0
            case "close":
                depth -= 1
                dots = 0
            case "dot":
                dots += 1
            case "end":
                dots = 0
            case "word" if len(token[0]) > LONGEST_WORD:
                raise TomlError(f"a number or a word of more than {LONGEST_WORD} letters", line)
            case None if not token[0].isspace():
                dots = 0
        if depth > DEEPEST or dots >= DEEPEST:
            raise TomlError("nested too deeply", line)
        line += token[0].count("\n")
