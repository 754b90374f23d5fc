"""Options of several commands.

Most options are fields of `records.Options`: `declared` gives a command the click options of some of the fields.
pydantic takes a while to load, so these options are made when a command parses its arguments or prints its help, and
not when `remix --help` lists the commands.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from remix.cli import completion
from remix.cli.help import write_commands

if TYPE_CHECKING:
    from click.types import OptionHelpExtra
    from pydantic.fields import FieldInfo

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
engine_messages_option = click.option("-v", "--verbose", is_flag=True, help="Show llama.cpp's own messages too.")
moved_model_option = click.option("--model", metavar="MODEL", help="The run's model, if it lies elsewhere now.")
reviewer_option = click.option("--as", "reviewer", metavar="NAME", help="Who reviews; by default your name in git.")
embeddings_option = click.option(
    "--embeddings",
    metavar="MODEL",
    help="Compare what texts are about with this GGUF model, or `none` to compare words alone. By default with the "
    "sentence model of essay-remix[embeddings], if it is installed.",
)


def declared(*wanted: str, **changes: Any) -> Callable[[Any], Any]:
    """Decorates a command with options, given by name or by subject (`passages`, `texts`, `machine`).

    `changes` are arguments of `click.Option` that replace the field's own. The command must be a `Command` or
    `Group` of this module.
    """
    return click.option("--declared", cls=_Placeholder, wanted=wanted, changes=changes)


def declared_options(wanted: tuple[str, ...], changes: dict[str, Any]) -> list[click.Parameter]:
    """The click options of the wanted fields of `Options`."""
    from remix.records import Options
    from remix.records.options import flag_of

    flags = {name: flag for name, field in Options.model_fields.items() if (flag := flag_of(field))}
    names = [name for each in wanted for name, flag in flags.items() if each in (name, flag.subject)]
    return [_option(name, Options.model_fields[name], flags[name], changes) for name in names]


class _Placeholder(click.Option):
    """Stands for declared options."""

    def __init__(self, decls: Any, wanted: tuple[str, ...], changes: dict[str, Any]) -> None:
        super().__init__(decls)
        self.options: Callable[[], list[click.Parameter]] = lambda: declared_options(wanted, changes)


class _Declared:
    """Mixin of commands: placeholders become options when `params` is first read."""

    _params: list[click.Parameter]

    @property
    def params(self) -> list[click.Parameter]:
        if any(isinstance(each, _Placeholder) for each in self._params):
            parts = [each.options() if isinstance(each, _Placeholder) else [each] for each in self._params]
            self._params = [option for part in parts for option in part]
        return self._params

    @params.setter
    def params(self, params: list[click.Parameter]) -> None:
        self._params = params


class Command(_Declared, click.Command):
    """A command that may have declared options."""


class Group(_Declared, click.Group):
    """A group of commands that may have declared options."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with the first sentence of their help, however narrow the terminal is."""
        with formatter.section("Commands"):
            write_commands(self, sorted(self.commands), formatter)


class _Option(click.Option):
    """An option with bounds in the help. If the value of a variable is refused, the error names the variable."""

    range = ""

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        extra = super().get_help_extra(ctx)
        return {**extra, "range": self.range} if self.range else extra

    def get_error_hint(self, ctx: click.Context | None) -> str:
        source = ctx and ctx.get_parameter_source(self.name or "")
        return str(self.envvar) if source is click.core.ParameterSource.ENVIRONMENT else super().get_error_hint(ctx)


class _Value(click.ParamType[Any]):
    """The value of a field of `Options`, converted and checked by the field's type."""

    name = "value"

    def __init__(self, field: str) -> None:
        self.field = field

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from pydantic import ValidationError

        from remix.records import Options
        from remix.util.validation import first_problem

        try:
            return getattr(Options.model_validate({self.field: value}), self.field)
        except ValidationError as error:
            self.fail(f"{first_problem(error).words}.", param, ctx)


def _option(name: str, field: FieldInfo, flag: Any, changes: dict[str, Any]) -> click.Parameter:
    word = flag.word or name
    attributes: dict[str, Any] = {
        "help": flag.help,
        "metavar": flag.metavar,
        "default": field.default,
        "show_default": bool(field.default) and field.default is not True,
        "shell_complete": completion.OF_OPTIONS.get(name),
        "envvar": f"REMIX_{word.upper()}" if flag.setting else None,
        **_type(name, field, flag),
        **changes,
    }
    names = f"--{word.replace('_', '-')}"
    if field.annotation is bool and flag.setting:
        # What a setting may switch on, a second name switches off.
        names += f"/--no{names[1:]}"
    option = _Option([names, name], **attributes)
    option.range = bounds_in_words(field)
    return option


def _type(name: str, field: FieldInfo, flag: Any) -> dict[str, Any]:
    """The arguments of `click.Option` for a field's type."""
    kind = field.annotation
    if kind is bool:
        return {"is_flag": True}
    if get_origin(kind) is Literal:
        return {"type": click.Choice(get_args(kind))}
    if get_origin(kind) is tuple:
        return {"multiple": True}
    return {"type": _Value(name), "callback": _text if flag.takes_file else None}


def bounds_in_words(field: FieldInfo) -> str:
    """The bounds of a number for the help: `1 to 99`; empty without an upper bound below `LARGE`."""
    least = next((each.ge for each in field.metadata if getattr(each, "ge", None) is not None), None)
    most = next((each.le for each in field.metadata if getattr(each, "le", None) is not None), None)
    return f"{least} to {most}" if most is not None and most < LARGE else ""


LARGE = 10**6
"""Bounds from here on are too large to matter to a person."""


def _text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The option's text, or the text of the file named by the option."""
    if value is None or not os.path.isfile(value):  # noqa: PTH113 - says no to whatever is no path at all
        return value
    from remix.util import frontmatter

    return frontmatter.split(frontmatter.read_text(Path(value)), value).body
