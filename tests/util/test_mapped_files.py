"""What a process says when a file that it has mapped is cut short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import python_path

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGBUS"), reason="there is no such signal here")

CHILD = """
import ctypes, faulthandler, mmap, os, sys, threading
from pathlib import Path
from remix.util.mapped_files import MappedFiles

path, how = Path(sys.argv[1]), sys.argv[2]
if how == "faulthandler":
    faulthandler.enable()
files = MappedFiles([path.with_name("other") if how == "another file" else path])
with path.open("r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0)
address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
path.unlink() if how == "unlinked" else os.truncate(path, 0)
def read():
    print(ctypes.string_at(address + 4096, 3).decode())
threads = [threading.Thread(target=read) for _ in range(8 if how == "threads" else 1)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("file\nname", "other"):
        (tmp_path / name).write_bytes(b"abc" * 10_000)
    return tmp_path / "file\nname"


def ended(file: Path, how: str) -> subprocess.CompletedProcess[str]:
    """A process that maps a file, cuts the file short, and reads it."""
    command = [sys.executable, "-P", "-c", CHILD, str(file), how]
    return subprocess.run(
        command, env=os.environ | python_path(), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("how", ["cut", "threads"])
def test_a_file_that_is_cut_short_ends_the_process_in_words(file: Path, how: str) -> None:
    done = ended(file, how)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    assert "name was cut short or lost while it was in use. Fetch it again." in line


def test_another_file_s_fault_is_the_system_s(file: Path) -> None:
    done = ended(file, "another file")
    assert (done.returncode, done.stderr) == (-signal.SIGBUS, "")


def test_a_file_without_a_name_is_still_there(file: Path) -> None:
    done = ended(file, "unlinked")
    assert (done.returncode, done.stdout) == (0, "bca\n")


def test_another_handler_is_left_alone(file: Path) -> None:
    done = ended(file, "faulthandler")
    assert done.returncode == -signal.SIGBUS
    assert "Fatal Python error: Bus error" in done.stderr
