"""Help pages: the commands by task, `remix help`, and lines that cut no word in two."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.cli.wrapping import columns


def invoke(line: str, width: int = 80) -> Result:
    return CliRunner().invoke(remix.cli.cli, line.split(), env={"COLUMNS": str(width)})


def commands() -> Iterator[str]:
    """All commands, and the commands within commands."""
    for name, command in remix.cli.cli.commands.items():
        yield name
        if isinstance(command, click.Group):
            yield from (f"{name} {part}" for part in command.commands)


def test_the_commands_are_listed_by_task() -> None:
    page = invoke("--help").stdout
    headings = re.findall(r"^([A-Z][a-z ]+):$", page, re.MULTILINE)
    assert headings == ["Options", "Write", "Look", "Judge", "Keep", "Set up"]
    listed = re.findall(r"^  (\w+) +[A-Z]", page.partition("Write:")[2], re.MULTILINE)
    assert listed[:7] == ["generate", "weave", "try", "resume", "branch", "roads", "studio"]
    assert sorted(listed) == sorted(remix.cli.cli.commands)
    assert "_REMIX_COMPLETE=bash_source remix" in page


@pytest.mark.parametrize("command", ["", *commands()])
def test_remix_help_is_the_same_as_the_option(command: str) -> None:
    done = invoke(f"help {command}")
    assert (done.exit_code, done.stdout) == (0, invoke(f"{command} --help").stdout)


@pytest.mark.parametrize("words", ["nothing", "models nothing", "runs nothing"])
def test_help_of_no_command_is_wrong_usage(words: str) -> None:
    done = invoke(f"help {words}")
    assert done.exit_code == 2
    assert f"there is no command '{words}'. `remix help` lists the commands." in done.stderr


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("command", ["", *commands()])
def test_no_help_page_cuts_a_word_in_two(command: str, width: int) -> None:
    page, wide = (invoke(f"help {command}", each).stdout for each in (width, 100))
    assert set(page.split()) == set(wide.split())
    for line in page.splitlines():
        assert columns(line) <= width or len(line.split()) == 1 or "'" in line, line
