"""Reading essays: files to essays and passages.

Takes files, gives `Essay`s. Markdown, Org and plain text each have a reader, which gives blocks; how blocks become
passages and how passages are named is the same for all formats. Essays may come from strangers: links that lead out
of the workspace, and files beyond the bounds below, are refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from remix.corpus import dates, head_keys, markdown, org, plain, slugs
from remix.corpus.blocks import MOST_TAGS, Body, LeftOut, UnnamedPassage, passages
from remix.corpus.tags import tag_keys, unique
from remix.corpus.walk import seed_files
from remix.errors import SeedError, UnreadError
from remix.records import Essay, Passage, sha256
from remix.util import frontmatter, names

READERS: dict[str, Callable[[str, str], Body]] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".org": org.read,
    ".txt": plain.read,
}
"""The reader for each suffix in `walk.SUFFIXES`."""

MOST_PASSAGES = 10_000
"""Of an essay."""

MOST_TAGGINGS = 50_000
"""Tags, and parents of tags, on all passages of an essay: the index has a row for each."""

MOST_REPEATED = 2**24
"""Characters of the title and the headings, counted once for each passage below, since each passage repeats its
headings."""

LONGEST_TAG = 200
"""Characters. A tag is stored for each passage with the tag, once for each parent."""


class EssayFile(NamedTuple):
    """The content of a file."""

    essay: Essay
    left_out: tuple[LeftOut, ...]
    """The parts outside of passages and headings, in the order of the file."""
    notes: tuple[str, ...] = ()
    """Repairs and unused entries in the front matter, each with file and line."""
    headings: tuple[str, ...] = ()
    """The texts of all headings, in the order of the file."""


def read_seeds(
    folder: Path, root: Path, on_error: Callable[[SeedError], None] | None = None, exclude: Sequence[str] = ()
) -> list[Essay]:
    """The essays of `read_files`."""
    return [file.essay for file in read_files(folder, root, on_error, exclude)]


def read_files(
    folder: Path, root: Path, on_error: Callable[[SeedError], None] | None = None, exclude: Sequence[str] = ()
) -> list[EssayFile]:
    """All essays below a folder, sorted by path; paths are relative to the workspace `root`.

    Files that match a pattern in `exclude` (as in `.gitignore`, see `walk`) are not read. Raises `SeedError` if the
    folder is missing or has no passage. If a file or folder can't be read, the error is passed to `on_error`, or
    raised without `on_error`.
    """
    if not folder.is_dir():
        raise SeedError(
            f"{folder}: no such folder of essays.",
            "Name yours: `remix --seeds DIR …`. Or make a workspace: `remix init DIR`.",
        )
    paths = {path.relative_to(folder).as_posix(): path for path in seed_files(folder, exclude, on_error)}
    settled = slugs.settled(paths)
    files: list[EssayFile] = []
    for name, path in paths.items():
        try:
            files.append(read_file(path, folder, root, settled[name]))
        except SeedError as error:
            if on_error is None:
                raise
            on_error(UnreadError(name, error))
    if not any(file.essay.passages for file in files):
        raise SeedError(
            f"{folder}: no essays here, or none with a paragraph.",
            "Put Markdown, Org or text files there whose paragraphs end in #tags, or copy the shipped ones: "
            "`remix init DIR`.",
        )
    return files


def read_essay(path: Path, folder: Path, root: Path, slug: str | None = None) -> Essay:
    """The essay of `read_file`."""
    return read_file(path, folder, root, slug).essay


def read_file(path: Path, folder: Path, root: Path, slug: str | None = None) -> EssayFile:
    """Read an essay. The slug is made from the path alone, unless `slug` gives the slug chosen by `slugs.settled`.

    Raises `SeedError` if the file can't be read or the front matter is broken.
    """
    name = _place_of(path, folder, root)
    slug = slug or slugs.of_path(path.relative_to(folder).as_posix())
    _check_name(name)
    _check_place(path, name, (folder, root))
    try:
        text = frontmatter.read_text(path)
        body = READERS[path.suffix.lower()](text, name)
    except frontmatter.FrontMatterError as error:
        # An error of the whole file names the path on this machine.
        raise SeedError(error.message.replace(f"{path}:", f"{name}:", 1), error.hint) from error
    found = list(passages(body.blocks, name))
    head = head_keys.read(body.meta, name, text)
    title = head.title or body.title or path.stem
    tags = unique((*head.tags, *body.tags))
    _check_amounts(name, found, tags)
    _check_headings(name, title, found)
    lines = text.split("\n")
    essay = Essay(
        slug=slug,
        title=title,
        author=head.author,
        date=head.date or dates.in_name(path.stem) or head.updated,
        aliases=head.aliases,
        tags=tags,
        path=name,
        passages=tuple(
            Passage(
                id=f"{slug}/{number:03}",
                essay=slug,
                title=title,
                section=None if each.section == title else each.section,
                path=name,
                lines=each.lines,
                tags=unique((*each.tags, *tags)),
                text=each.text,
                source=_source(lines, each),
                sha256=sha256(each.text),
            )
            for number, each in enumerate(found, 1)
        ),
    )
    headings = tuple(block.text for block in body.blocks if block.kind == "heading")
    return EssayFile(essay, body.left_out, (*body.notes, *head.notes), headings)


def _source(lines: Sequence[str], passage: UnnamedPassage) -> str | None:
    """The passage's lines as written; null if the text is the same."""
    first, last = passage.lines
    source = "\n".join(lines[first - 1 : last])
    return None if source == passage.text else source


def _place_of(path: Path, folder: Path, root: Path) -> str:
    """The file's path in the workspace; for a folder elsewhere, from the folder's own name on.

    Runs are copied to different machines, so paths outside the workspace are not stored.
    """
    inside = Path(os.path.abspath(folder)).is_relative_to(os.path.abspath(root))  # noqa: PTH100 (keeps links)
    return Path(os.path.relpath(path, root if inside else folder.parent)).as_posix()


def below_folder(path: str, folder: Path, root: Path) -> str | None:
    """The name below the folder of essays of an essay's path; null for a path elsewhere."""
    start = _place_of(folder, folder, root)
    return path if start == "." else path.removeprefix(f"{start}/") if path.startswith(f"{start}/") else None


def _check_name(name: str) -> None:
    """Refuse file names that can't be shown."""
    rename = "Rename the file, or move it out of the folder."
    if not _is_text(name):
        raise SeedError(f"{name!a}: its name is not UTF-8.", rename)
    if not names.is_plain(name):
        raise SeedError(f"{name!a}: its name has control characters.", rename)


def _check_place(path: Path, name: str, allowed: Sequence[Path]) -> None:
    """Refuse a link out of the essays' folder and the workspace: a stranger's link could show a private file."""
    place = path.resolve()
    if not any(place.is_relative_to(folder.resolve()) for folder in allowed):
        raise SeedError(
            f"{name}: a link that leads out of the workspace.",
            "Put a copy there, or name the link's target as `seeds` in remix.toml.",
        )


def _check_amounts(name: str, found: Sequence[UnnamedPassage], tags: Sequence[str]) -> None:
    """Refuse numbers of passages and tags that would fill the memory."""
    if len(found) > MOST_PASSAGES:
        raise SeedError(f"{name}: has more than {MOST_PASSAGES} passages.", "Split it into several files.")
    for lines, all_tags in [((1, 1), tags), *((each.lines, each.tags) for each in found)]:
        if any(len(tag) > LONGEST_TAG for tag in all_tags):
            raise SeedError(
                f"{name}:{lines[0]}: has a tag of more than {LONGEST_TAG} letters.", "Put a space behind the tag."
            )
    if len(tags) > MOST_TAGS:
        raise SeedError(f"{name}: has more than {MOST_TAGS} tags for all its passages.", "Leave some out.")
    for_all = sum(len(tag_keys(tag)) for tag in tags)
    if sum(for_all + sum(len(tag_keys(tag)) for tag in each.tags) for each in found) > MOST_TAGGINGS:
        raise SeedError(
            f"{name}: its passages have more than {MOST_TAGGINGS} tags together.",
            "Leave some out, or split the file.",
        )


def _check_headings(name: str, title: str, found: Sequence[UnnamedPassage]) -> None:
    """Refuse a title or headings that would fill the memory, since each passage below repeats its headings."""
    letters = 0
    for each in found:
        letters += len(title) + len(each.section or "")
        if letters > MOST_REPEATED:
            raise SeedError(
                f"{name}:{each.lines[0]}: its title or a heading above is too long for so many passages.",
                "Shorten it; a paragraph right above a line of strokes is a heading in Markdown.",
            )


def _is_text(name: str) -> bool:
    """Whether a name is valid Unicode: Python's file names may hold bytes that aren't UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
