"""Org's keywords: title, author, date, tags and aliases at the head of a file.

Takes the lines before the first heading, gives a mapping with the keys of front matter. Doesn't know the text.

Tags come from Org (`filetags`), ox-hugo (`hugo_tags`, `hugo_categories`), org-roam (`roam_tags`), and `#+TAGS`, which
is a list for the file in Hugo and org-static-blog. In Org itself `#+TAGS` defines the tags of an agenda: with groups
or keys (`{ a(k) }`) the line is no list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from remix.corpus.org_inline import shown
from remix.corpus.org_regions import regions

KEYWORD = re.compile(r"[ \t]*#\+([\w-]+)(?:\[[^\]]*\])?:[ \t]*(.*)")
_PROPERTY = re.compile(r"[ \t]*:([\w-]+)\+?:[ \t]+(.*)")
_QUOTED = re.compile(r"\"([^\"]+)\"|([^\s,;\"]+)")
_DEFINITIONS = re.compile(r"[{}\[\]]|\(\w\)|:startgroup:|:startgrouptag:|:newline:", re.IGNORECASE)

_LINES = ("title", "subtitle", "author", "date", "created")
_TODO = frozenset(["todo", "seq_todo", "typ_todo"])


def read_head(lines: Sequence[str]) -> dict[str, Any]:
    """The mapping."""
    said: dict[str, list[str]] = {}
    for key, value in keywords(lines):
        if value:
            said.setdefault(key, []).append(value)
    meta: dict[str, Any] = {key: " ".join(said[key]) for key in _LINES if key in said}
    for key in ("title", "subtitle"):
        if key in meta:
            meta[key] = shown(meta[key]).text
    meta["tags"] = [tag for key, split in _TAGS.items() for value in said.get(key, []) for tag in split(value)]
    aliases = [alias for key in _ALIASES for value in said.get(key, []) for alias in _words(value)]
    return meta | ({"aliases": aliases} if aliases else {})


def states(lines: Sequence[str]) -> set[str]:
    """The states allowed at the beginning of a heading: `TODO` and `DONE`, unless the file lists other states."""
    sets = [value for key, value in keywords(lines) if key in _TODO] or ["TODO DONE"]
    return {word.partition("(")[0] for words in sets for word in words.split()}


def keywords(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The keywords, and the properties in drawers, with keys in small letters."""
    found = regions(lines)
    at = 0
    while at < len(lines):
        region = found.get(at)
        if region and region.why == "metadata":
            for line in lines[at + 1 : region.last]:
                if match := _PROPERTY.fullmatch(line):
                    yield match[1].lower(), match[2].strip()
        elif not region and (match := KEYWORD.fullmatch(lines[at])):
            yield match[1].lower(), match[2].strip()
        at = region.last + 1 if region and region.why else at + 1


# -- values -------------------------------------------------------------------------------------------------


def _words(value: str) -> list[str]:
    """Words separated by blanks or commas; quotation marks hold several words together."""
    return [quoted.strip() or word for quoted, word in _QUOTED.findall(value) if quoted.strip() or word]


def _between_commas(value: str) -> list[str]:
    """Words separated by commas; in a value without commas, by blanks."""
    if '"' in value or "," not in value:
        return _words(value)
    return [tag.strip() for tag in value.split(",") if tag.strip()]


def _of_a_file(value: str) -> list[str]:
    return [] if _DEFINITIONS.search(value) else [tag.removeprefix("#") for tag in _between_commas(value)]


_TAGS: dict[str, Callable[[str], list[str]]] = {
    "filetags": lambda value: [tag for tag in re.split(r"[:\s]+", value) if tag],
    "tags": _of_a_file,
    "keywords": _between_commas,
    "roam_tags": _between_commas,
    "hugo_tags": _between_commas,
    "hugo_categories": _between_commas,
    "categories": _between_commas,
    "category": lambda value: [value],
}
_ALIASES = ("roam_aliases", "roam_alias", "hugo_aliases")
