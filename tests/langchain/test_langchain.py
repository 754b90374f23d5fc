"""LangChain: passages as documents, the engine as a chat model, and any chat model as a writer."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForLLMRun
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from remix.corpus.query import QueryError
from remix.engine.decoder import BatchConfig, Row
from remix.engine.engine import Engine
from remix.errors import ModelError, PromptError, RemixError, SeedError
from remix.generation import execute
from remix.generation.choose import MEASURES
from remix.langchain import ChatModelWriter, ChatRemix, TagRetriever, generate_with, structured
from remix.langchain.weights import Weights
from remix.models import catalog
from remix.outputs.form import body_of
from remix.outputs.run import RunFolder
from remix.records import (
    Generation,
    Grammar,
    Message,
    ModelFile,
    Options,
    Prompt,
    Record,
    Request,
    Run,
    Sampling,
    Selection,
    record_id,
    sha256,
)
from remix.workspace import Workspace
from tests.conftest import WRITER, eventually
from tests.fake_decoder import FakeDecoder
from tests.transcripts import TRANSCRIPTS, Reciting

# -- a workspace --------------------------------------------------------------------------------------------

MAPS = """\
---
title: On maps
tags: [places]
---

# On maps

A map is a promise. #maps

## Scale

Every scale leaves something out. #maps, #generic pastness

The rest is ground.
"""
TIDES = "# Tides\n\nThe tide comes in twice a day. #sea\n"
REWRITE = "---\ndescription: Says it otherwise.\nstop: [END]\n---\nRewrite:\n\n{{ previous or passage }}\n"
LED = "---\ndescription: Is led.\nsystem: Be brief.\nopening: 'In short,'\n---\n{{ passage }}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two essays of four passages, two templates."""
    files = {"seeds/maps.md": MAPS, "seeds/tides.md": TIDES}
    files |= {"prompts/rewrite.md.j2": REWRITE, "prompts/led.md.j2": LED}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Workspace(tmp_path)


# -- the retriever ------------------------------------------------------------------------------------------


def ids(documents: Sequence[Any]) -> list[str]:
    return [document.id for document in documents]


def test_a_tag_finds_its_passages(workspace: Workspace) -> None:
    first, second = TagRetriever(workspace=workspace.root).invoke("maps")
    assert first.page_content == "A map is a promise."
    assert first.id == "maps/001"
    assert first.metadata == {
        "essay": "maps",
        "title": "On maps",
        "section": None,
        "path": "seeds/maps.md",
        "lines": [8, 8],
        "tags": ["maps", "places"],
        "sha256": sha256("A map is a promise."),
        "source": "A map is a promise. #maps",
    }
    assert second.metadata["section"] == "Scale"
    json.dumps(second.metadata)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("#Maps", ["maps/001", "maps/002"]),
        ("generic-pastness, sea", ["maps/002", "tides/001"]),
        ("places", ["maps/001", "maps/002", "maps/003"]),
        ("sea, no such tag", ["tides/001"]),
        ("sea/tides", []),
        ("no such tag", []),
        ("", []),
        (" , #", []),
    ],
)
def test_any_of_several_tags_and_none_for_unknown_ones(workspace: Workspace, query: str, found: list[str]) -> None:
    assert ids(TagRetriever(workspace=workspace.root).invoke(query)) == found


def test_where_narrows_what_is_found(workspace: Workspace) -> None:
    retriever = TagRetriever(workspace=workspace.root, where="not section:scale and not sea")
    assert "maps/002" in ids(TagRetriever(workspace=workspace.root).invoke("maps, sea"))
    assert ids(retriever.invoke("maps, sea")) == ["maps/001"]
    assert TagRetriever(workspace=workspace.root, where="no-such-tag").invoke("maps") == []
    with pytest.raises(QueryError, match="column 4"):
        TagRetriever(workspace=workspace.root, where="not").invoke("maps")


def test_k_limits_and_a_call_goes_before_the_field(workspace: Workspace) -> None:
    retriever = TagRetriever(workspace=workspace.root, k=1)
    assert ids(retriever.invoke("places")) == ["maps/001"]
    assert ids(retriever.invoke("places", k=2)) == ["maps/001", "maps/002"]
    assert retriever.invoke("places", k=0) == []
    assert ids(asyncio.run(retriever.ainvoke("places", k=3))) == ["maps/001", "maps/002", "maps/003"]
    assert ids(asyncio.run(retriever.ainvoke("places"))) == ["maps/001"]


def test_a_bare_folder_of_seeds_gives_the_same_documents(workspace: Workspace) -> None:
    assert TagRetriever(workspace=workspace.seeds).invoke("maps") == TagRetriever(workspace=workspace.root).invoke(
        "maps"
    )


def test_the_settings_say_where_seeds_are(workspace: Workspace) -> None:
    workspace.seeds.rename(workspace.root / "garden")
    (workspace.root / "remix.toml").write_text('seeds = "garden"\n')
    assert ids(TagRetriever(workspace=workspace.root).invoke("sea")) == ["tides/001"]


def test_a_parent_of_tags_finds_them_and_the_settings_leave_out(workspace: Workspace) -> None:
    (workspace.seeds / "more.md").write_text("A tide. #water/tides\n\nAnother tide of more words. #water\n")
    retriever = TagRetriever(workspace=workspace.root)
    assert ids(retriever.invoke("water")) == ["more/001", "more/002"]
    (workspace.root / "remix.toml").write_text("min_words = 3\n")
    assert ids(retriever.invoke("water")) == ["more/002"]
    (workspace.root / "remix.toml").write_text('exclude = ["more.md"]\n')
    assert ids(retriever.invoke("water")) == []


def test_seeds_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SeedError):
        TagRetriever(workspace=tmp_path / "nowhere").invoke("maps")


# -- another model writes a run -----------------------------------------------------------------------------


class Moody(FakeListChatModel):
    """Remembers what it was asked, counts its tokens, and fails when it hears a word it can't bear."""

    responses: list[str] = Field(["It is said otherwise."])
    unbearable: str = "\0"
    finish: str = "stop"
    asked: list[tuple[list[BaseMessage], list[str] | None]] = Field([])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        assert not kwargs
        self.asked.append((messages, stop))
        if self.unbearable in str(messages[-1].content):
            raise ConnectionError("rate limit\nreached")
        message = AIMessage(
            content=self._call(messages),
            response_metadata={"finish_reason": self.finish},
            usage_metadata={"input_tokens": 9, "output_tokens": 5, "total_tokens": 14},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": "moody-1", "api_key": "hush", "top_p": float("nan"), "client": object()}


def outputs(run: RunFolder) -> dict[str, tuple[Record, str]]:
    return {task.id: run.read(task.id) for task in run.done}


def test_a_run_by_a_langchain_model_is_whole_and_says_it_is_not_exact(workspace: Workspace) -> None:
    chat = FakeListChatModel(responses=["One. ", "Two.", "Three."])
    outcome = generate_with(chat, workspace, Options(kinds=("rewrite",), steps=2, parallel=1))
    assert not outcome.failures
    assert not outcome.interrupted
    assert outcome.folder.is_complete
    assert (outcome.folder.path / "MANIFEST.sha256").is_file()
    written = outputs(outcome.folder)
    assert len(written) == 4 * 2
    for record, text in written.values():
        assert not record.derivation.engine.exact
        assert record.derivation.model.sha256 is None
        assert record.derivation.model.parameters == {
            "class": "FakeListChatModel",
            "responses": ["One. ", "Two.", "Three."],
        }
        assert record.circumstances.exactness.startswith("not exact")
        assert record.circumstances.model == "FakeListChatModel"
        assert record.output.token_ids is None
        body = body_of(outcome.folder.text_path(record.output.file.removesuffix(".md")).read_bytes())
        assert record.id == record_id(record.derivation, sha256(body))
        assert text in {"One.", "Two.", "Three."}


def test_each_step_reads_the_one_before(workspace: Workspace) -> None:
    chat = GenericFakeChatModel(messages=iter(["First words.", "Second words."]))
    options = Options(tags=("sea",), kinds=("rewrite",), steps=2, parallel=1)
    written = outputs(generate_with(chat, workspace, options).folder)
    first, second = written["tides/001/rewrite.1"], written["tides/001/rewrite.2"]
    assert (first[1], second[1]) == ("First words.", "Second words.")
    assert second[0].derivation.parents == (first[0].id,)
    assert "First words." in second[0].derivation.prompt.messages[-1].content


def test_of_several_answers_the_measures_choose(workspace: Workspace) -> None:
    """A LangChain model tells neither seeds nor likelihoods, and the record claims none."""
    chat = FakeListChatModel(responses=["", "Words.", "Others."])
    options = Options(tags=("sea",), kinds=("rewrite",), steps=1, best_of=3, parallel=1)
    ((record, text),) = outputs(generate_with(chat, workspace, options).folder).values()
    assert text == "Words."
    assert record.derivation.selection == Selection(candidates=3, chooser=MEASURES)
    assert record.derivation.sampling is None
    assert record.candidates is not None
    assert [(each.text, each.flags, each.chosen) for each in record.candidates] == [
        ("", ("empty",), False),
        ("Words.", (), True),
        ("Others.", (), False),
    ]
    assert {(each.seed, each.logprob, each.token_ids) for each in record.candidates} == {(None, None, None)}


def test_the_outputs_go_where_they_are_wanted(workspace: Workspace, tmp_path: Path) -> None:
    chat = FakeListChatModel(responses=["Words."])
    outcome = generate_with(chat, workspace, Options(tags=("sea",), steps=1), tmp_path / "elsewhere")
    assert outcome.folder.path.parent == tmp_path / "elsewhere"


def test_a_failed_call_fails_its_chain_alone_and_resume_mends_it(workspace: Workspace) -> None:
    options = Options(kinds=("rewrite",), steps=2)
    outcome = generate_with(Moody(unbearable="tide"), workspace, options)
    assert [failure.task for failure in outcome.failures] == ["tides/001/rewrite.1", "tides/001/rewrite.2"]
    assert outcome.failures[0].error == "Moody: failed to write (ConnectionError: rate limit reached)."
    assert outcome.failures == outcome.folder.failures()
    assert len(outcome.folder.done) == 3 * 2
    assert not outcome.folder.is_complete

    before = {path: path.read_bytes() for path in outcome.folder.path.rglob("*.json") if path.name != "failures.json"}
    again = execute.resume(RunFolder.open(outcome.folder.path), writer=ChatModelWriter(Moody()))
    assert not again.failures
    assert again.folder.is_complete
    assert again.folder.failures() == []
    assert {path: path.read_bytes() for path in before} == before


def test_a_run_by_a_langchain_model_is_not_resumed_without_one(workspace: Workspace) -> None:
    outcome = generate_with(Moody(unbearable="tide"), workspace, Options(tags=("sea",), steps=1))
    with pytest.raises(RemixError, match="LangChain"):
        execute.resume(outcome.folder)


# -- the writer ---------------------------------------------------------------------------------------------


def a_prompt(*messages: tuple[str, str], keep_opening: bool = True) -> Prompt:
    turns = tuple(Message.model_validate({"role": role, "content": text}) for role, text in messages)
    return Prompt(template="0" * 64, messages=turns, keep_opening=keep_opening)


def a_sampling(stop: tuple[str, ...] = ()) -> Sampling:
    return Sampling(seed=7, chain=(), max_tokens=9, stop=stop)


ASKED = a_prompt(("system", "Be brief."), ("user", "Well?"), ("assistant", "In short,"))


def test_the_messages_are_sent_and_nothing_else() -> None:
    chat = Moody()
    writer = ChatModelWriter(chat)
    generation = writer.submit(ASKED, a_sampling(("END",))).result()
    assert generation.sampling is None
    writer.submit(a_prompt(("user", "Well?")), a_sampling()).result()
    writer.close()
    assert chat.asked == [
        ([SystemMessage("Be brief."), HumanMessage("Well?"), AIMessage("In short,")], None),
        ([HumanMessage("Well?")], None),
    ]


@pytest.mark.parametrize(
    ("answer", "text"),
    [(" yes.", " yes."), ("In short, yes.", " yes."), ("\nIn short, yes.", " yes."), ("Yes.", "Yes.")],
)
def test_an_opening_said_again_is_taken_off(answer: str, text: str) -> None:
    writer = ChatModelWriter(FakeListChatModel(responses=[answer]))
    assert writer.submit(ASKED, a_sampling()).result().text == text
    writer.close()


def test_the_text_of_a_led_answer_has_its_opening_once(workspace: Workspace) -> None:
    for answer in (" water moves.", "In short, water moves."):
        chat = FakeListChatModel(responses=[answer])
        outcome = generate_with(chat, workspace, Options(tags=("sea",), kinds=("led",), steps=1))
        assert outcome.folder.read("tides/001/led.1")[1] == "In short, water moves."


@pytest.mark.parametrize(
    ("metadata", "finish"),
    [
        ({}, "stop"),
        ({"finish_reason": "stop"}, "stop"),
        ({"finish_reason": "length"}, "length"),
        ({"finish_reason": "MAX_TOKENS"}, "length"),
        ({"stop_reason": "max_tokens"}, "length"),
        ({"done_reason": "length"}, "length"),
        ({"finish_reason": None}, "stop"),
    ],
)
def test_how_it_ended(metadata: dict[str, Any], finish: str) -> None:
    writer = ChatModelWriter(GenericFakeChatModel(messages=iter([AIMessage("Hm.", response_metadata=metadata)])))
    assert writer.submit(ASKED, a_sampling()).result().finish == finish
    writer.close()


def test_blocks_of_text_are_joined_and_times_are_utc() -> None:
    blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": "One "}, {"type": "text", "text": "two."}]
    writer = ChatModelWriter(GenericFakeChatModel(messages=iter([AIMessage(blocks)])))
    generation = writer.submit(ASKED, a_sampling()).result()
    writer.close()
    assert generation.text == "One two."
    assert generation.token_ids is None
    assert generation.prompt_token_ids is None
    assert generation.started <= generation.finished
    assert not generation.started.utcoffset()


def test_tokens_are_counted_only_where_the_model_tells() -> None:
    for chat, count in ((Moody(), 10), (FakeListChatModel(responses=["Hm."]), 0)):
        writer = ChatModelWriter(chat)
        for _ in range(2):
            writer.submit(ASKED, a_sampling()).result()
        writer.close()
        assert writer.sampled == count


def test_what_identifies_a_model_is_json_without_secrets() -> None:
    writer = ChatModelWriter(Moody())
    assert writer.info.model.parameters == {
        "class": "Moody",
        "model_name": "moody-1",
        "top_p": "nan",
        "client": "object",
    }
    writer.close()


class Named(FakeListChatModel):
    model_name: str = "named-7b"


def test_a_model_is_called_what_it_calls_itself() -> None:
    assert ChatModelWriter(Named(responses=[""])).info.name == "named-7b"
    assert ChatModelWriter(FakeListChatModel(responses=[""])).info.name == "FakeListChatModel"


def test_whatever_a_model_raises_is_a_model_error() -> None:
    writer = ChatModelWriter(GenericFakeChatModel(messages=iter([])))
    error = writer.submit(ASKED, a_sampling()).exception()
    assert isinstance(error, ModelError)
    assert error.hint
    writer.close()
    with pytest.raises(ModelError, match="closed"):
        writer.submit(ASKED, a_sampling())


def test_no_more_calls_are_under_way_than_wanted() -> None:
    class Slow(FakeListChatModel):
        now: int = 0
        most: int = 0

        def _call(self, *args: Any, **kwargs: Any) -> str:
            with lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.02)
            with lock:
                self.now -= 1
            return "Hm."

    lock = threading.Lock()

    chat = Slow(responses=["Hm."])
    writer = ChatModelWriter(chat, parallel=2)
    for future in [writer.submit(ASKED, a_sampling()) for _ in range(6)]:
        future.result()
    writer.close()
    assert chat.most == 2


# -- the engine as a chat model, without weights ------------------------------------------------------------


class Counting(FakeDecoder):
    """A decoder that never ends a text by itself, can be held up, and can wait for a crowd."""

    def __init__(self) -> None:
        super().__init__(8, n_ctx_seq=256, config=BatchConfig(chunk=4, rows=8))
        self.may_go = threading.Event()
        self.may_go.set()
        self._crowd = self._arrived = 0
        self._changed = threading.Condition()

    def expect(self, crowd: int) -> None:
        """Forget the calls so far, and decode nothing until so many requests are there."""
        self.calls.clear()
        self._crowd, self._arrived = crowd, 0

    def arrive(self) -> None:
        """Note that a request is there."""
        with self._changed:
            self._arrived += 1
            self._changed.notify()

    def decode(self, rows: Sequence[Row]) -> None:
        self.may_go.wait(60)
        with self._changed:
            self._changed.wait_for(lambda: self._arrived >= self._crowd, 10)
        super().decode(rows)

    def is_end(self, token: int) -> bool:
        return False

    @property
    def rows(self) -> list[int]:
        """Of each decode call."""
        return [count for call, count in self.calls if call == "decode"]


class Doorman(Engine):
    """Tells the decoder of each request that has come in."""

    def submit(self, request: Request, *listeners: Any) -> Future[Generation]:
        future = super().submit(request, *listeners)
        assert isinstance(self.decoder, Counting)
        self.decoder.arrive()
        return future


class FakeLocal:
    """Stands in for a `LocalModel`: an engine over the decoder, and a tokenizer by letters."""

    def __init__(self, decoder: Counting) -> None:
        self.engine = Doorman(decoder)

    def tokenize(self, messages: Sequence[Message]) -> tuple[int, ...]:
        return tuple(b"".join(message.content.encode() for message in messages))

    def tokenize_text(self, text: str) -> list[int]:
        return list(text.encode())

    def request(self, messages: Sequence[Message], sampling: Sampling) -> Request:
        return Request(token_ids=self.tokenize(messages), sampling=sampling)

    def close(self) -> None:
        self.engine.close()


@pytest.fixture
def decoder() -> Counting:
    return Counting()


@pytest.fixture
def chat(decoder: Counting, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatRemix]:
    """A `ChatRemix` over the fake decoder."""
    file = ModelFile(
        name="fake",
        sha256="0" * 64,
        metadata_sha256="0" * 64,
        size=1,
        architecture="fake",
        file_type=None,
        weight_types=(),
        context=256,
        chat_template=None,
        labels=(),
    )
    monkeypatch.setattr(Weights, "_identify", lambda self: (Path("fake.gguf"), file))
    monkeypatch.setattr("remix.engine.local.LocalModel", lambda path, file, needs: FakeLocal(decoder))
    with ChatRemix(max_tokens=20, context=256) as chat:
        yield chat


WORDS = ["one", "two", "three", "four", "five", "six"]


def test_a_batch_is_decoded_together_and_changes_nothing(chat: ChatRemix, decoder: Counting) -> None:
    alone = [chat.invoke(word).content for word in WORDS]
    assert set(decoder.rows) == {1}
    calls = len(decoder.rows)
    decoder.expect(6)
    assert [answer.content for answer in chat.batch(list(WORDS))] == alone
    assert max(decoder.rows) == 6
    assert len(decoder.rows) < calls
    decoder.expect(6)
    assert [answer.content for answer in asyncio.run(chat.abatch(list(WORDS)))] == alone
    assert max(decoder.rows) == 6


def test_a_chain_batches_too(chat: ChatRemix, decoder: Counting) -> None:
    chain = ChatPromptTemplate.from_messages([("human", "{word}")]) | chat | StrOutputParser()
    alone = [chat.invoke(word).content for word in WORDS]
    decoder.expect(6)
    assert chain.batch([{"word": word} for word in WORDS]) == alone
    assert max(decoder.rows) == 6


def test_an_explicit_concurrency_is_kept(chat: ChatRemix, decoder: Counting) -> None:
    decoder.expect(2)
    chat.batch(list(WORDS), {"max_concurrency": 2})
    assert max(decoder.rows) == 2


def test_answers_come_with_their_numbers_as_they_are_done(chat: ChatRemix, decoder: Counting) -> None:
    decoder.expect(6)
    answers = {number: answer.content for number, answer in chat.batch_as_completed(list(WORDS))}
    assert [answers[number] for number in range(6)] == [chat.invoke(word).content for word in WORDS]
    assert max(decoder.rows) == 6


def test_a_batch_can_return_its_exceptions(chat: ChatRemix) -> None:
    good, bad = chat.batch(["good", "x" * 250], return_exceptions=True)
    assert isinstance(good, AIMessage)
    assert isinstance(bad, PromptError)
    with pytest.raises(PromptError):
        chat.batch(["good", "x" * 250])
    numbered = dict(chat.batch_as_completed(["good", "x" * 250], return_exceptions=True))
    assert isinstance(numbered[1], PromptError)
    assert chat.batch([]) == []


def test_callbacks_and_configs_reach_every_call_of_a_batch(chat: ChatRemix) -> None:
    class Listener(BaseCallbackHandler):
        def __init__(self) -> None:
            self.heard: list[Any] = []

        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
            self.heard.append((kwargs["metadata"]["number"], kwargs["metadata"]["ls_model_name"]))

    listener = Listener()
    chat.batch(["a", "b"], [{"callbacks": [listener], "metadata": {"number": number}} for number in (1, 2)])
    assert sorted(listener.heard) == [(1, "fake"), (2, "fake")]


def test_a_stream_is_the_answer_in_pieces(chat: ChatRemix) -> None:
    whole = chat.invoke("word")
    chunks = list(chat.stream("word"))
    assert len(chunks) > 2
    assert "".join(str(chunk.content) for chunk in chunks) == whole.content
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    assert total.usage_metadata == whole.usage_metadata
    assert total.response_metadata == whole.response_metadata

    async def stream() -> list[Any]:
        return [chunk.content async for chunk in chat.astream("word")]

    assert "".join(asyncio.run(stream())) == whole.content


def test_streams_share_a_batch(chat: ChatRemix, decoder: Counting) -> None:
    async def read(word: str) -> str:
        return "".join([str(chunk.content) async for chunk in chat.astream(word)])

    async def read_all() -> list[str]:
        return await asyncio.gather(*map(read, WORDS))

    decoder.expect(6)
    together = asyncio.run(read_all())
    assert max(decoder.rows) == 6
    assert together == [chat.invoke(word).content for word in WORDS]


def test_the_seed_does_not_depend_on_what_was_asked_before(chat: ChatRemix) -> None:
    first = chat.invoke("word").content
    assert chat.invoke("word").content == first
    assert chat.invoke("word", seed=2).content != first
    assert chat.bind(seed=2).invoke("word").content == chat.invoke("word", seed=2).content


def test_what_an_answer_says_of_itself(chat: ChatRemix) -> None:
    answer = chat.invoke("word", max_tokens=3)
    assert answer.usage_metadata == {"input_tokens": 4, "output_tokens": 3, "total_tokens": 7}
    assert answer.response_metadata == {"model_name": "fake", "finish_reason": "length", "seed": 1}
    assert chat._identifying_params["sha256"] == "0" * 64


def test_stop_strings_of_a_call_go_before_the_model_s(chat: ChatRemix) -> None:
    whole = str(chat.invoke("word").content)
    first, second = whole[4], whole[6]
    assert chat.invoke("word", stop=[second]).content == whole[: whole.index(second)]
    stopping = chat.model_copy(update={"stop": (first,)})
    assert stopping.invoke("word").content == whole[: whole.index(first)]
    assert stopping.invoke("word", stop=[]).content == whole
    assert stopping.invoke("word", stop=[""]).content == whole


def test_copies_share_the_model_and_those_that_need_another_get_it(chat: ChatRemix) -> None:
    chat.invoke("word")
    assert chat.model_copy(update={"temperature": 0.0})._weights is chat._weights
    assert copy.copy(chat)._weights is chat._weights
    assert chat.model_copy(update={"context": 100})._weights is not chat._weights
    assert not pickle.loads(pickle.dumps(chat))._weights.is_loaded
    assert not copy.deepcopy(chat)._weights.is_loaded


def test_a_closed_model_is_loaded_again_when_asked(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch) -> None:
    text = chat.invoke("word").content
    chat.close()
    chat.close()
    assert not chat._weights.is_loaded
    assert chat.invoke("word").content == text


def test_a_model_nobody_holds_is_freed(chat: ChatRemix) -> None:
    other = chat.model_copy(update={"context": 200})
    other.invoke("word")
    thread = other._weights.load().engine._thread
    del other
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_the_collector_may_free_a_model_on_the_engine_s_own_thread(chat: ChatRemix) -> None:
    local = chat._weights.load()
    request = Request(token_ids=(1,), sampling=a_sampling())
    local.engine.submit(request, lambda _: local.close())
    local.engine._thread.join(5)
    assert not local.engine._thread.is_alive()


def test_who_waits_when_the_model_is_closed_is_told(chat: ChatRemix, decoder: Counting) -> None:
    decoder.may_go.clear()
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            chat.invoke("word")
        except RemixError as error:
            errors.append(error)

    async def ask_too() -> None:
        await chat.ainvoke("word")

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    waiting = threading.Thread(target=lambda: errors.append(_raised(ask_too)))
    waiting.start()
    eventually(lambda: decoder._arrived == 11)
    engine = chat._weights.load().engine
    leaving = threading.Thread(target=chat.close)
    leaving.start()
    eventually(lambda: engine._closing)
    decoder.may_go.set()
    for thread in (leaving, *threads, waiting):
        thread.join(60)
    assert len(errors) == 11
    assert all(isinstance(error, ModelError) for error in errors)


def _raised(ask: Any) -> BaseException:
    try:
        asyncio.run(ask())
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_cancelled_task_takes_its_request_back_and_the_others_live(chat: ChatRemix, decoder: Counting) -> None:
    expected = chat.invoke("kept").content
    decoder.may_go.clear()

    async def ask() -> str:
        kept = asyncio.create_task(chat.ainvoke("kept"))
        lost = [asyncio.create_task(chat.ainvoke(f"lost {number}")) for number in range(12)]
        await asyncio.sleep(0.05)
        for task in lost:
            task.cancel()
        decoder.may_go.set()
        outcomes = await asyncio.gather(*lost, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        return str((await kept).content)

    assert asyncio.run(ask()) == expected
    assert chat.invoke("kept").content == expected


def test_a_stream_left_halfway_disturbs_nobody(chat: ChatRemix) -> None:
    expected = chat.invoke("word").content

    async def leave() -> None:
        async for _ in chat.astream("left", max_tokens=200):
            break

    asyncio.run(leave())
    stream = chat.stream("left", max_tokens=200)
    next(stream)
    del stream
    assert chat.invoke("word").content == expected


# -- messages and errors ------------------------------------------------------------------------------------


ROLES = ("system", "user", "assistant")


def test_the_kinds_of_messages(chat: ChatRemix) -> None:
    same = [
        [SystemMessage("a"), HumanMessage("b"), AIMessage("c")],
        [("system", "a"), ("human", "b"), ("ai", "c")],
        [SystemMessage("a"), HumanMessage([{"type": "text", "text": "b"}]), AIMessage("c")],
        [ChatMessage(content=text, role=role) for text, role in zip("abc", ROLES, strict=True)],
        [SystemMessage("a"), HumanMessage("b"), AIMessage(["c", ""])],
    ]
    assert len({str(chat.invoke(messages).content) for messages in same}) == 1


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [ToolMessage("4", tool_call_id="1")],
        [ChatMessage(content="a", role="narrator")],
        [HumanMessage([{"type": "image", "url": "https://example.org/a.png"}])],
        [HumanMessage("a"), AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]), HumanMessage("b")],
    ],
)
def test_what_is_not_text_is_refused(chat: ChatRemix, messages: list[BaseMessage]) -> None:
    with pytest.raises(PromptError) as refused:
        chat.invoke(messages)
    assert refused.value.hint


def test_what_a_call_may_not_say_is_refused(chat: ChatRemix) -> None:
    with pytest.raises(ModelError, match="`tools`"):
        chat.invoke("word", tools=[])
    with pytest.raises(ModelError, match="temperature"):
        chat.invoke("word", temperature=-1)
    with pytest.raises(ModelError, match="seed"):
        chat.invoke("word", seed=0)
    with pytest.raises(PromptError, match="don't fit"):
        chat.invoke("word", max_tokens=10_000)


def test_a_model_that_is_not_there_is_an_error() -> None:
    for model in ("no-such-model", Path("nowhere.gguf")):
        with pytest.raises(ModelError):
            ChatRemix(model=model).invoke("word")


# -- JSON ---------------------------------------------------------------------------------------------------


class Place(BaseModel):
    """A place."""

    name: str = Field(max_length=20)
    wet: bool
    depth: int | None = Field(None, ge=0)


class PlaceDict(TypedDict):
    """A place."""

    name: str
    wet: bool


def said(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch, text: str, finish: str = "stop") -> None:
    """Let the engine say a text, whatever it is asked."""

    def submit(
        self: Weights, messages: Any, sampling: Sampling, on_text: Any = None, on_choice: Any = None
    ) -> Future[Generation]:
        now = datetime.now(UTC)
        future: Future[Generation] = Future()
        for letter in text if on_text else "":
            on_text(letter)
        future.set_result(
            Generation(
                writer=WRITER,
                text=text,
                finish=finish,
                token_ids=(),
                prompt_token_ids=(),
                sampling=sampling,
                choices=None,
                started=now,
                finished=now,
            )
        )
        return future

    monkeypatch.setattr(Weights, "submit", submit)


WHOLE = '{"name": "The sea", "wet": true}'


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
def test_json_becomes_what_the_schema_was(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch, method: Any) -> None:
    said(chat, monkeypatch, WHOLE)
    sea = Place(name="The sea", wet=True)
    tool = {"name": "place", "description": "A place.", "parameters": Place.model_json_schema()}
    assert chat.with_structured_output(Place, method=method).invoke("word") == sea
    assert list(chat.with_structured_output(Place, method=method).stream("word"))[-1] == sea
    for schema in (PlaceDict, Place.model_json_schema(), tool, {"type": "function", "function": tool}):
        dicts = chat.with_structured_output(schema, method=method, strict=True)
        assert dicts.invoke("word") == json.loads(WHOLE)
        assert list(dicts.stream("word"))[-1] == json.loads(WHOLE)
        assert asyncio.run(dicts.ainvoke("word")) == json.loads(WHOLE)


def test_json_mode_does_without_a_schema(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch) -> None:
    said(chat, monkeypatch, WHOLE)
    assert chat.with_structured_output(None, method="json_mode").invoke("word") == json.loads(WHOLE)
    with pytest.raises(ValueError, match="needs a schema"):
        chat.with_structured_output(None)


@pytest.mark.parametrize(("text", "finish"), [(WHOLE[:-8], "length"), (WHOLE[:-1], "length"), (WHOLE[:-1], "stop")])
@pytest.mark.parametrize("schema", [Place, PlaceDict])
def test_json_that_was_cut_is_refused(
    chat: ChatRemix, monkeypatch: pytest.MonkeyPatch, schema: type, text: str, finish: str
) -> None:
    """LangChain's own parsers would close the brackets, and hand on half a string as if it were whole."""
    said(chat, monkeypatch, text, finish)
    objects = chat.with_structured_output(schema)
    with pytest.raises(OutputParserException, match="cut it"):
        objects.invoke("word")
    with pytest.raises(OutputParserException, match="cut it"):
        list(objects.stream("word"))
    answer = chat.with_structured_output(schema, include_raw=True).invoke("word")
    assert isinstance(answer, dict)
    assert answer["raw"].content == text
    assert answer["parsed"] is None
    assert isinstance(answer["parsing_error"], OutputParserException)


def test_json_that_is_whole_may_be_as_long_as_can_be(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch) -> None:
    said(chat, monkeypatch, WHOLE, "length")
    answer = chat.with_structured_output(PlaceDict, include_raw=True).invoke("word")
    assert isinstance(answer, dict)
    assert answer["parsed"] == json.loads(WHOLE)
    assert answer["parsing_error"] is None


def test_a_batch_of_json_is_decoded_together(chat: ChatRemix, decoder: Counting) -> None:
    for include_raw in (False, True):
        decoder.expect(6)
        objects = chat.with_structured_output(Place, include_raw=include_raw)
        objects.batch(list(WORDS), return_exceptions=True)
        assert max(decoder.rows) == 6


def test_the_grammar_goes_first_and_is_recorded(chat: ChatRemix) -> None:
    wanted = structured.response_format(Place)
    sampling = chat._sampling(None, {"response_format": wanted, "max_string": 5})
    grammar, *rest = sampling.chain
    assert isinstance(grammar, Grammar)
    assert "{0,5}" not in grammar.source
    assert tuple(rest) == chat._sampling(None, {}).chain
    anything = chat._sampling(None, {"response_format": {"type": "json_object"}, "max_string": 5}).chain[0]
    assert isinstance(anything, Grammar)
    assert "{0,5}" in anything.source


def test_schemas_that_cannot_be_held_to_are_refused_at_once(chat: ChatRemix) -> None:
    with pytest.raises(ModelError, match="`pattern`"):
        chat.with_structured_output({"title": "A", "type": "string", "pattern": "^a"})
    with pytest.raises(ValueError, match="unsupported"):
        chat.with_structured_output(Place, tools=[])
    with pytest.raises(ValueError, match="method"):
        chat.with_structured_output(Place, method="guessing")
    for wanted in ({"type": "xml"}, {"type": "json_schema"}, {"type": "json_schema", "json_schema": {}}, "json", []):
        with pytest.raises(ModelError, match="response_format"):
            chat.invoke("word", response_format=wanted)
    for longest in (0, 1001):
        with pytest.raises(ModelError, match="characters"):
            chat.invoke("word", response_format={"type": "json_object"}, max_string=longest)


# -- with the bundled model ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smol() -> Iterator[ChatRemix]:
    with ChatRemix(max_tokens=12, context=256, parallel=6, threads=1) as smol:
        yield smol


@pytest.fixture(scope="module")
def short(short_path: Path) -> Iterator[ChatRemix]:
    """A short model, for what any text shows."""
    with ChatRemix(model=short_path, max_tokens=12, context=256, parallel=6, threads=1) as short:
        yield short


QUESTIONS = [f"Say something about {word}." for word in ("maps", "tides", "clocks", "wolves", "paper", "walls")]


@pytest.mark.model
def test_a_batch_by_a_model_is_exact(short: ChatRemix, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = short._weights.load().engine
    calls: list[int] = []
    decode = engine.decoder.decode

    def counted(rows: Sequence[Row]) -> None:
        calls.append(len(rows))
        decode(rows)

    monkeypatch.setattr(engine.decoder, "decode", counted)
    alone = [short.invoke(question).content for question in QUESTIONS]
    assert any(alone)
    singly = len(calls)
    calls.clear()
    assert [answer.content for answer in short.batch(list(QUESTIONS))] == alone
    assert max(calls) > 1
    assert len(calls) < singly
    calls.clear()
    assert [answer.content for answer in asyncio.run(short.abatch(list(QUESTIONS)))] == alone
    assert len(calls) < singly


@pytest.mark.model
def test_streams_by_the_bundled_model(smol: ChatRemix) -> None:
    whole = smol.invoke(QUESTIONS[0])
    chunks = list(smol.stream(QUESTIONS[0]))
    assert len(chunks) > 3
    assert "".join(str(chunk.content) for chunk in chunks) == whole.content

    async def stream() -> str:
        return "".join([str(chunk.content) async for chunk in smol.astream(QUESTIONS[0])])

    assert asyncio.run(stream()) == whole.content


@pytest.mark.model
def test_the_bundled_model_as_a_chat_model(smol: ChatRemix) -> None:
    messages = [SystemMessage("Answer in one word."), HumanMessage("Which sea?"), AIMessage("The North")]
    answer = smol.invoke(messages, temperature=0)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] <= 12
    assert answer.response_metadata["model_name"] == catalog.find(None).name
    assert smol.invoke(messages, temperature=0).content == answer.content
    words = str(answer.content)
    end = words.strip()[-1]
    assert smol.invoke(messages, temperature=0, stop=[end]).content == words[: words.index(end)]
    with pytest.raises(PromptError, match="don't fit"):
        smol.invoke("word " * 300)


@pytest.mark.model
def test_json_by_a_model_is_exact_and_fits(short: ChatRemix) -> None:
    """At a temperature at which it would write no JSON, nor much else."""
    chat = short.bind(temperature=3, top_k=0, min_p=0.0, max_tokens=90)
    chat = chat.bind(response_format=structured.response_format(Place))
    alone = [chat.invoke(question) for question in QUESTIONS[:4]]
    assert [answer.content for answer in chat.batch(list(QUESTIONS[:4]))] == [answer.content for answer in alone]
    whole = [str(answer.content) for answer in alone if answer.response_metadata["finish_reason"] == "stop"]
    assert whole
    for text in whole:
        Place.model_validate_json(text)


@pytest.mark.model
def test_objects_by_the_bundled_model(smol: ChatRemix) -> None:
    places = smol.with_structured_output(Place).bind(max_tokens=60)
    answers = places.batch(list(QUESTIONS))
    assert all(isinstance(answer, Place) for answer in answers)
    with pytest.raises(OutputParserException, match="`max_tokens` cut it"):
        smol.with_structured_output(Place).bind(max_tokens=3).invoke(QUESTIONS[0])


@pytest.mark.model
def test_the_bundled_model_writes_a_run_through_langchain(smol: ChatRemix, workspace: Workspace) -> None:
    outcome = generate_with(smol, workspace, Options(tags=("sea",), kinds=("rewrite",), steps=1, max_tokens=40))
    record, text = outcome.folder.read("tides/001/rewrite.1")
    assert text
    run = Run.model_validate_json((outcome.folder.path / "run.json").read_bytes())
    assert run.options.model == record.circumstances.model == smol.model_name
    assert record.derivation.model.parameters is not None
    assert record.derivation.model.parameters["sha256"] == smol._weights.file.sha256


def test_a_note_that_can_not_be_read_is_logged_and_left_out(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """Bug: one broken note stopped each query."""
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    assert TagRetriever(workspace=workspace.root).invoke("maps")
    assert "bad.md: not UTF-8 at byte 0." in caplog.text
    (workspace.root / "remix.toml").write_text("strict = true\n")
    with pytest.raises(SeedError, match="not UTF-8"):
        TagRetriever(workspace=workspace.root).invoke("maps")


# -- thoughts -----------------------------------------------------------------------------------------------

GPT_OSS = next(each for each in TRANSCRIPTS if each.family == "gpt-oss")


def test_thoughts_are_no_part_of_an_answer(chat: ChatRemix, monkeypatch: pytest.MonkeyPatch) -> None:
    class Thinking(FakeLocal):
        def __init__(self) -> None:
            self.engine = Engine(Reciting(GPT_OSS.written))

    monkeypatch.setattr("remix.engine.local.LocalModel", lambda path, file, needs: Thinking())
    answer = chat.invoke("word", max_thoughts=60)
    assert answer.text == GPT_OSS.text
    assert answer.additional_kwargs["reasoning_content"] == GPT_OSS.thoughts
    assert answer.usage_metadata
    assert answer.usage_metadata["output_tokens"] == len(GPT_OSS.written.split("·"))
    assert "".join(str(chunk.content) for chunk in chat.stream("word", max_thoughts=60)) == GPT_OSS.text


def test_a_writers_thoughts_are_no_part_of_its_text() -> None:
    message = AIMessage(content="<think>\nMaps lie.\n</think>\n\nAll maps lie.")
    with closing(ChatModelWriter(GenericFakeChatModel(messages=iter([message])))) as writer:
        generation = writer.submit(a_prompt(("user", "Go on.")), a_sampling()).result(timeout=60)
    assert generation.text == "All maps lie."
    assert generation.thoughts
    assert (generation.thoughts.text, generation.thoughts.token_ids) == ("Maps lie.", None)


def test_an_opening_repeated_after_thoughts_is_no_part_of_the_text() -> None:
    """Bug: an opening was looked for before the thoughts alone, and came twice in the text."""
    message = AIMessage(content="<think>\nMaps lie.\n</think>\n\nAll maps lie.")
    with closing(ChatModelWriter(GenericFakeChatModel(messages=iter([message])))) as writer:
        prompt = a_prompt(("user", "Go on."), ("assistant", "All maps"))
        assert writer.submit(prompt, a_sampling()).result(timeout=60).text == " lie."
