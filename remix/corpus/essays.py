"""Reading essays: files to essays and passages.

Takes files, gives `Essay`s. Markdown, Org and plain text each have a reader, which gives blocks; how blocks become
passages and how passages are named is the same for all formats. Essays may come from strangers: links that lead out
of the workspace, and files beyond the bounds below, are refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from remix.corpus import markdown, org, plain
from remix.corpus.blocks import MOST_TAGS, Body, LeftOut, UnnamedPassage, passages
from remix.corpus.tags import tag_keys, unique
from remix.corpus.walk import seed_files
from remix.errors import SeedError, UnreadError
from remix.records import Essay, Passage, sha256
from remix.util import frontmatter, names
from remix.util.names import slugify

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
"""Letters of the title and the headings, counted once for each passage below, since each passage repeats them."""

LONGEST_TAG = 200
"""Letters. A tag is stored for each passage with the tag, once for each parent."""

_DATED = re.compile(r"(\d{4})([-_])(\d{2})\2(\d{2})(?!\d)")
"""The beginning of the names of Jekyll's posts, and of daily notes in Obsidian and Logseq."""


class EssayFile(NamedTuple):
    """What a file holds."""

    essay: Essay
    left_out: tuple[LeftOut, ...]
    """What is in no passage and no heading, in the order of the file."""
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
    folder is missing or has no passage. If a file or folder can't be read, or two files have passages with the same
    ids, the error is passed to `on_error`, or raised without `on_error`.
    """
    if not folder.is_dir():
        raise SeedError(f"{folder}: no such folder of essays.", "Make one with `remix init DIR`.")
    essays: dict[str, Essay] = {}
    files: list[EssayFile] = []
    for path in seed_files(folder, exclude, on_error):
        try:
            file = read_file(path, folder, root)
            refuse_namesake(file.essay, essays)
        except SeedError as error:
            if on_error is None:
                raise
            on_error(UnreadError(path.relative_to(folder).as_posix(), error))
        else:
            essays[names.same_place(file.essay.slug)] = file.essay
            files.append(file)
    if not any(essay.passages for essay in essays.values()):
        raise SeedError(
            f"{folder}: no essays here, or none with a paragraph.",
            "Put Markdown, Org or text files there whose paragraphs end in #tags, or copy the shipped ones: "
            "`remix init DIR`.",
        )
    return files


def refuse_namesake(essay: Essay, others: Mapping[str, Essay]) -> None:
    """Raise `SeedError` if an essay in `others` has the same folder for passages; keys are by `names.same_place`."""
    if other := others.get(names.same_place(essay.slug)):
        raise SeedError(
            f"{essay.path}: its passages would be named like those of {other.path} ({essay.slug}).",
            "Rename one of the two files, or leave one out with `exclude` in remix.toml.",
        )


def read_essay(path: Path, folder: Path, root: Path) -> Essay:
    """The essay of `read_file`."""
    return read_file(path, folder, root).essay


def read_file(path: Path, folder: Path, root: Path) -> EssayFile:
    """Read an essay. Raises `SeedError` if the file can't be read or the front matter is broken."""
    name = _place_of(path, folder, root)
    slug = slugify(path.relative_to(folder).with_suffix("").as_posix())
    _check_name(name, slug)
    _check_place(path, name, (folder, root))
    try:
        text = frontmatter.read_text(path)
        body = READERS[path.suffix.lower()](text, name)
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    dated = _DATED.match(path.stem)
    found = list(passages(body.blocks, name))
    head = _Head(body.meta, name, text)
    title = head.words("title") or body.title or path.stem
    tags = unique((*head.tags(), *body.tags))
    _check_amounts(name, found, tags)
    _check_headings(name, title, found)
    lines = text.split("\n")
    essay = Essay(
        slug=slug,
        title=title,
        author=head.words("author"),
        date=head.words("date") or head.words("planted") or ("-".join(dated.group(1, 3, 4)) if dated else None),
        aliases=head.aliases(),
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
    return EssayFile(essay, body.left_out, headings)


def _source(lines: Sequence[str], passage: UnnamedPassage) -> str | None:
    """The passage's lines as written; null if these are the text."""
    first, last = passage.lines
    source = "\n".join(lines[first - 1 : last])
    return None if source == passage.text else source


def _place_of(path: Path, folder: Path, root: Path) -> str:
    """The file's path in the workspace; for a folder elsewhere, from the folder's own name on.

    A run is carried to different machines, so no path of this machine may be stored.
    """
    inside = Path(os.path.abspath(folder)).is_relative_to(os.path.abspath(root))  # noqa: PTH100 (keeps links)
    return Path(os.path.relpath(path, root if inside else folder.parent)).as_posix()


def below_folder(path: str, folder: Path, root: Path) -> str | None:
    """The name below the folder of essays of an essay's path; null for a path elsewhere."""
    start = _place_of(folder, folder, root)
    return path if start == "." else path.removeprefix(f"{start}/") if path.startswith(f"{start}/") else None


def _check_name(name: str, slug: str) -> None:
    """Refuse names that can't be shown, or that are too long for the passages' folders."""
    rename = "Rename the file, or move it out of the folder."
    if not _is_text(name):
        raise SeedError(f"{name!a}: its name is not UTF-8.", rename)
    if not names.is_plain(name):
        raise SeedError(f"{name!a}: its name has control characters.", rename)
    if names.is_too_long(slug):
        raise SeedError(f"{name}: the ids of its passages would be longer than {names.LONGEST} bytes.", rename)


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
    """Refuse a title or headings that would fill the memory, since each passage below repeats them."""
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


# -- front matter -------------------------------------------------------------------------------------------


class _Head:
    """The front matter, by the keys that gardens use; `name` and `text` are for errors."""

    def __init__(self, meta: dict[str, Any], name: str, text: str) -> None:
        # Hugo and Obsidian ignore case in keys.
        self._meta = {str(key).lower(): value for key, value in meta.items()} | meta
        self._name = name
        self._text = text

    def words(self, key: str) -> str | None:
        """A value as a line of text. Lists are joined; of an author given as a mapping, the name is taken."""
        value = self._meta.get(key)
        parts: list[Any] = [each.get("name") if isinstance(each, dict) else each for each in _listed(value)]
        if all(isinstance(part, str) for part in parts):
            return ", ".join(parts).strip() or None
        raise self._refused(key, "is not a line of text", f"Write `{key}: …`.")

    def tags(self) -> tuple[str, ...]:
        """Tags and categories, by the keys of Obsidian, Hugo, Jekyll and Quartz."""
        found = [
            *self._list("tags", _at_commas_or_spaces),
            *self._list("tag", _at_commas),
            *self._list("categories", _at_commas_or_spaces),
            *self._list("category", _at_commas),
        ]
        return unique(tag.removeprefix("#") for tag in found)

    def aliases(self) -> tuple[str, ...]:
        """Alternative titles of the essay."""
        return tuple(dict.fromkeys([*self._list("aliases", _at_commas), *self._list("alias", _at_commas)]))

    def _list(self, key: str, split: Callable[[str], list[str]]) -> list[str]:
        value = self._meta.get(key)
        if value in _NULLS:
            return []
        values = split(value) if isinstance(value, str) else _listed(value)
        if all(isinstance(each, str) for each in values):
            return [each.strip() for each in values if each.strip()]
        raise self._refused(key, "is not a list", f"Write `{key}: [one, another one]`.")

    def _refused(self, key: str, what: str, hint: str) -> SeedError:
        return SeedError(f"{self._name}:{frontmatter.line_of(self._text, key)}: `{key}` {what}.", hint)


_NULLS = ("~", "null", "Null", "NULL")
"""YAML's null, as a string. Null as a title may be meant; null as a list is an empty list."""


def _listed(value: Any) -> list[Any]:
    """A value as a list; an empty list for null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _at_commas(words: str) -> list[str]:
    return words.split(",")


def _at_commas_or_spaces(words: str) -> list[str]:
    """Jekyll separates tags by spaces; if the value has a comma, a tag may have several words."""
    return words.split("," if "," in words else None)
