"""Inline tags: `#tag` within a sentence, by Obsidian's rule.

Takes a paragraph of Markdown, gives tags. Doesn't know files. The time grows in proportion to the text's length.

A tag begins with `#` after a space or at the start of a line, and continues with letters of any script, digits, `_`,
`-`, `/` and emoji; digits alone are a number (`#1984`). Code, links, HTML, comments, formulas, shortcodes and notes
hold no tags. A tag is a word of the sentence and stays in the text: without `#` the text would not be the author's,
and without the word the sentence would have a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remix.corpus.inline_markup import Span, markup
from remix.corpus.tags import EMOJI, JOINERS, marks, unique

_INLINE = re.compile(rf"(?<!\S)#([\w{marks()}{EMOJI}{JOINERS}/-]+)")
LONGEST_IN_BRACKETS = 100
"""Characters of a tag in brackets."""

_LETTER = re.compile(rf"[^\W_]|[{EMOJI}]")


def inline_tags(text: str) -> tuple[str, ...]:
    """The tags within a paragraph, in order, without repetitions."""
    if "#" not in text:
        return ()
    words = (match[1].rstrip("/") for match in _INLINE.finditer(_without_markup(text)))
    # Numbers, paths from the root, and words without a letter or emoji are no tags.
    found = [word for word in words if _LETTER.search(word) and not (word.isdigit() or word.startswith("/"))]
    return unique([*found, *_in_brackets(text)])


def _in_brackets(text: str) -> Iterator[str]:
    """Tags of several words, as in Logseq and Roam: `#[[old maps]]`."""
    for span in markup(text) if "#[[" in text else ():
        before = text[max(0, span.start - 2) : span.start]
        if span.kind == "wiki" and before.endswith("#") and not before[:-1].strip():
            tag = text[span.start + 2 : span.end - 2].strip()
            if _LETTER.search(tag) and len(tag) <= LONGEST_IN_BRACKETS and "|" not in tag:
                yield tag


def _without_markup(text: str) -> str:
    """The text with each span in which tags don't count replaced by a character that is neither space nor letter."""
    apart: list[Span] = []
    for span in markup(text):
        if span.kind == "metadata":
            continue
        while apart and apart[-1].start >= span.start:
            apart.pop()
        apart.append(span)
    parts, at = [], 0
    for span in apart:
        parts += [text[at : span.start], "\0"]
        at = span.end
    return "".join([*parts, text[at:]])
