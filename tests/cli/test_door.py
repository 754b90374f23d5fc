"""The last net: whatever is raised, a user sees words and never a traceback."""

from __future__ import annotations

import builtins
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import remix.cli
import remix.util.environment
from remix.cli import door
from remix.errors import RemixError
from remix.workspace import Workspace
from tests.conftest import make_workspace, python_path


class FromRust(BaseException):
    """What libraries in Rust raise when they panic."""


class WordlessError(Exception):
    """An exception that can't say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


class EscapingError(Exception):
    """An exception with a stranger's words."""

    def __init__(self) -> None:
        super().__init__("\x1b[2J\nsigned by you\u202e")


def made(kind: type[BaseException]) -> BaseException:
    """An exception of a kind, whatever its parameters are."""
    if issubclass(kind, UnicodeDecodeError):
        return kind("utf-8", b"\xff", 0, 1, "invalid start byte")
    if issubclass(kind, UnicodeEncodeError):
        return kind("utf-8", "\udcff", 0, 1, "surrogates not allowed")
    if issubclass(kind, UnicodeTranslateError):
        return kind("\udcff", 0, 1, "no")
    if issubclass(kind, BaseExceptionGroup):
        return kind("several", [ValueError("one"), KeyError("two")])
    return kind()


KINDS = [
    kind
    for kind in vars(builtins).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, (OSError, Warning))
] + [FromRust, WordlessError, EscapingError]


def raising(error: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


PLACES = {
    "the command": "remix.outputs.find_output",
    "the workspace": "remix.workspace.open_workspace",
    "the import of a command": "remix.cli.import_module",
    "the group's parameters": "click.core.Context.invoke",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("door") / "garden")


def run(place: Workspace, where: str, error: BaseException, *options: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PLACES[where], raising(error))
        return CliRunner().invoke(remix.cli.cli, [*options, "-C", str(place.root), "show", "x"])


@pytest.mark.parametrize("where", PLACES)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=2 * len(KINDS))
@given(kind=st.sampled_from(KINDS))
def test_whatever_is_raised_there_is_no_traceback(place: Workspace, where: str, kind: type[BaseException]) -> None:
    done = run(place, where, made(kind))
    assert "Traceback" not in done.output
    assert "\x1b" not in done.output
    first, *hints = done.stderr.splitlines()
    assert all(line.startswith("  ") for line in hints)
    assert len(hints) <= 2
    assert not done.stdout
    if issubclass(kind, RecursionError):
        assert first.startswith("Error: something is nested too deeply to be read (RecursionError at ")
        assert done.exit_code == 1
    elif issubclass(kind, MemoryError):
        assert first.startswith("Error: there is not enough memory (MemoryError at ")
        assert done.exit_code == 1
    else:
        assert first == "Error: this is a bug in remix."
        assert f"{kind.__name__} at " in hints[0]
        assert f"remix {remix.util.environment.version()}, Python " in hints[0]
        assert done.exit_code == door.BUG


def test_the_line_to_report_names_remixs_own_innermost_line(place: Workspace) -> None:
    done = run(place, "the command", KeyError("a stranger's words"))
    assert "KeyError at remix/cli/runs.py:" in done.stderr
    assert "a stranger's words" not in done.stderr
    assert str(Path.home()) not in done.stderr


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_a_traceback_is_shown_to_those_who_ask(place: Workspace, option: str) -> None:
    done = run(place, "the command", KeyError("x"), option)
    assert done.stderr.startswith("    Traceback (most recent call last):\n")
    assert "    KeyError: 'x'\n" in done.stderr
    assert done.exit_code == door.BUG


def test_a_traceback_is_shown_to_those_whose_environment_asks(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(door.TRACEBACK, "1")
    assert "Traceback" in run(place, "the workspace", KeyError("x")).stderr


@pytest.mark.parametrize("kind", [EscapingError, WordlessError])
def test_a_strangers_words_in_a_traceback_command_no_terminal(place: Workspace, kind: type[BaseException]) -> None:
    said = run(place, "the command", made(kind), "-v").stderr
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_long_traceback_is_cut(place: Workspace) -> None:
    assert len(run(place, "the command", KeyError("x" * 10**7), "-v").stderr) < 2 * door.LONGEST


def test_an_expected_error_stays_as_it_was(place: Workspace) -> None:
    done = run(place, "the command", RemixError("no such output.", "Take another."))
    assert (done.stderr, done.exit_code) == ("Error: no such output.\n  Take another.\n", 1)


@pytest.mark.parametrize("where", PLACES)
def test_errors_of_the_file_system_are_no_bugs(place: Workspace, where: str) -> None:
    done = run(place, where, PermissionError(13, "Permission denied", "x"))
    assert (done.stderr, done.exit_code) == ("Error: x: Permission denied.\n  Check the path.\n", 1)


def test_whoever_calls_the_command_from_python_gets_the_exception(place: Workspace) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PLACES["the command"], raising(KeyError("x")))
        with pytest.raises(KeyError):
            remix.cli.cli.main(["-C", str(place.root), "show", "x"], standalone_mode=False)


def python(code: str, place: Workspace, **how: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=place.root, env=os.environ | python_path(), check=False
    )


THREAD = """
import sys, threading, remix.cli, remix.workspace
def fail(): raise KeyError("x")
class Dying:
    def __del__(self): raise KeyError("x")
def open_workspace(root):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Dying()
    raise RecursionError
remix.workspace.open_workspace = open_workspace
sys.argv = ["remix", "runs"]
remix.cli.main()
"""


def test_threads_and_destructors_show_no_traceback_either(place: Workspace) -> None:
    done = python(THREAD, place)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.count("this is a bug in remix") == 2
    assert done.returncode == 1


def test_a_closed_stderr_hides_nothing_worse(place: Workspace) -> None:
    code = "import os, sys; os.close(2); sys.stderr.close();" + THREAD
    assert python(code, place).returncode == 1


# -- what a process is started with ---------------------------------------------------------------------------


def shell(line: str, place: Workspace, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell, in which `$REMIX` is the command."""
    command = f"{shlex.quote(sys.executable)} -m remix"
    variables = os.environ | python_path() | {"REMIX": command} | environment
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, cwd=place.root, env=variables, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes streams otherwise there")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["tags", "show x"])
def test_closed_streams_are_no_bug(place: Workspace, words: str, closed: str) -> None:
    """Tables asked the standard output, of which there was none, whether it is a terminal."""
    done = shell(f"$REMIX {words} {closed}", place)
    assert done.returncode == (1 if words == "show x" else 0)
    assert "bug" not in done.stderr


CHATTY = "import os; os.write(1, b'chatter'); os.write(2, b'chatter')"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes streams otherwise there")
def test_no_file_gets_the_number_of_a_closed_stream(place: Workspace, tmp_path: Path) -> None:
    """What C libraries print would be written into it."""
    code = "import sys; from remix.cli import printing; printing.open_streams(); "
    code += f"file = open(sys.argv[1], 'wb'); {CHATTY}"
    program = f'{shlex.quote(sys.executable)} -c "{code}" {shlex.quote(str(tmp_path / "file"))}'
    assert shell(f"{program} <&- >&- 2>&-", place).returncode == 0
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "utf-16"])
@pytest.mark.parametrize("words", ["passages", "show é\u2026"])
def test_letters_that_an_encoding_lacks_are_spelt_out(place: Workspace, words: str, encoding: str) -> None:
    """They were a bug: Windows' own encodings lack most letters."""
    (place.seeds / "letters.md").write_text("Ein Wort — 漢字 → ‘é’. #漢字\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "remix", *words.split()],
        capture_output=True,
        cwd=place.root,
        env=os.environ | python_path() | {"PYTHONIOENCODING": encoding},
        check=False,
    )
    said = (done.stdout + done.stderr).decode(encoding if encoding != "ascii" else "utf-8")
    assert "bug" not in said
    assert done.returncode == (1 if words.startswith("show") else 0)


INTERRUPTED = """
import os, signal, sys, threading, importlib
import remix.__main__
def interrupt(name, *arguments, **named):
    if name == "remix.cli":
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *arguments, **named)
real = __import__
import builtins
builtins.__import__ = interrupt
sys.argv = ["remix", "tags"]
remix.__main__.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_while_the_command_is_loaded_says_the_next_step(place: Workspace) -> None:
    """For the first tenths of a second Ctrl-C showed a traceback."""
    done = python(INTERRUPTED, place)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "\nStopped; nothing was written. To start again, give the same command.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_that_is_ignored_stays_ignored(place: Workspace) -> None:
    """`nohup` and shells in the background have it ignored."""
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + INTERRUPTED
    assert python(code, place).returncode == 0
