"""Walking a folder: finding the files to read as essays.

Takes a folder and patterns, gives paths. Doesn't know the files' contents.

Patterns are as in `.gitignore` (git's own rules, by pathspec), relative to the folder: first the defaults, then the
lines of the folder's `.remixignore`, then `exclude` in `remix.toml`. The last matching pattern counts: `!templates/`
includes templates again. Excluded folders and remix's own runs aren't entered.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from remix.errors import SeedError, UnreadError
from remix.util import files

SUFFIXES = (".md", ".markdown", ".org", ".txt")
"""`essays.py` has a reader for each."""

IGNORE = ".remixignore"

DEFAULTS = (
    ".*",  # .obsidian, .git, .trash
    "[Tt]emplates/",
    "_[Tt]emplates/",
    "archetypes/",  # Hugo's templates
    "_includes/",  # Jekyll's
    "_layouts/",
    "_site/",
    "node_modules/",
    "LICENSE*",
    "requirements*.txt",
    "robots.txt",
)

DEEPEST = 100
"""Folders within folders. Passages' ids contain the folders, and no id may be longer than 200 bytes."""

MOST_PATTERNS = 1_000
LONGEST_PATTERN = 1_000
"""Characters. Together with the number of patterns a bound on the time to match a name."""

MOST_LETTERS = 100_000
"""Characters of all patterns together: compiling 100,000 characters takes a second."""

MOST_FLOATING = 2
"""Number of `**` in a pattern."""

MOST_STEPS = 4 * 10**9
"""For matching all names of a walk with all patterns; a step takes about a nanosecond. 10,000 files and 900 ordinary
patterns take less than half."""

_TEMPLATE_SETTINGS = {"templates.json": "folder", "plugins/templater-obsidian/data.json": "templates_folder"}
"""Settings files of Obsidian and of Templater, each with the key for the folder of templates."""


OnError = Callable[[SeedError], None]
"""Called with the error of an unreadable folder, which is then skipped. Without a function the error is raised."""


def seed_files(folder: Path, exclude: Sequence[str] = (), on_error: OnError | None = None) -> list[Path]:
    """The essays' files below a folder, sorted by path. Raises `SeedError` for an invalid pattern."""
    return [path for name in seed_names(folder, exclude, on_error) if (path := folder / name).is_file()]


def seed_names(folder: Path, exclude: Sequence[str] = (), on_error: OnError | None = None) -> list[str]:
    """As `seed_files`, but names relative to the folder; some may not be regular files."""
    names = walk(folder, exclude, on_error)
    return [name for name in names if os.path.splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122


def walk(folder: Path, exclude: Sequence[str] = (), on_error: OnError | None = None) -> list[str]:
    """All files below a folder that aren't excluded, sorted by path; links to folders aren't followed.

    Gives relative names with forward slashes: thousands of `Path`s would take longer than the walk. Raises
    `SeedError` for an invalid pattern.
    """
    spec = _spec(folder, exclude)
    return sorted(_files(str(folder), spec, on_error or _raise), key=lambda name: name.split("/"))


def _raise(error: SeedError) -> None:
    raise error


def _files(folder: str, spec: GitIgnoreSpec, on_error: OnError) -> Iterator[str]:
    """Iterative, at most `DEEPEST` levels."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            folders, others = _entries(f"{folder}/{prefix}")
        except OSError as error:
            on_error(_unreadable(folder, prefix, f"can't be read ({error.strerror})"))
            continue
        if "run.json" in others and _is_run(Path(folder, prefix, "run.json")):
            continue
        yield from (prefix + name for name in others if not spec.match_file(prefix + name))
        below = [f"{prefix}{name}/" for name in folders if not spec.match_file(f"{prefix}{name}/")]
        if below and prefix.count("/") == DEEPEST:
            top = prefix.partition("/")[0]
            on_error(_unreadable(folder, top, f"more than {DEEPEST} folders lie within one another there"))
            continue
        waiting += below


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The names of folders, and of all further entries. Links to folders are in neither list."""
    folders, others = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_folder(entry):
                others.append(entry.name)
            elif not entry.is_symlink():
                folders.append(entry.name)
    return folders, others


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to a folder. A circular link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _unreadable(folder: str, below: str, why: str) -> UnreadError:
    cause = SeedError(
        f"{folder}/{below}".rstrip("/") + f": {why}.",
        "Leave the folder out with `exclude` in remix.toml, or make it readable.",
    )
    return UnreadError(below.rstrip("/"), cause)


def _is_run(path: Path) -> bool:
    """Whether a file is the `run.json` of a run of remix: the texts of runs are no essays."""
    try:
        return b'"remix/run/' in files.read_start(path, 256)
    except OSError:
        return False


# -- patterns -----------------------------------------------------------------------------------------------


def _spec(folder: Path, exclude: Sequence[str]) -> GitIgnoreSpec:
    patterns = [GitIgnoreSpecPattern(pattern) for pattern in (*DEFAULTS, *_template_folders(folder / ".obsidian"))]
    more = [*_ignored(folder / IGNORE), *((pattern, "`exclude` in remix.toml") for pattern in exclude)]
    if len(patterns) + len(more) > MOST_PATTERNS:
        raise SeedError(f"{folder}: more than {MOST_PATTERNS} patterns of what isn't read.", "Leave some out.")
    # The last matching pattern counts, so dropping earlier duplicates has no effect.
    places = dict(reversed(more))
    work, letters = _Work(), 0
    for pattern, place in reversed(places.items()):
        letters += len(pattern)
        if letters > MOST_LETTERS:
            raise SeedError(f"{place}: more than {MOST_LETTERS} letters of patterns up to here.", "Leave some out.")
        patterns.append(_pattern(pattern, place, work))
    # Faster backends don't call `Pattern.match_file`, and don't support atomic groups.
    return GitIgnoreSpec(patterns, backend="simple")


def _ignored(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a `.remixignore`, each with file and line number."""
    if not os.path.lexists(path):
        return
    from remix.util import frontmatter

    try:
        text = frontmatter.read_text(path, within=path.parent)
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    yield from ((line, f"{path}:{number}") for number, line in enumerate(text.split("\n"), 1))


class _Work:
    """The number of steps of a walk, for all patterns together."""

    def __init__(self) -> None:
        self.steps = 0


class Pattern(GitIgnoreSpecPattern):
    """A pattern whose matching time grows in proportion to the length of a name.

    Raises `SeedError`, which names `place`, if a match would exceed the allowed steps of `work`.
    """

    __slots__ = ("_cost", "_literal", "_place", "_work")

    def __init__(self, pattern: Any, place: str = "", work: _Work | None = None) -> None:
        super().__init__(pattern)
        self._place = place
        self._work = work or _Work()
        self._literal = _literal(pattern)
        self._cost = _PER_LETTER + len(pattern)

    def match_file(self, file: Any) -> Any:
        """The match, or none. Most paths lack the pattern's literal letters, and are skipped quickly."""
        self._take(_PER_SEARCH + 2 * len(file))
        if self._literal not in file:
            return None
        self._take(_PER_MATCH + self._cost * len(file))
        return super().match_file(file)

    def _take(self, steps: int) -> None:
        self._work.steps += steps
        if self._work.steps > MOST_STEPS:
            raise SeedError(
                f"{self._place}: to match so many names with patterns such as this one takes too long.",
                "Write fewer patterns, or simpler ones: a folder's name with / behind it leaves it out unread.",
            )

    @classmethod
    def pattern_to_regex(cls, pattern: Any) -> Any:
        """The regular expression, and if matches are excluded."""
        regex, include = super().pattern_to_regex(pattern)
        return regex and _without_retries(regex), include


_PER_SEARCH, _PER_MATCH, _PER_LETTER = 100, 500, 20
"""Steps of searching a path for a pattern's letters, of a match, and of a match for each letter of the path."""

LONGEST_LITERAL = 8
"""Characters to search for: in a hostile path the time grows with the number of characters."""


def _literal(pattern: str) -> str:
    """Characters contained in every path matched by the pattern."""
    plain = re.split(r"[\\[]", pattern.removeprefix("!"))[0]
    return max(re.split(r"[*?/]", plain), key=len).strip()[-LONGEST_LITERAL:]


_STARS = re.compile(r"(?:\[\^/\]\*)+")
_ONE = r"(?:\\.|\[\^/\](?![*+])|\[(?!\^/\])\^?\]?[^\]]*\]|[^\\\[/(])"
_MIDDLE = re.compile(rf"\[\^/\]\*({_ONE}+)(?=\[\^/\]\*)")
"""A star, and the text up to the next star of the same name."""
_FLOATING = re.compile(r"(\^\(\?:\.\+/\)\?|\(\?:/\.\+\)\?)")
"""pathspec's expressions for `**`, at the beginning and elsewhere."""


def _without_retries(regex: str) -> str:
    """The expression with each star but the last made atomic: matched at the first place, without backtracking.

    The text after a star has a fixed length: a later place leaves less room for the next star, and can't match if the
    first place doesn't. With backtracking, three stars would take cubic time. The same holds for `**` and whole
    names.
    """
    regex = _MIDDLE.sub(r"(?>[^/]*?\1)", _STARS.sub("[^/]*", regex))
    first, *rest = _FLOATING.split(regex)
    parts = list(zip(rest[::2], rest[1::2], strict=True))
    early = [f"(?>{floating.replace('.+', '.+?')}?{following}(?=/))" for floating, following in parts[:-1]]
    return "".join([first, *early, *("".join(part) for part in parts[-1:])])


def _pattern(pattern: str, place: str, work: _Work) -> GitIgnoreSpecPattern:
    hint = "Write it as in a .gitignore."
    shown = pattern if len(pattern) <= 80 else f"{pattern[:79]}…"
    if len(pattern) > LONGEST_PATTERN:
        raise SeedError(f"{place}: '{shown}' is longer than {LONGEST_PATTERN} letters.", hint)
    if pattern.count("**") > MOST_FLOATING:
        raise SeedError(f"{place}: '{shown}' has too many stars.", hint)
    try:
        return Pattern(pattern, place, work)
    except (GitIgnorePatternError, re.error) as error:
        raise SeedError(f"{place}: '{shown}' is no pattern of file names.", hint) from error


def _template_folders(settings: Path) -> Iterator[str]:
    """Obsidian's folders of templates, as patterns; none if the settings can't be read."""
    if not settings.is_dir():
        return
    from remix.util import frontmatter

    for file, key in _TEMPLATE_SETTINGS.items():
        try:
            named = json.loads(frontmatter.read_bytes(settings / file))[key].strip("/ ")
        except (frontmatter.FrontMatterError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue
        if named and len(named) <= LONGEST_PATTERN:
            yield f"/{GitIgnoreSpecPattern.escape(named)}/"
