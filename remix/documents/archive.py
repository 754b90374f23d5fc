"""Documents that are zip archives: Word's and e-books.

Takes a file, gives the members that are asked for, by name. Nothing is unpacked onto the disk, no name in an archive
becomes a path, and what would unpack into more than anyone writes is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

from remix import frontmatter
from remix.documents.document import DocumentError
from remix.units import size

MOST_BYTES = 64 * 2**20
"""Of an archive: pictures count."""

MOST_TEXT = 32 * 2**20
"""Of all its members that aren't pictures, unpacked."""

MOST_MEMBERS = 10_000

_TEXT = (".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx")


class Archive:
    """A zip archive, checked."""

    def __init__(self, path: Path) -> None:
        """Raises `DocumentError` where it is no archive, or too large; `FrontMatterError` where it can't be read."""
        self.path = path
        self._unpacked = 0
        data = frontmatter.read_bytes(path, MOST_BYTES)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise DocumentError(f"{path}: damaged ({error}).", "Save it anew with what made it.") from error
        members = self._zip.infolist()
        text = sum(each.file_size for each in members if each.filename.lower().endswith(_TEXT))
        if text > MOST_TEXT or len(members) > MOST_MEMBERS:
            raise self._too_large()

    def texts(self) -> bytes:
        """The archive with its texts alone. Whoever reads it on can't unpack more than was checked.

        Raises as `read` does.
        """
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as archive:
            for name in self._zip.NameToInfo:
                if name.lower().endswith(_TEXT):
                    archive.writestr(name, self.read(name))
        return kept.getvalue()

    def read(self, name: str) -> bytes:
        """A member. Raises `DocumentError` where there is none of the name, or it is damaged or too large."""
        try:
            self._unpacked += self._zip.getinfo(name).file_size
            # Some are read twice; and a chapter may be called a picture, whose size wasn't checked.
            if self._unpacked > 2 * MOST_TEXT:
                raise self._too_large()
            # zipfile reads no more than the size that was checked, and compares the sum.
            return self._zip.read(name)
        except KeyError as error:
            raise DocumentError(f"{self.path}: has no {name!a} in it.", "Save it anew with what made it.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise DocumentError(f"{self.path}: damaged ({error}).", "Save it anew with what made it.") from error

    def xml(self, name: str) -> ElementTree.Element:
        """A member that is XML. Raises `DocumentError`; expat itself refuses entities that grow without end."""
        try:
            return ElementTree.fromstring(self.read(name))
        except (ElementTree.ParseError, ValueError) as error:
            raise DocumentError(
                f"{self.path}: {name!a} in it is damaged ({error}).", "Save it anew with what made it."
            ) from error

    def _too_large(self) -> DocumentError:
        return DocumentError(f"{self.path}: its text would be larger than {size(MOST_TEXT)}.", "Split it.")

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo


def text_of(tree: ElementTree.Element, tag: str) -> str | None:
    """The words of the first element of that tag, in any namespace."""
    found = next((each for each in tree.iter() if each.tag.rpartition("}")[2] == tag), None)
    return " ".join("".join(found.itertext()).split()) or None if found is not None else None
