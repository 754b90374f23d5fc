"""Questions to readers: what they share comes first."""

from __future__ import annotations

import pytest

from remix.engine.llama import LlamaModel
from remix.models import prepared
from remix.reader.questions import ANSWERS, before
from tests.planted import CHOIR


def test_the_passage_ends_at_a_blank_line_behind_which_the_claim_stands():
    assert before(CHOIR).endswith(f"\n\nPassage: {CHOIR}\n\nClaim:")


@pytest.mark.model
def test_answers_differ_in_their_first_token():
    path, _ = prepared.resolve(None, ())
    with LlamaModel(path, vocab_only=True) as model:
        assert len({model.tokenize_text(answer)[0] for answer in ANSWERS}) == len(ANSWERS)
