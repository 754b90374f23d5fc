"""Writes docs/gardens.md: what remix reads of small gardens, and what not: `python docs/make_gardens.py`.

Takes the notes below tests/gardens/flavours/, a folder for each kind of garden and a note for each feature; gives a
table for each garden with what remix finds in the notes. Nothing in a table is written by hand. A test compares the
page with the notes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from remix.corpus.essays import EssayFile, read_files
from remix.records import Essay

TARGET = Path(__file__).with_name("gardens.md")
FLAVOURS = Path(__file__).parent.parent / "tests" / "gardens" / "flavours"
HEAD = """\
# What remix reads of a garden

Made by `docs/make_gardens.py` from small notes, one for each feature; don't edit. The table shows what remix finds in
each note: title, date, author and other names if the note has them, the section in italics, each passage in quotation
marks with its tags. What isn't read is named with the reason. `remix passages --left-out` lists the same for your own
garden.
"""
NAMES = {"org": "Org", "plain-text": "Plain text"}
"""Names of gardens that aren't the folder's name with a capital."""

LONGEST = 70
"""Letters of a part left out that are shown."""


def page() -> str:
    """A table for each kind of garden."""
    return "\n".join([HEAD, *(_table(folder) for folder in sorted(FLAVOURS.iterdir()))])


def _table(folder: Path) -> str:
    name = NAMES.get(folder.name, folder.name.capitalize())
    files = read_files(folder, FLAVOURS)
    rows = [f"| {_link(file)} | {_read(file.essay)} | {_left_out(file)} |" for file in files]
    return "\n".join([f"## {name}\n", "| Note | Read | Not read |", "|---|---|---|", *rows, ""])


def _link(file: EssayFile) -> str:
    path = FLAVOURS / file.essay.path
    return f"[{path.name}](<{Path(os.path.relpath(path, TARGET.parent)).as_posix()}>)"


def _read(essay: Essay) -> str:
    """What the essay holds, a line each."""
    named = essay.title != Path(essay.path).stem
    facts = [f"title: {essay.title}"] if named else []
    facts += [f"{key}: {value}" for key, value in (("date", essay.date), ("author", essay.author)) if value]
    facts += [f"other name: {alias}" for alias in essay.aliases]
    return _lines([*map(_escaped, facts), *_tags("tags: ", essay.tags), *_passages(essay)])


def _passages(essay: Essay) -> Iterable[str]:
    section = None
    for passage in essay.passages:
        if passage.section and passage.section != section:
            yield f"*{_escaped(passage.section)}*"
        section = passage.section
        own = [tag for tag in passage.tags if tag not in essay.tags]
        yield f"“{_escaped(passage.text)}”" + "".join(_tags(" ", own))


def _tags(before: str, tags: Iterable[str]) -> list[str]:
    """The tags behind some words, or nothing without tags."""
    named = " ".join(_code(f"#{tag}") for tag in tags)
    return [before + named] if named else []


def _left_out(file: EssayFile) -> str:
    """The parts left out, a line for each reason."""
    reasons = dict.fromkeys(part.why for part in file.left_out)
    parts = {why: [_code(_short(part.text)) for part in file.left_out if part.why == why] for why in reasons}
    return _lines(f"{why}: {' '.join(texts)}" for why, texts in parts.items())


def _short(text: str) -> str:
    shown = " ⏎ ".join(" ".join(line.split()) for line in text.strip().split("\n"))
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _lines(parts: Iterable[str]) -> str:
    return "<br>".join(parts)


def _code(text: str) -> str:
    """A span of code within a table, whatever signs the text has."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    blank = " " if "`" in text else ""
    return f"{fence}{blank}{text}{blank}{fence}".replace("|", "\\|")


def _escaped(text: str) -> str:
    """Words as words: no sign of Markdown or HTML in them has a meaning."""
    for sign in "\\`*_[]<>#|~$":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "<br>")


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
