"""Rendering strangers' templates in a process of their own, within bounds.

Takes a template's source and plain values, gives the text it makes and its turns. Jinja2's sandbox keeps a template
from what is not its own, but lets it run forever and fill the memory: so one worker process (`sandbox.py`) compiles
and renders for all, with limits on computing and memory where the system has them and a deadline everywhere. It is
started when first needed, kept, and replaced when it dies. What a prompt is, this module doesn't know.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import signal
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Literal, NamedTuple

from remix.util import processes

DEADLINE = 15.0
"""Seconds until a worker that doesn't answer is ended. Its own limit on computing is far lower: this one is for
machines without such limits, and must not strike where others want the processor."""

MOST_ANSWER = 256 * 2**20
"""Bytes. More than any text that the worker lets through."""

MOST_LATE = 3
"""Times that a template may take too long or too much before it isn't rendered any more: a garden has thousands of
passages, and each would wait for seconds."""

_HEAD = 8
"""Bytes of the length before each message."""

_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
"""Environment variables without which Python may not start. No other one reaches the worker: some hold secrets."""

Form = Literal["prompt", "chat"]
"""What a template may speak of: a passage and its essay, or messages."""


class RenderingError(Exception):
    """A template can't be compiled or rendered."""

    def __init__(self, trouble: str, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.trouble = trouble
        """`syntax`, `unknown` (a name, which is the reason), `fails`, `time`, `memory` or `died`."""
        self.line = line
        """Line of the source, where it is known."""
        self.reason = reason
        """What is wrong, in words that follow a name."""


class Rendered(NamedTuple):
    """What a template made."""

    text: str
    """What stands outside turns."""
    turns: list[tuple[str, str]]
    """Roles and what they say."""


@dataclass(frozen=True)
class Program:
    """A template's source."""

    form: Form
    name: str
    """What its errors call it."""
    source: str
    variables: tuple[str, ...] = ()
    """What a prompt template may speak of; empty for the variables of a template that reads a passage."""

    @functools.cached_property
    def key(self) -> str:
        """What it is remembered by."""
        parts = "\0".join((self.form, self.name, self.source, *self.variables))
        return hashlib.sha256(parts.encode(errors="backslashreplace")).hexdigest()


_late: Counter[str] = Counter()
"""How often templates took too long or too much, by their keys."""


def compile_(program: Program) -> None:
    """Compile a template, so that its errors are found early. Raises `RenderingError`."""
    _worker.ask({"do": "compile", **_description(program)})


def render(program: Program, context: dict[str, Any]) -> Rendered:
    """What a template makes of some values: JSON has to be able to hold them. Raises `RenderingError`."""
    if _late[program.key] >= MOST_LATE:
        raise RenderingError("time", None, f"it took too much {MOST_LATE} times, and is not rendered any more")
    request = {"do": "render", "key": program.key, "context": context}
    try:
        answer = _worker.ask(request)
        if answer.get("missing"):
            # The worker is a new one, or has compiled many others since.
            answer = _worker.ask({**request, **_description(program)})
    except RenderingError as error:
        _late[program.key] += error.trouble in ("time", "memory", "died")
        raise
    return Rendered(answer["text"], [(role, said) for role, said in answer["turns"]])


def _description(program: Program) -> dict[str, object]:
    named = {"key": program.key, "form": program.form, "name": program.name, "source": program.source}
    return {**named, "variables": program.variables}


class Worker:
    """The process that renders, as seen from here. Thread-safe: one request at a time."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises `RenderingError` for trouble, or where there is no answer."""
        message = json.dumps(request).encode()
        with self._lock:
            answer = self._exchange(message)
            if answer.get("trouble") in ("time", "memory"):
                # What a template has left behind in such a process is nobody's to know.
                self._end()
        if "trouble" in answer:
            raise RenderingError(answer["trouble"], answer["line"], str(answer["reason"]))
        return answer

    def close(self) -> None:
        """End the process; whoever asks again gets another."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a process that was forked: leave the worker to the one that started it."""
        process, self._process, self._lock = self._process, None, threading.Lock()
        if process:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            process.returncode = 0

    @property
    def pid(self) -> int | None:
        """The process's number, if there is one."""
        return self._process.pid if self._process else None

    def _exchange(self, message: bytes) -> dict[str, Any]:
        """Send a message and wait for the answer, but not forever."""
        if self._process and self._process.poll() is not None:
            self._end()
        process = self._process or self._start()
        late = threading.Event()

        def end_late() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self.deadline, end_late)
        timer.daemon = True
        timer.start()
        try:
            reply = _talk(process, message)
        except BaseException:
            # Ctrl-C, say: the answer that is still to come is to nobody's question.
            self._end()
            raise
        finally:
            timer.cancel()
        if reply is not None:
            return reply
        status = self._end()
        if late.is_set():
            reason = f"it takes more than {self.deadline:.0f} seconds"
            return {"trouble": "time", "line": None, "reason": reason}
        return {"trouble": "died", "line": None, "reason": _cause(status)}

    def _start(self) -> subprocess.Popen[bytes]:
        """A new worker. It has no environment, and is in a group of its own: Ctrl-C is not for it."""
        # `-S`: importing `site` would take longer than all the rest. Not `-I`, which ignores PYTHONHASHSEED: with it
        # sets of strings have the same order each time. With TZ a date is the same number of seconds everywhere.
        options = ("-B", "-S", "-P", "-s", "-X", "utf8")
        fixed = {"PYTHONHASHSEED": "0", "TZ": "UTC0"}
        inherited = processes.clean_environment()
        environment = {name: inherited[name] for name in _KEPT if name in inherited} | fixed
        try:
            self._process = subprocess.Popen(
                processes.command("remix.templates.sandbox:serve", options=options),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                process_group=0 if os.name == "posix" else None,
            )
        except OSError as error:
            raise RenderingError("died", None, f"its process can't be started: {error.strerror}") from error
        return self._process

    def _end(self) -> int:
        """End the process, if there is one; gives its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        return process.wait()


def _talk(process: subprocess.Popen[bytes], message: bytes) -> dict[str, Any] | None:
    """Send a message and read the answer; nothing where the process ends before, or answers with nonsense."""
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(len(message).to_bytes(_HEAD, "big") + message)
        process.stdin.flush()
        reply = _read(process.stdout)
        answer = json.loads(reply) if reply else None
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _read(pipe: IO[bytes]) -> bytes:
    """The next message, or what there is of it."""
    length = int.from_bytes(pipe.read(_HEAD), "big")
    return pipe.read(length) if length <= MOST_ANSWER else b""


def _cause(status: int) -> str:
    """Why a worker died, as far as its exit status tells."""
    if status == -getattr(signal, "SIGXCPU", 0):
        return "it computes without end"
    return f"it ends the process that renders it, with status {status}"


_worker = Worker()
atexit.register(_worker.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_worker.forget)
