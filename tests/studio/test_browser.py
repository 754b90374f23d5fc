"""Ways to the studio: the browser opened without a key on its command line, and new addresses at the terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remix.studio import browser
from remix.studio.browser import redirect_file
from remix.studio.guard import Access
from remix.workspace import Workspace
from tests.conftest import python_path
from tests.studio_server import Client, variants

BROWSER = """\
#!/bin/sh
printf '%s\\n' "$@" >> {place}/arguments
for each in "$@"; do path="${{each#file://}}"; [ -f "$path" ] && cp "$path" {place}/opened.html; done
touch {place}/done
"""
"""A browser that writes down what it was called with."""


@pytest.fixture
def access() -> Access:
    return Access("127.0.0.1", 8123)


@pytest.fixture(autouse=True)
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "Downloads"
    folder.mkdir()
    monkeypatch.setattr(browser.platformdirs, "user_downloads_dir", lambda: str(folder))
    return folder


def test_a_file_leads_to_the_studio_for_its_owner_alone(access: Access, downloads: Path) -> None:
    with redirect_file(access) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.parent == downloads, "where browsers that come as a snap or flatpak may read"
        assert f'content="0; url={access.address}"' in path.read_text(encoding="utf-8")
        with redirect_file(access) as other:
            assert other != path
    assert not path.exists()
    assert list(downloads.iterdir()) == []


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_folder_of_downloads_it_lies_in_the_cache(
    access: Access, downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(browser.sys, "platform", platform)
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    if platform == "linux":
        downloads.rmdir()
    with redirect_file(access) as path:
        assert path.parent == tmp_path / "cache"


def test_a_planted_link_of_any_name_is_not_written_through(access: Access, downloads: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    for name in (".remix-studio-.html", ".remix-studio-x.html"):
        (downloads / name).symlink_to(victim)
    with redirect_file(access) as path:
        assert not path.is_symlink()
    assert victim.read_text(encoding="utf-8") == "mine"


def _open_runs(root: Path, home: Path, *more: str, **streams: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "remix", "-C", str(root), "review", "--as", "Eve", *more]
    cache = {"REMIX_CACHE": str(home / "cache"), "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    environment = {**os.environ, **python_path(), **cache, "BROWSER": str(home / "browser")}
    return subprocess.Popen(command, env=environment, start_new_session=True, **streams)


def _wait(for_what: Path) -> None:
    end = time.monotonic() + 60
    while not for_what.exists():
        assert time.monotonic() < end, f"{for_what} never came"
        time.sleep(0.05)


def test_the_key_is_on_no_command_line(workspace: Workspace, tmp_path: Path) -> None:
    """`ps` showed it to every user of the machine."""
    variants(workspace)
    home = tmp_path / "home"
    home.mkdir()
    (home / "browser").write_text(BROWSER.format(place=home), encoding="utf-8")
    (home / "browser").chmod(0o700)
    open_runs = _open_runs(
        workspace.root, home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert open_runs.stdout
    try:
        address = open_runs.stdout.readline().decode().strip()
        key = address.partition("#key=")[2]
        assert len(key) > 30
        _wait(home / "done")
        arguments = (home / "arguments").read_text(encoding="utf-8")
        assert arguments.startswith("file://")
        assert key not in arguments
        assert address in (home / "opened.html").read_text(encoding="utf-8")
        file = Path(arguments.strip().removeprefix("file://"))
        assert file.exists()
        with Client(address) as client:
            client.enter()
            client.get("/desk")
        assert not file.exists(), "it was used"
    finally:
        open_runs.send_signal(signal.SIGINT)
        assert open_runs.wait(30) == 0
        open_runs.stdout.close()


def test_a_file_that_was_not_used_goes_with_the_studio(workspace: Workspace, tmp_path: Path) -> None:
    variants(workspace)
    home = tmp_path / "home"
    home.mkdir()
    (home / "browser").write_text(BROWSER.format(place=home), encoding="utf-8")
    (home / "browser").chmod(0o700)
    open_runs = _open_runs(
        workspace.root, home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(home / "done")
        file = Path((home / "arguments").read_text(encoding="utf-8").strip().removeprefix("file://"))
        assert file.exists()
    finally:
        open_runs.send_signal(signal.SIGINT)
        assert open_runs.wait(30) == 0
    assert not file.exists()


STOPPED = """
import signal
from remix.__main__ import main
from remix.studio import browser, server

class StoppedServer(server.uvicorn.Server):
    def run(self, sockets):
        stop("run")
        super().run(sockets)

def stop(now):
    if now == INSTANT:
        signal.raise_signal(signal.NUMBER)

def mkstemp(*where, mkstemp=browser.tempfile.mkstemp):
    made = mkstemp(*where)
    print(made[1], flush=True)
    stop("made")
    return made

browser.tempfile.mkstemp = mkstemp
browser.browse = lambda path: stop("opened")
browser.listen = lambda access, tell: stop("listen")
server.uvicorn.Server = StoppedServer
main()
"""
"""The command, with a signal at a chosen instant, which tells what file it made for the browser."""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("instant", ["made", "opened", "listen", "run"])
def test_a_studio_stopped_while_it_starts_leaves_no_file(
    workspace: Workspace, tmp_path: Path, instant: str, number: str
) -> None:
    """Before the server ran, Ctrl-C left the file with the key where it was."""
    script = STOPPED.replace("INSTANT", repr(instant)).replace("NUMBER", number)
    command = [sys.executable, "-P", "-c", script, "-C", str(workspace.root), "studio", "--as", "Eve"]
    environment = {**os.environ, **python_path(), "REMIX_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 0, ended.stderr
    file = next(Path(line) for line in ended.stdout.splitlines() if ".remix-studio-" in line)
    assert not file.exists()
    assert list(file.parent.glob("*.html")) == []


def _read_until(terminal: int, wanted: bytes, found: bytes = b"") -> bytes:
    end = time.monotonic() + 60
    while wanted not in found:
        assert time.monotonic() < end, found
        if select.select([terminal], [], [], 1)[0]:
            found += os.read(terminal, 2**16)
    return found


def test_enter_prints_an_address_that_holds(workspace: Workspace, tmp_path: Path) -> None:
    """A browser that crashed, or a key that something else used up, locked the writer out."""
    variants(workspace)
    ours, theirs = pty.openpty()
    open_runs = _open_runs(workspace.root, tmp_path, "--no-open", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        words = _read_until(ours, b"once.").decode().split()
        first = next(word for word in words if word.startswith("http://"))
        with Client(first) as client:
            client.enter()
            assert client.post(f"{client.origin}/enter", json={"key": first.partition("=")[2]}).status_code == 403
            os.write(ours, b"\n")
            second = _read_until(ours, b"#key=").decode().split()[0]
            assert second != first
            with Client(second) as other:
                other.enter()
                assert other.get("/api/listing").status_code == 200
            assert client.get("/api/listing").status_code == 200, "the tab that is open stays open"
    finally:
        open_runs.send_signal(signal.SIGINT)
        assert open_runs.wait(30) == 0
        os.close(ours)
