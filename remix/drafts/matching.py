"""Pieces of a text that was edited by another program, matched again to their sources.

A piece that was moved is known by its sha256, a piece that was changed by its words; paragraphs between such pieces
are a person's own words. Takes a text, the stored pieces and a function that gives a source's text; gives `Piece`s,
whose texts are together the whole text but for white space between paragraphs. Reads no file itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import Indel

from remix.records import sha256
from remix.records.draft import DraftSources, Origin, Piece, StoredPiece

LIKE = 0.5
"""Share of words, in order, that a changed piece has in common with its source at least."""

MOST_NEAR = 5
"""Paragraphs with the most words in common with a source, at which a changed piece is looked for."""

MOST_POSTINGS = 50
"""Paragraphs in which a word may stand; words in more paragraphs tell nothing."""

OriginalText = Callable[[Origin], str | None]
"""The text of a source as put into the draft; None if the text can't be read."""


class _Paragraph(NamedTuple):
    """A paragraph: start and end in the text."""

    start: int
    end: int


class _Match(NamedTuple):
    """A piece found in the text."""

    first: int
    """Number of the first paragraph."""
    last: int
    """Number of the paragraph after the last."""
    piece: Piece


class _Candidate(NamedTuple):
    """Paragraphs that may be a changed piece."""

    score: float
    first: int
    last: int
    stored: StoredPiece


def matched(text: str, sources: DraftSources, original: OriginalText) -> list[Piece]:
    """The pieces of a text, in order."""
    matching = _Matching(text)
    left = matching.take_exact([each for each in sources.pieces if each.size])
    if matching.free:
        matching.take_exact(list(_whole(sources.history, original)))
    if matching.free:
        matching.take_similar([each for each in left if each.origin], original)
    return matching.pieces()


def _whole(origins: Sequence[Origin], original: OriginalText) -> Iterator[StoredPiece]:
    """Pieces that have the whole texts of sources."""
    for number, origin in enumerate(origins):
        if words := original(origin):
            yield StoredPiece(
                id=f"again-{number}-{origin.record[:12]}", size=len(words), sha256=origin.sha256, origin=origin
            )


class _Matching:
    """The paragraphs of a text, and the pieces found so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._paragraphs = _paragraphs(text)
        self.free = set(range(len(self._paragraphs)))
        """Numbers of the paragraphs that belong to no piece yet."""
        self._matches: list[_Match] = []

    def take_exact(self, pieces: Sequence[StoredPiece]) -> list[StoredPiece]:
        """Find pieces with unchanged texts, at any place in the draft. Gives the pieces that weren't found."""
        left: dict[str, list[StoredPiece]] = {}
        for each in pieces:
            left.setdefault(each.sha256, []).append(each)
        sizes = sorted({each.size for each in pieces}, reverse=True)
        ends = {paragraph.end: number + 1 for number, paragraph in enumerate(self._paragraphs)}
        for first, (start, _) in enumerate(self._paragraphs):
            for size in sizes:
                end = start + size
                # A piece may end with blank lines.
                if self._text[end - 1 : end] == "\n":
                    end = start + len(self._text[start:end].rstrip("\n"))
                last = ends.get(end)
                if last is None or not self.free.issuperset(range(first, last)):
                    continue
                words = self._text[start : start + size]
                if waiting := left.get(sha256(words)):
                    self._take(_Match(first, last, _piece(waiting.pop(0), words)))
                    break
        return [each for waiting in left.values() for each in waiting]

    def take_similar(self, pieces: Sequence[StoredPiece], original: OriginalText) -> None:
        """Find pieces that were changed, by the texts of their sources; the most similar first."""
        postings = self._postings()
        candidates = [each for piece in pieces for each in self._candidates(piece, original, postings)]
        found: set[str] = set()
        for each in sorted(candidates, key=lambda each: -each.score):
            if each.stored.id not in found and self.free.issuperset(range(each.first, each.last)):
                found.add(each.stored.id)
                self._take(_Match(each.first, each.last, _piece(each.stored, self._words(each.first, each.last))))

    def pieces(self) -> list[Piece]:
        """All pieces in order, paragraphs between them included."""
        own = []
        # Neighbouring numbers have the same difference from their place in the list.
        for _, group in groupby(enumerate(sorted(self.free)), key=lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in group]
            first, last = numbers[0], numbers[-1] + 1
            words = self._words(first, last)
            own.append(_Match(first, last, Piece(id=f"own-{first}-{sha256(words)[:12]}", text=words)))
        return _with_ids([match.piece for match in sorted([*self._matches, *own], key=lambda match: match.first)])

    def _candidates(
        self, piece: StoredPiece, original: OriginalText, postings: Mapping[str, Sequence[int]]
    ) -> Iterator[_Candidate]:
        words = original(piece.origin) if piece.origin else None
        if not words:
            return
        wanted, usual = words.casefold().split(), len(_paragraphs(words))
        common = Counter(number for word in set(wanted) for number in postings.get(word, ()))
        near = [number for number, _ in common.most_common(MOST_NEAR)]
        for first in sorted({first for number in near for first in range(number - usual, number + 1)}):
            for last in range(first + max(1, usual - 1), first + usual + 2):
                if not self.free.issuperset(range(first, last)):
                    continue
                there = self._words(first, last).casefold().split()
                score = Indel.normalized_similarity(wanted, there, score_cutoff=LIKE)
                if score >= LIKE:
                    yield _Candidate(score, first, last, piece)

    def _postings(self) -> dict[str, list[int]]:
        """The free paragraphs in which each word stands, without words that stand in many."""
        found: dict[str, list[int]] = {}
        for number in sorted(self.free):
            for word in set(self._words(number, number + 1).casefold().split()):
                found.setdefault(word, []).append(number)
        return {word: numbers for word, numbers in found.items() if len(numbers) <= MOST_POSTINGS}

    def _words(self, first: int, last: int) -> str:
        return self._text[self._paragraphs[first].start : self._paragraphs[last - 1].end]

    def _take(self, match: _Match) -> None:
        self._matches.append(match)
        self.free.difference_update(range(match.first, match.last))


def _piece(stored: StoredPiece, words: str) -> Piece:
    return Piece(id=stored.id, text=words, origin=stored.origin)


def _with_ids(pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, none with the id of another."""
    found: dict[str, Piece] = {}
    for number, piece in enumerate(pieces):
        id_ = f"{piece.id[:34]}-{number}" if piece.id in found else piece.id
        found[id_] = piece.model_copy(update={"id": id_})
    return list(found.values())


def _paragraphs(text: str) -> list[_Paragraph]:
    """The paragraphs of a text: lines between blank lines."""
    found: list[_Paragraph] = []
    at, is_open = 0, False
    for line in text.split("\n"):
        end = at + len(line)
        if line.strip():
            start = found.pop().start if is_open else at
            found.append(_Paragraph(start, end))
        is_open = bool(line.strip())
        at = end + 1
    return found
