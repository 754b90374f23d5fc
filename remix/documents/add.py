"""Adding documents: each file is converted in a process of its own, and written to the folder of essays.

Takes files and a workspace, gives the essays and their paths; `write` writes an essay. No file is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from remix.corpus import consult, slugs
from remix.corpus.walk import seed_files
from remix.documents.confined import convert_confined
from remix.documents.convert import Conversion, ConversionOptions
from remix.documents.document import DocumentError
from remix.errors import SeedError
from remix.util import files, names
from remix.workspace import Workspace


class AddedEssay(Conversion):
    """A document converted to an essay, with its path."""

    source: Path
    """The document's file."""

    path: Path
    """The essay's file."""


def prepare(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[AddedEssay]:
    """Convert documents, without writing.

    Raises `RemixError` if a document can't be read, or if the essay's name is taken.
    """
    taken = _taken(workspace)
    options = ConversionOptions(title=title or None, tags=tuple(tags), known=tuple(_known_tags(workspace)))
    found = []
    for path in paths:
        converted = convert_confined(path, options)
        if names.leads_out(converted.name) or "/" in converted.name:
            raise DocumentError(
                f"{path}: the essay would lie outside of {workspace.seeds}.", "Give it a title with --title."
            )
        added = AddedEssay(source=path, path=workspace.seeds / converted.name, **dict(converted))
        slug = names.same_place(added.essay.slug)
        if other := taken.get(slug):
            raise DocumentError(f"{path}: an essay of this name exists already: {other}.", _ANOTHER)
        if os.path.lexists(added.path):
            raise DocumentError(f"{path}: {added.path} already exists.", _ANOTHER)
        taken[slug] = added.path
        found.append(added)
    return found


_ANOTHER = "Give a different title with --title; essays are never overwritten."


def write(added: AddedEssay) -> None:
    """Write an essay. Raises `DocumentError` if the file exists or can't be written."""
    try:
        files.write_new(added.path, added.text.encode())
    except FileExistsError as error:
        raise DocumentError(f"{added.path} already exists.", _ANOTHER) from error
    except OSError as error:
        raise DocumentError(
            f"{added.path}: can't be written ({error.strerror or error}).",
            "Check the free space and the permissions.",
        ) from error


def add(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[AddedEssay]:
    """Convert and write documents. Raises `RemixError`; if a document can't be read, before any essay is written."""
    found = prepare(paths, workspace, title, tags)
    for each in found:
        write(each)
    return found


def _taken(workspace: Workspace) -> dict[str, Path]:
    """The existing essays' files, by `names.same_place` of their slugs."""
    folder = workspace.seeds
    paths = seed_files(folder, workspace.exclude) if folder.is_dir() else []
    settled = slugs.settled(path.relative_to(folder).as_posix() for path in paths)
    return {names.same_place(slug): folder / path for path, slug in settled.items()}


def _known_tags(workspace: Workspace) -> list[str]:
    """The corpus' tags as written, the most frequent first. Files that can't be read are skipped."""
    try:
        tags = consult(
            workspace.seeds, workspace.root, lambda corpus: corpus.tags(), lambda _: None, workspace.exclude
        )
    except SeedError:
        return []
    return [tag for tag, _ in tags]
