"""Mended YAML: front matter with a mistake in some entries.

Takes YAML that can't be read, gives the readable entries, and notes on the rest. A title such as `Ferries: a
timetable` lacks only quotes, and is read as the author meant the title; an entry of no use to remix is left aside.
Tags are never left aside: YAML whose tags can't be read stays an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import yaml

from remix.corpus.head_keys import ALIAS_KEYS, TAG_KEYS, TEXT_KEYS, key_form
from remix.util import frontmatter
from remix.util.frontmatter import FrontMatterError

MOST_ENTRIES = 200
"""Each entry is parsed apart."""

_BEGINS = re.compile(r"[^\s#\[\]{}-]")
"""The first letter of an entry's first line; further lines are indented, or are items of a list."""

_PAIR = re.compile(r"([^\s:#][^:]{0,60}+):(.*)")
_NAMES_TAGS = re.compile(rf"[ \t]*+(?:{'|'.join(sorted(TAG_KEYS))})[ \t]*+:", re.IGNORECASE)
_LINKS = re.compile(r"\[\[[^\[\]]*+\]\](?:[ \t,;]++\[\[[^\[\]]*+\]\])++")
_TEMPLATE = re.compile(r"[^\s:#][^:]{0,60}+:[ \t]*+(?:\{\{|<%).*\s*+")
"""An entry with a placeholder for a plugin: `date: {{date}}`."""

_COMMENT = re.compile(r"[ \t]#.*")
_MARK = re.compile(r"(?<=[ \t,\[])#(?=[^\s#,\]])")
"""Of a tag; YAML takes the mark and the rest of the line for a comment."""


class Mended(NamedTuple):
    """The readable entries."""

    meta: dict[str, Any]
    notes: tuple[str, ...]


class _Entry(NamedTuple):
    """A key and the key's value, as written."""

    lines: Sequence[str]
    line: int
    """The first line's number in the file."""


def read(source: str, name: str, first_line: int) -> Mended | None:
    """The entries of broken YAML, whose first line is line `first_line` of the file; none if no entry or if a list of
    tags can't be read."""
    entries = list(_entries(source.split("\n"), first_line))
    if len(entries) > MOST_ENTRIES:
        return None
    meta: dict[str, Any] = {}
    notes = []
    for entry in entries:
        found = _parsed("\n".join(entry.lines), name)
        if found is None:
            found = _mended(entry, name)
            if found is None and any(_NAMES_TAGS.match(line) for line in entry.lines):
                return None
            key = entry.lines[0].partition(":")[0].strip()[:60]
            fate = "left aside" if found is None else "read as plain text"
            notes.append(f"{name}:{entry.line}: `{key}` is not valid YAML; {fate}.")
        meta.update(found or {})
    if not meta and not (entries and all(_TEMPLATE.fullmatch("\n".join(entry.lines)) for entry in entries)):
        return None
    return Mended(with_marked_tags(source, meta, name), tuple(notes))


def with_marked_tags(source: str, meta: dict[str, Any], name: str) -> dict[str, Any]:
    """The metadata, with tags as in `tags: #maps` or `- #maps`, which YAML takes for comments."""
    empty = {key for key, value in meta.items() if key_form(key) in TAG_KEYS and (not value or "" in value)}
    found = dict(meta)
    if empty and _MARK.search(source):
        for entry in _entries(source.split("\n"), 1):
            if entry.lines[0].partition(":")[0].strip() in empty:
                found |= _parsed(_MARK.sub("", "\n".join(entry.lines)), name) or {}
    return found


def _entries(lines: Sequence[str], first_line: int) -> Iterator[_Entry]:
    """The entries; lines above the first are comments, or items of a list without a key."""
    starts = [number for number, line in enumerate(lines) if _BEGINS.match(line)]
    for start, end in pairwise([*starts, len(lines)]):
        yield _Entry(lines[start:end], first_line + start)


def _parsed(source: str, name: str) -> dict[str, Any] | None:
    """The mapping in a piece of YAML; none if the piece isn't a mapping."""
    try:
        return frontmatter.mapping(source, name, yaml.BaseLoader)
    except FrontMatterError:
        return None


def _mended(entry: _Entry, name: str) -> dict[str, Any] | None:
    """An entry of unambiguous meaning, although the YAML is broken."""
    source = "\n".join(entry.lines)
    if found := _parsed(source.expandtabs(2), name):
        return found
    if _NAMES_TAGS.match(source) and (found := _parsed(_MARK.sub("", source), name)):
        return found  # `tags: [#maps, #cities]`
    pair = _PAIR.fullmatch(entry.lines[0])
    if pair is None or any(line.strip() for line in entry.lines[1:]):
        return None
    key, value = pair[1].strip(), _COMMENT.sub("", pair[2]).strip()
    if key_form(key) not in TEXT_KEYS | TAG_KEYS | ALIAS_KEYS:
        return None
    if pair[2][:1].strip() and (found := _parsed(f"{key}: {value}", name)):
        return found  # `title:Ferries`
    if _LINKS.fullmatch(value):
        return {key: value}
    words = _plain_words(value) if key_form(key) in TEXT_KEYS else None
    return {key: words} if words else None


def _plain_words(value: str) -> str | None:
    """A value as plain text; none if the value may have a different meaning in YAML."""
    if not value.isprintable() or value.startswith(("{", "<%")):
        return None
    if value[:1] in ('"', "'"):
        is_quoted = len(value) > 1 and value[-1] == value[0] and "\\" not in value
        return value[1:-1] if is_quoted else None
    if value.startswith("["):
        return value if "]" in value[:-1] and not value.endswith("]") else None
    return value
