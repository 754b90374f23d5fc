"""Web pages and the article of a web page; HTML to blocks.

Takes bytes, gives a `Document`; takes HTML, gives blocks. Linked pages, images and styles are not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from remix.corpus.blocks import one_line
from remix.documents.document import MOST_BLOCKS, Block, Document, TooLongError, gathered, heading, paragraph
from remix.documents.note_marks import take_out_marks
from remix.documents.reading import library

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DIVISIONS = """
address article aside body center dd details div dl dt fieldset figcaption figure footer form header hgroup html li
main nav p search section summary tbody td tfoot th thead tr
"""
_UNSEEN = ("script", "style", "head", "template", "noscript", "svg", "iframe", "object", "canvas", "audio", "video")
_BLOCKS = frozenset([*_HEADINGS, *_DIVISIONS.split(), "ul", "ol", "blockquote", "pre", "table", "hr"])

_HOLDS_BLOCKS = "remixHoldsBlocks"
"""An attribute set by remix; HTML's own names have no capitals."""

ELEMENTS = 5
"""The most elements for each paragraph: links, emphasis, layout."""

DEEPEST = 200
"""Nested elements; the text of deeper elements is read without blocks."""

MOST_WORK = 500_000
"""For finding the article: the sum of all elements' depths. trafilatura takes up to 20 µs for each unit. If a page
has more, the whole page is read."""

MOST_ATTRIBUTES = 500
"""Of an element: libxml2 compares attributes in pairs."""

_LONG_TAG = re.compile(rb"<[^<>]{1000,}")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def read(data: bytes) -> Document:
    """Read a web page: the article, if trafilatura finds an article, else the whole page.

    Raises `TooLongError`, and `DocumentError` if trafilatura isn't installed.
    """
    trafilatura = library("trafilatura", "A web page")
    page = _page(data)
    whole = _blocks_of_page(page)
    if len(whole) > MOST_BLOCKS:
        raise TooLongError  # checked before trafilatura, for speed
    if page.work > MOST_WORK:
        blocks, tags = gathered(whole)
        return Document(form="web page", title=page.title, tags=tags, blocks=blocks)
    metadata = library("trafilatura.metadata", "A web page").extract_metadata(data)
    article = trafilatura.extract(
        page.without_notes or data,
        output_format="html",
        include_comments=False,
        include_links=False,
        favor_recall=True,
    )
    found = blocks_of(article) if article else whole
    title = one_line(metadata.title or "") or None
    blocks, tags = gathered(block for block in found if block.kind != "heading" or block.text != title)
    kept, there = _words(found), _words(whole)
    listed = (one_line(tag) for tags in metadata.tags or () for tag in re.split("[,;]", tags))
    return Document(
        form="web page, its article" if article else "web page",
        title=title,
        author=one_line(metadata.author or "") or None,
        date=metadata.date,
        tags=(*filter(None, listed), *tags),
        blocks=blocks,
        left_out=(f"{there - kept} of the page's {there} words, around the article",) if kept < there else (),
    )


def _words(blocks: list[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)


def blocks_of(source: str | bytes) -> list[Block]:
    """The headings, paragraphs, lists, quotations, code and tables of HTML, in order.

    Raises `TooLongError`, and `DocumentError` if lxml isn't installed.
    """
    return _blocks_of_page(_page(source.encode() if isinstance(source, str) else source))


class _Page(NamedTuple):
    """Parsed HTML."""

    tree: Any
    """The visible elements; None for an empty page."""

    title: str | None = None
    work: int = 0
    """The sum of all elements' depths."""
    without_notes: str | None = None
    """The page's HTML without marks of notes; None for a page without marks."""


def _page(data: bytes) -> _Page:
    lxml, etree = library("lxml.html", "HTML"), library("lxml.etree", "HTML")
    if data.count(b"<") > 3 * ELEMENTS * MOST_BLOCKS or any(
        len(_QUOTED.sub(b"", tag).split()) > MOST_ATTRIBUTES for tag in _LONG_TAG.findall(data)
    ):
        raise TooLongError  # checked before libxml2 fills the memory
    try:
        tree = lxml.document_fromstring(data, parser=lxml.HTMLParser(encoding=_encoding(data)))
    except etree.ParserError:
        # The page has no elements, at most comments.
        return _Page(None)
    if sum(1 for _ in tree.iter()) > ELEMENTS * MOST_BLOCKS:
        raise TooLongError
    title, work = one_line(tree.findtext(".//title") or "") or None, _work(tree)
    without_notes = lxml.tostring(tree, encoding="unicode") if take_out_marks(tree) else None
    etree.strip_elements(tree, *_UNSEEN, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for line_break in tree.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return _Page(tree, title, work, without_notes)


def _blocks_of_page(page: _Page) -> list[Block]:
    if page.tree is None:
        return []
    _mark_what_holds_blocks(page.tree)
    return list(_within(page.tree, 0))


def _work(tree: Any) -> int:
    work, depth, level = 0, 0, [tree]
    while level:
        work += depth * len(level)
        depth, level = depth + 1, [child for element in level for child in element]
    return work


def _mark_what_holds_blocks(tree: Any) -> None:
    """Mark all elements that contain blocks, in a single pass: a search from each element would take quadratic
    time."""
    for block in tree.iter(*_BLOCKS):
        for above in block.iterancestors():
            if above.get(_HOLDS_BLOCKS):
                break
            above.set(_HOLDS_BLOCKS, "yes")


def _encoding(data: bytes) -> str | None:
    """UTF-8 if the bytes are valid UTF-8, even if the page states a different encoding; else the stated encoding."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _within(element: Any, depth: int) -> Iterator[Block]:
    """The blocks in an element; text outside of blocks becomes paragraphs."""
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
        if text := "\n\n".join(_with_trailing_tags(block) for block in _within(element, depth)):
            yield Block(kind="quote", text=text)
    elif tag == "pre":
        if text := _text(element).strip("\n"):
            yield Block(kind="code", text=text)
    elif tag == "table":
        yield from _table(element, depth)
    else:
        yield from _within(element, depth)


def _with_trailing_tags(block: Block) -> str:
    """The text of a block within a quotation, with trailing tags."""
    return " ".join([block.text, ", ".join(f"#{tag}" for tag in block.tags)]).strip()


def _items(element: Any, depth: int) -> Iterator[str]:
    """A line for each item, with the items of inner lists below."""
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
    """A table block, if rows have several cells; a table used for layout gives the blocks of its cells.

    The text of a table within a cell stays in the cell, and adds no rows to the outer table.
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
    """The nearest descendants with a tag in `wanted`, not searching below elements with a tag in `walls`."""
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag not in walls:
            yield from _inner(child, wanted, walls)


def _text(element: Any) -> str:
    return str(element.text_content())
