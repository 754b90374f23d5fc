"""Notes from a digital garden.

Takes a text, gives a `Document`. A note has the stage of growth, a title, perhaps the source, paragraphs, tags run
together in a word, and the date of planting, separated by empty lines:

    seed

    The Map of the Tailor

    A. Writer, 'Threads' (1911)

    He measured twice. …

    clothmapstailors
    planted 2026-01-02
"""

from __future__ import annotations

import re
from collections.abc import Collection

from remix.corpus.blocks import one_line
from remix.corpus.trailing_tags import CLOSING, ENDS
from remix.documents import plain
from remix.documents.document import Document, Split, gathered, paragraph
from remix.documents.word_segmentation import Vocabulary, segment

STAGES = frozenset({"seed", "seedling", "sapling", "budding", "evergreen"})
"""Digital gardens' names for the stages of a note's growth."""

LONGEST_SOURCE = 200
"""Characters."""

LONGEST_TAGS = 400
"""Characters of the line of tags."""

MOST_WORDS = 4
"""Of a tag in a list; a longer part makes the line a sentence."""

_PLANTED = re.compile(r"planted:?[ \t]+(?P<date>\S.*)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SENTENCE = re.compile(rf"[{ENDS}:;,][{CLOSING}]*$")


def is_note(text: str) -> bool:
    """Whether a text begins with a stage or ends with a date of planting, and has more lines."""
    lines = [line.strip() for line in text.strip().split("\n")]
    return len(lines) > 1 and (lines[0].casefold() in STAGES or bool(_PLANTED.fullmatch(lines[-1])))


def read(text: str, known: Collection[str] = ()) -> Document:
    """Read a note; `known` are the corpus' tags, as written.

    Raises `DocumentError` if the tags are run together and no word list is installed.
    """
    lines = text.strip().split("\n")
    planted = _PLANTED.fullmatch(lines[-1].strip())
    stage = lines[0].strip().casefold() if lines[0].strip().casefold() in STAGES else None
    lines = lines[bool(stage) : len(lines) - bool(planted)]
    lines, tag_line = _without_tags(lines)
    chunks = plain.paragraphs("\n".join(lines))
    title, source, body = _header(chunks)
    blocks, first = gathered(paragraph(chunk) for chunk in body)
    split = _split_tags(tag_line, " ".join(chunks), known)
    stated = {"source": source, "stage": stage}
    return Document(
        form="garden note",
        title=title,
        date=one_line(planted["date"]) if planted else None,
        tags=(*split.parts, *first),
        meta={key: value for key, value in stated.items() if value},
        blocks=blocks or ((paragraph(title),) if title else ()),
        splits=(split,) if _WORD.fullmatch(tag_line) and (len(split.parts) > 1 or split.doubts) else (),
    )


def _without_tags(lines: list[str]) -> tuple[list[str], str]:
    """The lines before the tags, and the line of tags: the last line, if the line is a single word or a list."""
    lines = [line.strip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) > 1 and len(lines[-1]) <= LONGEST_TAGS and (_WORD.fullmatch(lines[-1]) or _listed(lines[-1])):
        return lines[:-1], lines[-1]
    return lines, ""


def _listed(line: str) -> list[str]:
    """The tags of a list, such as `#maps #memory` or `maps, memory`; none if the line is a sentence."""
    if _SENTENCE.search(line) or not ("," in line or line.startswith("#")):
        return []
    tags = [one_line(tag) for tag in re.split(r"[,;#]", line) if tag.strip()]
    return tags if all(len(tag.split()) <= MOST_WORDS for tag in tags) else []


def _header(chunks: list[str]) -> tuple[str | None, str | None, list[str]]:
    """Title, source and paragraphs. A line with the ending of a sentence is neither title nor source."""
    title = source = None
    if len(chunks) > 1 and not _SENTENCE.search(chunks[0]):
        title, *chunks = chunks
        if len(chunks) > 1 and not _SENTENCE.search(chunks[0]) and len(chunks[0]) <= LONGEST_SOURCE:
            source, *chunks = chunks
    return title, source, chunks


def _split_tags(line: str, text: str, known: Collection[str]) -> Split:
    """The tags of the last line: a list as written, a single word taken apart."""
    if not line:
        return Split(word="", parts=())
    if _WORD.fullmatch(line):
        return segment(line, Vocabulary(text, known))
    return Split(word=line, parts=tuple(_listed(line)))
