"""Front matter: YAML between two `---` lines at the head of an essay, a template or an output, where `...` may be the
second line; in an essay also TOML between two `+++` lines.

Takes a file's text, gives the mapping, the body and the body's first line. Knows nothing of the keys' meaning. Files
may come from strangers: input that would take unbounded memory or time is refused.
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
"""Bytes of a file: twice the Bible."""

MOST_LINES = 120_000
"""Lines of a file: parsers take as long for a line of one letter as for a line of a hundred letters."""

MOST_FRONT_MATTER = 64 * 2**10
"""Characters of front matter: PyYAML takes a second for three times as many."""

DEEPEST = 20
"""Depth of nested lists and mappings."""

LONGEST_NUMBER = 100
"""Characters of a number: Python takes time in the square of a number's length, and prints at most 4,300 digits."""


class Parts(NamedTuple):
    """A text as front matter and body."""

    meta: dict[str, Any]
    """The front matter; empty if the text has none."""

    body: str
    """The text after the closing line."""

    body_line: int
    """The body's first line in the file, from 1."""


class FrontMatterError(RemixError):
    """The front matter can't be read."""


def read_text(path: Path, within: Path | None = None) -> str:
    """A file's text without byte order mark and with `\\n` as line ends.

    Raises `FrontMatterError` like `read_bytes`, and if the file isn't UTF-8 or has more than `MOST_LINES` lines.
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
    """A file's bytes.

    Raises `FrontMatterError` if the file can't be read, isn't a regular file, has more than `most` bytes, or, with
    `within`, is a link that leads out of the folder `within`.
    """
    try:
        return files.read_bounded(path, most, within)
    except (OSError, ValueError) as error:
        raise FrontMatterError(*_unreadable(path, error)) from error


def _unreadable(path: Path, error: OSError | ValueError) -> tuple[str, str]:
    """Message and hint for an unreadable file."""
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
    """A text's front matter and body; errors call the text `name`. `yaml.BaseLoader` leaves every value a string.

    Raises `FrontMatterError` if the front matter isn't closed, isn't YAML or isn't a mapping.
    """
    source, parts = cut(text, name, FENCE)
    return parts if source is None else parts._replace(meta=mapping(source, name, loader))


def split_strings(text: str, name: str) -> Parts:
    """Front matter in YAML or TOML, and body; values are strings, lists of strings, mappings of strings.

    Values stay as written: a title may be `No`, and a date has the author's format; TOML dates become ISO 8601.
    Raises like `split`.
    """
    source, parts = cut(text, name, TOML_FENCE)
    if source is None:
        return split(text, name, yaml.BaseLoader)
    return parts._replace(meta=_toml(source, name))


def cut(text: str, name: str, fence: str) -> tuple[str | None, Parts]:
    """The source between two fences at the head, and the rest; null and the whole text without front matter."""
    lines = text.split("\n")
    if lines[0].rstrip() != fence:
        return None, Parts({}, text, 1)
    # Like Jekyll and Pandoc, accept YAML's own end of a document.
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
    """The line of a top-level key of the front matter, in any case, from 1; 1 if the key isn't found."""
    word = re.escape(key)
    begins = re.compile(rf"{word}\s*[:=]|\s*\"{word}\"\s*:|\[{word}\]", re.IGNORECASE)
    return next((n for n, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


class _Bounded(yaml.parser.Parser, yaml.composer.Composer):
    """A YAML composer that refuses aliases and deep nesting: aliases of aliases could multiply values without
    bound."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # untyped in PyYAML's stubs
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
    """YAML's plain types, without numbers longer than `LONGEST_NUMBER`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """A node's value. Raises `yaml.YAMLError` with the line for every problem."""
        if node.tag in _NUMBERS and len(str(node.value)) > LONGEST_NUMBER:
            problem = f"a number of more than {LONGEST_NUMBER} digits"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        try:
            return super().construct_object(node, deep)
        # PyYAML raises Python's own errors for impossible dates, empty numbers and similar values.
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _BaseLoader(_Bounded, yaml.BaseLoader):
    """Strings only."""


_BOUNDED: dict[Loader, Loader] = {yaml.SafeLoader: _SafeLoader, yaml.BaseLoader: _BaseLoader}


def mapping(source: str, name: str, loader: Loader) -> dict[str, Any]:
    """The mapping in the YAML between two fences. Raises `FrontMatterError`."""
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
    for token in yaml.scan(source) if "\\u" in source.lower() else ():
        # An escape like `\ud83d` is half of a surrogate pair, which no file can hold.
        if isinstance(token, yaml.ScalarToken) and re.search("[\ud800-\udfff]", token.value):
            raise FrontMatterError(
                f"{name}:{int(token.start_mark.line) + 2}: broken front matter (half a character).",
                "Write the character itself in place of \\ud… escapes.",
            )
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        raise FrontMatterError(f"{name}:2: the front matter is not a list of `key: value`.", "Mend the YAML.")
    return meta


# -- TOML ---------------------------------------------------------------------------------------------------


def _toml(source: str, name: str) -> dict[str, Any]:
    try:
        return {key: strings(value) for key, value in toml.loads(source, parse_float=str).items()}
    except toml.TomlError as error:
        raise FrontMatterError(
            f"{name}:{error.line + 1}: broken front matter ({error.problem}).",
            "Mend the TOML; text stands in quotes.",
        ) from error


def strings(value: Any) -> Any:
    """A value of TOML or JSON with numbers, dates and booleans as strings; null as an empty string."""
    match value:
        case dict():
            return {key: strings(each) for key, each in value.items()}
        case list():
            return [strings(each) for each in value]
        case bool():
            return str(value).lower()
        case date() | time():
            return value.isoformat()
        case None:
            return ""
    return str(value)
