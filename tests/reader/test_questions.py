"""Questions to readers: what they share comes first."""

from __future__ import annotations

from remix.measure.sentences import sentences
from remix.reader.questions import QUESTIONS, closest, messages
from remix.records import Features
from tests.planted import CHOIR, FERRY

SOURCE = sentences(CHOIR)


def test_each_question_has_a_field_of_the_features():
    assert set(QUESTIONS) <= set(Features.model_fields)


def test_the_closest_sentences_are_quoted_in_the_order_of_the_passage():
    assert closest(SOURCE, "The best choirs sank quickly; a choir sinks.") == [SOURCE[0], SOURCE[3]]
    assert closest([], "Anything.") == []


def test_questions_about_one_claim_differ_only_behind_the_last_blank_line():
    prompts = [messages(CHOIR, SOURCE, "Choirs rise.", name) for name in QUESTIONS]
    assert len({each[:-1] for each in prompts}) == 1
    asked = [each[-1].content for each in prompts]
    assert len({each.rpartition("\n\n")[0] for each in asked}) == 1
    assert len(set(asked)) == len(QUESTIONS)


def test_questions_about_one_passage_share_the_passage():
    for claim in ("It rises.", "Bad choirs sink."):
        assert messages(CHOIR, SOURCE, claim, "true")[-1].content.startswith(f"Passage: {CHOIR}\n\n")


def test_examples_have_each_question_with_both_answers():
    *examples, _ = messages(FERRY, (), "It rises.", "true")
    turns = list(zip(examples[::2], examples[1::2], strict=True))
    assert {(asked.content.rpartition("\n\n")[2], answer.content) for asked, answer in turns} == {
        (f"{question} Answer Yes or No.", answer) for question in QUESTIONS.values() for answer in ("Yes", "No")
    }
