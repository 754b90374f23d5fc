"""Word documents (.docx), converted to HTML by mammoth.

Takes a file, gives a `Document`. Pictures and linked files are left out.
"""

from __future__ import annotations

import io
from pathlib import Path

from remix.documents.archive import Archive, text_of
from remix.documents.document import Document, DocumentError, gathered
from remix.documents.html import blocks_of
from remix.documents.reading import library

_CORE = "docProps/core.xml"

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""


def read(path: Path) -> Document:
    """Read a Word document. Raises `DocumentError` if the document is damaged, or mammoth isn't installed."""
    mammoth = library("mammoth", "A Word document")
    archive = Archive(path)
    texts = io.BytesIO(archive.texts())
    try:
        html = mammoth.convert_to_html(
            texts, style_map=_STYLES, convert_image=lambda _: [], external_file_access=False
        ).value
    # mammoth raises all kinds of errors for a damaged document.
    except Exception as error:
        raise DocumentError(
            f"{path}: not a Word document that can be read ({error}).",
            "Save the document again as .docx, or as .txt.",
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
