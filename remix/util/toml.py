"""TOML from strangers, within bounds.

Takes TOML, gives the values, or an error with the line. Knows nothing of the keys' meaning. Bounds are checked before
tomllib reads, because tomllib takes time and memory in the square of a dotted key's parts, and recurses for each
nested bracket.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from typing import Any

DEEPEST = 20
"""Greatest number of parts of a dotted key, and of nested brackets."""

LONGEST_WORD = 200
"""Greatest number of letters of a number or of an unquoted key."""

_TOKENS = re.compile(
    r"(?P<string>\"\"\"(?:[^\\\"]++|\\.|\"(?!\"\"))*+\"{3,5}|'''(?:[^']++|'(?!''))*+'{3,5}"
    r"|\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+')"
    r"|(?P<comment>#[^\n]*+)|(?P<word>[\w+-]++)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)|(?P<dot>\.)|[ \t]++|.",
    re.DOTALL,
)


class TomlError(Exception):
    """A problem in TOML and the problem's line, from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def loads(source: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The values of a TOML document. Raises `TomlError`."""
    _check(source)
    try:
        return tomllib.loads(source, parse_float=parse_float)
    # TOMLDecodeError is a ValueError; numbers and dates out of Python's range raise further ValueErrors.
    except (ValueError, RecursionError) as error:
        message, _, place = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise TomlError(message if line else str(error), int(line[1]) if line else 1) from error


def line_of(source: str, place: Sequence[int | str]) -> int:
    """The line, from 1, of a value: `place` lists the names of the tables around the value, and the value's key.

    For a value in an inline table, the line of the table; 1 if the value isn't found.
    """
    lines = source.split("\n")
    found = 0
    for name in place:
        if isinstance(name, str) and len(name) <= LONGEST_WORD:
            begins = re.compile(rf"[\s\[]*+(?:[\w-]++\s*+\.\s*+)*[\"']?{re.escape(name)}[\"']?\s*+[].=]")
            found = next((at for at, line in enumerate(lines[found:], found) if begins.match(line)), found)
    return found + 1


def _check(source: str) -> None:
    """Raise `TomlError` for deep nesting and long words."""
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
