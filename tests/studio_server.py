"""Runs to open in the studio, and a studio served by a process of its own."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.outputs.form import dump_trace
from remix.records import Alternative, Choice, Options, Trace, sha256
from remix.workspace import Workspace
from tests.conftest import FakeWriter, make_workspace, python_path
from tests.forging import bless, forge, forge_tokens

PASSAGE = "two-clocks/001"
FIRST, SECOND, OTHER = f"{PASSAGE}/again.1", f"{PASSAGE}/again.2", f"{PASSAGE}/again.1.v2"

TEXT = "The first clock is late. It knows."
WORDS = (" The", " first", " clock", " is", " late", ".", " It", " knows", ".")


def choices(pieces: Sequence[str]) -> tuple[Choice, ...]:
    """A turn for each piece, every third open."""
    ready = (Alternative(" sun", 0.25), Alternative("", 0.125))
    return tuple(Choice(piece, -1.0, 5.5 if at % 3 == 2 else 0.5, ready) for at, piece in enumerate(pieces))


def trace(folder: RunFolder, task: str, pieces: Sequence[str], text: str) -> None:
    """Let an output be a text that came about piece by piece."""
    forge_tokens(folder, task, range(1, len(pieces) + 1), text)
    record, _ = folder.read(task)
    told = Trace(record=record.id, choices=choices(pieces))
    planned = next(each for each in folder.run.tasks if each.id == task)
    folder.write(planned, record.model_copy(update={"trace": sha256(dump_trace(told))}), text, told)
    bless(folder)


def variants(workspace: Workspace) -> RunFolder:
    """A run of three passages, two kinds, two steps and two variants, with a readable text that has a trace."""
    made = _variants(_PLACE.name)
    return RunFolder.open(shutil.copytree(made, workspace.outputs / made.name))


_PLACE = tempfile.TemporaryDirectory(prefix="remix-variants-")
"""Where the run is made once, to be copied to each workspace."""


@functools.cache
def _variants(place: str) -> Path:
    return own_variants(make_workspace(Path(place) / "garden")).path


def own_variants(workspace: Workspace) -> RunFolder:
    """A run like that of `variants`, of the essays as the workspace has them."""
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=2, variants=2), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    trace(folder, FIRST, WORDS, TEXT)

    def made_from_it(raw: dict[str, Any]) -> None:
        raw["derivation"]["parents"] = [folder.read(FIRST)[0].id]
        raw["derivation"]["prompt"]["messages"][0]["content"] = f"{TEXT}\n\nSay it again."

    forge(folder, SECOND, made_from_it)
    return folder


class Client(httpx.Client):
    """A browser without a window: it was given the address, and says where its requests come from."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.address = address
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.folder = ""
        super().__init__(base_url=self.origin, headers={"origin": self.origin}, trust_env=False, timeout=30)

    def enter(self) -> None:
        """Hand the key in, get the cookie, and stay in the folder below which it holds."""
        assert self.get("/").status_code == 200
        answer = self.post("/enter", json={"key": urlsplit(self.address).fragment.partition("=")[2]})
        assert answer.status_code == 200, answer.text
        self.folder = answer.json()["folder"].rstrip("/")
        self.base_url = httpx.URL(self.origin + self.folder)


def engines_of(process: psutil.Process) -> list[psutil.Process]:
    """The engine processes among those that a process has started, directly or not. Any of them may end meanwhile."""
    found = []
    for each in process.children(recursive=True):
        with suppress(psutil.Error):
            found += [each] if any("engine_process" in word for word in each.cmdline()) else []
    return found


@contextmanager
def served(root: Path, *arguments: str, command: str = "review") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`remix review` or `remix studio` in a workspace: its address, and the process."""
    words = [sys.executable, "-P", "-m", "remix", "-C", str(root), command, "--no-open", "--as", "Eve", *arguments]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **python_path()}
    )
    assert process.stdout
    assert process.stderr
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), process.stderr.read()
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        process.stdout.close()
        process.stderr.close()
