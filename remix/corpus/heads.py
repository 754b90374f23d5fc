"""Heads: the metadata above a note's prose, in all forms found in gardens.

Takes a file's text, gives the metadata, the body and the body's first line. Front matter is YAML or TOML between
fences, after empty lines too; `foreign_heads.py` knows further forms. Doesn't know the keys' meaning. A mistake in
YAML costs a note at most the title: see `mended_yaml.py`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from remix.corpus import foreign_heads, mended_yaml
from remix.util import frontmatter
from remix.util.frontmatter import FENCE, TOML_FENCE, FrontMatterError, Parts

_ABOVE = re.compile(r"(?:[ \t\ufeff]*+\n)*+\ufeff?")
"""Empty lines and byte order marks above a head."""

_RULE = re.compile(r"\ufeff?---[ \t]*+\n[ \t]*+(?:\n|\Z)")
"""Three hyphens above an empty line."""


class Head(NamedTuple):
    """A file's text, taken apart."""

    meta: dict[str, Any]
    """Strings, and lists and mappings of strings; empty if the file has no head."""
    body: str
    """The text below the head."""
    body_line: int
    """The body's first line in the file, from 1."""
    notes: tuple[str, ...] = ()
    """Repairs and unused entries, each with file and line."""


def split(text: str, name: str) -> Head:
    """A file's head and body; errors and notes call the file `name`.

    Raises `FrontMatterError` if the first line begins front matter that isn't closed or can't be read.
    """
    above = text[: _ABOVE.match(text).end()]  # type: ignore[union-attr]  # the pattern matches the empty string
    skipped = above.count("\n")
    if not (skipped or _RULE.match(text)):
        return _split(text[len(above) :], name, 1)
    # Beside an empty line, three hyphens may be a rule.
    try:
        found = _split(text[len(above) :], name, skipped + 1)
    except FrontMatterError:
        return Head({}, text, 1)
    return found._replace(body_line=found.body_line + skipped) if found.meta else Head({}, text, 1)


def _split(text: str, name: str, first_line: int) -> Head:
    """As `split`, for a text whose first line is line `first_line` of the file."""
    first = text.partition("\n")[0].rstrip()
    if first == TOML_FENCE:
        return Head(*frontmatter.split_strings(text, name))
    if first == FENCE:
        source, parts = frontmatter.cut(text, name, FENCE)
        return _yaml(source or "", parts, name, first_line + 1)
    found = foreign_heads.find(text, name)
    if found is None:
        return Head({}, text, 1)
    parts = Parts({}, "\n".join(text.split("\n")[found.lines :]), found.lines + 1)
    if not found.yaml:
        return Head(found.meta, parts.body, parts.body_line)
    try:
        head = _yaml(found.yaml, parts, name, first_line)
    except FrontMatterError:
        head = None
    return head if head and head.meta else Head({}, text, 1)  # a heading above a line of hyphens


def _yaml(source: str, parts: Parts, name: str, first_line: int) -> Head:
    """The head in YAML, whose first line is line `first_line` of the file."""
    try:
        meta = frontmatter.mapping(source, name, yaml.BaseLoader)
        return Head(mended_yaml.with_marked_tags(source, meta, name), parts.body, parts.body_line)
    except FrontMatterError:
        mended = mended_yaml.read(source, name, first_line)
        if mended is None:
            raise
    return Head(mended.meta, parts.body, parts.body_line, mended.notes)
