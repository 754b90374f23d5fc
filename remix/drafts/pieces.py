"""A draft's text as pieces, and pieces as a text: pieces are separated by a blank line.

Takes and gives strings and `Piece`s. Knows nothing of files and runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.records import sha256
from remix.records.draft import Origin, Piece, StoredPiece

BETWEEN = "\n\n"


def with_line_feeds(text: str) -> str:
    """A text whose lines end with a line feed, as a page's text area gives it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def put(text: str) -> str:
    """An output's text as it is put into a draft: without white space at both ends."""
    return with_line_feeds(text).replace("\0", "\ufffd").strip()


def is_edited(piece: Piece) -> bool:
    """Whether a piece differs from the text that was put into the draft, white space at both ends aside."""
    return piece.origin is not None and sha256(put(piece.text)) != piece.origin.sha256


def joined(pieces: Sequence[Piece]) -> str:
    """The text of a draft. Pieces without any character leave no trace."""
    texts = [piece.text for piece in pieces if piece.text]
    return f"{BETWEEN.join(texts)}\n" if texts else ""


def stored(piece: Piece) -> StoredPiece:
    """A piece without its text."""
    return StoredPiece(id=piece.id, size=len(piece.text), sha256=sha256(piece.text), origin=piece.origin)


def unchanged(text: str, pieces: Sequence[StoredPiece]) -> list[Piece] | None:
    """The pieces of a text that is exactly as it was stored; None if the text has changed."""
    found: list[Piece] = []
    at = 0
    for each in pieces:
        if at and each.size:
            if not text.startswith(BETWEEN, at):
                return None
            at += len(BETWEEN)
        words = text[at : at + each.size]
        if sha256(words) != each.sha256:
            return None
        at += each.size
        found.append(Piece(id=each.id, text=words, origin=each.origin))
    return found if text[at:] == ("\n" if at else "") else None


def origins_left_out(before: Sequence[Origin], after: Sequence[Piece]) -> list[Origin]:
    """The sources that no piece has any more, each once."""
    there = {piece.origin for piece in after}
    return [origin for origin in dict.fromkeys(before) if origin not in there]
