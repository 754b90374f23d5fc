"""Reading: the bytes or the text of a document's file, and the libraries for reading formats.

Takes a path, gives the file's contents within bounds; takes a module's name, gives the module. Doesn't know formats.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from remix.documents.document import DocumentError
from remix.util import files, frontmatter

EXTRA = "pip install 'essay-remix[add]'"

FORMS = (".txt", ".text", ".md", ".markdown", ".org", ".html", ".htm", ".xhtml", ".docx", ".epub")
"""Suffixes of the files accepted by `remix add`."""


def read_bytes(path: Path, most: int = frontmatter.MOST_BYTES) -> bytes:
    """The contents of a regular file of at most `most` bytes. Raises `DocumentError`."""
    try:
        return files.read_bounded(path, most)
    except OSError as error:
        hint = "Check the document's name and that you may read it; split a large document, or save it as plain text."
        raise DocumentError(f"{path}: can't be read ({error.strerror or error}).", hint) from error
    except ValueError as error:
        raise DocumentError(f"{path}: can't be read ({error}).", "Check its name.") from error


def read_text(path: Path) -> str:
    """The text of a file in UTF-8. Raises `DocumentError`."""
    try:
        text = frontmatter.read_text(path)
    except frontmatter.FrontMatterError as error:
        hint = "Save the document as a text in UTF-8, in pieces if it is large."
        raise DocumentError(error.message, hint if os.path.lexists(path) else "Check the document's name.") from error
    if "\0" in text:
        raise DocumentError(f"{path}: not a text.", f"Formats are {', '.join(FORMS)}.")
    return text


def library(name: str, needed_for: str) -> Any:
    """A module of the optional dependencies `add`. Raises `DocumentError` if the library isn't installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise DocumentError(f"{needed_for} needs the library {name.partition('.')[0]}.", EXTRA) from error
