"""Word's documents, by way of the HTML that mammoth makes of them.

Takes a file, gives a `Document`. Pictures, and what a document only links to, are left alone.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from remix.documents.archive import Archive, text_of
from remix.documents.document import Document, DocumentError, gathered
from remix.documents.html import blocks_of
from remix.documents.library import library

_CORE = "docProps/core.xml"

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""


def read(path: Path) -> Document:
    """A Word document. Raises `DocumentError` where it is damaged, or mammoth isn't installed."""
    mammoth = library("mammoth", "A Word document")
    archive = Archive(path)
    texts = io.BytesIO(archive.texts())
    try:
        html = mammoth.convert_to_html(
            texts, style_map=_STYLES, convert_image=_no_picture, external_file_access=False
        ).value
    # mammoth lets the errors of a damaged document through as they come.
    except Exception as error:
        raise DocumentError(
            f"{path}: not a Word document that can be read ({error}).", "Save it anew as .docx, or as .txt."
        ) from error
    blocks, tags = gathered(blocks_of(html))
    core = archive.xml(_CORE) if _CORE in archive else None
    title = None
    if blocks and blocks[0].kind == "heading" and blocks[0].level == 1:
        title, blocks = blocks[0].text, blocks[1:]
    return Document(
        form="Word document",
        title=title or (text_of(core, "title") if core is not None else None),
        author=text_of(core, "creator") if core is not None else None,
        date=((text_of(core, "created") or "")[:10] or None) if core is not None else None,
        tags=tags,
        blocks=blocks,
    )


def _no_picture(_: Any) -> list[Any]:
    return []
