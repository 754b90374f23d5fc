"""How long a reader's prompts are.

Takes a tokenizer, a passage and a text; gives tokens. Loads no weights.
"""

from __future__ import annotations

from remix.engine.local import LocalTokens
from remix.measure.sentences import sentences
from remix.reader.questions import QUESTIONS, messages

ROOM = 32
"""Tokens for an answer and for sentences whose quotations are longer."""


def longest(tokens: LocalTokens, passage: str, text: str) -> int:
    """The most tokens of a prompt about a text, with the text to score: a question about the whole text is longer
    than one about a sentence. Raises `PromptError` if the model's chat template refuses a question."""
    source = sentences(passage)
    return max(tokens.count(messages(passage, source, text, name)) for name in QUESTIONS) + ROOM
