"""The chat templates that llama.cpp ships: each can be used, and makes the prompt that transformers makes of it.

The templates aren't here, but their names and sha256 are, in `llama_cpp_templates.sha256`. To try them, unpack the
source distribution of llama-cpp-python of the version in `constraints.txt` and name its folder in
LLAMA_CPP_PYTHON_SOURCE. The comparisons want the extra `compare`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from remix.engine.chat import ChatTemplate
from remix.engine.reasoning import left_open
from remix.templates.jinja import NO_DAY
from tests.conftest import Letters
from tests.engine.chat_templates import ALIKE, TURNS, Case, conversation

SUMS = {
    name: digest
    for digest, name in (
        line.split() for line in Path(__file__).with_name("llama_cpp_templates.sha256").read_text().splitlines()
    )
}

CONVERSATIONS = ["u", "su", "uav", "suav", "uv", "suasv"]

_STRICT = ("System role not supported", "roles must alternate")

MENDED = {
    "CohereForAI-c4ai-command-r-plus-tool_use.jinja": ("'NoneType' object is not iterable",),
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use.jinja": ("'NoneType' object is not iterable",),
    "NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja": ("'NoneType' object is not iterable",),
    "fireworks-ai-llama-3-firefunction-v2.jinja": ("'functions' is undefined",),
    "Apertus-8B-Instruct.jinja": ("Invalid message role",),
    "Mistral-Small-3.2-24B-Instruct-2506.jinja": _STRICT,
    "Qwen3.5-4B.jinja": ("System message must be at the beginning.",),
    "google-gemma-2-2b-it.jinja": _STRICT,
    "mistralai-Ministral-3-14B-Reasoning-2512.jinja": (*_STRICT, "Only user, assistant and tool roles are supported"),
    "mistralai-Mistral-Nemo-Instruct-2407.jinja": _STRICT,
}
"""Templates that transformers can't render without tools, with a system message here or there, or with two turns
of the same role; and the errors."""


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder of llama.cpp's templates."""
    if "LLAMA_CPP_PYTHON_SOURCE" not in os.environ:
        pytest.skip("llama.cpp's chat templates: LLAMA_CPP_PYTHON_SOURCE names no source of llama-cpp-python")
    return Path(os.environ["LLAMA_CPP_PYTHON_SOURCE"], "vendor", "llama.cpp", "models", "templates")


def prompt(chat: ChatTemplate, turns: str) -> str:
    return "".join(map(chr, chat.tokenize(conversation(turns), Letters())))


def test_these_are_the_templates_of_this_version(folder: Path) -> None:
    assert len(SUMS) == 70
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jinja")} == SUMS


@pytest.mark.parametrize("name", SUMS)
def test_every_template_can_be_used(folder: Path, name: str) -> None:
    chat = ChatTemplate((folder / name).read_text(), name)
    for turns in CONVERSATIONS:
        text = prompt(chat, turns)
        assert {letter: text.count(TURNS[letter]) for letter in turns} == Counter(turns)
    assert prompt(chat, "ua") == prompt(chat, "u") + TURNS["a"]


Render = Callable[[str, str, dict[str, Any]], str | Exception]


@pytest.fixture(scope="module")
def transformers() -> Render:
    """What transformers makes of a template, a conversation and further values: the prompt, or an error."""
    utils = pytest.importorskip(
        "transformers.utils.chat_template_utils", reason="the extra `compare` isn't installed", exc_type=ImportError
    )

    class Day(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # datetime's gives a Day
            return NO_DAY

    utils.datetime = Day

    def render(source: str, turns: str, values: dict[str, Any]) -> str | Exception:
        messages = [each.model_dump(include={"role", "content"}) for each in conversation(turns)]
        tokens = {"bos_token": "<bos>", "eos_token": "<eos>"}
        try:
            (text,), _ = utils.render_jinja_template(
                [messages], chat_template=source, add_generation_prompt=True, **tokens, **values
            )
        # Templates raise whatever Jinja2, Python or `raise_exception` raise: each is an answer to compare.
        except Exception as error:
            return error
        return str(text)

    return render


@pytest.mark.parametrize("case", ALIKE.values(), ids=ALIKE.keys())
def test_small_templates_make_what_transformers_makes(transformers: Render, case: Case) -> None:
    assert transformers(case.source, case.turns, {}) == case.text


@pytest.mark.parametrize("name", SUMS)
def test_every_template_makes_what_transformers_makes(folder: Path, transformers: Render, name: str) -> None:
    """Only if a template drops a system message in silence the prompts may differ."""
    source = (folder / name).read_text()
    chat = ChatTemplate(source, name)
    for turns in CONVERSATIONS:
        expected = transformers(source, turns, chat.switches)
        if isinstance(expected, Exception):
            assert any(reason in str(expected) for reason in MENDED[name])
        elif expected.count(TURNS["s"]) == turns.count("s"):
            assert "".join(piece for piece, _ in chat._parts(conversation(turns), Letters())) == expected


@pytest.mark.parametrize("think", [False, True])
def test_templates_leave_a_thought_open_only_if_the_model_may_think(folder: Path, think: bool) -> None:
    opened: Counter[str] = Counter()
    for name in SUMS:
        chat = ChatTemplate((folder / name).read_text(), name, think)
        tokens, mark = chat.request(conversation("u"), Letters())
        assert bool(mark) == (left_open("".join(map(chr, tokens)), chat.marks) is not None)
        opened[mark] += 1
    del opened[""]
    assert opened == (THOUGHTS if think else {})


THOUGHTS = {
    "<think>": 23,
    "<think:opensource>": 1,
    "<|START_THINKING|>": 1,
    "<|open|>think<|sep|>": 1,
    "Here are my reasoning steps:": 1,
}
"""The opening marks that templates leave to the model if it may think, and the number of templates with each."""
