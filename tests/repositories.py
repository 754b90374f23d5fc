"""Repositories that a stranger may hand over: each runs a command as soon as git looks at it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MARK = "RAN"
"""Begins the names of the files that those commands leave beside the repository."""


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "protocol.file.allow=always")
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def leaves_a_mark(path: Path, marks: Path) -> None:
    """Write a command that leaves a mark when it is run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\ntouch "{marks}/{MARK}-{path.name}"\n', encoding="utf-8")
    path.chmod(0o755)


def commit_all(folder: Path) -> str:
    """Make a folder a repository with one commit of all that is in it."""
    git(folder, "init")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def with_a_hook(folder: Path, marks: Path) -> str:
    """`git status` writes the index anew when times changed, and runs a hook then."""
    commit = commit_all(folder)
    leaves_a_mark(folder / ".git/hooks/post-index-change", marks)
    for seed in (folder / "seeds").iterdir():
        os.utime(seed, (1, 1))
    return commit


def with_a_promisor(folder: Path, marks: Path) -> str:
    """An object is missing, and would be fetched from the remote that promised it, by a command of one's choice."""
    commit = commit_all(folder)
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    leaves_a_mark(marks / "ssh.sh", marks)
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", "ssh://host/repository"),
        ("remote.origin.promisor", "true"),
        ("core.sshCommand", str(marks / "ssh.sh")),
    ):
        git(folder, "config", key, value)
    return commit


def with_commands(folder: Path, marks: Path) -> str:
    """A monitor, filters, a pager, an alias and an included file of settings."""
    commit = commit_all(folder)
    (folder / ".git/info/attributes").write_text("* filter=evil\n", encoding="utf-8")
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "core.pager", "core.askPass"):
        leaves_a_mark(marks / key, marks)
        git(folder, "config", key, str(marks / key))
    # Of the same length, for else git needs no look into the file.
    for seed in (folder / "seeds").iterdir():
        seed.write_text(seed.read_text(encoding="utf-8").replace("fast", "slow"), encoding="utf-8")
    return commit


def as_plain_files(folder: Path, marks: Path) -> str:
    """A bare repository, committed as plain files around the folder, so that an ordinary clone brings it with its
    hook. Gives the commit of the clone."""
    inner = folder.parent
    git(inner, "init", "--bare")
    bare = ("--git-dir", str(inner), "--work-tree", str(folder))
    git(folder, *bare, "add", ".")
    git(folder, *bare, "commit", "-m", "x")
    git(inner, "--git-dir", str(inner), "config", "core.bare", "false")
    git(inner, "--git-dir", str(inner), "config", "core.worktree", str(folder))
    leaves_a_mark(inner / "hooks/post-index-change", marks)
    commit = commit_all(inner.parent)
    for seed in (folder / "seeds").iterdir():
        os.utime(seed, (1, 1))
    return commit


def ran(marks: Path) -> list[str]:
    """The commands that were run."""
    return sorted(path.name for path in marks.glob(f"{MARK}-*"))
