"""The process in which strangers' templates are compiled and rendered: Jinja2's sandbox, and walls around it.

Takes requests on standard input, gives answers on standard output, each a length and then JSON. Jinja2's sandbox
keeps a template from what is not its own, but bounds neither time nor memory: this process does, where the system
lets it. It knows nothing of passages' files, models or outputs, and imports nothing but Jinja2, `templating.py` and
`limits.py`. `rendering.py` starts it, and ends it when it doesn't answer.
"""

from __future__ import annotations

import json
import re
import signal
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, NoReturn

import jinja2
import jinja2.debug
import jinja2.meta
from jinja2 import nodes

from remix.templates.jinja import EssayView, PassageView, chat_environment, prompt_environment
from remix.util.limits import limit

SECONDS = 2
"""Of computing, for one template: a thousand times what a usual one takes."""

GRACE = 1
"""Further seconds until the system ends a process that is deep in a single operation, and doesn't hear."""

MEMORY = 512 * 2**20
"""Bytes of address space, all in all; the process itself takes about 40 MiB."""

MOST_TEXT = 16 * 2**20
"""Letters a template may make: ten times the longest context there is."""

_OVERTIME = f"it computes for more than {SECONDS} seconds"

LONG_REASON = 300
"""Letters of a template's own complaint that are passed on."""

VARIABLES = ("passage", "previous", "step", "steps", "essay", "family")
"""What a prompt template may speak of if it reads a passage."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)
"""How Python says where in memory something is, in complaints about it: nobody needs to know."""

HEAD = struct.Struct(">Q")
"""The length that comes before each message."""

Answer = dict[str, Any]


class OvertimeError(BaseException):
    """The time is up. No `Exception`, so that nothing in Jinja2 takes it for the template's own."""


# -- compiling and rendering --------------------------------------------------------------------------------


class _Compiled(NamedTuple):
    """A template, ready."""

    form: str
    name: str
    source: str
    template: jinja2.Template


class Workshop:
    """Compiles and renders; remembers what it compiled."""

    MOST = 64
    """Templates that are remembered."""

    def __init__(self) -> None:
        self._compiled: dict[str, _Compiled] = {}

    def answer(self, request: dict[str, Any]) -> Answer:
        """What comes of a request: never an exception, whatever the template does."""
        clock = _Clock()
        try:
            with clock:
                answer = self._answer(request)
        except OvertimeError as error:
            return self._trouble(request, "time", _OVERTIME, error)
        except MemoryError as error:
            return self._trouble(request, "memory", f"it wants more than {MEMORY // 2**20} MiB of memory", error)
        except RecursionError as error:
            return self._trouble(request, "fails", "it goes round in circles, or is nested too deeply", error)
        # A template can fail in any way Python can: dividing by zero, adding a number to a text.
        except Exception as error:
            reason = (error.msg if isinstance(error, SyntaxError) else str(error)) or type(error).__name__
            return self._trouble(request, "fails", reason, error)
        # Where the time was up, but nothing heard it, chance would have decided whether there is an answer.
        return {"trouble": "time", "line": None, "reason": _OVERTIME} if clock.is_over else answer

    def _answer(self, request: dict[str, Any]) -> Answer:
        """A request to render brings the template's source where the worker didn't know it."""
        if "source" in request and (trouble := self._compile(request)):
            return trouble
        if request["do"] == "compile":
            return {}
        compiled = self._compiled.get(request["key"])
        return self._render(compiled, request["context"]) if compiled else {"missing": True}

    def _compile(self, request: dict[str, Any]) -> Answer:
        """Compile a body, refusing at once names that templates don't know."""
        form, name, source = request["form"], request["name"], request["source"]
        environment = prompt_environment() if form == "prompt" else chat_environment()
        try:
            code = environment.compile(environment.parse(source), filename=name)
        except jinja2.TemplateSyntaxError as error:
            return {"trouble": "syntax", "line": error.lineno, "reason": _short(error.message or "")}
        variables = request.get("variables") or VARIABLES
        if form == "prompt" and (unknown := _unknown(environment, source, variables)):
            return {"trouble": "unknown", "line": unknown.lineno, "reason": _short(unknown.name)}
        template = jinja2.Template.from_code(environment, code, dict(environment.globals))
        while len(self._compiled) >= self.MOST:
            del self._compiled[next(iter(self._compiled))]
        self._compiled[request["key"]] = _Compiled(form, name, source, template)
        return {}

    def _render(self, compiled: _Compiled, given: dict[str, Any]) -> Answer:
        turns: list[tuple[str, str]] = [(role, said) for role, said in given.pop("turns", ())]
        before = len(turns)
        context = _prompt_context(given, turns) if compiled.form == "prompt" else given
        text = compiled.template.render(context)
        if len(text) + sum(len(said) for _, said in turns) > MOST_TEXT:
            raise ValueError(f"it makes more than {MOST_TEXT // 2**20} MiB of text")
        # Half a character, as an escape can make it, is nothing that a file or a model takes.
        for each in (text, *(said for _, said in turns[before:])):
            each.encode()
        return {"text": text, "turns": turns}

    def _trouble(self, request: dict[str, Any], kind: str, reason: str, error: BaseException) -> Answer:
        compiled = self._compiled.get(request.get("key", ""))
        return {"trouble": kind, "line": compiled and _line(error, compiled), "reason": _short(reason)}


def _unknown(environment: jinja2.Environment, source: str, variables: Iterable[str]) -> nodes.Name | None:
    """The first name that the template isn't given."""
    tree = environment.parse(source)
    unknown = jinja2.meta.find_undeclared_variables(tree) - {*variables, "turns", *environment.globals}
    return next((name for name in tree.find_all(nodes.Name) if name.name in unknown), None)


def _prompt_context(given: dict[str, Any], turns: list[tuple[str, str]]) -> dict[str, Any]:
    """What a prompt template is given; JSON has no tuples."""
    views: dict[str, Any] = {}
    if "passage" in given:
        views["passage"] = PassageView(**_with_tags(given["passage"]))
    if "passages" in given:
        views["passages"] = tuple(PassageView(**_with_tags(each)) for each in given["passages"])
    if "essay" in given:
        views["essay"] = EssayView(**_with_tags(given["essay"]))
    return {**given, **views, "turns": turns}


def _with_tags(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "tags": tuple(values["tags"])}


def _line(error: BaseException, compiled: _Compiled) -> int | None:
    """The line of the template that was at work, if any was."""
    line: int | None = None
    trace: TracebackType | None = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == compiled.name:
            # Jinja2 has put its own lines in place of Python's only where it saw the error pass.
            is_raw = "__jinja_template__" in trace.tb_frame.f_globals
            line = compiled.template.get_corresponding_lineno(trace.tb_lineno) if is_raw else trace.tb_lineno
        trace = trace.tb_next
    return line


def _short(reason: str) -> str:
    """A reason on one line, and not longer than anyone reads; of half a character, an escape."""
    line = " ".join(_ADDRESS.sub("", reason[: 20 * LONG_REASON]).split()).encode(errors="backslashreplace").decode()
    return line if len(line) <= LONG_REASON else f"{line[: LONG_REASON - 1]}…"


# -- the walls ----------------------------------------------------------------------------------------------


class _Clock:
    """Raises `OvertimeError` when a request has computed too long; a little later, the system ends the process."""

    def __init__(self) -> None:
        self.is_over = False

    def __enter__(self) -> None:
        if hasattr(signal, "SIGPROF"):
            signal.signal(signal.SIGPROF, self._end)
        limit("RLIMIT_CPU", int(time.process_time()) + SECONDS + GRACE + 1, keep_hard=True)
        if hasattr(signal, "setitimer"):
            # Again and again, for what is raised within a comparison or a finaliser may be lost.
            signal.setitimer(signal.ITIMER_PROF, SECONDS, 0.25)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _end(self, *_: Any) -> NoReturn:
        self.is_over = True
        raise OvertimeError


def _build_walls() -> None:
    """Little memory, and no file written, no process started, no Ctrl-C heard: that one is for our parent."""
    # What Jinja2 would import when a filter is first used.
    import pprint  # noqa: F401
    import textwrap  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name, value in {"RLIMIT_AS": MEMORY, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 0}.items():
        limit(name, value)


def _read_message(pipe: BinaryIO) -> bytes | None:
    """The next message; nothing where there are no more."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    return pipe.read(length)


def _write_message(pipe: BinaryIO, body: bytes) -> None:
    pipe.write(HEAD.pack(len(body)) + body)
    pipe.flush()


def serve() -> None:
    """Answer requests until there are no more."""
    _build_walls()
    workshop = Workshop()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with suppress(BrokenPipeError):
        while (message := _read_message(source)) is not None:
            try:
                reply = json.dumps(workshop.answer(json.loads(message))).encode()
            except OvertimeError:
                reply = json.dumps({"trouble": "time", "line": None, "reason": _OVERTIME}).encode()
            except MemoryError:
                reply = json.dumps({"trouble": "memory", "line": None, "reason": "it makes too much text"}).encode()
            _write_message(sink, reply)
