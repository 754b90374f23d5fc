"""The worker process for strangers' templates, seen from the parent: start, ask, time out, replace.

Takes a template's source and plain values, gives the rendered text and turns. Jinja2's sandbox restricts the access
of templates, but not time and memory. A worker process (`sandbox.py`) therefore compiles and renders all templates,
with limits on processor time and memory if the system supports limits, and with a deadline on every system. The
worker is started on first use and replaced after a crash. Knows nothing of prompts.
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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from remix.util import processes
from remix.util.watchdog import Watchdog

DEADLINE = 15.0
"""Seconds of wall-clock time until a worker that doesn't answer is killed. The worker's own limit on processor time
is far lower; the deadline is for systems without a limit on processor time, and must allow for a busy machine."""

MOST_ANSWER = 256 * 2**20
"""Bytes of an answer, more than the worker allows a template to make."""

MOST_TOGETHER = 2**20
"""Characters of a message, as JSON, above which no further request is added."""

_LIMITS = ("time", "memory")
"""Troubles of a template that exceeds a limit."""

MOST_LATE = 3
"""Times that a template may exceed a limit before remix stops rendering the template: with thousands of passages each
attempt would take seconds."""

_HEAD = 8
"""Bytes of the length field before each message."""

_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
"""Environment variables that Python may need to start. The worker gets no further variables, which may hold
secrets."""

Form = Literal["prompt", "chat"]
"""Prompt templates know a passage and the passage's essay, chat templates know messages."""


class RenderingError(Exception):
    """A template can't be compiled or rendered."""

    def __init__(self, trouble: str, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.trouble = trouble
        """`syntax`, `unknown` (the reason is the unknown name), `fails`, `time`, `memory` or `died`."""
        self.line = line
        """Line of the template's source; null if unknown."""
        self.reason = reason
        """The problem, worded to follow the template's name."""


class Rendered(NamedTuple):
    """The result of rendering a template."""

    text: str
    """The text outside of turns."""
    turns: list[tuple[str, str]]
    """Role and text of each turn."""


@dataclass(frozen=True)
class Program:
    """A template's source."""

    form: Form
    name: str
    """The template's name in errors."""
    source: str
    variables: tuple[str, ...] = ()
    """Variables of a prompt template; empty for the variables of a template that reads a passage."""

    @functools.cached_property
    def key(self) -> str:
        """The key of the worker's cache of compiled templates."""
        parts = "\0".join((self.form, self.name, self.source, *self.variables))
        return hashlib.sha256(parts.encode(errors="backslashreplace")).hexdigest()


_late: Counter[str] = Counter()
"""How often a template exceeded a limit, by key."""


def compile_(program: Program) -> None:
    """Compile a template, to find errors early. Raises `RenderingError`."""
    _worker.ask({"do": "compile", **_description(program)})


def render(program: Program, context: dict[str, Any]) -> Rendered:
    """Render a template with values that JSON can represent. Raises `RenderingError`."""
    if _late[program.key] >= MOST_LATE:
        raise RenderingError("time", None, f"it took too much {MOST_LATE} times, and is not rendered any more")
    request = {"do": "render", "key": program.key, "context": context}
    try:
        answer = _worker.ask(request)
        if answer.get("missing"):
            # The worker was restarted, or dropped the template from the cache.
            answer = _worker.ask({**request, **_description(program)})
    except RenderingError as error:
        _late[program.key] += error.trouble in ("time", "memory", "died")
        raise
    return _rendered(answer)


def render_all(program: Program, contexts: Sequence[dict[str, Any]]) -> list[Rendered | RenderingError]:
    """Render a template with each of many values: `render`, with few messages to the worker."""
    results: list[Rendered | RenderingError] = []
    while len(results) < len(contexts):
        left = contexts[len(results) :]
        if len(left) > 1 and not _late[program.key]:
            requests = ({"do": "render", "key": program.key, "context": context} for context in left)
            results += [
                RenderingError(answer["trouble"], answer["line"], str(answer["reason"]))
                if "trouble" in answer
                else _rendered(answer)
                for answer in _worker.ask_together(requests)
            ]
        # `render` sends the template to a worker that has dropped it, and tells whether this template exceeds a
        # limit.
        if len(results) < len(contexts):
            try:
                results.append(render(program, contexts[len(results)]))
            except RenderingError as error:
                results.append(error)
    return results


def _rendered(answer: dict[str, Any]) -> Rendered:
    return Rendered(answer["text"], [(role, said) for role, said in answer["turns"]])


def _description(program: Program) -> dict[str, object]:
    named = {"key": program.key, "form": program.form, "name": program.name, "source": program.source}
    return {**named, "variables": program.variables}


class Worker:
    """The worker process. Thread-safe: a single request at a time."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises `RenderingError` if the template fails or the worker doesn't answer."""
        with self._lock:
            (answer,) = self._exchange([json.dumps(request)])
            if answer.get("trouble") in _LIMITS:
                # The template may have left the process in any state.
                self._end()
        if "trouble" in answer:
            raise RenderingError(answer["trouble"], answer["line"], str(answer["reason"]))
        return answer

    def ask_together(self, requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers to the first of several requests, sent in a single message: up to the first template that
        exceeds a limit, is unknown to the worker, or has to wait. Perhaps none."""
        parts, size = [], 0
        for part in map(json.dumps, requests):
            parts.append(part)
            size += len(part)
            if size > MOST_TOGETHER:
                break
        with self._lock:
            answers = self._exchange(parts)
            if any(answer.get("trouble") in _LIMITS for answer in answers):
                self._end()
        return list(takewhile(_is_final, answers))

    def close(self) -> None:
        """End the process; the next request starts a new process."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a forked process: drop the parent's worker."""
        process, self._process = self._process, None
        self._lock, self._watchdog = threading.Lock(), Watchdog()
        if process:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            process.returncode = 0

    @property
    def pid(self) -> int | None:
        """The id of the process; null if none is running."""
        return self._process.pid if self._process else None

    def _exchange(self, requests: Sequence[str]) -> list[dict[str, Any]]:
        """Send requests as JSON and wait for the answers until the deadline. If the process ends before all answers
        have come, the last answer says why."""
        if self._process and self._process.poll() is not None:
            self._end()
        process = self._process or self._start()
        self._watchdog.begin(self.deadline, process.kill)
        answers: list[dict[str, Any]] = []
        try:
            answers += _talk(process, requests)
        except BaseException:
            # After an interruption such as Ctrl-C the pending answer must not be taken for the next request's.
            self._end()
            raise
        finally:
            is_late = self._watchdog.end()
        return answers if len(answers) == len(requests) else [*answers, self._end_in_words(is_late)]

    def _end_in_words(self, is_late: bool) -> dict[str, Any]:
        """End a process that didn't answer; gives an answer with the reason."""
        status = self._end()
        if is_late:
            reason = f"it takes more than {self.deadline:.0f} seconds"
            return {"trouble": "time", "line": None, "reason": reason}
        out_of_time = status == -getattr(signal, "SIGXCPU", 0)
        reason = f"it ends the process that renders it, with status {status}"
        return {"trouble": "died", "line": None, "reason": "it computes without end" if out_of_time else reason}

    def _start(self) -> subprocess.Popen[bytes]:
        """A new worker, with a minimal environment. A separate process group keeps Ctrl-C away from the worker."""
        # `-S`: without `site`, the slowest part of Python's start. Not `-I`, which ignores PYTHONHASHSEED: a fixed
        # seed keeps sets of strings in the same order. TZ is fixed: timestamps are the same on all machines.
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
        """End the process, if a process is running; gives the exit status."""
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


def _talk(process: subprocess.Popen[bytes], requests: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Send requests and read the answers; fewer if the process ends first, or if an answer isn't a JSON object."""
    assert process.stdin
    assert process.stdout
    message = f"[{', '.join(requests)}]".encode()
    try:
        process.stdin.write(len(message).to_bytes(_HEAD, "big") + message)
        process.stdin.flush()
        for _ in requests:
            # A process that has ended leaves an incomplete length or reply, and no valid JSON.
            length = int.from_bytes(process.stdout.read(_HEAD), "big")
            reply = process.stdout.read(length) if length <= MOST_ANSWER else b""
            answer = json.loads(reply) if reply else None
            if not isinstance(answer, dict):
                return
            yield answer
    except (OSError, ValueError):
        return


def _is_final(answer: dict[str, Any]) -> bool:
    """Whether asking a template alone would give the same answer."""
    return not (answer.get("missing") or answer.get("later") or answer.get("trouble") in (*_LIMITS, "died"))


_worker = Worker()
atexit.register(_worker.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_worker.forget)
