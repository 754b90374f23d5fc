"""Front matter: the YAML between two `---` lines at the head of a seed, a template or an output.

Takes a file's text, gives the mapping, the body, and the line the body begins on. Knows nothing of what the
keys mean.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from remix.errors import RemixError

FENCE = "---"


class Parts(NamedTuple):
    """A text taken apart."""

    meta: dict[str, Any]
    """The front matter; empty where there is none."""

    body: str
    """All that follows the line that closes it."""

    body_line: int
    """Line of the file the body begins on, from 1."""


class FrontMatterError(RemixError):
    """The front matter can't be read."""


def read_text(path: Path) -> str:
    """A file's text, without byte order mark and with plain line ends.

    Raises `FrontMatterError` where the file can't be read or isn't UTF-8, naming the byte.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FrontMatterError(
            f"{path}: can't be read ({error.strerror}).", "Check that it exists and that you may read it."
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FrontMatterError(
            f"{path}: not UTF-8 at byte {error.start}.", "Save the file as UTF-8, or move it out of the folder."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


Loader = type[yaml.SafeLoader] | type[yaml.BaseLoader]


def split(text: str, name: str, loader: Loader = yaml.SafeLoader) -> Parts:
    """Take a text apart; `name` is what errors call it. With `yaml.BaseLoader` every value stays as it is written.

    Raises `FrontMatterError` where the front matter isn't closed, isn't YAML or isn't a mapping.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return Parts({}, text, 1)
    closing = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if closing is None:
        raise FrontMatterError(
            f"{name}:1: the front matter is never closed.", "End it with a line that holds only ---."
        )
    meta = _mapping("\n".join(lines[1:closing]), name, loader)
    return Parts(meta, "\n".join(lines[closing + 1 :]), closing + 2)


def line_of(text: str, key: str) -> int:
    """The line on which a top-level key of the front matter stands, from 1; 1 where it can't be found."""
    return next((n for n, line in enumerate(text.split("\n"), 1) if line.startswith(f"{key}:")), 1)


def _mapping(source: str, name: str, loader: Loader) -> dict[str, Any]:
    try:
        meta = yaml.load(source, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        problem = getattr(error, "problem", None) or "unreadable"
        raise FrontMatterError(
            f"{name}:{line}: broken front matter ({problem}).", "Mend the YAML; quote values that hold a colon."
        ) from error
    # PyYAML lets impossible dates, empty numbers and the like through as other errors than its own.
    except (ValueError, LookupError, AttributeError, RecursionError) as error:
        raise FrontMatterError(f"{name}:2: broken front matter ({error}).", "Mend the YAML.") from error
    if line := _half_character(source):
        raise FrontMatterError(
            f"{name}:{line + 1}: broken front matter (half a character).",
            "Write the character itself in place of \\ud… escapes.",
        )
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        raise FrontMatterError(f"{name}:2: the front matter is not a list of `key: value`.", "Mend the YAML.")
    return meta


def _half_character(source: str) -> int | None:
    """The line, from 1, on which an escape like `\\ud83d` makes what no file can hold, if there is one."""
    for token in yaml.scan(source) if "\\u" in source.lower() else ():
        if isinstance(token, yaml.ScalarToken) and re.search("[\ud800-\udfff]", token.value):
            return int(token.start_mark.line) + 1
    return None
