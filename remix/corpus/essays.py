"""Reading seeds: Markdown files to essays and their passages.

Takes files, gives `Essay`s. A passage is a top-level paragraph, with the list or quotation it leads into;
headings name the section; code, tables, images and HTML are not passages. Seeds may come from strangers: what leads
out of the workspace, or is larger than anyone writes, is refused.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt

from remix import frontmatter, names
from remix.corpus.tags import split_trailing_tags, unique
from remix.errors import SeedError
from remix.records import Essay, Passage, sha256

SUFFIXES = frozenset({".md", ".markdown"})
_IMAGE_ONLY = re.compile(r"(?:\s*!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])|\s*!\[\[[^\]]*\]\])+\s*")
_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("inline")
"""Blocks alone: what stands within a line isn't looked at, and some of it would take very long."""

MOST_PASSAGES = 10_000
"""Of an essay."""

MOST_TAGS = 1_000
"""In a front matter: each passage has them all."""


def read_seeds(folder: Path, root: Path, on_error: Callable[[SeedError], None] | None = None) -> list[Essay]:
    """All essays below a folder, by path; `root` is the workspace their paths are relative to.

    Raises `SeedError` where the folder is missing or holds no passage. A file that can't be read, or whose
    passages would be named like another's, goes to `on_error` and is left out; without one that is raised too.
    """
    if not folder.is_dir():
        raise SeedError(f"{folder}: no such folder of seeds.", "Make one with `remix init DIR`.")
    essays: dict[str, Essay] = {}
    for path in seed_files(folder):
        try:
            essay = read_essay(path, folder, root)
            refuse_namesake(essay, essays)
        except SeedError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            essays[names.same_place(essay.slug)] = essay
    if not any(essay.passages for essay in essays.values()):
        raise SeedError(
            f"{folder}: no seeds here, or none with a paragraph.",
            "Put Markdown files there whose paragraphs end in #tags, or copy the shipped ones: `remix init DIR`.",
        )
    return list(essays.values())


def refuse_namesake(essay: Essay, others: Mapping[str, Essay]) -> None:
    """Refuse an essay whose passages' folder would be that of another; `others` are by `names.same_place`."""
    if other := others.get(names.same_place(essay.slug)):
        raise SeedError(
            f"{essay.path}: its passages would be named like those of {other.path} ({essay.slug}).",
            "Rename one of the two files.",
        )


def seed_files(folder: Path) -> list[Path]:
    """The Markdown files below a folder, hidden files and folders left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def read_essay(path: Path, folder: Path, root: Path) -> Essay:
    """One essay. Raises `SeedError` where the file can't be read or its front matter is broken."""
    name = Path(os.path.relpath(path, root)).as_posix()
    slug = slugify(path.relative_to(folder).with_suffix("").as_posix())
    _check_name(name, slug)
    _check_place(path, name, (folder, root))
    try:
        text = frontmatter.read_text(path)
        # A title may be `No`, and a date is what its author wrote.
        parts = frontmatter.split(text, name, yaml.BaseLoader)
    except frontmatter.FrontMatterError as error:
        raise SeedError(error.message, error.hint) from error
    blocks = list(_blocks(parts.body, parts.body_line))
    title = _string(parts.meta, "title", name, text) or _first_title(blocks) or path.stem
    tags = unique(_tags(parts.meta, name, text))
    _check_amounts(name, blocks, tags)
    passages = tuple(
        Passage(
            id=f"{slug}/{number:03}",
            essay=slug,
            title=title,
            section=None if block.section == title else block.section,
            path=name,
            lines=block.lines,
            tags=unique((*block.tags, *tags)),
            text=block.text,
            sha256=sha256(block.text),
        )
        for number, block in enumerate((block for block in blocks if block.text), 1)
    )
    return Essay(
        slug=slug,
        title=title,
        author=_string(parts.meta, "author", name, text),
        date=_string(parts.meta, "date", name, text),
        tags=tags,
        path=name,
        passages=passages,
    )


def _check_name(name: str, slug: str) -> None:
    """Refuse names that can't be shown, or whose passages no folder could be named after."""
    rename = "Rename the file, or move it out of the folder."
    if not _is_text(name):
        raise SeedError(f"{name!a}: its name is not UTF-8.", rename)
    if not names.is_plain(name):
        raise SeedError(f"{name!a}: its name has control characters.", rename)
    if names.is_too_long(slug):
        raise SeedError(f"{name}: the ids of its passages would be longer than {names.LONGEST} bytes.", rename)


def _check_place(path: Path, name: str, allowed: Sequence[Path]) -> None:
    """Refuse a link to what is neither a seed nor in the workspace: a stranger's could show a private file."""
    place = path.resolve()
    if not any(place.is_relative_to(folder.resolve()) for folder in allowed):
        raise SeedError(
            f"{name}: a link that leads out of the workspace.",
            "Put a copy there, or name the folder it leads to as `seeds` in remix.toml.",
        )


def _check_amounts(name: str, blocks: Sequence[_Block], tags: Sequence[str]) -> None:
    """Refuse what would fill the memory."""
    if sum(bool(block.text) for block in blocks) > MOST_PASSAGES:
        raise SeedError(f"{name}: has more than {MOST_PASSAGES} passages.", "Split it into several files.")
    if len(tags) > MOST_TAGS:
        raise SeedError(f"{name}: has more than {MOST_TAGS} tags for all its passages.", "Leave some out.")


def _is_text(name: str) -> bool:
    """Whether a name can be written: Python lets bytes that aren't UTF-8 through in names of files."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def slugify(name: str) -> str:
    """Letters and digits of any script in lower case, hyphens for all else; never what Windows has for devices."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    slug = re.sub(r"[\W_]+", "-", plain).strip("-") or "essay"
    return f"{slug}-essay" if names.is_reserved(slug) else slug


# -- the body -----------------------------------------------------------------------------------------------


class _Block(NamedTuple):
    """A paragraph with what belongs to it; a heading has no text."""

    text: str
    tags: tuple[str, ...]
    lines: tuple[int, int]
    section: str | None
    level: int


def _blocks(body: str, first_line: int) -> Iterator[_Block]:
    """The body's headings and passages, with their lines in the file."""
    section: str | None = None
    pending: list[_Block] = []
    last = ""
    lines = body.split("\n")
    for kind, level, start, end in _spans(body, lines):
        source = lines[start:end]
        while source and not source[-1].strip():
            source.pop()
        if kind == "heading":
            if pending:
                yield _joined(pending)
            section, _ = split_trailing_tags(_heading("\n".join(source)))
            pending = []
            yield _Block("", (), (0, 0), section, level)
            continue
        block = _passage(kind, source, (start + first_line, start + first_line + len(source) - 1), section)
        leads_in = kind != "paragraph" and last.endswith(":")
        if pending and (not block.text or leads_in):
            pending.append(block)
        else:
            if pending:
                yield _joined(pending)
            pending = [block] if block.text else []
        last = block.text or last
    if pending:
        yield _joined(pending)


def _spans(body: str, lines: Sequence[str]) -> Iterator[tuple[str, int, int, int]]:
    """Kind, heading level, first line and the line after the last, of each top-level block that counts."""
    for token in _MARKDOWN.parse(body):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        match token.type:
            case "heading_open":
                yield "heading", int(token.tag[1]), start, end
            case "paragraph_open":
                if not _IMAGE_ONLY.fullmatch("\n".join(lines[start:end])):
                    yield "paragraph", 0, start, end
            case "bullet_list_open" | "ordered_list_open" | "blockquote_open":
                yield "block", 0, start, end


def _heading(source: str) -> str:
    """The words of a heading, without the marks that make it one."""
    return " ".join(token.content for token in _MARKDOWN.parse(source) if token.type == "inline").strip()


def _passage(kind: str, source: list[str], lines: tuple[int, int], section: str | None) -> _Block:
    text, tags = split_trailing_tags("\n".join(line.strip() if kind == "paragraph" else line for line in source))
    joined = " ".join(text.split()) if kind == "paragraph" else text
    return _Block(joined, tags, lines, section, 0)


def _joined(parts: Sequence[_Block]) -> _Block:
    """A passage of what belongs together; some of it may be tags alone."""
    return parts[0]._replace(
        text="\n\n".join(each.text for each in parts if each.text),
        tags=unique(tag for each in parts for tag in each.tags),
        lines=(parts[0].lines[0], parts[-1].lines[1]),
    )


def _first_title(blocks: list[_Block]) -> str | None:
    return next((block.section for block in blocks if block.level == 1), None)


# -- the front matter ---------------------------------------------------------------------------------------


def _string(meta: dict[str, Any], key: str, name: str, text: str) -> str | None:
    value = meta.get(key)
    match value:
        case None | str():
            return (value or "").strip() or None
        case list() if all(isinstance(item, str) for item in value):
            return ", ".join(value)
    raise SeedError(f"{name}:{frontmatter.line_of(text, key)}: `{key}` is not a line of text.", f"Write `{key}: …`.")


def _tags(meta: dict[str, Any], name: str, text: str) -> list[str]:
    value = meta.get("tags") or []
    tags = value.split(",") if isinstance(value, str) else value
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        return [tag.strip().removeprefix("#") for tag in tags if tag.strip()]
    raise SeedError(
        f"{name}:{frontmatter.line_of(text, 'tags')}: `tags` is not a list.", "Write `tags: [one, another one]`."
    )
