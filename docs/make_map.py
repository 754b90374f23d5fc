"""Writes the map of CONTRIBUTING.md from the first sentence of each module: `python docs/make_map.py`.

A test compares the map with the modules, so that no file is missing and no line tells of what a file once held.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- map: made by docs/make_map.py -->\n", "<!-- end of the map -->"
WIDTH = 118

ROOMS = (
    *(
        "cli",
        "studio",
        "langchain",
        "generation",
        "corpus",
        "documents",
        "templates",
        "models",
        "engine",
        "engine/llama",
        "cluster",
    ),
    *("outputs", "verification", "drafts", "measure", "analysis", "reader", "export", "pages", "records", "util"),
)
"""Folders below `remix/` in the order in which the map shows them."""


def drawn() -> str:
    """The map: a heading and a table of files for each folder below `remix/`, the folder's own files first."""
    return "\n".join([_table("remix", _files("")), *(_table(f"remix/{room}", _files(room)) for room in ROOMS)])


def page(old: str) -> str:
    """The text of CONTRIBUTING.md with the map drawn anew."""
    before, rest = old.split(BEGIN)
    return f"{before}{BEGIN}\n{drawn()}\n{END}{rest.split(END)[1]}"


def _table(name: str, files: list[Path]) -> str:
    lines = [f"**`{name}/`** {_sentence(ROOT / name / '__init__.py')}\n"]
    if files:
        lines += ["| File | Holds |", "|---|---|", *(f"| `{path.name}` | {_sentence(path)} |" for path in files), ""]
    return "\n".join(lines)


def _files(room: str) -> list[Path]:
    folder = ROOT / "remix" / room
    scripts = sorted((folder / "static").glob("*.js"))
    return [path for path in [*sorted(folder.glob("*.py")), *scripts] if path.name != "__init__.py"]


def _sentence(path: Path) -> str:
    """The first sentence of a module's docstring, or of the comment that a script begins with."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = ast.get_docstring(ast.parse(source)) or ""
    else:
        text = re.sub(r"^(?:/\*\*?|//) ?|\*/$", "", source.split("\n\n")[0], flags=re.MULTILINE)
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.?!])\s+(?=[A-Z`])", paragraph)[0].replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
