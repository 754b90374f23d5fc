"""Thoughts told from texts."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.engine.engine import Engine
from remix.engine.reasoning import (
    MARKS,
    Marking,
    Marks,
    Sampled,
    ThoughtFilter,
    budget,
    closed,
    lacks,
    left_open,
    marking,
    split,
    switches,
)
from remix.records import Generation, Greedy, Options, Request, Sampling
from tests.conftest import FILE
from tests.transcripts import TRANSCRIPTS, Reciting, Transcript, tokens_of

BY_FAMILY = {each.family: each for each in TRANSCRIPTS}


def request(opened: str = "", max_thoughts: int = 0, **changes: object) -> Request:
    sampling = {"seed": 1, "chain": (Greedy(),), "max_tokens": 40, "stop": (), "max_thoughts": max_thoughts}
    return Request(
        token_ids=tuple(b"Rewrite: <think> is a mark."),
        sampling=Sampling.model_validate({**sampling, **changes}),
        opened=opened,
    )


def recite(transcript: Transcript, *requests: Request, heard: list[str] | None = None) -> list[Generation]:
    decoder = Reciting(transcript.written)
    with Engine(decoder, trace=True, marks=marking(transcript.template)) as engine:
        futures = [engine.submit(each, heard.append if heard is not None else None) for each in requests]
        return [future.result(timeout=10) for future in futures]


def kept(generation: Generation) -> tuple[str, str]:
    return generation.text, generation.thoughts.text if generation.thoughts else ""


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.family)
def test_a_transcript_ends_as_a_text_without_thoughts(transcript: Transcript):
    heard: list[str] = []
    (one,) = recite(transcript, request(transcript.opened, 90), heard=heard)
    assert kept(one) == (transcript.text, transcript.thoughts)
    assert one.finish == "stop"
    assert "".join(heard) == transcript.text


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.family)
def test_no_token_is_lost_and_choices_are_the_text_s(transcript: Transcript):
    (one,) = recite(transcript, request(transcript.opened, 90))
    thoughts = one.thoughts.token_ids if one.thoughts else ()
    came = sorted((*(thoughts or ()), *(one.token_ids or ())))
    assert came == list(range(Reciting.FIRST, Reciting.FIRST + len(came)))
    # A mark after the text may end the text before the turn.
    assert len(tokens_of(transcript.written)) - len(came) in (0, 1)
    choices = one.choices or ()
    assert len(choices) == len(one.token_ids or ())
    assert "".join(each.piece for each in choices).strip().startswith(transcript.text.strip())


def test_a_text_without_thoughts_has_no_thoughts():
    assert recite(BY_FAMILY["none"], request())[0].thoughts is None


def test_stop_strings_are_the_text_s():
    (one,) = recite(BY_FAMILY["qwen3"], request(max_thoughts=90, stop=("\n", "lie")))
    assert kept(one) == ("All maps ", "Maps lie.\nSay so.")


def test_max_tokens_are_the_text_s():
    (one,) = recite(BY_FAMILY["control"], request(max_thoughts=90, max_tokens=2))
    assert (one.text, one.finish) == ("All maps", "length")
    assert one.thoughts


def test_without_tokens_of_their_own_thoughts_take_from_the_text_s():
    (one,) = recite(BY_FAMILY["control"], request(max_tokens=6))
    assert (one.text, one.finish) == ("All", "length")


def test_thoughts_at_their_limit_are_closed_and_the_text_follows():
    endless = Transcript("endless", "<think>" + "·la" * 200 + "·{<eos>}", "", "")
    (one,) = recite(endless, request(max_thoughts=30, max_tokens=3))
    assert one.thoughts
    assert one.thoughts.token_ids
    assert bytes(token for token in one.thoughts.token_ids if token < 256) == b"\n</think>\n\n"
    assert len(one.thoughts.token_ids) == 30
    assert one.thoughts.text == "la" * (30 - len(b"\n</think>\n\n") - 1)
    assert one.text == "lalala"
    assert one.finish == "length"


def test_a_channel_at_its_limit_is_closed_by_the_marks_of_the_text():
    written = "{<|channel|>}·analysis·{<|message|>}" + "·la" * 300 + "·{<eos>}"
    (one,) = recite(Transcript("endless", written, "", ""), request(max_thoughts=80, max_tokens=4))
    assert (one.text, one.finish) == ("lalalala", "length")


def test_thoughts_that_never_end_leave_no_text():
    endless = Transcript("endless", "<think>" + "·la" * 200 + "·{<eos>}", "", "")
    (one,) = recite(endless, request(max_tokens=9))
    assert (kept(one), one.finish, one.token_ids) == (("", "la" * 8), "length", ())


def test_the_same_comes_alone_and_in_company():
    alone = [recite(BY_FAMILY["gpt-oss"], request(max_thoughts=most))[0] for most in (90, 60, 0)]
    together = recite(BY_FAMILY["gpt-oss"], *(request(max_thoughts=most) for most in (90, 60, 0)))
    times = {"started", "finished"}
    assert [each.model_dump(exclude=times) for each in alone] == [each.model_dump(exclude=times) for each in together]


def test_any_number_of_thoughts_may_be_in_one_token():
    """Bug: each thought of a token took a deeper call, and a thousand overflowed Python's stack."""
    text, thoughts = split("<think>Maps lie.</think>\n" * 2000 + "All maps lie.")
    assert text == "All maps lie."
    assert thoughts
    assert thoughts.text == "\n\n".join(["Maps lie."] * 2000)


def test_marks_in_the_prompt_open_no_thought():
    (one,) = recite(BY_FAMILY["none"], request(max_thoughts=90))
    assert kept(one) == ("All maps\n\nlie.", "")


@given(st.data())
def test_marks_may_be_cut_anywhere(data: st.DataObject):
    """A thought in ordinary letters gives the same text and thoughts, however its bytes are cut into tokens."""
    marks = data.draw(st.sampled_from(MARKS))
    whole = f"{marks.opening}Maps — lie.{marks.closing}{marks.after} All maps lie.".encode()
    cuts = sorted({0, len(whole), *data.draw(st.lists(st.integers(0, len(whole))))})
    thoughts, text = ThoughtFilter(), b""
    for number, (start, end) in enumerate(pairwise(cuts)):
        piece = whole[start:end]
        text += b"".join(token.piece for token in thoughts.put(Sampled(number, piece, piece)))
    text += b"".join(token.piece for token in thoughts.end())
    assert text == b"All maps lie."
    assert thoughts.thoughts
    assert thoughts.thoughts.text == "Maps — lie."


@given(st.text(st.sampled_from("<think/>[]THINK◁▷ \nab"), max_size=40), st.lists(st.integers(1, 9)))
def test_a_text_that_begins_with_no_mark_stays_as_it_is(text: str, lengths: list[int]):
    text = f"a{text}"
    cuts = sorted({0, len(text), *(cut for cut in accumulate(lengths) if cut < len(text))})
    thoughts, came = ThoughtFilter(), b""
    for start, end in pairwise(cuts):
        piece = text[start:end].encode()
        came += b"".join(token.piece for token in thoughts.put(Sampled(0, piece, piece)))
    assert came + b"".join(token.piece for token in thoughts.end()) == text.encode()
    assert thoughts.thoughts is None


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.family)
def test_a_whole_text_is_split(transcript: Transcript):
    if transcript.template or transcript.opened or transcript.family in ("never closed", "a second thought"):
        return
    text, thoughts = split("".join(name.decode() for _, name in tokens_of(transcript.written)[:-1]))
    assert text.removesuffix("<|END_RESPONSE|>") == transcript.text
    assert (thoughts.text if thoughts else "") == transcript.thoughts


# -- chat templates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "shut"),
    [
        ("<|im_start|>assistant\n<think>\n", "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
        ("<|Assistant|><think>", "<|Assistant|><think></think>"),
        ("\nHere are my reasoning steps:\n", "\nHere are my reasoning steps:\n\n[BEGIN FINAL RESPONSE]\n"),
        ("<|START_THINKING|>", "<|START_THINKING|><|END_THINKING|>"),
    ],
)
def test_an_open_thought_is_closed_as_templates_do(markup: str, shut: str):
    opened = left_open(markup, marking("[BEGIN FINAL RESPONSE]"))
    assert opened
    assert closed(markup, opened) == shut


def test_a_closed_thought_is_not_open():
    assert left_open("assistant\n<think>\n\n</think>\n\n", Marking()) is None


@pytest.mark.parametrize(
    ("template", "off", "on"),
    [
        ("{% if reasoning_effort not in ['high', 'low', 'no_think'] %}{% endif %}", "no_think", "high"),
        ('{% set reasoning_effort = "medium" %}', "low", "medium"),
        ('{%- if reasoning_effort in ["low", "minimal"] -%}x{%- endif -%}', "minimal", "low"),
        ('{% if tool_choice == "none" %}{% endif %}{{ reasoning_effort }}', "low", None),
    ],
)
def test_the_effort_is_one_that_the_template_knows(template: str, off: str, on: str | None):
    assert switches(template, think=False)["reasoning_effort"] == off
    assert switches(template, think=True).get("reasoning_effort") == on


def test_a_switch_is_off_unless_asked():
    for name in ("enable_thinking", "thinking"):
        assert switches("", think=False)[name] is False
        assert switches("", think=True)[name] is True


def test_marks_that_a_template_names_are_known():
    assert marking("{{ m.split('</deep.think>') }}").thoughts[-1] == Marks("<deep.think>", "</deep.think>")
    assert marking("<think>").is_named
    assert not marking("<|user|>{{ m }}<|end|>").is_named


@pytest.mark.parametrize(
    ("template", "options", "most"),
    [
        ("{{ m }}", {}, 0),
        ("{{ m }}", {"think": True}, 1024),
        ("<think>", {}, 256),
        ("<think>", {"max_thoughts": 0}, 0),
        (None, {"max_thoughts": 7}, 7),
    ],
)
def test_thoughts_have_tokens_where_thoughts_are_expected(template: str | None, options: dict[str, int], most: int):
    model = FILE.model_copy(update={"chat_template": template})
    assert budget(Options.model_validate(options), model) == most


def test_a_user_is_told_what_a_model_lacks():
    plain, talker, thinker = (
        FILE.model_copy(update={"chat_template": each}) for each in (None, "{{ messages }}", "{{ messages }}<think>")
    )
    asked = Options(think=True)
    assert [list(lacks(each, Options())) for each in (talker, thinker)] == [[], []]
    assert list(lacks(thinker, asked)) == []
    (no_template,) = lacks(plain, Options())
    assert "has no chat template" in no_template
    assert [each.startswith("--think: ") for each in lacks(plain, asked)] == [False, True]
    assert [each.startswith("--think: ") for each in lacks(talker, asked)] == [True]
