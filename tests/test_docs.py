"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from docs import make_commands, make_gardens, make_map, make_models
from remix.cli import cli
from remix.corpus import read_seeds, select
from remix.outputs import RunFolder
from remix.templates import folder
from remix.workspace import shipped
from tests import tiny_architectures

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("install", "essays", "templates", "models"))]
PAGES += [ROOT / "docs" / f"{name}.md" for name in ("runs", "studio", "python")]
GUIDE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
"""What users read: README and the pages that it leads to."""
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", GUIDE, re.DOTALL)


def shell_lines() -> list[str]:
    """The commands of the shell blocks, comments taken off."""
    return [line.split("  #")[0].strip() for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("remix ")])
def test_every_command_in_the_readme_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.split(" | ")[0])[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="remix")
    while isinstance(command, click.Group) and not _stands_alone(command, words):
        name, command, words = command.resolve_command(context, words)
        assert command is not None, name
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("-") and word != "-"} <= known


def _stands_alone(group: click.Group, words: list[str]) -> bool:
    """Whether a group is meant itself, as in `remix tags --graph FILE`."""
    return group.invoke_without_command and (not words or words[0].startswith("-"))


def test_the_readme_shows_commands() -> None:
    assert sum(line.startswith("remix ") for line in shell_lines()) > 8


def test_the_outputs_that_the_readme_names_are_those_of_its_runs() -> None:
    """A newcomer who typed its lines one after another was told that there was no such output."""
    named = {found for line in shell_lines() for found in re.findall(r"(?<![_a-z-])[a-z-]+/\d{3}", line)}
    essays = read_seeds(ROOT / "seeds", ROOT)
    for tag in ("maps", "convergence"):
        assert named <= {passage.id for passage in select(essays, [tag])}


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("make ")])
def test_every_make_target_in_the_readme_exists(line: str) -> None:
    done = subprocess.run(["make", "--dry-run", line.split()[1]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_commands_md_matches_the_live_command_line() -> None:
    assert make_commands.TARGET.read_text(encoding="utf-8") == make_commands.page(), (
        "run python docs/make_commands.py"
    )


def test_gardens_md_shows_what_is_found_in_the_small_gardens() -> None:
    assert make_gardens.TARGET.read_text(encoding="utf-8") == make_gardens.page(), "run python docs/make_gardens.py"


def test_models_md_has_a_row_for_each_architecture_as_this_llama_cpp_runs_it() -> None:
    """`tests/engine/test_architectures.py` compares the rows with what the probe chooses."""
    text = make_models.TARGET.read_text(encoding="utf-8")
    rows = {name: make_models.told(name) for name in tiny_architectures.NAMES}
    old = re.search(r"Measured with .*\n", text)
    assert old is not None
    new = make_models.page(text, rows)
    assert text == re.sub(r"Measured with .*\n", lambda _: old[0], new), "run python -m docs.make_models"
    pinned = re.search(r"^llama_cpp_python==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert f"llama-cpp-python {pinned[1]} " in old[0], "run python -m docs.make_models"


def test_the_map_names_every_file_with_its_first_sentence() -> None:
    text = make_map.TARGET.read_text(encoding="utf-8")
    assert text == make_map.page(text), "run python docs/make_map.py"
    table = make_map.drawn()
    rooms = {path.parent.relative_to(ROOT) for path in (ROOT / "remix").rglob("*.py")}
    assert all(f"**`{room}/`**" in table for room in rooms)
    files = [
        path for path in (ROOT / "remix").rglob("*") if path.suffix in (".py", ".js") and "vendor" not in path.parts
    ]
    assert all(f"| `{path.name}` | " in table for path in files if path.name != "__init__.py")


def test_files_that_documents_name_exist() -> None:
    files = [path.as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    for page in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "security.md"):
        for name in re.findall(r"`([a-z_/]+\.py)`", page.read_text(encoding="utf-8")):
            assert any(path.endswith(f"/{name}") for path in files), f"{page.name}: {name}"


def test_the_readme_names_every_shipped_kind() -> None:
    kinds = folder.read_templates(shipped("prompts"))
    assert all(f"`{kind}`" in GUIDE for kind in kinds)


def test_the_templates_in_the_documents_work(tmp_path: Path) -> None:
    shutil.copytree(shipped("prompts"), tmp_path, dirs_exist_ok=True)
    sources = [block for kind, block in BLOCKS if kind == "jinja"]
    kinds = [f"kind{number}" for number in range(len(sources))]
    for kind, source in zip(kinds, sources, strict=True):
        (tmp_path / f"{kind}.md.j2").write_text(source, encoding="utf-8")
    templates = folder.read_templates(tmp_path, kinds)
    assert all(templates[kind].description for kind in kinds)
    assert len(sources) > 1


def test_the_readmes_settings_are_known(tmp_path: Path) -> None:
    from remix.workspace import read_settings

    (source,) = [block for kind, block in BLOCKS if kind == "toml"]
    (tmp_path / "remix.toml").write_text(source, encoding="utf-8")
    assert read_settings(tmp_path / "remix.toml").generate.given["steps"]


def test_the_readmes_ten_lines_recompute_hash_and_id(finished: RunFolder) -> None:
    (script,) = [block for kind, block in BLOCKS if kind == "python" and "rfc8785" in block]
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    assert "remix" not in script
    for task in finished.run.tasks:
        path = finished.record_path(task.id)
        done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "good"
    record = finished.record_path(finished.run.tasks[0].id)
    record.write_text(record.read_text().replace('"step": 1', '"step": 1').replace('"chunk": null', '"chunk": 64'))
    spoilt = subprocess.run([sys.executable, "-c", script, record], capture_output=True, text=True)
    assert spoilt.stdout.strip() != "good"


@pytest.mark.parametrize("block", [block for kind, block in BLOCKS if kind == "python"])
def test_what_the_readmes_python_imports_is_there(block: str) -> None:
    """`from remix import prepare` used to give a module."""
    for line in block.splitlines():
        if line.startswith("from remix"):
            names: dict[str, object] = {}
            exec(line, names)
            assert all(callable(value) for name, value in names.items() if name != "__builtins__")


@pytest.mark.model
def test_the_example_of_scores_gives_what_it_says() -> None:
    (block,) = [block for kind, block in BLOCKS if kind == "python" and "LocalModel" in block]
    names: dict[str, Any] = {}
    exec(block, names)
    answer, likely, unlikely = (names[name] for name in ("answer", "likely", "unlikely"))
    assert b"".join(answer.pieces) == b"A horse."
    assert len(answer.logprobs) == len(answer.pieces)
    assert 0 < likely.bits < unlikely.bits


def test_no_placeholder_is_left() -> None:
    assert "@@" not in GUIDE


def test_links_between_documents_lead_somewhere() -> None:
    for path in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
