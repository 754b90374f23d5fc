"""The bytes of a document's file.

Takes a path and a bound, gives bytes, or an error that names the file. Knows nothing of forms.
"""

from __future__ import annotations

from pathlib import Path

from remix.documents.document import DocumentError
from remix.util import files, frontmatter


def read_bytes(path: Path, most: int = frontmatter.MOST_BYTES) -> bytes:
    """A regular file of at most `most` bytes. Raises `DocumentError` if it is another, or can't be read."""
    try:
        return files.read_bounded(path, most)
    except OSError as error:
        hint = "Check that it exists and that you may read it; split it, or save it as plain text, if it is large."
        raise DocumentError(f"{path}: can't be read ({error.strerror or error}).", hint) from error
    except ValueError as error:
        raise DocumentError(f"{path}: can't be read ({error}).", "Check its name.") from error
