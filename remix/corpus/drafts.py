"""Drafts: a paragraph, a heading or an item on the way from source to shown words.

Takes the lines of a stretch of Markdown. Takes out, with the reason, all parts except prose: lines of images,
attributes, metadata, lists of tags. Gives shown words, tags, and the parts left out. Doesn't know blocks or formats'
syntax of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from remix.corpus import metadata_lines
from remix.corpus.blocks import LeftOut, Why
from remix.corpus.inline_tags import inline_tags
from remix.corpus.outline_marks import without_prose
from remix.corpus.shown import shown
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_leading_tags, split_trailing_tags
from remix.corpus.wordless import has_words, is_image, why_wordless

_BLOCK_ID = re.compile(r"(?:\A|[ \t\n])\^(?=\d{6}|\d*[A-Za-z-])[A-Za-z0-9-]+\Z")
"""Obsidian's id of a paragraph, for links; `^2` is a square."""

_ATTRIBUTES = re.compile(r"\{(?::[^{}]*+|[ \t]*+[.#][\w-][^{}]*+)\}")
"""A line of attributes: kramdown's `{: .lead #last}`, Pandoc's `{.lead}`."""

_HEADING_ATTRIBUTES = re.compile(r"\{(?::[^{}]*+|[ \t]*+[.#-][^{}]*+|[ \t]*+[\w-]++=[^{}]*+)\}")
_CALLOUT = re.compile(r"\[!\w[\w -]*+(?:\|[^\[\]]*+)?\][+-]?[ \t]*")
"""The mark at the head of a callout of Obsidian, or of an alert of GitHub."""


class Draft:
    """Lines of the same paragraph, heading or item; parts are taken out step by step."""

    def __init__(self, lines: Sequence[str], first_line: int) -> None:
        self._lines = [line.strip() for line in lines]
        self._first = first_line
        self._gone: set[int] = set()
        self._lead = ""
        self.listed_tags: list[str] = []
        self.inline_tags: list[str] = []
        self.left_out: list[LeftOut] = []
        self.note_tags: list[str] = []
        """Tags for the whole note."""

    @property
    def source(self) -> str:
        """The source that hasn't been taken out, with all line ends."""
        return "\n".join(self._lines)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of lists, then tags within sentences."""
        return unique([*self.listed_tags, *self.inline_tags])

    @property
    def is_empty(self) -> bool:
        """Whether the whole source has been taken out."""
        return not any(self._lines)

    @property
    def is_metadata(self) -> bool:
        """Whether each remaining line is a line of metadata."""
        return all(metadata_lines.field(line) for line in self._lines if line)

    @property
    def place(self) -> tuple[int, int]:
        """First and last line in the file, without lines taken out at the ends."""
        stay = [n for n in range(len(self._lines)) if n not in self._gone] or [0]
        return self._first + stay[0], self._first + stay[-1]

    # -- taking out -----------------------------------------------------------------------------------------

    def take_marks(self) -> None:
        """Take out parts without words and tags: images and attributes on lines without words, a block's id."""
        for number, why in list(without_prose(self._lines)):
            self._take_line(number, why)
        for number, line in enumerate(self._lines):
            if line.endswith((")", "]", ">", "}")) and line.startswith(("!", "[", "<")) and is_image(line):
                self._take_line(number, "image")
            elif line.startswith("{") and _ATTRIBUTES.fullmatch(line):
                self._take_line(number, "shortcode")
                if line.removeprefix("{:").strip().startswith("toc"):
                    self.leave_out("shortcode")
                    return
        if self._lines[-1].endswith("$$") and self.source.count("$$") % 2:
            # A formula that begins on the paragraph's last line and goes on in a block below.
            self._cut(len(self.source) - 2, len(self.source), "formula")
        if match := _BLOCK_ID.search(self.source.rstrip()) if "^" in self._lines[-1] else None:
            self._cut(match.start(), match.end(), "link")

    def take_callout(self) -> None:
        """Take out the mark of a callout; the callout's title stays."""
        if match := _CALLOUT.match(self._lines[0]):
            self._cut(0, match.end(), "shortcode")
            self._lead = "> "

    def take_heading_attributes(self) -> None:
        """Take out `{#id .class}` at the end of a heading."""
        source = self.source
        if _HEADING_ATTRIBUTES.fullmatch(source, at := max(source.rfind("{"), 0)):
            self._cut(at, len(source), "shortcode")

    def take_metadata(self) -> None:
        """Take out lines of metadata: all lines, or only certain metadata at the head and at the end."""
        if self.is_metadata:
            self._take_fields(lambda field: True)
        else:
            self.take_certain_metadata()

    def take_certain_metadata(self) -> None:
        """Take out lines at the head and at the end that are metadata beyond doubt."""
        self._take_fields(lambda field: field.is_certain)

    def _take_fields(self, is_taken: Callable[[metadata_lines.Field], bool]) -> None:
        for numbers in (range(len(self._lines)), range(len(self._lines) - 1, -1, -1)):
            for number in numbers:
                field = metadata_lines.field(self._lines[number])
                if field and is_taken(field):
                    self.note_tags += field.tags
                    self._take_line(number, "metadata")
                elif self._lines[number]:
                    break

    def take_leading_tags(self) -> None:
        """Take out a line of tags at the head, if more lines follow."""
        source = self.source.strip()
        text, tags = split_leading_tags(source)
        if tags:
            start = self.source.index(source)
            self._cut(start, start + len(source) - len(text), "tags")
            self.listed_tags += tags

    def take_trailing_tags(self, before: str = "") -> bool:
        """Take out a list of tags at the end, and tell whether a list was found; `before` stands before the first
        line."""
        before = before or self._lead
        source = before + self.source
        text, tags = split_trailing_tags(source)
        if tags:
            self._cut(max(len(text) - len(before), 0), len(source) - len(before), "tags")
            self.listed_tags += tags
        return bool(tags)

    def leave_out(self, why: Why) -> None:
        """Take out the rest of the source."""
        self.inline_tags += inline_tags(self.source)
        self._cut(0, len(self.source), why)

    # -- the remaining source --------------------------------------------------------------------------------

    def why_wordless(self) -> Why | None:
        """The reason for leaving out the remaining source, if no words remain."""
        return why_wordless(self.source)

    def words(self) -> str:
        """The remaining source, in the words that a reader sees, with all line ends; empty if no letter remains."""
        source = self.source
        self.inline_tags += inline_tags(source)
        seen = shown(source)
        self.left_out += [
            LeftOut(each.why, each.text, (line := self._first + each.line, line + each.text.count("\n")))
            for each in seen.removed
        ]
        return seen.text if has_words(seen.text) else ""

    def _take_line(self, number: int, why: Why) -> None:
        line = self._first + number
        self.left_out.append(LeftOut(why, self._lines[number], (line, line)))
        self._lines[number] = ""
        self._gone.add(number)

    def _cut(self, start: int, end: int, why: Why) -> None:
        """Take out a part of the source, but no line end."""
        source = self.source
        part = source[start:end]
        if has_words(part):
            line = self._first + source.count("\n", 0, start + len(part) - len(part.lstrip()))
            self.left_out.append(LeftOut(why, part.strip(), (line, line + part.strip().count("\n"))))
        rest = "".join([source[:start], "\n" * part.count("\n"), source[end:]])
        self._lines = [line.strip() for line in rest.split("\n")]
