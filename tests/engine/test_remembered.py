"""Pieces of prompts are tokenised once, into the same tokens."""

from __future__ import annotations

import pytest

from remix.engine import remembered
from remix.engine.chat import ChatTemplate, Tokenizer
from remix.engine.remembered import RememberingTokenizer
from remix.records import Message
from tests.conftest import Letters


class Marked(Letters):
    """Letters after a first token."""

    bos = 1


class Counted(Marked):
    """A tokenizer that notes what it tokenises."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def tokenize_text(self, text: str) -> list[int]:
        self.read.append(text)
        return super().tokenize_text(text)


def tokens(tokenizer: Tokenizer, *contents: str) -> list[int]:
    return ChatTemplate(None).tokenize([Message(role="user", content=each) for each in contents], tokenizer)


def test_a_piece_is_tokenised_once() -> None:
    tokenizer = Counted()
    remembering = RememberingTokenizer(tokenizer)
    for contents in (("A lamp.", "Say it again."), ("A clock.", "Say it again."), ("A lamp.", "Say it again.")):
        assert tokens(remembering, *contents) == tokens(Marked(), *contents)
    assert sorted(filter(None, tokenizer.read)) == ["A clock.", "A lamp.", "Say it again."]


def test_a_remembered_piece_stays_as_it_was() -> None:
    remembering = RememberingTokenizer(Counted())
    tokens(remembering, "A lamp.").clear()
    assert tokens(remembering, "A lamp.") == tokens(Marked(), "A lamp.")


def test_a_long_piece_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "LONGEST_PIECE", 10)
    tokenizer = Counted()
    remembering = RememberingTokenizer(tokenizer)
    for _ in range(2):
        assert len(remembering.tokenize_text("a" * 11)) == 11
        assert len(remembering.tokenize_text("a" * 10)) == 10
    assert list(map(len, tokenizer.read)) == [11, 10, 11]
