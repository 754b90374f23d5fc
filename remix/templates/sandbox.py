"""Inside the worker process: compiles and renders strangers' templates, with limits on time and memory.

Takes requests on standard input, gives answers on standard output, each as a length and JSON. Jinja2's sandbox
restricts the access of templates; this process bounds time and memory, if the system supports limits. Imports only
Jinja2, `jinja.py` and `util/limits.py`. `worker.py` starts the process, and kills a process that doesn't answer.
"""

from __future__ import annotations

import json
import re
import signal
import struct
import sys
import time
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
"""Processor time per request: a thousand times as long as a usual template takes."""

GRACE = 1
"""Further seconds until the system kills a process whose current operation can't be interrupted."""

MEMORY = 512 * 2**20
"""Bytes of address space in all; the process itself needs about 40 MiB."""

MOST_TEXT = 16 * 2**20
"""Characters of a template's result: ten times the longest context of any model."""

_OVERTIME = f"it computes for more than {SECONDS} seconds"

LONG_REASON = 300
"""Characters of an error's message in an answer."""

VARIABLES = ("passage", "previous", "step", "steps", "essay", "family", "language", "model")
"""Variables of a prompt template that reads a passage."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)
"""An address in memory, as in Python's error messages; removed, because addresses differ from run to run."""

HEAD = struct.Struct(">Q")
"""The length field before each message."""

Answer = dict[str, Any]


class OvertimeError(BaseException):
    """A request exceeded the limit on processor time. No `Exception`, which Jinja2 would catch."""


# -- compiling and rendering --------------------------------------------------------------------------------


class _Compiled(NamedTuple):
    """A compiled template."""

    form: str
    name: str
    source: str
    template: jinja2.Template


class Renderer:
    """Compiles and renders, with a cache of compiled templates."""

    MOST = 64
    """Templates in the cache."""

    def __init__(self) -> None:
        self._compiled: dict[str, _Compiled] = {}

    def answer(self, request: dict[str, Any]) -> Answer:
        """The answer to a request. A template's error becomes an answer too, never an exception."""
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
        # A template may raise any Python error: division by zero, addition of a number and a text.
        except Exception as error:
            reason = (error.msg if isinstance(error, SyntaxError) else str(error)) or type(error).__name__
            return self._trouble(request, "fails", reason, error)
        # The exception may be lost; without this check, chance would decide whether the request has an answer.
        return {"trouble": "time", "line": None, "reason": _OVERTIME} if clock.is_over else answer

    def _answer(self, request: dict[str, Any]) -> Answer:
        """A render request has the template's source only if the worker reported the template as missing."""
        if "source" in request and (trouble := self._compile(request)):
            return trouble
        if request["do"] == "compile":
            return {}
        compiled = self._compiled.get(request["key"])
        return self._render(compiled, request["context"]) if compiled else {"missing": True}

    def _compile(self, request: dict[str, Any]) -> Answer:
        """Compile a template; a prompt template with an unknown variable is refused."""
        form, name, source = request["form"], request["name"], request["source"]
        environment = prompt_environment() if form == "prompt" else chat_environment()
        try:
            code = environment.compile(environment.parse(source), filename=name)
        except jinja2.TemplateSyntaxError as error:
            return {"trouble": "syntax", "line": error.lineno, "reason": _short(error.message or "")}
        if form == "prompt":
            tree = environment.parse(source)
            known = {*(request.get("variables") or VARIABLES), "turns", *environment.globals}
            unknown = jinja2.meta.find_undeclared_variables(tree) - known
            for name_node in tree.find_all(nodes.Name):
                if name_node.name in unknown:
                    return {"trouble": "unknown", "line": name_node.lineno, "reason": _short(name_node.name)}
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
        # Raises for surrogates, which an escape can make and no file or model accepts.
        for each in (text, *(said for _, said in turns[before:])):
            each.encode()
        return {"text": text, "turns": turns}

    def _trouble(self, request: dict[str, Any], kind: str, reason: str, error: BaseException) -> Answer:
        compiled = self._compiled.get(request.get("key", ""))
        return {"trouble": kind, "line": compiled and _line(error, compiled), "reason": _short(reason)}


def _prompt_context(given: dict[str, Any], turns: list[tuple[str, str]]) -> dict[str, Any]:
    """The values of a prompt template's variables; JSON has no tuples: lists of tags are converted."""
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
    """The template's line in an error's traceback; null if the template isn't in the traceback."""
    line: int | None = None
    trace: TracebackType | None = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == compiled.name:
            # Jinja2 rewrites the traceback to template lines only for errors that pass through Jinja2's handlers.
            is_raw = "__jinja_template__" in trace.tb_frame.f_globals
            line = compiled.template.get_corresponding_lineno(trace.tb_lineno) if is_raw else trace.tb_lineno
        trace = trace.tb_next
    return line


def _short(reason: str) -> str:
    """A reason on a single line, at most `LONG_REASON` characters long, with surrogates escaped."""
    line = " ".join(_ADDRESS.sub("", reason[: 20 * LONG_REASON]).split()).encode(errors="backslashreplace").decode()
    return line if len(line) <= LONG_REASON else f"{line[: LONG_REASON - 1]}…"


# -- limits -------------------------------------------------------------------------------------------------


class _Clock:
    """Raises `OvertimeError` after `SECONDS` of processor time; after `GRACE` more the system kills the process."""

    def __init__(self) -> None:
        self.is_over = False

    def __enter__(self) -> None:
        if hasattr(signal, "SIGPROF"):
            signal.signal(signal.SIGPROF, self._end)
        limit("RLIMIT_CPU", int(time.process_time()) + SECONDS + GRACE + 1, keep_hard=True)
        if hasattr(signal, "setitimer"):
            # Repeated, because an exception in a comparison or a finaliser may be lost.
            signal.setitimer(signal.ITIMER_PROF, SECONDS, 0.25)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _end(self, *_: Any) -> NoReturn:
        self.is_over = True
        raise OvertimeError


def _set_limits() -> None:
    """Limit memory, forbid writing files and starting processes, and leave Ctrl-C to the parent."""
    # Jinja2 imports these modules on a filter's first use.
    import pprint  # noqa: F401
    import textwrap  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name, value in {"RLIMIT_AS": MEMORY, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 0}.items():
        limit(name, value)


def _read_message(pipe: BinaryIO) -> bytes | None:
    """The next message; null at the end of input."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    return pipe.read(length)


def _reply(renderer: Renderer, request: dict[str, Any]) -> bytes:
    try:
        return json.dumps(renderer.answer(request)).encode()
    except OvertimeError:
        return json.dumps({"trouble": "time", "line": None, "reason": _OVERTIME}).encode()
    except MemoryError:
        return json.dumps({"trouble": "memory", "line": None, "reason": "it makes too much text"}).encode()


def serve() -> None:
    """Answer messages until the end of input: a message holds a list of requests."""
    _set_limits()
    renderer = Renderer()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with suppress(BrokenPipeError):
        while (message := _read_message(source)) is not None:
            requests = json.loads(message)
            begun = time.process_time()
            for request in requests:
                # After `SECONDS` of processor time the answer is to ask later.
                is_late = time.process_time() - begun >= SECONDS
                reply = b'{"later": true}' if is_late else _reply(renderer, request)
                sink.write(HEAD.pack(len(reply)) + reply)
            sink.flush()
