"""Options are declared once: flags, variables, remix.toml and the Python API take and refuse the same values."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from remix.cli.options import Command, declared_options
from remix.records import Options
from remix.records.options import Flag, flag_of
from remix.util.validation import first_problem
from remix.workspace import SettingsError, Workspace, read_settings
from tests.conftest import Remix

FLAGS: dict[str, Flag] = {name: flag for name, field in Options.model_fields.items() if (flag := flag_of(field))}

GENERATE = tuple(declared_options(("passages", "texts", "machine"), {}))


def out_of_bounds() -> Iterator[tuple[str, str]]:
    """Each option that has bounds, with the nearest values beyond them."""
    for name, field in Options.model_fields.items():
        for bound in field.metadata:
            if hasattr(bound, "ge"):
                yield name, str(bound.ge - 1)
            if hasattr(bound, "le"):
                yield name, str(bound.le + 1)


def in_toml(name: str, value: str) -> tuple[str, str]:
    """A setting's key and the text of a file with it."""
    flag = FLAGS[name]
    written = json.dumps(value) if isinstance(value, str) and flag.metavar == "SIZE" else value
    key = flag.word or name
    return (
        (key, f"{key} = {written}")
        if flag.setting == "top"
        else (f"generate.{key}", f"[generate]\n{key} = {written}")
    )


@pytest.mark.parametrize(("name", "value"), list(out_of_bounds()))
def test_a_value_out_of_bounds_is_refused_everywhere_in_the_same_words(
    remix_: Remix, workspace: Workspace, name: str, value: str
) -> None:
    """`threads` had no upper bound in remix.toml, and `min_words` another one."""
    with pytest.raises(ValidationError) as refused:
        Options.model_validate({name: value})
    words = first_problem(refused.value).words
    flag = FLAGS[name]
    word = flag.word or name
    option = f"--{word.replace('_', '-')}"
    by_flag = remix_("generate", "--all", f"{option}={value}")
    assert by_flag.exit_code == 2
    assert f"Invalid value for '{option}': {words}." in by_flag.stderr
    variable = f"REMIX_{word.upper()}"
    if not flag.setting:
        assert next(each for each in GENERATE if each.name == name).envvar is None
        return
    by_variable = remix_("generate", "--all", env={variable: value})
    assert by_variable.exit_code == 2
    assert f"Invalid value for {variable}: {words}." in by_variable.stderr
    key, text = in_toml(name, value)
    (workspace.root / "remix.toml").write_text(text)
    line = len(text.splitlines())
    with pytest.raises(SettingsError) as in_file:
        read_settings(workspace.root / "remix.toml")
    assert in_file.value.message == f"{workspace.root / 'remix.toml'}:{line}: `{key}`: {words}."


WITHOUT = ("by", "choose_by", "fast", "strict", "think")
"""Options without a placeholder: switches, and choices among words."""


def test_every_option_has_a_flag_and_a_help_text() -> None:
    assert set(FLAGS) == set(Options.model_fields) == {option.name for option in GENERATE}
    assert all(flag.help.endswith(".") for flag in FLAGS.values())
    assert all(flag.metavar for name, flag in FLAGS.items() if name not in WITHOUT)


def test_defaults_are_those_of_options() -> None:
    context = Command("generate", params=list(GENERATE)).make_context("generate", [])
    assert Options.model_validate(context.params) == Options()


def test_options_are_made_when_they_are_asked_for() -> None:
    """`remix --help` lists commands without loading pydantic."""
    script = (
        "import sys; from remix.cli import generate; assert 'pydantic' not in sys.modules; generate.generate.params"
    )
    subprocess.run([sys.executable, "-c", f"{script}; assert 'pydantic' in sys.modules"], check=True)


ADDED = """
import json, os, sys
from pathlib import Path
from typing import Annotated
import click
from click.testing import CliRunner
from pydantic import Field
from remix import records
from remix.records import options

class Options(options.Options):
    added: Annotated[
        int, Field(ge=2, le=7), options.Flag("texts", "This option is new.", "N", setting="generate")
    ] = 3

options.Options = records.Options = Options
from remix.cli import cli
from remix.generation import prepare

def show(workspace, options, given):
    print("added is", options.added, "given" if "added" in given else "by default")
    raise click.Abort

prepare.prepare = show
root, results = Path(sys.argv[1]), []
for words, variables, toml in json.loads(sys.argv[2]):
    (root / "remix.toml").write_text(toml)
    results.append(CliRunner().invoke(cli, ["-C", str(root), *words], env=variables).output)
try:
    Options(added=8)
except ValueError as error:
    results.append(str(error))
print(json.dumps(results))
"""


def run_with_an_added_option(workspace: Workspace, cases: list[Any]) -> list[str]:
    """What each case prints in a process in which `Options` has one more field; last, what `Options` itself says."""
    command = [sys.executable, "-c", ADDED, str(workspace.root), json.dumps(cases)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    results: list[str] = json.loads(done.stdout)
    return results


def test_an_option_added_to_the_declaration_turns_up_everywhere(workspace: Workspace) -> None:
    command = ["generate", "--all"]
    four, five = {"REMIX_ADDED": "4"}, "[generate]\nadded = 5\n"
    shown, *values = run_with_an_added_option(
        workspace,
        [
            (["generate", "--help"], {}, ""),
            (command, {}, ""),
            (command, {}, five),
            (command, four, five),
            ([*command, "--added", "6"], four, five),
            ([*command, "--added", "8"], {}, ""),
            (command, {"REMIX_ADDED": "8"}, ""),
            (command, {}, "[generate]\nadded = 8\n"),
        ],
    )
    assert re.search(r"--added N +This option is new\.  \[default: 3; 2 to 7\]", shown)
    told = ("added is 3 by default", "added is 5 given", "added is 4 given", "added is 6 given")
    assert all(line in value.splitlines() for line, value in zip(told, values[:4], strict=True))
    assert all("nput should be less than or equal to 7" in value for value in values[4:])
    for value, place in zip(values[4:7], ("'--added'", "REMIX_ADDED", "remix.toml:2: `generate.added`"), strict=True):
        assert place in value
