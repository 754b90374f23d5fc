"""A document written as an essay: Markdown with front matter.

Takes a `Document`, gives an essay whose paragraphs remix reads as the document's; also reads the essay back.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from remix.corpus import markdown, read_essay
from remix.corpus.trailing_tags import split_trailing_tags
from remix.corpus.wordless import why_wordless
from remix.documents.document import Block, Document
from remix.records import Essay
from remix.util.frontmatter import FENCE
from remix.util.names import visible

_GUARD = "\N{NO-BREAK SPACE}"
"""Put into an item that would be a rule. CommonMark doesn't take a no-break space for indentation, and remix' reader
takes a no-break space for a blank."""

_SPANNING = re.compile(r"[%$\\{<`]")
"""Signs that may open markup closed in a later paragraph."""

_SIGNS = re.compile(r"#(?!\w)|(?![#])[!-/:-@\[-`{-~]")
"""Signs of ASCII; not the `#` of a tag."""

_STROKES = re.compile(r"^([ \t]*[-*_] )(?=[ \t]*[-*_][-*_ \t]*$)", re.MULTILINE)
"""An item that Markdown would take for a horizontal rule: `- - -`."""


def essay_text(document: Document) -> str:
    """The essay's Markdown."""
    parts = [_front_matter(document), *map(_written, document.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def read_back(text: str, name: str) -> Essay:
    """The essay as remix reads the text; `name` is the file's name. Raises `SeedError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds" / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8", newline="\n")
        return read_essay(path, path.parent, Path(folder))


# -- front matter -------------------------------------------------------------------------------------------


def _front_matter(document: Document) -> str:
    stated: dict[str, Any] = {
        "title": document.title,
        "author": document.author,
        "date": document.date,
        "tags": list(document.tags),
        **document.meta,
    }
    lines = [_yaml(key, value) for key, value in stated.items() if value]
    # The comments are for the author, who will edit the tags.
    for doubt in (doubt for split in document.splits for doubt in split.doubts):
        read = " + ".join(doubt.read)
        others = " or ".join(" + ".join(parts) for parts in doubt.instead)
        lines.append(visible(f"# doubtful: {read}" + (f" (or {others}?)" if others else " (no word that is known)")))
    return "\n".join([FENCE, *lines, FENCE])


def _yaml(key: str, value: Any) -> str:
    # Dates need no quotes: the essays' reader takes all values as written.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):
            value = datetime.date.fromisoformat(value)
    # By default yaml would put a mapping of a single value in braces; lists are to be in brackets.
    style = None if isinstance(value, list) else False
    return yaml.safe_dump({key: value}, allow_unicode=True, default_flow_style=style, width=10**9).strip()


# -- body ---------------------------------------------------------------------------------------------------


def _written(block: Block) -> str:
    match block.kind:
        case "heading":
            marks = "#" * min(block.level, 6)
            # A `#` at the heading's end would be taken for closing marks.
            text = _guarded(block.text)
            return f"{marks} {text} {marks}" if text.endswith("#") else f"{marks} {text}"
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


def _with_tags(text: str, tags: Iterable[str]) -> str:
    """A paragraph with tags: after the text if the text ends as a sentence, else on a separate line."""
    listed = _listed(tags)
    if not listed:
        return text
    behind = f"{text} {listed}"
    return behind if split_trailing_tags(behind)[0] == text else f"{text}\n{listed}"


def _and_tags(text: str, tags: Iterable[str]) -> str:
    """A list or a quotation, with the tags in a separate paragraph, which belong to the block above."""
    return "\n\n".join(filter(None, [text, _listed(tags)]))


def _listed(tags: Iterable[str]) -> str:
    return ", ".join(f"#{tag}" for tag in dict.fromkeys(tags))


def _guarded(text: str) -> str:
    """The text, with backslashes before signs that Markdown would take for markup.

    Images and links alone are no passages in any format, and stay unchanged.
    """
    if why_wordless(text) in ("image", "link"):
        return text
    if not _SPANNING.search(text):
        around = markdown.read(f"a\n\n{text}\n\na", "a.md").blocks
        if [(block.kind, block.text) for block in around[1:-1]] == [("paragraph", text)]:
            return text
    return _SIGNS.sub(r"\\\g<0>", text)
