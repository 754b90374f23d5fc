"""Walking a garden: which files below a folder may be read.

Takes a folder and patterns, gives paths. Knows nothing of what the files hold.

Patterns are those of `.gitignore` (git's own rules, by pathspec), relative to the folder. First come those for what
no garden means as text, then the folder's `.remixignore`, then what `exclude` in `remix.toml` says; the last one that
matches counts, so `!templates/` has templates read after all. Folders that are left out aren't entered, nor are runs
of remix, wherever they lie.
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

from remix.errors import SeedError
from remix.util import files

SUFFIXES = frozenset({".md", ".markdown", ".org", ".txt"})
"""What `essays.py` has readers for."""

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
"""Folders within folders. Passages are named after them, and no name may be longer than 200 bytes."""

MOST_PATTERNS = 1_000
LONGEST_PATTERN = 1_000
"""Letters. With the number of patterns this bounds how long it takes to match a name."""

MOST_LETTERS = 100_000
"""Of all patterns together: to compile as many takes a second."""

MOST_FLOATING = 2
"""Parts `**` of a pattern."""

MOST_STEPS = 4 * 10**9
"""Of matching all names of a walk with all patterns; a step takes about a nanosecond. 10,000 files and 900 ordinary
patterns take less than half of them."""

_TEMPLATE_SETTINGS = {"templates.json": "folder", "plugins/templater-obsidian/data.json": "templates_folder"}
"""Where Obsidian and its Templater note the folder of templates, and under which key."""


Tell = Callable[[SeedError], None]
"""Is told of folders that can't be entered; the rest is walked all the same. Without it, that is raised."""


def seed_files(folder: Path, exclude: Sequence[str] = (), on_error: Tell | None = None) -> list[Path]:
    """The files below a folder that are read, by path. Raises `SeedError` for a pattern that can't be used."""
    return [path for name in seed_names(folder, exclude, on_error) if (path := folder / name).is_file()]


def seed_names(folder: Path, exclude: Sequence[str] = (), on_error: Tell | None = None) -> list[str]:
    """The same as names below the folder; some may turn out to be no files. Raises as `seed_files` does."""
    names = _walk(folder, exclude, on_error)
    return [name for name in names if os.path.splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122


def walk(folder: Path, exclude: Sequence[str] = (), on_error: Tell | None = None) -> list[Path]:
    """The files below a folder that nothing leaves out, by path; links to folders aren't followed.

    Raises `SeedError` for a pattern that can't be used.
    """
    return [folder / name for name in _walk(folder, exclude, on_error)]


def _walk(folder: Path, exclude: Sequence[str], on_error: Tell | None) -> list[str]:
    """Their names below it, with forward slashes: thousands of paths would take longer than all the rest."""
    spec = _spec(folder, exclude)
    return sorted(_files(str(folder), spec, on_error or _raise), key=lambda name: name.split("/"))


def _raise(error: SeedError) -> None:
    raise error


def _files(folder: str, spec: GitIgnoreSpec, on_error: Tell) -> Iterator[str]:
    """Not by recursion, and no deeper than `DEEPEST`."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            folders, others = _entries(f"{folder}/{prefix}")
        except OSError as error:
            on_error(_unread(f"{folder}/{prefix}", f"can't be read ({error.strerror})"))
            continue
        if "run.json" in others and _is_run(Path(folder, prefix, "run.json")):
            continue
        yield from (prefix + name for name in others if not spec.match_file(prefix + name))
        below = [f"{prefix}{name}/" for name in folders if not spec.match_file(f"{prefix}{name}/")]
        if below and prefix.count("/") == DEEPEST:
            top = prefix.partition("/")[0]
            on_error(_unread(f"{folder}/{top}", f"more than {DEEPEST} folders lie within one another there"))
            continue
        waiting += below


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The names of folders and of all else in a folder. Links to folders are neither."""
    folders, others = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not _is_folder(entry):
                others.append(entry.name)
            elif not entry.is_symlink():
                folders.append(entry.name)
    return folders, others


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one. A link that goes round in circles is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _unread(folder: str, why: str) -> SeedError:
    return SeedError(f"{folder.rstrip('/')}: {why}.", "Leave it out with `exclude` in remix.toml, or see to it.")


def _is_run(path: Path) -> bool:
    """Whether it is the request of one of remix's own runs, whose texts are no seeds."""
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
    # The last pattern that matches counts: of equal ones the earlier say nothing.
    places = dict(reversed(more))
    work, letters = _Work(), 0
    for pattern, place in reversed(places.items()):
        letters += len(pattern)
        if letters > MOST_LETTERS:
            raise SeedError(f"{place}: more than {MOST_LETTERS} letters of patterns up to here.", "Leave some out.")
        patterns.append(_pattern(pattern, place, work))
    # Others than the simple one don't ask `Pattern.match_file`, nor know atomic groups.
    return GitIgnoreSpec(patterns, backend="simple")


def _ignored(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a `.remixignore`, each with its place."""
    if not os.path.lexists(path):
        return
    from remix.util import frontmatter

    try:
        text = frontmatter.read_text(path, within=path.parent)
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    yield from ((line, f"{path}:{number}") for number, line in enumerate(text.split("\n"), 1))


class _Work:
    """The steps that matching has taken in a walk, with all patterns together."""

    def __init__(self) -> None:
        self.steps = 0


class Pattern(GitIgnoreSpecPattern):
    """A pattern whose regular expression takes a time that grows with the length of a name, and no faster.

    Raises `SeedError` for `place` where a match would take more steps of `work` than are allowed.
    """

    __slots__ = ("_cost", "_literal", "_place", "_work")

    def __init__(self, pattern: Any, place: str = "", work: _Work | None = None) -> None:
        super().__init__(pattern)
        self._place = place
        self._work = work or _Work()
        self._literal = _literal(pattern)
        self._cost = _PER_LETTER + len(pattern)

    def match_file(self, file: Any) -> Any:
        """What of the path it matches, nothing if it doesn't. Most paths lack the letters that the pattern has."""
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
        """The expression, and whether what it matches is left out."""
        regex, include = super().pattern_to_regex(pattern)
        return regex and _without_retries(regex), include


_PER_SEARCH, _PER_MATCH, _PER_LETTER = 100, 500, 20
"""Steps: of the search for a pattern's letters in a path, of a match, and of a match for each letter of the path."""

LONGEST_LITERAL = 8
"""Letters that are searched for: in a path made for that, more could take as many times its length."""


def _literal(pattern: str) -> str:
    """Letters that stand in each path that a pattern matches."""
    plain = re.split(r"[\\[]", pattern.removeprefix("!"))[0]
    return max(re.split(r"[*?/]", plain), key=len).strip()[-LONGEST_LITERAL:]


_STARS = re.compile(r"(?:\[\^/\]\*)+")
_ONE = r"(?:\\.|\[\^/\](?![*+])|\[(?!\^/\])\^?\]?[^\]]*\]|[^\\\[/(])"
_MIDDLE = re.compile(rf"\[\^/\]\*({_ONE}+)(?=\[\^/\]\*)")
"""A star and what stands between it and the next star of the same name."""
_FLOATING = re.compile(r"(\^\(\?:\.\+/\)\?|\(\?:/\.\+\)\?)")
"""What pathspec makes of `**`, at the beginning and elsewhere."""


def _without_retries(regex: str) -> str:
    """The same expression with each star but the last satisfied with the first place that fits.

    What follows a star has a fixed length, so a later place leaves the next star less room, and can never fit if the
    first doesn't. Without this, three stars take the cube of a name's length. The same holds of `**` and whole names.
    """
    regex = _MIDDLE.sub(r"(?>[^/]*?\1)", _STARS.sub("[^/]*", regex))
    first, *rest = _FLOATING.split(regex)
    parts = list(zip(rest[::2], rest[1::2], strict=True))
    early = [f"(?>{_lazy(floating)}{following}(?=/))" for floating, following in parts[:-1]]
    return "".join([first, *early, *("".join(part) for part in parts[-1:])])


def _lazy(floating: str) -> str:
    """`**` that takes as little as fits."""
    return floating.replace(".+", ".+?") + "?"


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
    """The folders that a vault's own settings name for templates, as patterns; what can't be read names none."""
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
