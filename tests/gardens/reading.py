"""Reading a note as a test does: passages in plain words, and the place of each word of the file.

Takes a file, or a note's text; gives what remix found. Counts words by a rule of its own, so that a fault in remix's
rule can't hide a lost word.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from remix.corpus.blocks import LeftOut
from remix.corpus.essays import EssayFile, read_file
from remix.records import Essay

_WORD = re.compile(r"[^\W_]+")
_MARKERS = re.compile(r"^(?:[ \t]*(?:>|[-*+][ \t]|\[[ xX/-]\][ \t]))+[ \t]*", re.MULTILINE)
"""Signs of quotations, list items and tasks at the beginning of a line."""


Units = Callable[[str], list[str]]
"""Takes a text apart: `words` or `letters`."""


class Read(NamedTuple):
    """What remix found in a file."""

    written: str
    """The file's text."""
    essay: Essay
    headings: tuple[str, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def passages(self) -> list[str]:
        """The passages on one line each, without the signs of quotations and list items."""
        return [" ".join(_MARKERS.sub("", each.text).split()) for each in self.essay.passages]

    @property
    def tags(self) -> list[tuple[str, ...]]:
        """The tags of each passage."""
        return [each.tags for each in self.essay.passages]

    def left(self, why: str) -> str:
        """The words that were left out for a reason, with a blank between two words."""
        return " ".join(word for part in self.left_out if part.why == why for word in words(part.text))


def words(text: str) -> list[str]:
    """Runs of letters and digits; an entity (`&eacute;`) is the character for which it stands."""
    return _WORD.findall(html.unescape(text))


def letters(text: str) -> list[str]:
    """Letters and digits, in the same way."""
    return [letter for letter in html.unescape(text) if letter.isalnum()]


def found_in(written: str, file: EssayFile) -> Read:
    """What remix found in a file with a text."""
    return Read(written, file.essay, file.headings, file.left_out)


def read_text(folder: Path, text: str, name: str = "note.md") -> Read:
    """Write a note and read the file; no word of the note may be lost, and passages stand where their lines say."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    found = found_in(text.removeprefix("\ufeff"), read_file(path, folder, folder))
    assert lost_and_doubled(found, letters) == ({}, {})
    assert_lines_hold_the_words(found)
    return found


def lost_and_doubled(found: Read, units: Units = words) -> tuple[dict[str, int], dict[str, int]]:
    """Words of a file that are in no passage, heading and part left out; and words that are there too often.

    Where markup stands within a word, the words change, but not the letters.
    """
    there = Counter(units(found.written))
    told = [*(each.text for each in found.essay.passages), *found.headings, *(part.text for part in found.left_out)]
    accounted = Counter(unit for text in told for unit in units(text))
    return dict(there - accounted), dict(accounted - there)


def assert_lines_hold_the_words(found: Read) -> None:
    """Each passage, and each part left out, has its words on its lines."""
    lines = found.written.split("\n")
    parts = [*((each.lines, each.text) for each in found.essay.passages)]
    parts += [(part.lines, part.text) for part in found.left_out]
    for (first, last), text in parts:
        missing = Counter(letters(text)) - Counter(letters("\n".join(lines[first - 1 : last])))
        assert not missing, f"lines {first} to {last} lack {sorted(missing)} of {text!r}"
