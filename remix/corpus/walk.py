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
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from remix.errors import SeedError

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

MOST_PATTERNS = 1_000
MOST_STARS = 3
"""In a part of a path, and two `**` in the whole: pathspec makes regular expressions of them, which try every way."""

_TEMPLATE_SETTINGS = {"templates.json": "folder", "plugins/templater-obsidian/data.json": "templates_folder"}
"""Where Obsidian and its Templater note the folder of templates, and under which key."""


def seed_files(folder: Path, exclude: Sequence[str] = ()) -> list[Path]:
    """The files below a folder that are read, by path. Raises `SeedError` for a pattern that can't be used."""
    return [path for name in seed_names(folder, exclude) if (path := folder / name).is_file()]


def seed_names(folder: Path, exclude: Sequence[str] = ()) -> list[str]:
    """The same as names below the folder; some may turn out to be no files. Raises as `seed_files` does."""
    return [name for name in _walk(folder, exclude) if os.path.splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122


def walk(folder: Path, exclude: Sequence[str] = ()) -> list[Path]:
    """The files below a folder that nothing leaves out, by path; links to folders aren't followed.

    Raises `SeedError` for a pattern that can't be used.
    """
    return [folder / name for name in _walk(folder, exclude)]


def _walk(folder: Path, exclude: Sequence[str]) -> list[str]:
    """Their names below it, with forward slashes: thousands of paths would take longer than all the rest."""
    return sorted(_files(str(folder), _spec(folder, exclude)), key=lambda name: name.split("/"))


def _files(folder: str, spec: GitIgnoreSpec) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        below = place[len(folder) :].strip(os.sep).replace(os.sep, "/")
        prefix = f"{below}/" if below else ""
        if "run.json" in files and _is_run(Path(place, "run.json")):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not spec.match_file(f"{prefix}{name}/")]
        yield from (prefix + name for name in files if not spec.match_file(prefix + name))


def _is_run(path: Path) -> bool:
    """Whether it is the request of one of remix's own runs, whose texts are no seeds."""
    try:
        with path.open("rb") as file:
            return b'"remix/run/' in file.read(256)
    except OSError:
        return False


# -- patterns -----------------------------------------------------------------------------------------------


def _spec(folder: Path, exclude: Sequence[str]) -> GitIgnoreSpec:
    patterns = [GitIgnoreSpecPattern(pattern) for pattern in (*DEFAULTS, *_template_folders(folder / ".obsidian"))]
    patterns += [_pattern(line, place) for line, place in _ignored(folder / IGNORE)]
    patterns += [_pattern(pattern, "`exclude` in remix.toml") for pattern in exclude]
    if len(patterns) > MOST_PATTERNS:
        raise SeedError(f"{folder}: more than {MOST_PATTERNS} patterns of what isn't read.", "Leave some out.")
    return GitIgnoreSpec(patterns)


def _ignored(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a `.remixignore`, each with its place."""
    if not path.exists():
        return
    from remix import frontmatter

    try:
        text = frontmatter.read_text(path)
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    yield from ((line, f"{path}:{number}") for number, line in enumerate(text.split("\n"), 1))


def _pattern(pattern: str, place: str) -> GitIgnoreSpecPattern:
    hint = "Write it as in a .gitignore."
    if pattern.count("**") > 2 or any(len(re.findall(r"\*+", part)) > MOST_STARS for part in pattern.split("/")):
        raise SeedError(f"{place}: '{pattern}' has too many stars.", hint)
    try:
        return GitIgnoreSpecPattern(pattern)
    except (GitIgnorePatternError, re.error) as error:
        raise SeedError(f"{place}: '{pattern}' is no pattern of file names.", hint) from error


def _template_folders(settings: Path) -> Iterator[str]:
    """The folders that a vault's own settings name for templates, as patterns; what can't be read names none."""
    if not settings.is_dir():
        return
    from remix import frontmatter

    for file, key in _TEMPLATE_SETTINGS.items():
        try:
            named = json.loads(frontmatter.read_bytes(settings / file))[key].strip("/ ")
        except (frontmatter.FrontMatterError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue
        if named:
            yield f"/{GitIgnoreSpecPattern.escape(named)}/"
