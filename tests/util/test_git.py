"""What git knows of a folder, read without git; and that nothing a repository names is ever run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from remix.util import environment
from remix.util.git import commit, user_name
from tests import repositories
from tests.conftest import make_workspace
from tests.repositories import commit_all, git

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="git makes the repositories"),
    pytest.mark.skipif(sys.platform == "win32", reason="their commands are for a shell"),
]


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "home").mkdir()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with one commit."""
    place = tmp_path / "repository"
    (place / "seeds").mkdir(parents=True)
    (place / "seeds/a.md").write_text("The first clock runs fast.", encoding="utf-8")
    commit_all(place)
    return place


# -- a stranger's commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", [repositories.with_a_hook, repositories.with_a_promisor, repositories.with_commands]
)
def test_a_repository_that_brings_commands(tmp_path: Path, hostile: Callable[[Path, Path], str]) -> None:
    """`git status` ran a hook, and what a promisor remote names."""
    root = make_workspace(tmp_path / "garden").root
    made = hostile(root, tmp_path)
    assert environment.describe(root).commit == made
    assert not repositories.ran(tmp_path)


def test_a_bare_repository_among_the_files(tmp_path: Path) -> None:
    """`git status` took it for the folder's own, after an ordinary clone, and ran its hook."""
    workspace = make_workspace(tmp_path / "clone" / "essays" / "garden")
    made = repositories.as_plain_files(workspace.root, tmp_path)
    assert environment.describe(workspace.root).commit == made
    assert not repositories.ran(tmp_path)


def test_those_repositories_do_run_commands(tmp_path: Path) -> None:
    """Or the tests above would show nothing."""
    root = make_workspace(tmp_path / "garden").root
    repositories.with_a_hook(root, tmp_path)
    git(root, "status", "--porcelain")
    assert repositories.ran(tmp_path) == ["RAN-post-index-change"]


# -- the commit -----------------------------------------------------------------------------------------------


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def test_the_commit_of_a_folder_and_of_those_below(folder: Path) -> None:
    assert commit(folder) == commit(folder / "seeds") == head(folder)


def test_packed_branches(folder: Path) -> None:
    made = head(folder)
    for name in ("a", "main2", "master2", "z"):
        git(folder, "branch", name)
    git(folder, "commit", "--allow-empty", "-m", "y")
    git(folder, "pack-refs", "--all")
    assert commit(folder) == head(folder) != made


def test_a_commit_without_a_branch(folder: Path) -> None:
    git(folder, "checkout", "--detach")
    assert commit(folder) == head(folder)


def test_a_second_worktree(folder: Path, tmp_path: Path) -> None:
    git(folder, "worktree", "add", "-b", "other", str(tmp_path / "other"))
    git(tmp_path / "other", "commit", "--allow-empty", "-m", "y")
    assert commit(tmp_path / "other") == head(tmp_path / "other") != commit(folder)


def test_a_submodule(folder: Path, tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    git(above, "init")
    git(above, "submodule", "add", str(folder), "sub")
    git(above, "commit", "-m", "y")
    assert commit(above / "sub") == head(folder) != commit(above)


def test_a_repository_with_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "--object-format=sha256", "new")
    git(tmp_path / "new", "commit", "--allow-empty", "-m", "y")
    assert commit(tmp_path / "new") == head(tmp_path / "new")
    assert len(head(tmp_path / "new")) == 64


def test_a_branch_that_names_another(folder: Path) -> None:
    git(folder, "symbolic-ref", "refs/heads/alias", git(folder, "symbolic-ref", "HEAD"))
    git(folder, "symbolic-ref", "HEAD", "refs/heads/alias")
    assert commit(folder) == head(folder)


def test_an_empty_folder_called_git_is_no_repository(folder: Path) -> None:
    (folder / "seeds/.git").mkdir()
    assert commit(folder / "seeds") == head(folder)


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) is None
    git(tmp_path, "init")
    assert commit(tmp_path) is None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners here")
def test_a_repository_of_another_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/tmp/.git` may be anybody's."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert commit(folder) is None


# -- a stranger's .git ----------------------------------------------------------------------------------------

ELSEWHERE = "0123456789abcdef0123456789abcdef01234567"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")


def fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def link(path: Path, target: str | Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def packed(folder: Path, text: str) -> None:
    git(folder, "pack-refs", "--all")
    write(folder / ".git/packed-refs", text)


HOSTILE: dict[str, Callable[[Path, Path], object]] = {
    "HEAD is a pipe": lambda folder, _: fifo(folder / ".git/HEAD"),
    "HEAD never ends": lambda folder, _: link(folder / ".git/HEAD", "/dev/zero"),
    "HEAD is large": lambda folder, _: write(folder / ".git/HEAD", ELSEWHERE + " " * 5000),
    "HEAD is a folder": lambda folder, _: ((folder / ".git/HEAD").unlink(), (folder / ".git/HEAD").mkdir()),
    "HEAD is another's file": lambda folder, other: link(folder / ".git/HEAD", other / "secret"),
    "HEAD is text": lambda folder, _: write(folder / ".git/HEAD", "not a commit\x1b[2J"),
    "HEAD is too long": lambda folder, _: write(folder / ".git/HEAD", ELSEWHERE + "0"),
    "HEAD has NUL": lambda folder, _: write(folder / ".git/HEAD", "ref: refs/heads/\0"),
    "HEAD leads up": lambda folder, _: write(folder / ".git/HEAD", "ref: refs/../../../other/secret"),
    "HEAD leads to the root": lambda folder, other: write(folder / ".git/HEAD", f"ref: {other}/secret"),
    "HEAD names itself": lambda folder, _: (
        write(folder / ".git/refs/heads/me", "ref: refs/heads/me")
        or write(folder / ".git/HEAD", "ref: refs/heads/me")
    ),
    "a pattern for a name": lambda folder, _: write(folder / ".git/HEAD", "ref: refs/heads/(.*)*x"),
    "a branch is a pipe": lambda folder, _: fifo(folder / ".git" / git(folder, "symbolic-ref", "HEAD")),
    "a branch is another's file": lambda folder, other: link(
        folder / ".git" / git(folder, "symbolic-ref", "HEAD"), other / "secret"
    ),
    "branches lie elsewhere": lambda folder, other: (
        shutil.rmtree(folder / ".git/refs"),
        link(folder / ".git/refs", other / "refs"),
    ),
    "packed-refs is a pipe": lambda folder, _: packed(folder, "") or fifo(folder / ".git/packed-refs"),
    "packed-refs never ends": lambda folder, _: packed(folder, "") or link(folder / ".git/packed-refs", "/dev/zero"),
    "packed-refs is nonsense": lambda folder, _: packed(folder, "\0" * 10**6),
    "packed-refs is short": lambda folder, _: packed(folder, f"{ELSEWHERE}0 {git(folder, 'symbolic-ref', 'HEAD')}\n"),
    ".git is a link": lambda folder, other: (shutil.rmtree(folder / ".git"), link(folder / ".git", other / ".git")),
    ".git names another's": lambda folder, other: (
        shutil.rmtree(folder / ".git"),
        write(folder / ".git", f"gitdir: {other / '.git'}\n"),
    ),
    ".git names itself": lambda folder, _: (shutil.rmtree(folder / ".git"), write(folder / ".git", "gitdir: .git\n")),
    ".git is empty": lambda folder, _: (shutil.rmtree(folder / ".git"), write(folder / ".git", "")),
    ".git is large": lambda folder, _: (shutil.rmtree(folder / ".git"), write(folder / ".git", "gitdir: " * 10**6)),
    "a reftable": lambda folder, _: write(folder / ".git/HEAD", "ref: refs/heads/.invalid\n"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_strangers_repository_neither_hangs_nor_leads_elsewhere(folder: Path, tmp_path: Path, case: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "seeds").mkdir()
    shutil.copytree(folder / "seeds", other / "seeds", dirs_exist_ok=True)
    commit_all(other)
    write(other / "secret", ELSEWHERE)
    write(other / "refs/heads/master", ELSEWHERE)
    write(other / "refs/heads/main", ELSEWHERE)
    HOSTILE[case](folder, other)
    assert commit(folder) is None


def test_branches_that_are_said_to_lie_elsewhere_are_not_read(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other/.git"
    shutil.copytree(folder / ".git", other)
    for branch in (other / "refs/heads").iterdir():
        write(branch, ELSEWHERE)
    (folder / ".git/commondir").write_text(str(other), encoding="utf-8")
    assert commit(folder) != ELSEWHERE


# -- the user's name ------------------------------------------------------------------------------------------

NAMES = {
    "[user]\n\tname = Jorge\n": "Jorge",
    "[user] name = Jorge\n": "Jorge",
    '[User]\n\tNAME = "Jorge # Luis" ; really\n': "Jorge # Luis",
    "[user]\nname=O'Brien # so\n": "O'Brien",
    "[user]\n\temail = e@example.org\n[other]\n\tname = No\n": None,
    '[user "sub"]\n\tname = No\n': None,
    "[user]\n\tname = First\n[user]\n\tname = Last\n": "Last",
    "[user]\n\tname\n": None,
    "[user]\n\tname = \\\n": None,
    '[user]\n\tname = "open\n': None,
    "\0\x1b[": None,
    "[include]\n\tpath = more\n": "Included",
    "[include]\n\tpath = ~/more\n[user]\n\tname = After\n": "After",
    "[user]\n\tname = Before\n[include]\n\tpath = more\n": "Included",
    "[include]\n\tpath = .gitconfig\n": None,
    "[include]\n\tpath = pipe\n[user]\n\tname = Jorge\n": "Jorge",
    "[include]\n\tpath = /dev/zero\n": None,
    '[alias]\n\tx = "!touch RAN"\n[user]\n\tname = Jorge\n': "Jorge",
}


@pytest.mark.parametrize("text", NAMES)
def test_the_users_name(tmp_path: Path, text: str) -> None:
    home = tmp_path / "home"
    (home / ".gitconfig").write_text(text, encoding="utf-8")
    (home / "more").write_text("[user]\n\tname = Included\n", encoding="utf-8")
    os.mkfifo(home / "pipe")
    assert user_name() == NAMES[text]


def test_settings_by_xdg(tmp_path: Path) -> None:
    write(tmp_path / "home/.config/git/config", "[user]\n\tname = Jorge\n")
    assert user_name() == "Jorge"


def test_a_repository_has_no_say_in_the_users_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(folder, "config", "user.name", "Somebody Else")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", ".git/config")
    assert user_name() is None
