"""Front matter: the YAML between two `---` lines at the head of a seed, a template or an output (the second may be
YAML's own, `...`); a seed's may be TOML between two `+++` lines.

Takes a file's text, gives the mapping, the body, and the line the body begins on. Knows nothing of what the
keys mean. Files may come from strangers: what would take endless memory or time is refused.
"""

from __future__ import annotations

import errno
import re
from datetime import date, time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from remix.errors import RemixError
from remix.util import files, toml

FENCE = "---"
TOML_FENCE = "+++"

MOST_BYTES = 8 * 2**20
"""Of a file: twice the Bible."""

MOST_LINES = 120_000
"""Of a file: parsers take as long for a line of one letter as for one of a hundred."""

MOST_FRONT_MATTER = 64 * 2**10
"""Letters. PyYAML takes a second for three times as many."""

DEEPEST = 20
"""Lists in lists, and mappings in mappings."""

LONGEST_NUMBER = 100
"""Characters. Python takes the square of a number's length, and writes none of more than 4,300 digits."""


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


def read_text(path: Path, within: Path | None = None) -> str:
    """A file's text, without byte order mark and with plain line ends.

    Raises `FrontMatterError` as `read_bytes` does, and if the file isn't UTF-8, naming the byte, or has too many
    lines.
    """
    data = read_bytes(path, within=within)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FrontMatterError(
            f"{path}: not UTF-8 at byte {error.start}.", "Save the file as UTF-8, or move it out of the folder."
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        raise FrontMatterError(f"{path}: has more than {MOST_LINES} lines.", _SPLIT)
    return text


def read_bytes(path: Path, most: int = MOST_BYTES, within: Path | None = None) -> bytes:
    """A file's bytes, at most `most` of them.

    Raises `FrontMatterError` if the file can't be read, isn't a regular one or is larger, or, with `within`, is a
    link that leads out of that folder.
    """
    try:
        return files.read_bounded(path, most, within)
    except (OSError, ValueError) as error:
        raise FrontMatterError(*_unreadable(path, error)) from error


def _unreadable(path: Path, error: OSError | ValueError) -> tuple[str, str]:
    """Why a file can't be read, and what to do."""
    reason = error.strerror if isinstance(error, OSError) else error
    match error:
        case OSError(errno=errno.EFBIG):
            return f"{path}: {reason}.", _SPLIT
        case OSError(errno=errno.EINVAL):
            return f"{path}: {reason}.", "Move it out of the folder."
        case OSError(errno=errno.EPERM):
            return f"{path}: {reason}.", "Put a copy in its place."
    return f"{path}: can't be read ({reason}).", "Check that it exists and that you may read it."


_SPLIT = "Split it into several files, or move it out of the folder."


Loader = type[yaml.SafeLoader] | type[yaml.BaseLoader]


def split(text: str, name: str, loader: Loader = yaml.SafeLoader) -> Parts:
    """Take a text apart; `name` is what errors call it. With `yaml.BaseLoader` every value stays as it is written.

    Raises `FrontMatterError` where the front matter isn't closed, isn't YAML or isn't a mapping.
    """
    source, parts = _cut(text, name, FENCE)
    return parts if source is None else parts._replace(meta=_mapping(source, name, loader))


def split_strings(text: str, name: str) -> Parts:
    """Take a seed apart, its front matter in YAML or in TOML: strings, and lists and mappings of them.

    What is written comes through as it is written: a title may be `No`, and a date is what its author wrote; TOML's
    dates come in ISO 8601. Raises as `split` does.
    """
    source, parts = _cut(text, name, TOML_FENCE)
    if source is None:
        return split(text, name, yaml.BaseLoader)
    return parts._replace(meta=_toml(source, name))


def _cut(text: str, name: str, fence: str) -> tuple[str | None, Parts]:
    """What stands between two fences at the head, and the rest; nothing and all, where the text begins otherwise."""
    lines = text.split("\n")
    if lines[0].rstrip() != fence:
        return None, Parts({}, text, 1)
    # Jekyll and Pandoc take YAML's own end of a document, too.
    ends = (fence, "...") if fence == FENCE else (fence,)
    closing = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ends), None)
    if closing is None:
        raise FrontMatterError(
            f"{name}:1: the front matter is never closed.", f"End it with a line that holds only {fence}."
        )
    source = "\n".join(lines[1:closing])
    if len(source) > MOST_FRONT_MATTER:
        raise FrontMatterError(
            f"{name}:1: the front matter is longer than {MOST_FRONT_MATTER // 2**10} KiB.",
            "Put the text below the line that closes it.",
        )
    return source, Parts({}, "\n".join(lines[closing + 1 :]), closing + 2)


def line_of(text: str, key: str) -> int:
    """The line on which a top-level key of the front matter stands, in whatever case, from 1; 1 where it can't be
    found."""
    begins = re.compile(rf"{re.escape(key)}\s*[:=]", re.IGNORECASE)
    return next((n for n, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


class _Bounded(yaml.parser.Parser, yaml.composer.Composer):
    """Composes no more than is written: an alias can stand for a million values, and each of them for a million."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs don't say
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            problem = "an alias: what `*` stands for must be written out"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        if self._depth == DEEPEST:
            raise yaml.composer.ComposerError(None, None, "nested too deeply", mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _SafeLoader(_Bounded, yaml.SafeLoader):
    """YAML's plain types, but for numbers that Python takes long to write."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """A value. Raises `yaml.YAMLError` with its line, for whatever is wrong with it."""
        if node.tag in _NUMBERS and len(str(node.value)) > LONGEST_NUMBER:
            problem = f"a number of more than {LONGEST_NUMBER} digits"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        try:
            return super().construct_object(node, deep)
        # PyYAML lets impossible dates, empty numbers and the like through as other errors than its own.
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _BaseLoader(_Bounded, yaml.BaseLoader):
    """Strings alone."""


_BOUNDED: dict[Loader, Loader] = {yaml.SafeLoader: _SafeLoader, yaml.BaseLoader: _BaseLoader}


def _mapping(source: str, name: str, loader: Loader) -> dict[str, Any]:
    try:
        meta = yaml.load(source, _BOUNDED[loader])
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        problem = getattr(error, "problem", None) or "unreadable"
        raise FrontMatterError(
            f"{name}:{line}: broken front matter ({problem}).",
            "Mend the YAML; quote values that hold a colon or begin with a star.",
        ) from error
    except (ValueError, RecursionError) as error:
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


# -- TOML ---------------------------------------------------------------------------------------------------


def _toml(source: str, name: str) -> dict[str, Any]:
    try:
        return {key: _strings(value) for key, value in toml.loads(source, parse_float=str).items()}
    except toml.TomlError as error:
        raise FrontMatterError(
            f"{name}:{error.line + 1}: broken front matter ({error.problem}).",
            "Mend the TOML; text stands in quotes.",
        ) from error


def _strings(value: Any) -> Any:
    """A TOML value with strings for numbers, dates and truths."""
    match value:
        case dict():
            return {key: _strings(each) for key, each in value.items()}
        case list():
            return [_strings(each) for each in value]
        case bool():
            return str(value).lower()
        case date() | time():
            return value.isoformat()
    return str(value)
