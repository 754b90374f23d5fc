"""Web pages, and the HTML that other formats are turned into.

Takes bytes, gives a `Document`; takes HTML, gives its blocks. Nothing that a page names is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from remix.documents.document import (
    MOST_BLOCKS,
    Block,
    Document,
    TooLongError,
    gathered,
    heading,
    one_line,
    paragraph,
)
from remix.documents.library import library

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DIVISIONS = """
address article aside body center dd details div dl dt fieldset figcaption figure footer form header hgroup html li
main nav p search section summary tbody td tfoot th thead tr
"""
_UNSEEN = ("script", "style", "head", "template", "noscript", "svg", "iframe", "object", "canvas", "audio", "video")
_BLOCKS = frozenset([*_HEADINGS, *_DIVISIONS.split(), "ul", "ol", "blockquote", "pre", "table", "hr"])

ELEMENTS = 5
"""For each paragraph, at most: links, emphasis, what lays out the page."""

DEEPEST = 200
"""Elements in elements; what lies deeper is read as words alone."""


def read(data: bytes) -> Document:
    """A web page: its article, where one can be told from what is around it, else the whole page.

    Raises `DocumentError` where trafilatura isn't installed, and `TooLongError`.
    """
    trafilatura = library("trafilatura", "A web page")
    whole = blocks_of(data)
    if len(whole) > MOST_BLOCKS:
        raise TooLongError  # before trafilatura, which is slower
    metadata = library("trafilatura.metadata", "A web page").extract_metadata(data)
    article = trafilatura.extract(
        data, output_format="html", include_comments=False, include_links=False, favor_recall=True
    )
    found = blocks_of(article) if article else whole
    title = one_line(metadata.title or "") or None
    blocks, tags = gathered(block for block in found if block.kind != "heading" or block.text != title)
    listed = (one_line(tag) for tags in metadata.tags or () for tag in re.split("[,;]", tags))
    return Document(
        form="web page, its article" if article else "web page",
        title=title,
        author=one_line(metadata.author or "") or None,
        date=metadata.date,
        tags=(*filter(None, listed), *tags),
        blocks=blocks,
        left_out=_left_out(_words(found), _words(whole)),
    )


def _words(blocks: list[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)


def _left_out(kept: int, there: int) -> tuple[str, ...]:
    """What of a page isn't its article: most often its menus."""
    return (f"{there - kept} of the page's {there} words, around the article",) if kept < there else ()


def blocks_of(source: str | bytes) -> list[Block]:
    """The headings, paragraphs, lists, quotations, code and tables of some HTML, in their order.

    Raises `DocumentError` where lxml isn't installed, and `TooLongError`.
    """
    lxml, etree = library("lxml.html", "HTML"), library("lxml.etree", "HTML")
    data = source.encode() if isinstance(source, str) else source
    try:
        tree = lxml.document_fromstring(data, parser=lxml.HTMLParser(encoding=_encoding(data)))
    except etree.ParserError:
        # Nothing but comments, or nothing at all.
        return []
    if sum(1 for _ in tree.iter()) > ELEMENTS * MOST_BLOCKS:
        raise TooLongError
    etree.strip_elements(tree, *_UNSEEN, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for line_break in tree.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return list(_within(tree, 0))


def _encoding(data: bytes) -> str | None:
    """UTF-8 for what is that, whatever a page says of itself; else the page may say."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _within(element: Any, depth: int) -> Iterator[Block]:
    """The blocks in an element; words that are in none of them are paragraphs."""
    loose: list[str] = [element.text or ""]
    for child in element:
        if depth < DEEPEST and (child.tag in _BLOCKS or _has_blocks(child)):
            yield from _loose(loose)
            loose = []
            yield from _block(child, depth + 1)
        else:
            loose.append(_text(child))
        loose.append(child.tail or "")
    yield from _loose(loose)


def _loose(pieces: list[str]) -> Iterator[Block]:
    block = paragraph("".join(pieces))
    if block.text or block.tags:
        yield block


def _block(element: Any, depth: int) -> Iterator[Block]:
    tag = element.tag
    if tag in _HEADINGS:
        if text := one_line(_text(element)):
            yield heading(text, _HEADINGS[tag])
    elif tag in ("ul", "ol"):
        if items := list(_items(element, 0)):
            yield Block(kind="list", text="\n".join(items))
    elif tag == "blockquote":
        if text := "\n\n".join(_said(block) for block in _within(element, depth)):
            yield Block(kind="quote", text=text)
    elif tag == "pre":
        if text := _text(element).strip("\n"):
            yield Block(kind="code", text=text)
    elif tag == "table":
        yield from _table(element)
    else:
        yield from _within(element, depth)


def _said(block: Block) -> str:
    """A block within a quotation, as it was before its tags were taken off."""
    return " ".join([block.text, ", ".join(f"#{tag}" for tag in block.tags)]).strip()


def _items(element: Any, depth: int) -> Iterator[str]:
    """A line an item, with those of a list within it below."""
    if text := one_line(element.text or ""):
        yield f"{'    ' * depth}- {text}"
    for number, item in enumerate(element, 1):
        mark = f"{number}." if element.tag == "ol" else "-"
        inner = [each for each in item.iter("ul", "ol") if next(each.iterancestors("ul", "ol")) is element]
        lists = [list(_items(each, depth + 1)) for each in inner] if depth < DEEPEST else []
        after = item.tail or ""
        for each in inner if lists else []:
            each.clear(keep_tail=True)
            each.text = "\n"
        if text := one_line(f"{_text(item)}\n{after}"):
            yield f"{'    ' * depth}{mark} {text}"
        for lines in lists:
            yield from lines


def _table(element: Any) -> Iterator[Block]:
    """A table of several cells a row; one that only lays out a page is its contents."""
    rows = [[one_line(_text(cell)) for cell in row.iter("td", "th")] for row in element.iter("tr")]
    width = max(map(len, rows), default=0)
    if width < 2:
        for row in rows:
            yield from (paragraph(cell) for cell in row if cell)
        return
    rows = [[cell.replace("|", "\\|") for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * width, *rows[1:]]]
    yield Block(kind="table", text="\n".join(lines))


def _has_blocks(element: Any) -> bool:
    return any(each.tag in _BLOCKS for each in element.iterdescendants())


def _text(element: Any) -> str:
    return str(element.text_content())
