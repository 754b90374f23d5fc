"""How long prompts are, and in which company they are put for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from remix.corpus.loose_passage import loose_passage
from remix.engine.llama import LlamaModel
from remix.engine.prefix import PrefixCache, SharedPrefix
from remix.errors import PromptError
from remix.generation import prepare
from remix.generation.lengths import Lengths, _class
from remix.records import Message, Options, PromptSize
from remix.templates.folder import read_templates
from remix.workspace import Workspace
from tests.conftest import FakeWriter


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
    lengths._needed, lengths._read = needed, []
    assert lengths.contexts == contexts


def test_where_texts_are_read_no_context_is_shorter_than_a_reading() -> None:
    """Otherwise all texts of the shorter class would have to be finished before the first is read."""
    lengths = Lengths.__new__(Lengths)
    lengths._needed, lengths._read = [200, 300, 5000], []
    lengths.read_too([900, 1100])
    assert lengths.contexts == (1100, 5000)


class Counting:
    """A vocabulary whose tokens have at most 20 letters, that counts what it tokenises."""

    name = "fake"
    context = 2048

    def __init__(self) -> None:
        self.read: list[int] = []

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        return sum(len(each.content) for each in messages) <= 20 * most

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        tokens = sum(len(each.content) for each in messages)
        self.read.append(tokens)
        return PromptSize(tokens, tuple((0,) * min(64, tokens - start) for start in range(0, tokens, 64)))


def measured(workspace: Workspace, text: str, **options: Any) -> tuple[Counting, Lengths, list[PromptError]]:
    vocabulary, errors = Counting(), list[PromptError]()
    templates = read_templates(workspace.prompts)
    lengths = Lengths(templates, Options.model_validate(options), (), vocabulary)
    lengths.fitting([loose_passage(text)], errors.append)
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
    longest = PrefixCache.longest

    def counted(self: PrefixCache, chunks: Sequence[tuple[int, ...]]) -> SharedPrefix:
        asked.append(chunks)
        return longest(self, chunks)

    monkeypatch.setattr(PrefixCache, "longest", counted)
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


# -- through another writer ---------------------------------------------------------------------------------


class Short(FakeWriter):
    """A writer with a counter of words, of which few fit."""

    def __init__(self, context: int, countable: bool = True) -> None:
        super().__init__()
        self.counter = Words(context, countable)


class Words:
    """Counts words."""

    name = "fake"

    def __init__(self, context: int, countable: bool) -> None:
        self.context = context
        self.countable = countable
        self.most: set[int] = set()

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        return True

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        self.most.add(most)
        return PromptSize(sum(len(each.content.split()) for each in messages) if self.countable else None)


def test_a_passage_too_long_for_another_writer_is_refused_as_for_a_local_model(workspace: Workspace) -> None:
    """Bug: it was planned, and failed with the provider's own words when its turn came."""
    with closing(Short(25)) as writer:
        with pytest.raises(PromptError, match="two-clocks/001 needs 26 tokens with its output, and fake takes 25"):
            prepare.prepare_for(workspace, Options(steps=1, strict=True), writer)
        job = prepare.prepare_for(workspace, Options(steps=1), writer)
        assert writer.counter.most == {25 - 12}
    assert {task.place for task in job.run.tasks} == {"two-clocks/003"}
    assert len(job.left_out) == 2
    assert (job.notes, job.run.contexts) == ((), ())


def test_a_text_to_come_is_counted_at_its_longest_for_another_writer(workspace: Workspace) -> None:
    with closing(Short(40)) as writer:
        assert len(prepare.prepare_for(workspace, Options(steps=1), writer).run.tasks) == 6
        with pytest.raises(PromptError, match=r"needs 4[0-9] tokens with its output"):
            prepare.prepare_for(workspace, Options(steps=2, max_tokens=15, strict=True), writer)


@pytest.mark.parametrize("countable", [None, False])
def test_a_plan_says_so_if_lengths_could_not_be_checked(workspace: Workspace, countable: bool | None) -> None:
    with closing(FakeWriter() if countable is None else Short(5, countable)) as writer:
        job = prepare.prepare_for(workspace, Options(steps=2), writer)
    assert job.notes == (
        "Not checked whether 12 prompts fit fake: it doesn't count tokens, or doesn't tell its context. A prompt "
        "that is too long fails when its turn comes.",
    )
    assert len(job.run.tasks) == 12
