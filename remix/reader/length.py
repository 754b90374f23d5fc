"""How long a reader's prompts are.

Takes a tokenizer, a passage and a text; gives tokens. Loads no weights.
"""

from __future__ import annotations

from remix.engine.local import LocalTokens
from remix.measure.sentences import sentences
from remix.reader.questions import QUESTION, before

ROOM = 8
"""Tokens for an answer and for the separators between texts."""


def longest(tokens: LocalTokens, passage: str, text: str) -> int:
    """The most tokens of a prompt about a text, with the text to score: of a question about the text's longest
    sentence, or of the passage behind the text."""
    claim = max((tokens.count_text(f" {each}{QUESTION}") for each in sentences(text)), default=0)
    asked = tokens.count_text(before(passage)) + claim
    return max(asked, tokens.count_text(text) + tokens.count_text(passage)) + ROOM
