"""The templates of a workspace as the page for templates shows them, and new ones kept as files.

Takes a workspace, gives frozen values that become JSON; strings are safe to show, but sources are as they are in the
files: who keeps one must get back what the file has. Knows nothing of HTTP, and tries no template.
"""

from __future__ import annotations

import re
from pathlib import Path

from remix.errors import PromptError
from remix.records import Frozen
from remix.templates.folder import SUFFIX, new_template, read_template, template_files
from remix.templates.template import Template
from remix.util.files import unwritable, write_new
from remix.util.names import readable
from remix.workspace import Workspace, shipped

MOST_BROKEN = 2**20
"""Bytes of a broken template's file that are shown."""

MOST_SHOWN = 300
"""Templates that an answer lists."""


class ShownTemplate(Frozen):
    """A template file."""

    kind: str
    file: str
    """The file's name."""
    is_shipped: bool
    """Whether the file is as it came with remix."""
    source: str
    """The whole file; empty if the file can't be read."""
    description: str
    reads: str
    """In words, what a text of the kind is made from."""
    problem: str
    """Why the template is broken; empty if it isn't."""


class Templates(Frozen):
    """All templates of the workspace."""

    folder: str
    is_own: bool
    """Whether the workspace has a folder of templates; the first that is kept makes one, with the shipped ones."""
    templates: tuple[ShownTemplate, ...]
    """At most `MOST_SHOWN`, by name."""
    problem: str
    """Why the folder as a whole can't be read, in words."""


class Checked(Frozen):
    """Whether a source could be kept as a kind."""

    problem: str
    """Why not; empty if it could."""
    hint: str
    line: int | None
    """Line of the problem, from 1; null if the problem is in no line."""
    description: str
    reads: str


class Kept(Frozen):
    """A template that was kept."""

    kind: str
    file: str
    """The path of the file, from the workspace's folder."""
    copied: int
    """Number of shipped templates that were copied beside it, so that they are still there."""


def templates_of(workspace: Workspace) -> Templates:
    """All templates, broken ones with the reason."""
    folder, problem = workspace.prompts, ""
    files: dict[str, Path] = {}
    try:
        files = template_files(folder)
    except PromptError as error:
        problem = readable(f"{error.message} {error.hint}")
    return Templates(
        folder=readable(str(folder)),
        is_own=_is_own(workspace),
        templates=tuple(_shown(kind, path) for kind, path in list(files.items())[:MOST_SHOWN]),
        problem=problem,
    )


def check(workspace: Workspace, kind: str, source: str) -> Checked:
    """Whether a source could be kept as a new kind."""
    try:
        template = new_template(workspace.prompts, kind, source)
    except PromptError as error:
        return Checked(
            problem=readable(error.message),
            hint=readable(error.hint),
            line=_line(error.message, kind),
            description="",
            reads="",
        )
    return Checked(problem="", hint="", line=None, description=readable(template.description), reads=_reads(template))


def keep(workspace: Workspace, kind: str, source: str) -> Kept:
    """Keep a source as a new kind, in a file of the workspace. Never overwrites a file.

    Raises `PromptError` if the template is broken or there is such a kind, `RunError` if the file can't be written.
    """
    template = new_template(workspace.prompts, kind, source)
    folder, copied = workspace.prompts, 0
    if not _is_own(workspace):
        folder = workspace.root / workspace.settings.prompts
        # With a folder of its own, a workspace no longer sees the shipped templates.
        for path in template_files(workspace.prompts).values():
            copied += _write(folder / path.name, path.read_bytes())
    path = folder / f"{template.kind}{SUFFIX}"
    if not _write(path, (source.rstrip("\n") + "\n").encode()):
        raise PromptError(f"{path.name} is there already.", "Give the new kind another name.")
    return Kept(kind=readable(template.kind), file=readable(f"{folder.name}/{path.name}"), copied=copied)


def _write(path: Path, data: bytes) -> bool:
    """Write a new file; gives whether there was none."""
    try:
        write_new(path, data)
    except FileExistsError:
        return False
    except OSError as error:
        raise unwritable(path, error) from error
    return True


def _is_own(workspace: Workspace) -> bool:
    return workspace.prompts != shipped("prompts")


def _shown(kind: str, path: Path) -> ShownTemplate:
    source = description = reads = problem = ""
    is_shipped = False
    try:
        template = read_template(path)
        source, description, reads = template.source, readable(template.description), _reads(template)
        original = shipped("prompts") / path.name
        is_shipped = original.is_file() and original.read_bytes() == path.read_bytes()
    except (PromptError, OSError) as error:
        problem = readable(f"{error.message} {error.hint}" if isinstance(error, PromptError) else str(error))
    return ShownTemplate(
        kind=readable(kind),
        file=readable(path.name),
        is_shipped=is_shipped,
        source=source or _salvaged(path),
        description=description,
        reads=reads,
        problem=problem,
    )


def _salvaged(path: Path) -> str:
    """What can be read of a broken template's file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= MOST_BROKEN else ""
    except OSError:
        return ""


_READS_OF_PARTS = {
    "weave": "a group of passages and the last sentence of the paragraph before, in an essay of `remix weave`",
    "paragraph": "a paragraph of an essay and the passages behind it, in `remix weave`",
    "paragraphs": "all paragraphs of an essay of `remix weave`",
}


def _reads(template: Template) -> str:
    if template.reads == "passage":
        return "a passage, and from the second step on the text before"
    if template.reads == "passages":
        return "a group of passages"
    if template.part_reads:
        return _READS_OF_PARTS[template.part_reads]
    return readable(f"the last texts of {', '.join(template.reads_kinds)}")


def _line(message: str, kind: str) -> int | None:
    found = re.search(re.escape(f"{kind}{SUFFIX}:") + r"(\d{1,9})\b", message)
    return int(found[1]) if found else None
