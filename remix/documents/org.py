"""Org files, by the reader that reads Org essays.

Takes a text, gives a `Document`: the headings, paragraphs, lists and quotations of `corpus/org.py`, with emphasis and
links converted to Markdown. Code, tables, drawers, footnotes and comments are left out.
"""

from __future__ import annotations

import re

from remix.corpus import org
from remix.corpus.blocks import Block as OrgBlock
from remix.corpus.blocks import one_line
from remix.corpus.cuts import Shown
from remix.documents.document import Block, Document, gathered, heading

_ITEM = re.compile(r"[ \t]*(?:[-+*]|\d+[.)])[ \t]")
_LINK = re.compile(r"\[\[[^\[\]\n]*\](?:\[([^\[\]]*)\])\]")
_NOTE = re.compile(r"(?<![ \t])[ \t]*+\[fn:[\w-]*+\]")
_EMPHASIS = re.compile(
    r"""(?<![^\s('"{-])(?P<mark>[*/=~])(?P<text>\S(?:[^\n]{0,200}?\S)?)(?P=mark)(?![^\s.,;:!?'")}-])"""
)
_MARKS = {"*": "**", "/": "*", "=": "`", "~": "`"}
_DATE = re.compile(r"[<\[](\d{4}-\d{2}-\d{2})\b[^<>\[\]]*[>\]]")


def read(text: str) -> Document:
    """Read an Org file."""
    body = org.read_with(text, _markdown)
    blocks, first = gathered(_blocks(body.blocks))
    prose = {number for each in body.blocks for number in range(each.lines[0], each.lines[1] + 1)}
    rest = sum(bool(line.strip()) for number, line in enumerate(text.split("\n"), 1) if number not in prose)
    stated = {key: one_line(str(body.meta.get(key, ""))) or None for key in ("title", "author", "date")}
    return Document(
        form="Org",
        title=stated["title"],
        author=stated["author"],
        date=_DATE.sub(r"\1", stated["date"]) if stated["date"] else None,
        tags=(*map(_tag, (*body.meta["tags"], *body.tags)), *first),
        blocks=blocks,
        left_out=(f"{rest} lines that are no prose: keywords, drawers, comments, code, tables",) if rest else (),
    )


def _blocks(found: tuple[OrgBlock, ...]) -> list[Block]:
    """Blocks, with the headings' tags added to the paragraphs below."""
    blocks = []
    above: list[tuple[int, tuple[str, ...]]] = []
    for each in found:
        tags = tuple(map(_tag, each.tags))
        if each.kind == "heading":
            # Headings in Org inherit the tags of all headings above.
            above = [*((level, theirs) for level, theirs in above if level < each.level), (each.level, tags)]
            blocks.append(heading(each.text, each.level + 1))
            continue
        inherited = tuple(tag for _, theirs in above for tag in theirs) if each.text else ()
        kind = "paragraph" if each.kind == "paragraph" else "list" if _ITEM.match(each.text) else "quote"
        blocks.append(Block(kind=kind, text=each.text, tags=(*tags, *inherited)))
    return blocks


def _tag(tag: str) -> str:
    """An Org tag as a tag of remix, without `@` and further characters not allowed in tags."""
    return re.sub(r"[^\w/'’&+. -]+", " ", tag).strip(" _") or "tag"


def _markdown(text: str) -> Shown:
    """A stretch of Org in Markdown: links replaced by the links' text, emphasis marked, marks of footnotes left
    out."""
    text = _NOTE.sub("", _LINK.sub(r"\1", text))
    mark = _MARKS.__getitem__
    return Shown(_EMPHASIS.sub(lambda match: f"{mark(match['mark'])}{match['text']}{mark(match['mark'])}", text), ())
