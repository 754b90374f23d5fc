"""Adding documents: each file is converted in a separate process, and written to the folder of essays.

Takes files and a workspace, gives the essays and their paths; `write` writes an essay. No file is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from remix.corpus import consult, slugs
from remix.corpus.walk import seed_files
from remix.documents.confined import convert_confined
from remix.documents.convert import Conversion, ConversionOptions
from remix.documents.document import DocumentError
from remix.errors import RemixError, SeedError
from remix.util import files, names
from remix.workspace import Workspace

OnError = Callable[[Path, RemixError], None]
"""Called with the path and the error of a document that can't be added."""


class AddedEssay(Conversion):
    """A document converted to an essay, with the essay's path."""

    source: Path
    """The document's file."""

    path: Path
    """The essay's file."""


def prepare(
    paths: Sequence[Path],
    workspace: Workspace,
    title: str | None = None,
    tags: Collection[str] = (),
    on_error: OnError | None = None,
) -> list[AddedEssay]:
    """Convert documents, without writing.

    If a document can't be read, or if the essay's name is taken, the document's path and error are passed to
    `on_error`, and the remaining documents are converted; without `on_error` the `RemixError` is raised.
    """
    folder = workspace.seeds
    # Unreadable folders are skipped.
    existing = seed_files(folder, workspace.exclude, lambda _: None) if folder.is_dir() else []
    settled = slugs.settled(path.relative_to(folder).as_posix() for path in existing)
    taken = {names.same_place(slug): folder / path for path, slug in settled.items()}
    options = ConversionOptions(title=title or None, tags=tuple(tags), known=tuple(_known_tags(workspace)))
    found = []
    for path in paths:
        try:
            added = _convert(path, folder, options, taken)
        except RemixError as error:
            if on_error is None:
                raise
            on_error(path, error)
        else:
            taken[names.same_place(added.essay.slug)] = added.path
            found.append(added)
    return found


def _convert(path: Path, folder: Path, options: ConversionOptions, taken: Mapping[str, Path]) -> AddedEssay:
    """A document as an essay in the folder. Raises `RemixError`."""
    converted = convert_confined(path, options)
    if names.leads_out(converted.name) or "/" in converted.name:
        raise DocumentError(f"{path}: the essay would lie outside of {folder}.", "Give it a title with --title.")
    added = AddedEssay(source=path, path=folder / converted.name, **dict(converted))
    if other := taken.get(names.same_place(added.essay.slug)):
        raise DocumentError(f"{path}: an essay of this name exists already: {other}.", _ANOTHER)
    if os.path.lexists(added.path):
        raise DocumentError(f"{path}: {added.path} already exists.", _ANOTHER)
    return added


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


def _known_tags(workspace: Workspace) -> list[str]:
    """The corpus' tags as written, the most frequent first. Unreadable files are skipped."""
    try:
        tags = consult(
            workspace.seeds, workspace.root, lambda corpus: corpus.tags(), lambda _: None, workspace.exclude
        )
    except SeedError:
        return []
    return [tag for tag, _ in tags]
