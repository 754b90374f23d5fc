"""Marks of notes in HTML: the numbers of footnotes, which without markup would be glued to words ("four1").

Takes a tree of elements, changes the tree. Doesn't know where the notes themselves are. Exponents are superscripts
too: `10<sup>6</sup>` becomes `10^6`, since `106` would be a different number.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from remix.corpus.inline_patterns import POWER

_NUMBER = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}(?:[,–-] ?\d{1,3}){0,5}|[*†‡§¶]{1,3})\s*[\])]?\s*")
_LETTER = re.compile(r"\s*[\[(]?\s*(?:[a-z]|[ivx]{1,5})\s*[\])]?\s*")
_BACK = re.compile(r"\s*[↑↩↵⏎⤴^←]\ufe0e?\ufe0f?\s*")
"""The link from a note back to the mark."""

_ROLE = re.compile(r"noteref|footnote|endnote", re.IGNORECASE)
_ADDRESS = re.compile(r"#.{0,100}?(?:fn|ftn|edn|note)|#_?n?\d+$", re.IGNORECASE)
_SMALL = 8
"""Elements in a mark, at most: `<sup><a><span>[</span>1<span>]</span></a></sup>`."""


def take_out_marks(tree: Any) -> bool:
    """Take marks of notes out of a tree by lxml, and give exponents a `^`; returns whether the tree was changed."""
    changed = False
    for element in list(tree.iter("a", "sup")):
        if element.getparent() is None or sum(1 for _ in islice(element.iter(), _SMALL + 1)) > _SMALL:
            continue
        text = element.text_content()
        if _is_mark(element, text):
            element.drop_tree()
        elif element.tag == "sup" and text.strip().isdigit():
            element.text = f"^{element.text or ''}"
        else:
            continue
        changed = True
    return changed


def _is_mark(element: Any, text: str) -> bool:
    links = list(element.iter("a"))
    if links and _BACK.fullmatch(text):
        return str(links[0].get("href", "")).startswith("#")
    for link in links:
        roles = " ".join(str(link.get(name, "")) for name in ("epub:type", "role", "class", "rel"))
        # The link leads to a note.
        if _ROLE.search(roles) or _ADDRESS.search(str(link.get("href", ""))):
            return bool(_NUMBER.fullmatch(text) or _LETTER.fullmatch(text))
    previous = element.getprevious()
    before = element.getparent().text if previous is None else previous.tail
    return element.tag == "sup" and bool(_NUMBER.fullmatch(text)) and not POWER.search(str(before or "")[-4:])
