"""Trimming: cuts a model's text to whole sentences.

Takes a prompt with the opening and a generation, gives the text to keep and the cut-off end. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from remix.records import Generation, Prompt, Rule

RULE = Rule(name="last-sentence", version=1)
"""Part of every derivation; raise the version if any text would change."""

OPEN_ENDS = (",", ":", ";", "–", "—", "(")
"""Last characters of an unfinished text."""

_SENTENCE_END = re.compile(r"""[.!?…]["'”’»)\]*_]*(?=\s|\Z)""")
_ABBREVIATED = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|cf|ca|etc|No|vol|pp?|e\.g|i\.e|al))\Z")


class Trimmed(NamedTuple):
    """A text, and the end that `trim` cut off."""

    text: str
    cut: str


def trim(prompt: Prompt, generation: Generation) -> Trimmed:
    """The kept text: opening and new words without blank space around them.

    If `max_tokens` ended the text, or if the text announces a continuation without giving one (`It is this:`), the
    part after the last whole sentence is cut off. A text without a whole sentence is kept unchanged.
    """
    whole = f"{opening_of(prompt, generation.text)}{generation.text}".strip()
    if generation.finish == "stop" and not whole.endswith(OPEN_ENDS):
        return Trimmed(whole, "")
    ends = [end.end() for end in _SENTENCE_END.finditer(whole) if not _ABBREVIATED.search(whole[: end.start()])]
    last = ends[-1] if ends else len(whole)
    return Trimmed(whole[:last], whole[last:])


def opening_of(prompt: Prompt, text: str) -> str:
    """What stands before the model's words: the opening, if the text keeps it, and a space if one is missing."""
    opening = prompt.opening if prompt.keep_opening else ""
    return opening + (" " if opening[-1:] in tuple(",.;:!?") and text[:1].isalnum() else "")
