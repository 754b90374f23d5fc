"""Org: Emacs' outlines.

Takes a text, gives a `Document`. Headings keep their level, and their tags count for the paragraphs below them;
drawers, keywords and comments are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from remix.documents.document import Block, Document, DocumentError, gathered, heading, one_line, paragraph
from remix.documents.library import library

_BEGIN = re.compile(r"#\+begin_(?P<kind>\w+).*", re.IGNORECASE)
_COMMENT = re.compile(r"#(?:\+\w+.*|\s.*|)$")
_ITEM = re.compile(r"\s*(?:[-+]|\d+[.)])\s+(?P<text>\S.*)")
_EMPHASIS = re.compile(
    r"""(?<![^\s('"{-])(?P<mark>[*/=~])(?P<text>\S(?:[^\n]{0,200}?\S)?)(?P=mark)(?![^\s.,;:!?'")}-])"""
)
_MARKS = {"*": "**", "/": "*", "=": "`", "~": "`"}
_DATE = re.compile(r"[<\[]?(\d{4}-\d{2}-\d{2})")


def read(text: str, name: str) -> Document:
    """An Org file; `name` is what errors call it.

    Raises `DocumentError` where orgparse isn't installed, or finds a date that is in no calendar.
    """
    orgparse = library("orgparse", "Org")
    try:
        outline = orgparse.loads(text)
        blocks, first = gathered(_blocks_of(outline))
    except ValueError as error:
        raise DocumentError(f"{name}: can't be read as Org ({error}).", "Mend it, or save it as Markdown.") from error
    common = outline.get_file_property_list("FILETAGS")
    date = outline.get_file_property("DATE")
    return Document(
        form="Org",
        title=_line(outline.get_file_property("TITLE")),
        author=_line(outline.get_file_property("AUTHOR")),
        date=_DATE.match(date)[1] if date and _DATE.match(date) else _line(date),  # type: ignore[index]
        tags=(*map(_tag, common), *first),
        blocks=blocks,
    )


def _line(value: str | None) -> str | None:
    return one_line(value or "") or None


def _tag(tag: str) -> str:
    """An Org tag as a seed writes it: without `@`, which begins one in Org, and none of remix' own."""
    return re.sub(r"[^\w]+", " ", tag).strip(" _") or "tag"


def _blocks_of(outline: Any) -> Iterator[Block]:
    """The headings of an outline and what lies below them, with the tags of all headings above."""
    above: list[tuple[int, tuple[str, ...]]] = []
    for node in outline:
        # orgparse knows a node's tags with those above it, but looks through all nodes for each.
        while above and above[-1][0] >= node.level:
            above.pop()
        if node.heading:
            yield heading(_markdown(node.heading), node.level + 1)
            above.append((node.level, tuple(_tag(tag) for tag in sorted(node.shallow_tags))))
        tags = tuple(tag for _, tags in above for tag in tags)
        for block in _blocks(node.body.split("\n")):
            own = block.kind in ("paragraph", "list", "quote") and block.text
            yield block.model_copy(update={"tags": (*block.tags, *tags)}) if own else block


def _blocks(lines: list[str]) -> Iterator[Block]:
    """The paragraphs, lists, quotations and code below a heading."""
    chunk: list[str] = []
    rest = iter([*lines, ""])
    for line in rest:
        begin = _BEGIN.fullmatch(line.strip())
        if begin or not line.strip():
            yield from _chunk(chunk)
            chunk = []
        if begin:
            yield from _enclosed(begin["kind"].lower(), list(_until_end(rest)))
        elif line.strip() and not _COMMENT.fullmatch(line.strip()):
            chunk.append(line)


def _until_end(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.strip().lower().startswith("#+end_"):
            return
        yield line


def _enclosed(kind: str, lines: list[str]) -> Iterator[Block]:
    match kind:
        case "quote" | "verse":
            yield Block(kind="quote", text="\n".join(_markdown(line.strip()) for line in lines).strip())
        case "src" | "example" | "export":
            yield Block(kind="code", text="\n".join(lines).strip("\n"))
        case "comment":
            return
        case _:
            yield from _blocks(lines)


def _chunk(lines: list[str]) -> Iterator[Block]:
    """Lines without an empty one among them: a list, or a paragraph."""
    if not lines:
        return
    if not _ITEM.fullmatch(lines[0]):
        yield paragraph(_markdown("\n".join(line.strip() for line in lines)))
        return
    items: list[str] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item:
            items.append(f"- {_markdown(item['text'])}")
        else:
            items[-1] += f" {_markdown(line.strip())}"
    yield Block(kind="list", text="\n".join(items))


def _markdown(text: str) -> str:
    """Emphasis as Markdown marks it."""
    return _EMPHASIS.sub(lambda match: f"{_MARKS[match['mark']]}{match['text']}{_MARKS[match['mark']]}", text)
