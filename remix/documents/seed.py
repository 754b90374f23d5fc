"""A document as a seed: Markdown with front matter.

Takes a `Document`, gives text that remix' own reader reads back as the same paragraphs; reads it back.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from remix.corpus import read_essay
from remix.corpus.tags import split_trailing_tags
from remix.documents.document import Block, Document, Split
from remix.records import Essay
from remix.util.frontmatter import FENCE
from remix.util.names import visible

_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("inline")

_GUARD = "\N{NO-BREAK SPACE}"
"""Before what would begin a heading, a list or the like. A no-break space is no indentation to CommonMark, and remix
puts plain blanks between a paragraph's words. A backslash would do for others, but stand in the passage."""


_STROKES = re.compile(r"^([ \t]*[-*_] )(?=[ \t]*[-*_][-*_ \t]*$)", re.MULTILINE)
"""An item that would be taken for a line across the page: `- - -`."""


def seed(document: Document) -> str:
    """The seed's text."""
    parts = [_front_matter(document), *map(_written, document.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def read_back(text: str, name: str) -> Essay:
    """A seed as remix' own reader finds it; `name` is its file's. Raises `SeedError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds" / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8", newline="\n")
        return read_essay(path, path.parent, Path(folder))


# -- the front matter ---------------------------------------------------------------------------------------


def _front_matter(document: Document) -> str:
    stated: dict[str, Any] = {
        "title": document.title,
        "author": document.author,
        "date": document.date,
        "tags": list(document.tags),
        **document.meta,
    }
    lines = [_yaml(key, value) for key, value in stated.items() if value]
    return "\n".join([FENCE, *lines, *_comments(document.splits), FENCE])


def _yaml(key: str, value: Any) -> str:
    # A date needs no quotes: the reader takes all values as they are written.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):
            value = datetime.date.fromisoformat(value)
    # A mapping of one value would be put in braces, a list in it is to be in brackets.
    style = None if isinstance(value, list) else False
    return yaml.safe_dump({key: value}, allow_unicode=True, default_flow_style=style, width=10**9).strip()


def _comments(splits: Iterable[Split]) -> Iterator[str]:
    """What a person should look at, where she will."""
    for doubt in (doubt for split in splits for doubt in split.doubts):
        read = " + ".join(doubt.read)
        others = " or ".join(" + ".join(parts) for parts in doubt.instead)
        yield visible(f"# doubtful: {read}" + (f" (or {others}?)" if others else " (no word that is known)"))


# -- the body -----------------------------------------------------------------------------------------------


def _written(block: Block) -> str:
    match block.kind:
        case "heading":
            return _heading(block.text, block.level)
        case "paragraph":
            return _with_tags(_guarded(block.text), block.tags)
        case "list":
            return _and_tags(_STROKES.sub(rf"\1{_GUARD}", block.text), block.tags)
        case "quote":
            return _and_tags("\n".join(f"> {line}".rstrip() for line in block.text.split("\n")), block.tags)
        case "break":
            return "***"
        case "code":
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
            return f"{fence}\n{block.text}\n{fence}"
        case _:
            return block.text


def _heading(text: str, level: int) -> str:
    marks = "#" * min(level, 6)
    # What a heading ends with would be taken for the marks that may close it.
    return f"{marks} {text} {marks}" if text.endswith("#") else f"{marks} {text}"


def _with_tags(text: str, tags: Iterable[str]) -> str:
    """A paragraph and its tags: behind it after the end of a sentence, else on a line of their own."""
    listed = _listed(tags)
    if not listed:
        return text
    behind = f"{text} {listed}"
    return behind if split_trailing_tags(behind)[0] == text else f"{text}\n{listed}"


def _and_tags(text: str, tags: Iterable[str]) -> str:
    """A list or a quotation, and its tags in a paragraph of their own: they belong to what stands above."""
    return "\n\n".join(filter(None, [text, _listed(tags)]))


def _listed(tags: Iterable[str]) -> str:
    return ", ".join(f"#{tag}" for tag in dict.fromkeys(tags))


def _guarded(text: str) -> str:
    """A paragraph that Markdown takes for one."""
    outer = [token.type for token in _MARKDOWN.parse(text) if token.level == 0 and token.nesting >= 0]
    # At the beginning of a line `%%` opens a comment, which another may close many paragraphs below.
    return text if outer == ["paragraph_open"] and not text.startswith("%%") else f"{_GUARD}{text}"
