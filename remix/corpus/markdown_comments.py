"""Comments of Markdown: `%%…%%` of Obsidian, also across blocks, and `<!--…-->` within a paragraph.

Takes a text and its parts, gives the comments, and the text without comments, with unchanged line numbers. Unclosed
comments are text; code holds no comments.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from remix.corpus.blocks import LeftOut
from remix.corpus.inline_markup import comments, open_comment
from remix.corpus.markdown_parts import Group, Leaf


def without_comments(text: str, parts: Iterable[Leaf | Group], first_line: int) -> tuple[str, list[LeftOut]]:
    """The text without comments, but with the comments' line ends, so that the line numbers stay the same.

    Lines keep their indent: the space after a comment at the start of a line could turn the rest into code.
    """
    kept, left_out, at, line = [], [], 0, first_line
    for start, end in sorted(_hidden(text, parts)):
        if end <= at:
            continue
        start = max(start, at)
        line += text.count("\n", at, start)
        breaks = text.count("\n", start, end)
        left_out.append(LeftOut("comment", text[start:end], (line, line + breaks)))
        kept += [text[at:start], "\n" * breaks]
        line, at = line + breaks, end
    lines = "".join([*kept, text[at:]]).split("\n")
    pairs = zip(text.split("\n"), lines, strict=True)
    return "\n".join(line if line == was else _indented(line.strip(" \t"), was) for was, line in pairs), left_out


def _indented(words: str, line: str) -> str:
    """The words with the indent of a line; empty without words."""
    return words and line[: len(line) - len(line.lstrip(" \t"))] + words


def _hidden(text: str, parts: Iterable[Leaf | Group]) -> Iterator[tuple[int, int]]:
    """Start and end of comments: within a block, or from a `%%` at the start of a line to the `%%` in a later
    block."""
    opened: int | None = None
    for begin, words in _texts(text, parts):
        shown = 0
        if opened is not None and "%%" in words:
            shown = words.index("%%") + 2
            yield opened, begin + shown
            opened = None
        rest = words[shown:]
        yield from ((begin + shown + start, begin + shown + end) for start, end in comments(rest))
        at = open_comment(rest)
        if opened is None and at is not None and not rest[:at].rpartition("\n")[2].strip(" \t>"):
            opened = begin + shown + at


def _texts(text: str, parts: Iterable[Leaf | Group]) -> Iterator[tuple[int, str]]:
    """The start and the text of each paragraph, heading and group, with spaces in place of code."""
    lines = text.split("\n")
    starts = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
    for part in parts:
        if isinstance(part, Group):
            shown = lines[part.start : part.end]
            for leaf in part.leaves:
                if leaf.kind not in ("words", "heading"):
                    for at in range(leaf.start - part.start, leaf.start - part.start + len(leaf.spans)):
                        shown[at] = " " * len(shown[at])
            yield starts[part.start], "\n".join(shown)
        elif part.kind in ("words", "heading"):
            yield starts[part.start], "\n".join(lines[part.start : part.start + len(part.spans)])
