"""The process in which strangers' templates are compiled and rendered: Jinja2's sandbox, and walls around it.

Takes requests on standard input, gives answers on standard output, each a length and then JSON. Jinja2's sandbox
keeps a template from what is not its own, but bounds neither time nor memory: this process does, where the system
lets it. It knows nothing of passages' files, models or outputs, and imports nothing but Jinja2. `rendering.py` starts
it, and ends it when it doesn't answer.
"""

from __future__ import annotations

import json
import re
import signal
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, NoReturn

import jinja2
import jinja2.debug
import jinja2.ext
import jinja2.meta
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

SECONDS = 2
"""Of computing, for one template: a thousand times what a usual one takes."""

GRACE = 1
"""Further seconds until the system ends a process that is deep in a single operation, and doesn't hear."""

MEMORY = 512 * 2**20
"""Bytes of address space, all in all; the process itself takes about 40 MiB."""

MOST_TEXT = 16 * 2**20
"""Letters a template may make: ten times the longest context there is."""

LONG_REASON = 300
"""Letters of a template's own complaint that are passed on."""

VARIABLES = ("passage", "previous", "step", "steps", "essay", "family")
"""What a prompt template may speak of."""

NO_DAY = datetime(2024, 7, 26)
"""What chat templates that print the date are told it is (the day Llama 3's own falls back on): a request must give
the same bytes tomorrow."""

HEAD = struct.Struct(">Q")
"""The length that comes before each message."""

Answer = dict[str, Any]


class OvertimeError(BaseException):
    """The time is up. No `Exception`, so that nothing in Jinja2 takes it for the template's own."""


# -- what templates see -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _PassageView:
    """A passage as templates see it: `{{ passage }}` is its text."""

    id: str
    section: str | None
    tags: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _EssayView:
    """An essay as templates see it."""

    slug: str
    title: str
    author: str | None
    date: str | None
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return self.title


class _Turns(Extension):
    """`{% user %} … {% enduser %}` and its like: each collects its text as a turn."""

    tags = {"system", "user", "assistant"}  # noqa: RUF012, the base class has it for instances

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        collect = self.call_method("_collect", [nodes.Name("turns", "load"), nodes.Const(token.value)])
        return nodes.CallBlock(collect, [], [], body).set_lineno(token.lineno)

    def _collect(self, turns: list[tuple[str, str]], role: str, caller: Callable[[], str]) -> str:
        turns.append((role, caller().strip()))
        return ""


def _raise(message: Any) -> NoReturn:
    raise jinja2.TemplateError(str(message))


_TEXTUAL = (str, int, float, type(None), list, tuple, dict, jinja2.Undefined, _PassageView, _EssayView)
"""What a prompt template may print. Of other things, like generators, Python prints where in memory they are."""


def _textual(value: Any) -> Any:
    """What is printed, unless that would differ each time."""
    if not isinstance(value, _TEXTUAL):
        raise jinja2.TemplateError(f"it prints a {type(value).__name__}, which is no text: a filter like join helps")
    return value


_ADDRESS = re.compile(r"\bat (0x[0-9a-f]{6,})", re.IGNORECASE)
"""How Python prints where in memory something is: deep in a list, or made a text by a filter, it may get by."""


def _refuse_address(text: str, source: str, given: dict[str, Any]) -> None:
    """Raise an error for a text with an address that neither the template nor what it was given speaks of."""
    if addresses := {address.lower() for address in _ADDRESS.findall(text)}:
        known = f"{source}\n{json.dumps(given, default=str)}".lower()
        if any(address not in known for address in addresses):
            raise jinja2.TemplateError("it prints where in memory something is: a filter like join or list helps")


def _prompt_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, extensions=[_Turns], trim_blocks=True, lstrip_blocks=True, finalize=_textual
    )
    # The same passage must give the same prompt: nothing that draws lots.
    del environment.filters["random"]
    # The sandbox's own `range`, that is, which knows an end.
    environment.globals = {name: environment.globals[name] for name in ("range", "namespace")}
    return environment


def _chat_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    # Nothing that draws lots here either.
    del environment.filters["random"]
    del environment.globals["lipsum"]
    environment.globals |= {"raise_exception": _raise, "strftime_now": NO_DAY.strftime}
    return environment


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
        try:
            with _Clock():
                return self._answer(request)
        except OvertimeError as error:
            return self._trouble(request, "time", f"it computes for more than {SECONDS} seconds", error)
        except MemoryError as error:
            return self._trouble(request, "memory", f"it wants more than {MEMORY // 2**20} MiB of memory", error)
        except RecursionError as error:
            return self._trouble(request, "fails", "it goes round in circles, or is nested too deeply", error)
        # A template can fail in any way Python can: dividing by zero, adding a number to a text.
        except Exception as error:
            reason = (error.msg if isinstance(error, SyntaxError) else str(error)) or type(error).__name__
            return self._trouble(request, "fails", reason, error)

    def _answer(self, request: dict[str, Any]) -> Answer:
        if request["do"] == "compile":
            return self._compile(request)
        compiled = self._compiled.get(request["key"])
        return self._render(compiled, request["context"]) if compiled else {"missing": True}

    def _compile(self, request: dict[str, Any]) -> Answer:
        """Compile a body, refusing at once names that templates don't know."""
        form, name, source = request["form"], request["name"], request["source"]
        environment = _prompt_environment() if form == "prompt" else _chat_environment()
        try:
            code = environment.compile(environment.parse(source), filename=name)
        except jinja2.TemplateSyntaxError as error:
            return {"trouble": "syntax", "line": error.lineno, "reason": _short(error.message or "")}
        if form == "prompt" and (unknown := _unknown(environment, source)):
            return {"trouble": "unknown", "line": unknown.lineno, "reason": unknown.name}
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
            _refuse_address(each, compiled.source, given)
        return {"text": text, "turns": turns}

    def _trouble(self, request: dict[str, Any], kind: str, reason: str, error: BaseException) -> Answer:
        compiled = self._compiled.get(request.get("key", ""))
        return {"trouble": kind, "line": compiled and _line(error, compiled), "reason": _short(reason)}


def _unknown(environment: jinja2.Environment, source: str) -> nodes.Name | None:
    """The first name that nobody gives the template."""
    tree = environment.parse(source)
    unknown = jinja2.meta.find_undeclared_variables(tree) - {*VARIABLES, "turns", *environment.globals}
    return next((name for name in tree.find_all(nodes.Name) if name.name in unknown), None)


def _prompt_context(given: dict[str, Any], turns: list[tuple[str, str]]) -> dict[str, Any]:
    """What a prompt template is given; JSON has no tuples."""
    passage, essay = ({**given[name], "tags": tuple(given[name]["tags"])} for name in ("passage", "essay"))
    return {**given, "passage": _PassageView(**passage), "essay": _EssayView(**essay), "turns": turns}


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
    line = " ".join(reason[: 20 * LONG_REASON].split()).encode(errors="backslashreplace").decode()
    return line if len(line) <= LONG_REASON else f"{line[: LONG_REASON - 1]}…"


# -- the walls ----------------------------------------------------------------------------------------------


class _Clock:
    """Raises `OvertimeError` when a request has computed too long; a little later, the system ends the process."""

    def __enter__(self) -> None:
        _limit("RLIMIT_CPU", int(time.process_time()) + SECONDS + GRACE + 1, keep_hard=True)
        if hasattr(signal, "setitimer"):
            # Again and again, for what is raised within a comparison or a finaliser may be lost.
            signal.setitimer(signal.ITIMER_PROF, SECONDS, 0.25)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)


def _on_overtime(*_: Any) -> NoReturn:
    raise OvertimeError


def _limit(name: str, value: int, keep_hard: bool = False) -> None:
    """Set one of the system's limits, where it has such limits and lets us."""
    try:
        import resource
    except ImportError:
        return
    with suppress(AttributeError, ValueError, OSError):
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1] if keep_hard else value
        resource.setrlimit(number, (value, hard))


def _build_walls() -> None:
    """Little memory, and no file written, no process started, no Ctrl-C heard: that one is for our parent."""
    # What Jinja2 would import when a filter is first used.
    import pprint  # noqa: F401
    import textwrap  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGPROF"):
        signal.signal(signal.SIGPROF, _on_overtime)
    for name, value in {"RLIMIT_AS": MEMORY, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NPROC": 0}.items():
        _limit(name, value)


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
            except (MemoryError, OvertimeError):
                reply = json.dumps({"trouble": "memory", "line": None, "reason": "it makes too much text"}).encode()
            _write_message(sink, reply)
