"""Web pages, and the HTML that other formats are turned into.

Takes bytes, gives a `Document`; takes HTML, gives its blocks. Nothing that a page names is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

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

_HOLDS_BLOCKS = "remixHoldsBlocks"
"""An attribute that we set; in HTML itself there are no capitals in names."""

ELEMENTS = 5
"""For each paragraph, at most: links, emphasis, what lays out the page."""

DEEPEST = 200
"""Elements in elements; what lies deeper is read as words alone."""

MOST_WORK = 500_000
"""Elements of a page, each counted as often as it has elements around it, for its article to be looked for:
trafilatura takes up to 20 µs for each. Of a page with more the whole is taken."""

MOST_ATTRIBUTES = 500
"""Of an element: libxml2 compares each with each."""

_LONG_TAG = re.compile(rb"<[^<>]{1000,}")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def read(data: bytes) -> Document:
    """A web page: its article, where one can be told from what is around it, else the whole page.

    Raises `DocumentError` where trafilatura isn't installed, and `TooLongError`.
    """
    trafilatura = library("trafilatura", "A web page")
    page = _page(data)
    whole = _blocks_of_page(page)
    if len(whole) > MOST_BLOCKS:
        raise TooLongError  # before trafilatura, which is slower
    if page.work > MOST_WORK:
        blocks, tags = gathered(whole)
        return Document(form="web page", title=page.title, tags=tags, blocks=blocks)
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
    return _blocks_of_page(_page(source.encode() if isinstance(source, str) else source))


class _Page(NamedTuple):
    """HTML, parsed."""

    tree: Any
    """The elements that are seen; null if there are none."""

    title: str | None = None
    work: int = 0
    """How many elements there are, each counted as often as it has elements around it."""


def _page(data: bytes) -> _Page:
    lxml, etree = library("lxml.html", "HTML"), library("lxml.etree", "HTML")
    if data.count(b"<") > 3 * ELEMENTS * MOST_BLOCKS or any(map(_has_many_attributes, _LONG_TAG.findall(data))):
        raise TooLongError  # before libxml2 fills the memory
    try:
        tree = lxml.document_fromstring(data, parser=lxml.HTMLParser(encoding=_encoding(data)))
    except etree.ParserError:
        # Nothing but comments, or nothing at all.
        return _Page(None)
    if sum(1 for _ in tree.iter()) > ELEMENTS * MOST_BLOCKS:
        raise TooLongError
    title, work = one_line(tree.findtext(".//title") or "") or None, _work(tree)
    etree.strip_elements(tree, *_UNSEEN, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for line_break in tree.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return _Page(tree, title, work)


def _blocks_of_page(page: _Page) -> list[Block]:
    if page.tree is None:
        return []
    _mark_what_holds_blocks(page.tree)
    return list(_within(page.tree, 0))


def _has_many_attributes(tag: bytes) -> bool:
    return len(_QUOTED.sub(b"", tag).split()) > MOST_ATTRIBUTES


def _work(tree: Any) -> int:
    work, depth, level = 0, 0, [tree]
    while level:
        work += depth * len(level)
        depth, level = depth + 1, [child for element in level for child in element]
    return work


def _mark_what_holds_blocks(tree: Any) -> None:
    """Once for all: to look for blocks within each element anew takes the square of the depth."""
    for block in tree.iter(*_BLOCKS):
        for above in block.iterancestors():
            if above.get(_HOLDS_BLOCKS):
                break
            above.set(_HOLDS_BLOCKS, "yes")


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
        if depth < DEEPEST and (child.tag in _BLOCKS or child.get(_HOLDS_BLOCKS)):
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
        yield from _table(element, depth)
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
        inner = [item] if item.tag in ("ul", "ol") else list(_inner(item, ("ul", "ol")))
        lists = [list(_items(each, depth + 1)) for each in inner] if depth < DEEPEST else []
        after = item.tail or ""
        for each in inner if lists else []:
            each.clear(keep_tail=True)
            each.text = "\n"
        if text := one_line(f"{_text(item)}\n{after}"):
            yield f"{'    ' * depth}{mark} {text}"
        for lines in lists:
            yield from lines


def _table(element: Any, depth: int) -> Iterator[Block]:
    """A table of several cells a row; one that only lays out a page is its contents.

    A table within a cell is no row of this one: its words stand in the cell, and nowhere else.
    """
    cells = [list(_inner(row, ("td", "th"), ("table",))) for row in _inner(element, ("tr",), ("table",))]
    width = max(map(len, cells), default=0)
    if width < 2:
        for cell in (cell for row in cells for cell in row):
            if depth < DEEPEST and any(True for _ in cell.iter("table")):
                yield from _within(cell, depth)
            elif text := one_line(_text(cell)):
                yield paragraph(text)
        return
    if width * len(cells) > ELEMENTS * MOST_BLOCKS:
        raise TooLongError
    rows = [[one_line(_text(cell)).replace("|", "\\|") for cell in row] for row in cells]
    rows = [row + [""] * (width - len(row)) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * width, *rows[1:]]]
    yield Block(kind="table", text="\n".join(lines))


def _inner(element: Any, wanted: Collection[str], walls: Collection[str] = ()) -> Iterator[Any]:
    """The elements with some of the tags that are nearest below an element; what is below those isn't looked at."""
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag not in walls:
            yield from _inner(child, wanted, walls)


def _text(element: Any) -> str:
    return str(element.text_content())
