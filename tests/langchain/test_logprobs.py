"""Log-probabilities of a chat model's tokens, and answers that go on from given words."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import ValidationError

from remix.errors import ModelError
from remix.langchain import ChatRemix
from remix.langchain.continued import Beginning
from remix.langchain.logprobs import NEVER, Streamed, in_shape, logprobs_of, wanted_top
from remix.records import Alternative, Choice, Generation
from tests.conftest import WRITER

QUESTION = "Say something about maps."


def choice(piece: str, probability: float, *others: tuple[str, float]) -> Choice:
    return Choice(piece, math.log(probability), 1.0, tuple(Alternative(*each) for each in others))


def generation(text: str, *choices: Choice) -> Generation:
    now = datetime.now(UTC)
    return Generation(
        writer=WRITER,
        text=text,
        finish="stop",
        token_ids=tuple(range(len(choices))),
        prompt_token_ids=(7, 8),
        sampling=None,
        choices=choices,
        started=now,
        finished=now,
    )


CLOCK = choice(" clock", 0.25, (" sun", 0.5), (" moon", 0.125))


def test_the_shape_is_openai_s() -> None:
    (found,) = in_shape([CLOCK], 2)
    assert found == {
        "token": " clock",
        "bytes": [32, 99, 108, 111, 99, 107],
        "logprob": math.log(0.25),
        "top_logprobs": [
            {"token": " sun", "bytes": [32, 115, 117, 110], "logprob": math.log(0.5)},
            {"token": " clock", "bytes": [32, 99, 108, 111, 99, 107], "logprob": math.log(0.25)},
        ],
    }
    assert in_shape([CLOCK], 0)[0]["top_logprobs"] == []
    (broken,) = in_shape([choice("\ufffd", 0.5, ("", 0.0))], 5)
    assert broken["bytes"] is None
    assert broken["top_logprobs"][1] == {"token": "", "bytes": [], "logprob": NEVER}
    json.dumps(broken, allow_nan=False)


def test_tokens_behind_the_text_are_not_told() -> None:
    tokens = [choice(piece, 0.5) for piece in ("The", " sea", ".", " END", "")]
    assert [each["token"] for each in logprobs_of(generation("The sea.", *tokens), 0)] == ["The", " sea", "."]
    assert [each["token"] for each in logprobs_of(generation("The se", *tokens), 0)] == ["The", " sea"]
    assert logprobs_of(generation("The sea."), 0) == []


def test_a_stream_tells_each_token_with_the_text_that_completes_it() -> None:
    tokens = [choice(piece, 0.5) for piece in ("The", " sea", ".", " END", "")]
    streamed = Streamed(0)
    told = []
    for count, text in ((2, "The s"), (1, ""), (0, "ea")):
        for each in tokens[:count]:
            streamed.add(each)
        tokens = tokens[count:]
        told.append([each["token"] for each in streamed.sent(text)])
    assert told == [["The"], [], [" sea"]]
    whole = generation("The sea.", *(choice(piece, 0.5) for piece in ("The", " sea", ".", " END", "")))
    assert [each["token"] for each in streamed.rest(whole)] == ["."]


@pytest.mark.parametrize("top", [-1, 6, True, "2", 1.0])
def test_a_number_of_alternatives_that_cannot_be_had_is_refused(top: Any) -> None:
    with pytest.raises(ModelError, match="top_logprobs"):
        wanted_top({"logprobs": True, "top_logprobs": 0}, {"top_logprobs": top})
    with pytest.raises(ModelError, match="goes with `logprobs`"):
        wanted_top({"logprobs": False, "top_logprobs": 0}, {"top_logprobs": 1})
    assert wanted_top({"logprobs": True, "top_logprobs": 3}, {"top_logprobs": None}) == 0
    assert wanted_top({"logprobs": True, "top_logprobs": 3}, {"logprobs": False, "top_logprobs": 0}) is None
    with pytest.raises(ValidationError):
        ChatRemix(top_logprobs=6)


def test_a_beginning_is_taken_off_an_answer() -> None:
    whole = generation("The sea.", *(choice(piece, 0.5) for piece in ("The", " sea", ".")))
    found = Beginning((0, 1), "The sea").taken_off(whole)
    assert (found.text, found.token_ids, found.prompt_token_ids) == (".", (2,), (7, 8, 0, 1))
    assert [each.piece for each in found.choices or ()] == ["."]
    assert Beginning((0, 1), "The sea. END").taken_off(whole).text == ""
    heard: list[str] = []
    listen = Beginning((0, 1), "The sea").without_letters(heard.append)
    for text in ("Th", "e se", "a.", " So"):
        listen(text)
    assert heard == [".", " So"]


# -- with the bundled model ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smol() -> Iterator[ChatRemix]:
    with ChatRemix(max_tokens=16, context=256, parallel=4, threads=1) as smol:
        yield smol


@pytest.mark.model
def test_log_probabilities_by_the_bundled_model(smol: ChatRemix) -> None:
    plain = smol.invoke(QUESTION)
    assert "logprobs" not in plain.response_metadata
    answer = smol.invoke(QUESTION, logprobs=True, top_logprobs=3)
    assert answer.content == plain.content
    tokens = answer.response_metadata["logprobs"]["content"]
    assert "".join(each["token"] for each in tokens) == answer.content
    assert all(bytes(each["bytes"]).decode() == each["token"] for each in tokens)
    assert all(each["logprob"] <= 0 for each in tokens)
    for each in tokens:
        tops = [top["logprob"] for top in each["top_logprobs"]]
        assert tops == sorted(tops, reverse=True)
        assert len(tops) <= 3
    greedy = smol.invoke(QUESTION, temperature=0, logprobs=True, top_logprobs=1)
    for each in greedy.response_metadata["logprobs"]["content"]:
        assert [top["token"] for top in each["top_logprobs"]] == [each["token"]]
    chunks = list(smol.bind(logprobs=True, top_logprobs=3).stream(QUESTION))
    assert next(chunk.response_metadata["logprobs"]["content"] for chunk in chunks if chunk.content)
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    assert total.response_metadata == answer.response_metadata

    async def stream() -> list[Any]:
        chat = smol.bind(logprobs=True, top_logprobs=3)
        found = [chunk.response_metadata async for chunk in chat.astream(QUESTION)]
        return [token for each in found for token in each.get("logprobs", {}).get("content", ())]

    assert asyncio.run(stream()) == tokens


@pytest.mark.model
def test_an_answer_s_own_first_words_lead_to_the_same_answer(smol: ChatRemix) -> None:
    whole = smol.invoke(QUESTION, logprobs=True, top_logprobs=2)
    tokens = whole.response_metadata["logprobs"]["content"]
    pieces = [each["token"] for each in tokens]
    # At these places a word begins, so the tokenizer spells the words before as the model did.
    places = [at for at in range(1, len(pieces)) if pieces[at].startswith(" ")]
    asked: list[list[BaseMessage]] = [[HumanMessage(QUESTION), AIMessage("".join(pieces[:at]))] for at in places]
    assert len(places) > 5
    for at, messages, answer in zip(
        places, asked, smol.bind(logprobs=True, top_logprobs=2).batch([*asked]), strict=True
    ):
        begun = "".join(pieces[:at])
        assert str(answer.content)[: len(str(whole.content)) - len(begun)] == str(whole.content)[len(begun) :]
        told = answer.response_metadata["logprobs"]["content"]
        assert told[: len(tokens) - at] == tokens[at:]
        assert answer.usage_metadata
        assert whole.usage_metadata
        assert answer.usage_metadata["input_tokens"] == whole.usage_metadata["input_tokens"] + at
        if at == places[0]:
            assert "".join(str(chunk.content) for chunk in smol.stream(messages)) == answer.content
            assert answer.usage_metadata["output_tokens"] == 16, "`max_tokens` counts new tokens alone"


@pytest.mark.model
def test_a_beginning_with_a_stop_string_is_part_of_the_prompt(smol: ChatRemix) -> None:
    messages = [HumanMessage("Which sea?"), AIMessage("1. The North Sea\n2. The")]
    assert smol.invoke(messages, stop=["\n"], temperature=0).content
    assert smol.invoke([HumanMessage("Which sea?"), AIMessage("<b>The")], temperature=0).content
