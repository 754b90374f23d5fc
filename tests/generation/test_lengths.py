"""How long prompts are, and in which company they are put for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from remix.engine.llama import LlamaModel
from remix.engine.prefix import Prefixes, Shared
from remix.errors import PromptError
from remix.generation import prepare
from remix.generation.lengths import Lengths, _class
from remix.records import Message, Options
from remix.templates.folder import read_templates
from remix.workspace import Workspace
from tests.conftest import FILE

if TYPE_CHECKING:
    from remix.engine.local import Vocabulary


@pytest.mark.parametrize(
    ("tokens", "number"), [(1, 0), (512, 0), (513, 1), (2048, 1), (2049, 2), (8192, 2), (8193, 3)]
)
def test_a_class_of_length_ends_at_four_times_the_one_before(tokens: int, number: int) -> None:
    assert _class(tokens) == number


@pytest.mark.parametrize(
    ("needed", "contexts"),
    [([], ()), ([200, 300, 250], (300,)), ([300, 1700, 200, 900], (300, 1700)), ([3000, 300], (300, 3000))],
)
def test_each_class_takes_the_longest_of_its_own(needed: list[int], contexts: tuple[int, ...]) -> None:
    lengths = Lengths.__new__(Lengths)
    lengths._needed = needed
    assert lengths.contexts == contexts


class Counting:
    """A vocabulary whose tokens have at most 20 letters, that counts what it tokenises."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def may_fit(self, messages: Sequence[Message], context: int) -> bool:
        return sum(len(each.content) for each in messages) <= 20 * context

    def tokenize(self, messages: Sequence[Message]) -> list[int]:
        self.read.append(sum(len(each.content) for each in messages))
        return [0] * self.read[-1]

    def cut(self, tokens: list[int]) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(tokens[start : start + 64]) for start in range(0, len(tokens), 64))


def measured(workspace: Workspace, text: str, **options: Any) -> tuple[Counting, Lengths, list[PromptError]]:
    vocabulary, errors = Counting(), list[PromptError]()
    templates = read_templates(workspace.prompts)
    lengths = Lengths(templates, Options.model_validate(options), FILE, cast("Vocabulary", vocabulary))
    lengths.fitting([prepare.loose_passage(text)], errors.append)
    return vocabulary, lengths, errors


@pytest.mark.parametrize(
    ("text", "read", "needed"),
    [
        ("word " * 1_600_000, 0, "more than 2048"),
        ("“" * 8_000_000, 0, "more than 2048"),
        ("(\n" * 4_000_000, 0, "more than 2048"),
        ("é" * 50_000, 0, "more than 2048"),
        ("word " * 1000, 1, "5026"),
    ],
)
def test_a_passage_is_given_up_at_its_first_prompt_that_can_not_fit(
    workspace: Workspace, text: str, read: int, needed: str
) -> None:
    """Bug: 8 MB of words were tokenised once for each kind and step, 7 s each time."""
    vocabulary, _, (error,) = measured(workspace, text, steps=9)
    assert len(vocabulary.read) == read
    assert f"stdin/001 needs {needed} tokens with its output, and fake takes 2048." in error.message


@pytest.mark.parametrize(("best_of", "variants"), [(1, 1), (3, 1), (1, 4), (3, 4)])
def test_equal_prompts_are_counted_without_being_looked_up_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, best_of: int, variants: int
) -> None:
    """Bug: 99 candidates of 999 variants were each looked up among all before, which took the square of them."""
    asked: list[object] = []
    longest = Prefixes.longest

    def counted(self: Prefixes, chunks: Sequence[tuple[int, ...]]) -> Shared:
        asked.append(chunks)
        return longest(self, chunks)

    monkeypatch.setattr(Prefixes, "longest", counted)
    vocabulary, lengths, errors = measured(workspace, "word " * 40, steps=1, best_of=best_of, variants=variants)
    assert not errors
    assert len(asked) == 4
    whole = sum(vocabulary.read)
    shared = sum((read - 1) // 64 * 64 for read in vocabulary.read)
    again = (best_of * variants - 1) * (whole - shared)
    assert whole - shared + again <= lengths.computed <= whole + again


@pytest.mark.model
def test_no_token_of_the_bundled_model_is_longer_than_its_longest(model_path: Path) -> None:
    with LlamaModel(model_path, vocab_only=True) as model:
        assert max(len(model.piece(token)) for token in range(model.n_vocab)) <= model.longest_token < 1000
