"""A folder's git commit and the user's name in git's settings, read without starting git.

Takes a folder, gives the commit checked out in the folder. Git runs commands named by a repository (hooks, filters,
file system monitors, transports), and the repository may be a stranger's: git is therefore never started. Knows
nothing of runs.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from pathlib import Path

from remix.util.files import read_bounded

MOST_POINTER = 4096
"""Bytes of a file with a commit, a branch name or a folder's path."""

MOST_PACKED = 64 * 2**20
"""Bytes of `packed-refs`: about 700,000 branches and tags."""

MOST_SETTINGS = 2**20
"""Bytes of a settings file."""

MOST_STEPS = 5
"""Depth of symbolic references and of included settings files, as in git."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_SECTION = re.compile(r'\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)"\s*)?\]')

_SETTING = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*(.*)")

# -- the commit ---------------------------------------------------------------------------------------------


def commit(folder: Path) -> str | None:
    """The commit, in hexadecimal, of the repository that contains a folder.

    Null without a repository, if the repository belongs to a different user, or if the branches are stored as
    reftable, which this module can't read. Bare repositories don't count: a stranger can put a bare repository into a
    folder as plain files.
    """
    top = Path(os.path.realpath(folder))
    with suppress(OSError, ValueError):
        for each in (top, *top.parents):
            place = each / ".git"
            if os.path.lexists(place / "HEAD") or place.is_file():
                return _checked_out(place)
    return None


def _checked_out(place: Path) -> str | None:
    """The commit of `.git`, which is a folder or a file with a folder's path."""
    if place.is_symlink() or not _is_own(place):
        return None
    git = place if place.is_dir() else _elsewhere(place)
    if git is None:
        return None
    branches = git
    if (git / "commondir").is_file():
        # An additional worktree has its branches in the main worktree's folder.
        common = Path(os.path.realpath(git / _pointer(git / "commondir", git)))
        branches = common if git.parent == common / "worktrees" and _is_own(common) else git
    return _resolve("HEAD", git, branches)


def _elsewhere(place: Path) -> Path | None:
    """The folder named by a `.git` file, if the folder belongs to this worktree or submodule: a stranger's file may
    name any repository."""
    named = _pointer(place, place.parent)
    if not named.startswith("gitdir: "):
        return None
    git = Path(os.path.realpath(place.parent / named.removeprefix("gitdir: ")))
    if not _is_own(git):
        return None
    is_submodule = any(git.is_relative_to(above / ".git" / "modules") for above in place.parent.parents)
    if is_submodule or os.path.realpath(git / _pointer(git / "gitdir", git)) == os.path.realpath(place):
        return git
    return None


def _resolve(name: str, git: Path, common: Path) -> str | None:
    """The commit of `HEAD` or of a branch."""
    for _ in range(MOST_STEPS):
        within = git if name == "HEAD" else common
        try:
            value = _pointer(within / name, within)
        except FileNotFoundError:
            return _packed(name, common)
        if not value.startswith("ref:"):
            return value if _COMMIT.fullmatch(value) else None
        name = value.removeprefix("ref:").strip()
        if not name.startswith("refs/") or ".." in name:
            return None
    return None


def _packed(name: str, common: Path) -> str | None:
    """The commit of a branch in `packed-refs`."""
    data = read_bounded(common / "packed-refs", MOST_PACKED, common)
    found = re.search(rb"^([0-9a-f]{40,64}) " + re.escape(os.fsencode(name)) + rb"$", data, re.MULTILINE)
    value = found[1].decode("ascii") if found else ""
    return value if _COMMIT.fullmatch(value) else None


def _pointer(path: Path, within: Path) -> str:
    """The text of a file of a single line."""
    return os.fsdecode(read_bounded(path, MOST_POINTER, within)).strip()


def _is_own(path: Path) -> bool:
    """Whether a path belongs to this process's user: any user may create `/tmp/.git`."""
    return not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()


# -- the user -----------------------------------------------------------------------------------------------


def user_name() -> str | None:
    """The user's name in the user's or the system's git settings; a repository's settings are never read."""
    for file in _settings_files():
        if name := _name_in(file, MOST_STEPS):
            return name
    return None


def _settings_files() -> list[Path]:
    """The user's and the system's settings files; the first file with a user's name counts."""
    if named := os.environ.get("GIT_CONFIG_GLOBAL"):
        return [Path(named), Path("/etc/gitconfig")]
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises without a home
    own = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    return [home / ".gitconfig", Path(own, "git", "config"), Path("/etc/gitconfig")]


def _name_in(file: Path, steps: int) -> str | None:
    """The last name in a settings file or its included files; null if no file has a name or the file can't be
    read."""
    # A relative path would be read from the current folder, perhaps a stranger's.
    if not file.is_absolute() or not steps:
        return None
    try:
        text = read_bounded(file, MOST_SETTINGS).decode("utf-8", "replace")
    except OSError:
        return None
    name, section = None, ""
    for line in text.split("\n"):
        if opened := _SECTION.match(line):
            section = opened[1].lower() if opened[2] is None else ""
            line = line[opened.end() :]
        if setting := _SETTING.match(line):
            key, value = setting[1].lower(), _unquoted(setting[2])
            if (section, key) == ("user", "name"):
                name = value or name
            elif (section, key) == ("include", "path"):
                included = file.parent / os.path.expanduser(value)  # noqa: PTH111 - raises for unknown users
                name = _name_in(included, steps - 1) or name
    return name


def _unquoted(value: str) -> str:
    """A setting's value without quotation marks and trailing comment."""
    words = shlex.shlex(value, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters, words.quotes = True, "#;", '"'
    try:
        return " ".join(words)
    except ValueError:
        return ""
