"""Markdown, with or without front matter.

Takes a file, gives a `Document` whose body is the file's own, unchanged.
"""

from __future__ import annotations

import re
from pathlib import Path

from remix.corpus import heads
from remix.documents.document import Block, Document
from remix.documents.essay import read_back
from remix.util import frontmatter
from remix.util.frontmatter import FrontMatterError

_FENCES = (f"{frontmatter.FENCE}\n", f"{frontmatter.TOML_FENCE}\n")
_READ = ("title", "author", "date", "tags")
_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)


def is_markdown(text: str) -> bool:
    """Whether a plain text is Markdown: front matter, or headings with Markdown's marks."""
    return text.startswith(_FENCES) or bool(_HEADING.search(text))


def read(path: Path, text: str) -> Document:
    """Read a Markdown file. Raises `SeedError` or `FrontMatterError` if the front matter is broken."""
    head = heads.split(text, str(path))
    # Read as Markdown, although the file may have a different suffix.
    essay = read_back(text, f"{path.stem}.md")
    try:
        # With numbers and dates, if numbers and dates can be written again without quotes.
        stated = frontmatter.split(text, "").meta or head.meta
    except FrontMatterError:
        stated = head.meta
    meta = {str(key): value for key, value in stated.items() if str(key).lower() not in _READ}
    return Document(
        form="Markdown",
        title=essay.title,
        author=essay.author,
        date=essay.date,
        tags=essay.tags,
        meta=meta,
        blocks=(Block(kind="markdown", text=head.body.strip("\n")),),
    )
