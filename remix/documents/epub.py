"""E-books: EPUB 2 and 3 (https://www.w3.org/TR/epub-33/).

Takes a file, gives a `Document`: the chapters in the order of the spine. A library would save little, since EPUB adds
only a few bytes of XML to an archive of HTML; the best-kept library is under the AGPL.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from remix.documents.archive import Archive, text_of
from remix.documents.document import Block, Document, DocumentError, gathered
from remix.documents.html import blocks_of

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})
_CLOSED = re.compile(rb"<(?!br\b|hr\b|img\b|meta\b|link\b|input\b|col\b|wbr\b)(\w+)((?:\s[^<>]*)?)/>")
"""An empty element of XHTML; an HTML parser would never close the element."""


def read(path: Path) -> Document:
    """Read an e-book. Raises `DocumentError` if the e-book is damaged or encrypted, or lxml isn't installed."""
    archive = Archive(path)
    if "META-INF/encryption.xml" in archive and "META-INF/rights.xml" in archive:
        raise DocumentError(f"{path}: encrypted.", "Take a copy that you may read without its shop.")
    package_name = _package(archive)
    package = archive.xml(package_name)
    blocks, tags = gathered(_chapters(archive, package, posixpath.dirname(package_name)))
    return Document(
        form="e-book",
        title=text_of(package, "title"),
        author=text_of(package, "creator"),
        date=(text_of(package, "date") or "")[:10] or None,
        tags=tags,
        blocks=blocks,
    )


def _package(archive: Archive) -> str:
    """The name of the package document: the list of chapters."""
    for each in archive.xml(_CONTAINER).iter():
        if each.tag.endswith("}rootfile") and each.get("full-path"):
            return str(each.get("full-path"))
    raise DocumentError(
        f"{archive.path}: has no package document.", "Save the document again with the program that made it."
    )


def _chapters(archive: Archive, package: ElementTree.Element, folder: str) -> Iterator[Block]:
    read = set()
    items = {each.get("id"): each for each in package.iter() if each.tag.endswith("}item")}
    for each in package.iter():
        # Each chapter once, by the standard: a small file could otherwise repeat a chapter a million times.
        item = items.pop(each.get("idref"), None) if each.tag.endswith("}itemref") else None
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        # A chapter may also be repeated under a different id.
        if name in read:
            continue
        read.add(name)
        yield from blocks_of(_CLOSED.sub(rb"<\1\2></\1>", archive.read(name)))
