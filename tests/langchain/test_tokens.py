"""Lengths of prompts for LangChain chat models: counted by the model itself, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import base
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import Field

from remix.errors import PromptError
from remix.generation import prepare
from remix.langchain import ChatModelWriter, ChatRemix, generate_with
from remix.langchain.tokens import LONGEST_TOKEN, MARGIN, ChatModelTokens, counter_of
from remix.records import Message, Options, PromptSize
from remix.workspace import Workspace
from tests.conftest import make_workspace


@pytest.fixture(autouse=True)
def _no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain's own tokenizer, GPT-2's out of `transformers`, is never asked for."""

    def loaded(*_: object) -> None:
        raise AssertionError("the default tokenizer was loaded")

    monkeypatch.setattr(base, "get_tokenizer", loaded)


class Plain(FakeListChatModel):
    """A model that can't count."""

    responses: list[str] = Field(["Words."])


class Counting(Plain):
    """A model that counts words, and remembers what it counted."""

    num_ctx: int | None = None
    counted: list[list[BaseMessage]] = Field([])
    fails: bool = False

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        self.counted.append(messages)
        if self.fails:
            raise NotImplementedError("this model can't be counted")
        return sum(len(str(message.content).split()) for message in messages)


class ByText(Plain):
    n_ctx: int = 100

    def get_token_ids(self, text: str) -> list[int]:
        return [0] * len(text.split())


class ByNumber(Plain):
    context: int = 100

    def get_num_tokens(self, text: str) -> int:
        return len(text.split())


def split(text: str) -> list[int]:
    return [0] * len(text.split())


@pytest.mark.parametrize(
    ("model", "context"),
    [
        (Plain(), None),
        (Plain(profile={"max_input_tokens": 100}), None),
        (Plain(custom_get_token_ids=split), None),
        (Plain(custom_get_token_ids=split, profile={"max_input_tokens": 100}), 100),
        (Counting(), None),
        (Counting(profile={}), None),
        (Counting(num_ctx=0), None),
        (Counting(num_ctx=64), 64),
        (Counting(num_ctx=64, profile={"max_input_tokens": 100}), 64),
        (Counting(num_ctx=164, profile={"max_input_tokens": 100}), 100),
        (ByText(), 100),
        (ByNumber(), 100),
    ],
)
def test_lengths_are_counted_if_the_model_counts_and_tells_its_context(
    model: FakeListChatModel, context: int | None
) -> None:
    counter = counter_of(model, "a model")
    assert (counter.context if counter else None) == context
    if counter:
        assert counter.name == "a model"
        # LangChain's own sum over messages puts the role before the text.
        assert counter.measure((Message(role="user", content="one two three"),), 0).tokens in (3, 4)


def user(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def test_a_prompt_that_surely_fits_is_never_counted() -> None:
    """Some models ask their provider for each count."""
    model = Counting(num_ctx=4096)
    counter = ChatModelTokens(model, "m", 4096)
    assert counter.measure(user("ü" * 100), 200 + MARGIN) == PromptSize(200 + MARGIN)
    assert model.counted == []
    both = (Message(role="system", content="Be brief."), Message(role="user", content="ü" * 100))
    assert counter.measure(both, 199 + MARGIN) == PromptSize(3)
    assert model.counted == [[SystemMessage("Be brief."), HumanMessage("ü" * 100)]]


def test_a_prompt_that_surely_does_not_fit_is_not_counted_either() -> None:
    counter = ChatModelTokens(Counting(), "m", 2)
    assert counter.may_fit(user("x" * 2 * LONGEST_TOKEN), 2)
    assert not counter.may_fit(user("x" * 2 * LONGEST_TOKEN + "x"), 2)


def test_a_model_that_fails_to_count_is_asked_once() -> None:
    model = Counting(fails=True)
    counter = ChatModelTokens(model, "m", 4096)
    assert [counter.measure(user("Well?"), 0) for _ in range(3)] == [PromptSize(None)] * 3
    assert len(model.counted) == 1


@pytest.fixture
def long(workspace: Workspace) -> Workspace:
    """A workspace with a passage of 600 words among short ones."""
    (workspace.seeds / "long.md").write_text("The lake has no middle. " * 120)
    return workspace


def test_a_passage_that_can_not_fit_is_refused_before_the_model_is_asked(
    long: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    model = Counting(num_ctx=600)
    with pytest.raises(PromptError, match="long/001 needs 615 tokens with its output, and Counting takes 600"):
        generate_with(model, long, Options(steps=1, strict=True))
    assert not long.outputs.exists()
    outcome = generate_with(model, long, Options(steps=1))
    assert "Left out: seeds/long.md:1: long/001 needs 615 tokens" in caplog.text
    assert {task.place for task in outcome.folder.run.tasks} == {f"two-clocks/00{number}" for number in (1, 2, 3)}


@pytest.mark.parametrize(
    ("model", "notes"),
    [(Counting(num_ctx=2000), 0), (Counting(num_ctx=2000, fails=True), 1), (Plain(), 1), (Counting(), 1)],
)
def test_the_plan_says_if_it_could_not_count(long: Workspace, model: FakeListChatModel, notes: int) -> None:
    with closing(ChatModelWriter(model)) as writer:
        job = prepare.prepare_for(long, Options(steps=1), writer)
    assert len(job.notes) == notes
    assert all(f"prompts fit {type(model).__name__}: it doesn't count tokens" in note for note in job.notes)


# -- the engine as a chat model -----------------------------------------------------------------------------


@pytest.mark.model
def test_chat_remix_counts_by_its_own_tokenizer_and_chat_template(tmp_path: Path) -> None:
    """Bug: LangChain's `trim_messages` counted by GPT-2's tokenizer, or failed without `transformers`."""
    messages: list[BaseMessage] = [SystemMessage("Be brief."), HumanMessage("Where does the lake end?")]
    with ChatRemix(context=256, max_tokens=4) as chat:
        count = chat.get_num_tokens_from_messages(messages)
        answer = chat.invoke(messages)
        assert answer.usage_metadata
        assert count == answer.usage_metadata["input_tokens"]
        longer = chat.get_num_tokens_from_messages([*messages, AIMessage("At its"), HumanMessage("shore?")])
        assert longer > count > chat.get_num_tokens("Be brief. Where does the lake end?") > 5
        assert chat.get_num_tokens("The lake") == len(chat.get_token_ids("The lake")) == 2
        own = chat.model_copy(update={"custom_get_token_ids": split})
        assert own.get_num_tokens("one two three") == 3
        assert own.get_num_tokens_from_messages(messages) == 9


@pytest.mark.model
def test_a_run_by_chat_remix_is_checked_by_its_own_tokenizer(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "long")
    (place.seeds / "long.md").write_text("The lake has no middle. " * 120)
    with ChatRemix(context=256) as chat, pytest.raises(PromptError, match=r"long/001 needs [0-9]+ tokens"):
        generate_with(chat, place, Options(steps=1, strict=True))
