"""Questions to readers: what they share comes first."""

from __future__ import annotations

from collections import Counter

import pytest

from remix.engine.llama import LlamaModel
from remix.models import prepared
from remix.reader.questions import ANSWERS, QUESTION, before
from tests.planted import CHOIR


def test_the_passage_ends_at_a_blank_line_behind_which_the_claim_stands():
    assert before(CHOIR).endswith(f"\n\nPassage: {CHOIR}\n\nClaim:")


def test_examples_have_each_answer_several_times_and_none_most_of_the_time():
    found = Counter(line for line in before(CHOIR).splitlines() if line.startswith(QUESTION.strip()))
    assert set(found) == {f"{QUESTION.strip()}{answer}" for answer in ANSWERS}
    assert min(found.values()) >= 4
    assert max(found.values()) <= sum(found.values()) / 2


@pytest.mark.model
def test_answers_differ_in_their_first_token():
    path, _ = prepared.resolve(None, ())
    with LlamaModel(path, vocab_only=True) as model:
        assert len({model.tokenize_text(answer)[0] for answer in ANSWERS}) == len(ANSWERS)
