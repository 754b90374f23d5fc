"""Documents into seeds: each file is converted in a process of its own, and written among the seeds.

Takes files and a workspace, gives what was found; `write` puts it among the seeds. Nothing there is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from remix.corpus import consult
from remix.corpus.walk import seed_files
from remix.documents.confined import convert_confined
from remix.documents.convert import Converted, Wanted
from remix.documents.document import DocumentError
from remix.errors import SeedError
from remix.util import files, names
from remix.workspace import Workspace


class Added(Converted):
    """A document that has become a seed, or can."""

    source: Path
    """The document's file."""

    path: Path
    """The seed's."""


def prepare(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[Added]:
    """What the seeds of some documents would be; writes nothing.

    Raises `RemixError` where one can't be read, or its seed would take another's name.
    """
    taken = _taken(workspace)
    wanted = Wanted(title=title or None, tags=tuple(tags), known=tuple(_known_tags(workspace)))
    found = []
    for path in paths:
        added = _added(path, convert_confined(path, wanted), workspace.seeds)
        slug = names.same_place(added.essay.slug)
        if other := taken.get(slug):
            raise DocumentError(f"{path}: there is a seed of that name already, {other}.", _ANOTHER)
        if os.path.lexists(added.path):
            raise DocumentError(f"{path}: {added.path} already exists.", _ANOTHER)
        taken[slug] = added.path
        found.append(added)
    return found


def _added(source: Path, seed: Converted, folder: Path) -> Added:
    """A seed with its place. Raises `DocumentError` if its name would lead out of the folder."""
    if names.leads_out(seed.name) or "/" in seed.name:
        raise DocumentError(f"{source}: its seed would lie outside of {folder}.", "Give it a title with --title.")
    return Added(source=source, path=folder / seed.name, **dict(seed))


_ANOTHER = "Give it another title with --title; seeds are never overwritten."


def write(added: Added) -> None:
    """Write a seed. Raises `DocumentError` where something of its name is there, or it can't be written."""
    try:
        files.write_new(added.path, added.text.encode())
    except FileExistsError as error:
        raise DocumentError(f"{added.path} already exists.", _ANOTHER) from error
    except OSError as error:
        raise DocumentError(
            f"{added.path}: can't be written ({error.strerror or error}).", "See that there is room, and you may."
        ) from error


def add(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[Added]:
    """Make seeds of some documents. Raises `RemixError`; where a document is at fault, before anything is written."""
    found = prepare(paths, workspace, title, tags)
    for each in found:
        write(each)
    return found


def _taken(workspace: Workspace) -> dict[str, Path]:
    """The seeds that are there, by what makes their names the same."""
    folder = workspace.seeds
    return {
        names.same_place(names.slugify(path.relative_to(folder).with_suffix("").as_posix())): path
        for path in (seed_files(folder, workspace.exclude) if folder.is_dir() else [])
    }


def _known_tags(workspace: Workspace) -> list[str]:
    """The corpus' tags as written, the most frequent first. A seed that can't be read has none."""
    try:
        tags = consult(
            workspace.seeds, workspace.root, lambda corpus: corpus.tags(), lambda _: None, workspace.exclude
        )
    except SeedError:
        return []
    return [tag for tag, _ in tags]
