"""A tokenizer with a cache: prompts of a plan have most pieces in common.

Takes a tokenizer, gives the same tokens. Doesn't know chat templates.
"""

from __future__ import annotations

import functools

from remix.engine.chat import Tokenizer

MOST_PIECES = 256
"""Pieces of text in the cache, and as many pieces of markup."""

LONGEST_PIECE = 2**14
"""Characters of a remembered piece: bounds the memory to some 64 MiB."""


class RememberingTokenizer:
    """Tokenises a piece once, as long as the piece is among the last `MOST_PIECES`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._text = functools.lru_cache(MOST_PIECES)(tokenizer.tokenize_text)
        self._special: dict[str, str] = {}
        self._markup = functools.lru_cache(MOST_PIECES)(tokenizer.tokenize_markup)

    @functools.cached_property
    def bos(self) -> int | None:
        """The token at the beginning of each prompt."""
        return self._tokenizer.bos

    def special_text(self, name: str) -> str:
        """The text of the `bos` or `eos` token."""
        if name not in self._special:
            self._special[name] = self._tokenizer.special_text(name)
        return self._special[name]

    def tokenize_text(self, text: str) -> list[int]:
        """Tokens of a message's text; the list must not be changed."""
        return self._text(text) if len(text) <= LONGEST_PIECE else self._tokenizer.tokenize_text(text)

    def tokenize_markup(self, text: str) -> list[int]:
        """Tokens of a chat template's own text; the list must not be changed."""
        return self._markup(text) if len(text) <= LONGEST_PIECE else self._tokenizer.tokenize_markup(text)
