"""Markdown, with or without front matter.

Takes a file, gives a `Document` whose body is the file's own, unchanged.
"""

from __future__ import annotations

import re
from pathlib import Path

from remix.documents.document import Block, Document
from remix.documents.essay import read_back
from remix.util import frontmatter

_FENCES = (f"{frontmatter.FENCE}\n", f"{frontmatter.TOML_FENCE}\n")
_READ = ("title", "author", "date", "tags")
_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)


def is_markdown(text: str) -> bool:
    """Whether a plain text is Markdown: front matter, or headings with Markdown's marks."""
    return text.startswith(_FENCES) or bool(_HEADING.search(text))


def read(path: Path, text: str) -> Document:
    """Read a Markdown file. Raises `SeedError` or `FrontMatterError` if the front matter is broken."""
    parts = frontmatter.split(text, str(path))
    if not parts.meta:
        parts = frontmatter.split_strings(text, str(path))
    # Read as Markdown, whatever the file's suffix.
    essay = read_back(text, f"{path.stem}.md")
    meta = {str(key): value for key, value in parts.meta.items() if str(key).lower() not in _READ}
    return Document(
        form="Markdown",
        title=essay.title,
        author=essay.author,
        date=essay.date,
        tags=essay.tags,
        meta=meta,
        blocks=(Block(kind="markdown", text=parts.body.strip("\n")),),
    )
