"""A tree of branches as an SVG, complete in itself: no script, no other file, legible on light and dark paper.

Takes a `BranchNode`, gives bytes, always the same. The first text runs down along a line, and each branch leaves to
the right at its fork, with the branch's own words from the fork on. Every text is escaped: texts may come from
strangers.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree as ET

from remix.outputs.branches import BranchNode, Turn
from remix.util.names import readable, shortened

COLUMNS, LEAST_COLUMNS = 76, 30
"""Columns of a line: of the first text, and at least; each level has `NARROWER` columns fewer."""
NARROWER = 3

MOST_LINES = 3
"""Lines drawn of a branch that has no branches."""

MOST_LETTERS = 40_000
"""Characters drawn of a text."""

MOST_TOLD, LONGEST = 20, 90
"""Branches listed in the description, and characters of a quoted word or text."""

LINE, LANE, MARGIN, GAP, LETTER = 21, 28, 28, 10, 8.2
"""Pixels: height of a line, distance between the lines of a text and of its branches, margin of the picture, gap
between texts, and mean width of a character with some room."""

BEND = 12
"""Pixels: radius of the bend where a branch leaves."""

STYLE = """
.paper { fill: #fdfbf7 }
text { fill: #1f1d1a; font: 15px Charter, "Iowan Old Style", Georgia, serif; unicode-bidi: isolate }
.about { fill: #6b655c; font: 12px system-ui, sans-serif }
.put { font-weight: bold }
.was { text-decoration: underline }
.asked { font-weight: bold }
path { fill: none; stroke-width: 2; stroke-linecap: round }
.level-0 { stroke: #1f1d1a; stroke-width: 3 }
.level-1 { stroke: #a8480f }
.level-2 { stroke: #2d6a9a }
.level-3 { stroke: #2f7a3f }
@media (prefers-color-scheme: dark) {
  .paper { fill: #191816 }
  text { fill: #e6e2da }
  .about { fill: #a29b8f }
  .level-0 { stroke: #e6e2da }
  .level-1 { stroke: #e8a37c }
  .level-2 { stroke: #7fb2dd }
  .level-3 { stroke: #8ac995 }
}
"""

Line = Sequence[tuple[str, str]]
"""Pieces of a line, each with a class of the style, or with none."""


def draw(tree: BranchNode) -> bytes:
    """The SVG of a tree, in UTF-8."""
    picture = _Picture()
    bottom = picture.add(tree, 0, MARGIN)
    width, height = f"{picture.width + MARGIN:.0f}", f"{bottom + MARGIN:.0f}"
    name = (tree.record or "0")[:12]
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-labelledby": f"title-{name} desc-{name}",
        },
    )
    ET.SubElement(svg, "title", {"id": f"title-{name}"}).text = _clean(f"Branches of {shortened(tree.task, LONGEST)}")
    ET.SubElement(svg, "desc", {"id": f"desc-{name}"}).text = "\n".join(_in_words(tree))
    ET.SubElement(svg, "style").text = STYLE
    ET.SubElement(svg, "rect", {"class": "paper", "width": width, "height": height})
    svg.extend(picture.elements)
    return bytes(ET.tostring(svg, encoding="utf-8", xml_declaration=True)) + b"\n"


class _Picture:
    """Texts and lines, from the top down."""

    def __init__(self) -> None:
        self.elements: list[ET.Element] = []
        self.width = 0.0

    def add(self, node: BranchNode, level: int, top: float) -> float:
        """Draw a text and all of its branches below `top`; gives the lower end of the drawing."""
        x = MARGIN + level * LANE
        y = end = self._write(
            x, top, [[("about", line)] for each in _about(node, level) for line in _lines(each, level)], node
        )
        for stretch in _stretches(node, level):
            lines = _lines(stretch.words, level)
            if level and not node.branches and len(lines) > MOST_LINES:
                lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]} …"]
            y = self._write(x, y, [*_marked(lines, stretch.mark, stretch.style)])
            end = y if lines else end
            for branch in stretch.branches:
                middle, turn = y + GAP + LINE / 2, x + BEND
                end = middle - BEND
                # The bend from the text's line to the beginning of the branch.
                bend = f"Q{x:.0f} {middle:.0f} {turn:.0f} {middle:.0f}"
                self._path(level + 1, f"M{x:.0f} {end:.0f}{bend}H{x + LANE:.0f}")
                y = self.add(branch, level + 1, y + GAP)
            y += GAP if stretch.branches else 0
        self._path(level, f"M{x:.0f} {top + (LINE / 2 if level else 0):.0f}V{end:.0f}")
        return y

    def _write(self, x: float, y: float, lines: Sequence[Line], node: BranchNode | None = None) -> float:
        """Draw lines one below the next; gives the lower end. With a node, a tooltip names the run and the text."""
        for line in lines:
            y += LINE
            text = ET.Element("text", {"x": f"{x + 14:.0f}", "y": f"{y - 6:.0f}"})
            for style, words in line:
                piece = ET.SubElement(text, "tspan", {"class": style} if style else {})
                piece.text = words
            if node:
                ET.SubElement(text, "title").text = _clean(f"{node.run}:{node.task}")
            self.elements.append(text)
            self.width = max(self.width, x + 14 + LETTER * sum(map(_columns, (words for _, words in line))))
        return y

    def _path(self, level: int, shape: str) -> None:
        style = f"level-{(level - 1) % 3 + 1 if level else 0}"
        self.elements.append(ET.Element("path", {"class": style, "d": shape}))


class _Stretch(NamedTuple):
    """A part of a text between two forks."""

    words: str
    mark: str
    """The first words, drawn in `style`."""
    style: str
    branches: tuple[BranchNode, ...]
    """The branches that leave at the end of `words`."""


def _stretches(node: BranchNode, level: int) -> Iterator[_Stretch]:
    """The parts of a text between forks; for a branch, only the words from the fork on.

    The words before the fork of a candidate's branch are the candidate's, not the text's: such a branch leaves at the
    beginning, and all of its words are drawn.
    """
    text = node.text[:MOST_LETTERS]
    turn = node.turn if level and not _is_of_candidate(node) else None
    at, lead = (max(0, len(text) - len(node.after)), turn.put) if turn else (0, "")
    mark, style = lead, "put"
    for character, group in groupby(sorted(node.branches, key=_leaves_at), key=_leaves_at):
        branches = tuple(group)
        end = max(at, min(character - 1, len(text)))
        yield _Stretch(lead + text[at:end], mark, style, branches)
        left = branches[-1].turn
        at, lead, mark, style = end, "", left.was if left and not left.candidate else "", "was"
    yield _Stretch(lead + text[at:], mark, style, ())


def _is_of_candidate(node: BranchNode) -> bool:
    return node.turn is not None and node.turn.candidate is not None


def _leaves_at(node: BranchNode) -> int:
    """Position, from 1, of the character of the original's text at which a branch leaves."""
    return 1 if node.turn is None or _is_of_candidate(node) else node.turn.character


def _lines(words: str, level: int) -> list[str]:
    """Words in lines as wide as a level has room for; a letter of Chinese or Japanese takes two columns."""
    clean = _clean(words)
    width = max(LEAST_COLUMNS, COLUMNS - NARROWER * level)
    return textwrap.wrap(clean, max(1, width * len(clean) // max(1, _columns(clean))))


def _marked(lines: Sequence[str], mark: str, style: str) -> Iterator[Line]:
    """Lines with the letters of `mark`, at the beginning, in a style."""
    left = len("".join(_clean(mark).split()))
    for line in lines:
        end = 0
        while left and end < len(line):
            left -= not line[end].isspace()
            end += 1
        yield [part for part in ((style, line[:end]), ("", line[end:])) if part[1]]


def _about(node: BranchNode, level: int) -> Iterator[str]:
    """The lines above a text: place or name, verdict, and notes."""
    marks = [each for each in (node.verdict, "this text" if node.is_asked and level else None) if each]
    if level and node.turn:
        written = [] if node.record else ["not written yet"]
        yield _clean(" · ".join([_place(node.turn), *written, *marks]))
    else:
        gone = [] if node.is_here else ["its run is gone"]
        yield _clean(" · ".join([*(shortened(each, LONGEST) for each in (node.task, node.run)), *gone, *marks]))
    if node.left_out:
        yield f"{node.left_out} further branches, deeper than are drawn"


def _place(turn: Turn) -> str:
    was = f"in place of “{shortened(turn.was, LONGEST)}”" if turn.was else "at the end"
    candidate = f", of candidate {turn.candidate}" if turn.candidate else ""
    edited = f", as edited by {shortened(turn.editor, LONGEST)}" if turn.editor is not None else ""
    return f"token {turn.token}, {was}{candidate}{edited}"


def _in_words(tree: BranchNode) -> Iterator[str]:
    """The tree in words, for screen readers: a line for each branch of the first text, up to `MOST_TOLD` lines."""
    yield f"{tree.size} branches in all."
    for node in tree.branches[:MOST_TOLD]:
        if node.turn:
            put, after = _clean(node.turn.put), shortened(_clean(node.after), LONGEST)
            yield _clean(f"At {_place(node.turn)}: “{shortened(put, LONGEST)}” {after}")
    if len(tree.branches) > MOST_TOLD:
        yield f"And {len(tree.branches) - MOST_TOLD} more."


def _clean(words: str) -> str:
    """Words on one line; control characters, which XML doesn't allow, are spelt out."""
    return " ".join(readable(" ".join(words.split())).split())


def _columns(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)
