"""Jinja2's sandbox for strangers' templates, made deterministic.

Gives the environments for compiling prompt templates and chat templates. The same template with the same values makes
the same text in every process: only text, numbers, booleans, none, lists, tuples, mappings, passages and essays may
be printed. Functions, generators and sets may not, because Python prints a memory address or an order that changes
from process to process. `sandbox.py` bounds time and memory.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Set, ValuesView
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import jinja2
import jinja2.ext
from jinja2 import filters, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.nodes import EvalContext
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEscapeFormatter, SandboxedFormatter
from jinja2.tests import test_lower, test_upper
from markupsafe import Markup

NO_DAY = datetime(2024, 7, 26)
"""The date for chat templates that print today's date, fixed because a request must give the same bytes on any day
(the default of Llama 3's own template)."""

MOST_BITS = 2**17
"""Bits of a product or power of integers, about 39,000 digits: the time limit can't interrupt a longer
computation."""


# -- values for templates -------------------------------------------------------------------------------


@dataclass(frozen=True)
class PassageView:
    """A passage in templates: `{{ passage }}` prints the text."""

    id: str
    section: str | None
    tags: tuple[str, ...]
    text: str
    language: str | None = None
    """The code of the language; null for a text too short to tell."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class EssayView:
    """An essay in templates: `{{ essay }}` prints the title."""

    slug: str
    title: str
    author: str | None
    date: str | None
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return self.title


class _Turns(Extension):
    """The tags `{% system %}`, `{% user %}` and `{% assistant %}`, each with an end tag: each body becomes a turn."""

    tags = {"system", "user", "assistant"}  # noqa: RUF012, the base class has it for instances

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        collect = self.call_method("_collect", [nodes.Name("turns", "load"), nodes.Const(token.value)])
        return nodes.CallBlock(collect, [], [], body).set_lineno(token.lineno)

    def _collect(self, turns: list[tuple[str, str]], role: str, caller: Callable[[], str]) -> str:
        turns.append((role, caller().strip()))
        return ""


class _Generation(Extension):
    """The tags `{% generation %}` and `{% endgeneration %}`, which mark an assistant's turn for training. The body is
    rendered in a separate scope."""

    tags = {"generation"}  # noqa: RUF012, the base class has it for instances

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


class _Unknown(jinja2.Undefined):
    """An unknown name in a chat template: as Jinja2's default, except that `+` with a text gives the text, as `~`
    does, instead of an error: some templates expect programs to give a list of tools as text."""

    def __add__(self, other: Any) -> Any:
        return other if isinstance(other, str) else self._fail_with_undefined_error()

    __radd__ = __add__


# -- values as text -------------------------------------------------------------------------------------

_PLAIN = (str, int, float, type(None), jinja2.Undefined, PassageView, EssayView)

_HOLDING = (list, tuple, KeysView, ValuesView)


def textual(value: Any) -> Any:
    """A printable value. Raises `TemplateError` for values with a different text in each process."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict | ItemsView):
        for key, held in value.items() if isinstance(value, dict) else value:
            textual(key)
            textual(held)
    elif isinstance(value, _HOLDING):
        for held in value:
            textual(held)
    else:
        raise jinja2.TemplateError(f"it prints a {type(value).__name__}, which is no text: a filter like join helps")
    return value


def _argument(value: Any) -> Any:
    """A checked argument of a printing function; the items of an iterator are checked one after the other."""
    return map(textual, value) if isinstance(value, Iterator) else textual(value)


@jinja2.pass_context
def _printed(context: Context, value: Any) -> Any:
    """The check of `{{ … }}`. Takes the context to keep Jinja2 from evaluating constants when compiling."""
    return textual(value)


class _Generator(CodeGenerator):
    """Jinja2's compiler, with the operands of `~` checked."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802, Jinja2's name
        joins = "(markup_join if context.eval_ctx.autoescape else str_join)"
        self.write(f"{joins}(map(environment.textual, (")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write(")))")


class _Formatter(SandboxedFormatter):
    """The check of fields such as `"{0.text}".format(passage)`."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        found, first = super().get_field(field_name, args, kwargs)
        return textual(found), first


class _EscapeFormatter(_Formatter, SandboxedEscapeFormatter):
    """The check for `Markup`."""


class Environment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox with `textual` applied wherever values become text: output, filters, `~`, `%`, `format` and
    string methods."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"%", "-", "*", "**"})
    textual = staticmethod(textual)

    def __init__(self, **options: Any) -> None:
        # Not optimized: constants evaluated when compiling would skip the checks.
        super().__init__(finalize=_printed, optimized=False, trim_blocks=True, lstrip_blocks=True, **options)
        found: dict[str, Callable[..., Any]] = self.filters
        self.filters = {name: _checked(name, each) for name, each in found.items()} | {
            "join": _join,
            "pprint": _pprint,
        }
        # Not deterministic.
        del self.filters["random"]
        self.tests |= {"sameas": _is_same, "lower": _checked("", test_lower), "upper": _checked("", test_upper)}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A binary operation, unless the operation makes a set, prints an unchecked value, or takes too long."""
        if operator == "%" and isinstance(left, str | bytes):
            textual(right)
        elif operator == "-" and (isinstance(left, Set) or isinstance(right, Set)):
            raise jinja2.TemplateError("it makes a set, and a set has no order")
        elif isinstance(left, int) and isinstance(right, int):
            _refuse_long(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """A call from a template; the arguments of string methods are checked."""
        owner = getattr(__obj, "__self__", None)
        if issubclass(owner if isinstance(owner, type) else type(owner), str | bytes):
            args = tuple(map(_argument, args))
            kwargs = {name: each if name in _INTERNAL else _argument(each) for name, each in kwargs.items()}
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """A checked `format` or `format_map` of a string; null for any further method."""
        if super().wrap_str_format(value) is None:
            return None
        return functools.partial(self._format, value.__self__, value.__name__ == "format_map")

    def _format(self, pattern: str, is_map: bool, /, *args: Any, **kwargs: Any) -> str:
        formatter = _EscapeFormatter(self, escape=pattern.escape) if isinstance(pattern, Markup) else _Formatter(self)
        for name in _INTERNAL:
            kwargs.pop(name, None)
        if is_map:
            (mapping,) = args
            return type(pattern)(formatter.vformat(pattern, (), mapping))
        return type(pattern)(formatter.vformat(pattern, args, kwargs))


_INTERNAL = ("_loop_vars", "_block_vars")
"""Arguments that Jinja2 adds to each call and removes again."""


def _refuse_long(operator: str, left: int, right: int) -> None:
    """Raise `OverflowError` for a product or a power of more than `MOST_BITS` bits."""
    if operator == "*" and left and right:
        bits = left.bit_length() + right.bit_length()
    elif operator == "**" and abs(left) > 1:
        bits = left.bit_length() * right
    else:
        return
    if bits > MOST_BITS:
        raise OverflowError(f"it works out a number with more than {MOST_BITS} bits")


# -- filters and tests --------------------------------------------------------------------------------------

_PASSING = """
abs attr batch count d default dictsort first float groupby int items last length list map max min reject rejectattr
reverse round select selectattr slice sort sum unique
"""
"""Filters that return the values, parts of the values or numbers, and never text."""


def _checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test with checked arguments, unless the filter is in `_PASSING`."""
    if name in _PASSING.split():
        return function
    own = hasattr(function, "jinja_pass_arg")  # Jinja2's own first argument: an environment or a context

    @functools.wraps(function)
    def held(*args: Any, **kwargs: Any) -> Any:
        for each in (*args[own:], *kwargs.values()):
            textual(each)
        return function(*args, **kwargs)

    return held


@jinja2.pass_eval_context
def _join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Jinja2's `join` with checked items."""
    if attribute is not None:
        value = map(filters.make_attrgetter(context.environment, attribute), value)
    joined: str = filters.sync_do_join(context, map(textual, value), textual(d))
    return joined


def _pprint(value: Any) -> str:
    """Jinja2's `pprint`, refusing mappings with unordered keys, which `pprint` sorts by address."""
    _refuse_unordered(textual(value))
    return filters.do_pprint(value)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """The `tojson` expected by chat templates: without HTML's escapes, keys in the mapping's order."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse_unordered(value: Any) -> None:
    if isinstance(value, dict):
        if len(value) > 1 and not all(isinstance(key, str | int | float) for key in value):
            raise jinja2.TemplateError("it prints a mapping whose keys have no order")
        for held in value.values():
            _refuse_unordered(held)
    elif isinstance(value, list | tuple):
        for held in value:
            _refuse_unordered(held)


def _is_same(value: Any, other: Any) -> bool:
    """Identity; for strings and numbers equality, because Python may or may not share equal values."""
    if isinstance(value, str | int | float):
        return type(value) is type(other) and bool(value == other)
    return value is other


# -- environments -------------------------------------------------------------------------------------------


def prompt_environment() -> Environment:
    """The environment of prompt templates."""
    environment = Environment(undefined=jinja2.StrictUndefined, extensions=[_Turns])
    # The sandbox's own `range` is bounded.
    environment.globals = {name: environment.globals[name] for name in ("range", "namespace")}
    return environment


def chat_environment() -> Environment:
    """The environment of models' chat templates, as in transformers."""
    environment = Environment(undefined=_Unknown, extensions=[_Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = _checked("tojson", _to_json)
    # Not deterministic.
    del environment.globals["lipsum"]
    environment.globals |= {"raise_exception": _raise, "strftime_now": NO_DAY.strftime}
    return environment


def _raise(message: Any) -> NoReturn:
    raise jinja2.TemplateError(str(textual(message)))
