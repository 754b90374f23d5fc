"""Zip archives: Word documents and e-books.

Takes a file, gives members by name. Members are never unpacked to the disk, and no name in an archive becomes a path.
The sizes stated in an archive aren't trusted: members are unpacked piece by piece, and the bytes are counted. XML is
checked before a tree is built.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from remix.corpus.blocks import one_line
from remix.documents.document import DocumentError
from remix.documents.reading import read_bytes
from remix.util.units import size

MOST_BYTES = 64 * 2**20
"""Of an archive, pictures included."""

MOST_TEXT = 32 * 2**20
"""Bytes of all members but pictures, unpacked."""

MOST_MEMBERS = 10_000

MOST_ELEMENTS = 400_000
"""Elements and attributes of an XML member: a book of 800 pages in Word's markup. Each takes up to 1 KiB of memory
and 30 µs."""

MOST_PARAGRAPHS = 100_000
"""Of an XML member, empty paragraphs and table cells included: mammoth spends most of its time on paragraphs."""

LONGEST = 2**20
"""Characters of an element's attributes, of a comment or of a processing instruction: an incremental parser parses a
long one again from the start with each piece of input."""

DEEPEST = 250
"""Nested XML elements. Word writes about 60 for nested tables and text boxes."""

PIECE = 2**16
"""Bytes unpacked at a time."""

_TEXT = (".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The methods of Word and e-books. `zipfile` can't unpack any further method piece by piece."""

_PARAGRAPHS = frozenset({"p", "tc", "tr", "footnoteReference", "endnoteReference"})
"""Names of Word's elements, without prefix."""

_ANEW = "Save the document again with the program that made it."
_ENTRY = b"PK\1\2"
"""The signature of an entry in the archive's central directory."""


class Archive:
    """A zip archive within bounds."""

    def __init__(self, path: Path) -> None:
        """Raises `DocumentError` if the file can't be read, is no archive, or is too large."""
        self.path = path
        self._unpacked = 0
        data = read_bytes(path, MOST_BYTES)
        # `zipfile` makes an object for each entry, of ten times the entry's bytes.
        if data.count(_ENTRY) > MOST_MEMBERS:
            raise DocumentError(f"{path}: has more than {MOST_MEMBERS} members.", "Split the document.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise self._damaged(error) from error
        texts = (each for each in self._zip.infolist() if each.filename.lower().endswith(_TEXT))
        if sum(each.file_size for each in texts) > MOST_TEXT:
            raise self._too_large()

    def texts(self) -> bytes:
        """The archive without pictures: a library can't unpack more of the result than was counted, nor parse more
        XML than `check_xml` allows.

        Raises as `read` and `check_xml` do.
        """
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as archive:
            for name in self._zip.NameToInfo:
                if name.lower().endswith(_TEXT):
                    data = self.read(name)
                    if name.lower().endswith((".xml", ".rels")):
                        self.check_xml(name, data)
                    archive.writestr(name, data)
        return kept.getvalue()

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises `DocumentError` if the member is missing, damaged or too large."""
        try:
            info = self._zip.getinfo(name)
            if info.compress_type not in _METHODS:
                raise DocumentError(f"{self.path}: the member {name!a} is compressed by an unusual method.", _ANEW)
            with self._zip.open(info) as member:
                return self._counted(member)
        except KeyError as error:
            raise DocumentError(f"{self.path}: has no member {name!a}.", _ANEW) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise self._damaged(error) from error
        # `zipfile` seeks to the position stated in the archive, and decodes names by the encoding stated.
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error

    def _counted(self, member: IO[bytes]) -> bytes:
        """All bytes of a member. `member.read()` without a size would unpack all bytes before checking the size."""
        pieces = []
        while piece := member.read(PIECE):
            self._unpacked += len(piece)
            # Some members are read twice.
            if self._unpacked > 2 * MOST_TEXT:
                raise self._too_large()
            pieces.append(piece)
        return b"".join(pieces)

    def xml(self, name: str) -> ElementTree.Element:
        """The tree of an XML member. Raises as `read` and `check_xml` do."""
        data = self.read(name)
        self.check_xml(name, data)
        try:
            return ElementTree.fromstring(data)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise self._damaged(error, name) from error

    def check_xml(self, name: str, data: bytes) -> None:
        """Raise `DocumentError` if a member isn't XML, exceeds the bounds on elements, or declares entities, since a
        few bytes of entities can stand for gigabytes."""
        try:
            _Counter().parse(data)
        except _TooMuchError as error:
            raise DocumentError(
                f"{self.path}: the member {name!a} {error}.", "Split the document, or save it as plain text."
            ) from error
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self._damaged(error, name) from error

    def _damaged(self, error: Exception, name: str | None = None) -> DocumentError:
        where = f"the member {name!a} is damaged" if name else "damaged"
        return DocumentError(f"{self.path}: {where} ({error}).", _ANEW)

    def _too_large(self) -> DocumentError:
        return DocumentError(f"{self.path}: the unpacked text would be larger than {size(MOST_TEXT)}.", "Split it.")

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo


class _TooMuchError(Exception):
    """XML exceeds a bound; the message names the bound."""


class _Counter:
    """Counts the elements of XML without building a tree."""

    def __init__(self) -> None:
        self._elements = 0
        self._paragraphs = 0
        self._depth = 0

    def parse(self, data: bytes) -> None:
        """Raises `_TooMuchError`, and expat's errors."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity
        parser.CommentHandler = self._long
        parser.ProcessingInstructionHandler = self._long
        parser.Parse(data, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._long(*attributes.values())
        # An attribute takes as much memory as an element.
        self._elements += 1 + len(attributes)
        self._paragraphs += name.rpartition(":")[2] in _PARAGRAPHS
        self._depth += 1
        if self._elements > MOST_ELEMENTS:
            raise _TooMuchError(f"has more than {MOST_ELEMENTS} elements and attributes")
        if self._paragraphs > MOST_PARAGRAPHS:
            raise _TooMuchError(f"has more than {MOST_PARAGRAPHS} paragraphs and table cells")
        if self._depth > DEEPEST:
            raise _TooMuchError(f"has more than {DEEPEST} nested elements")

    def _long(self, *texts: str) -> None:
        if sum(map(len, texts)) > LONGEST:
            raise _TooMuchError(f"has markup longer than {size(LONGEST)}")

    def _end(self, name: str) -> None:
        self._depth -= 1

    def _entity(self, *_: object) -> None:
        raise _TooMuchError("declares entities")


def text_of(tree: ElementTree.Element, tag: str) -> str | None:
    """The text of the first element with the tag, in any namespace."""
    found = next((each for each in tree.iter() if each.tag.rpartition("}")[2] == tag), None)
    return one_line("".join(found.itertext())) or None if found is not None else None
