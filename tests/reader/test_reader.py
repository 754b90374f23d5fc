"""Readings, by a scorer whose numbers can be worked by hand, and by the bundled model."""

from __future__ import annotations

import math
from concurrent.futures import Future

import numpy as np
import pytest

from remix.engine.local import LoadOptions, LocalModel
from remix.errors import PromptError
from remix.models import prepared
from remix.reader.calibration import Calibration, Found, calibration_of
from remix.reader.questions import QUESTION, before
from remix.reader.reader import GAP, Remembering, answered, ask, ask_claims, features
from remix.reader.state_probe import StateProbe, packed
from remix.records import Answers, Score
from tests.conftest import FILE
from tests.planted import BEES, FERRY
from tests.reader.fake_scorer import FakeScorer

PASSAGE = "The clock runs fast. Nobody asked the sun."
TEXT = "The clock runs fast. It is late."


def test_a_reading_has_the_bits_of_each_word_and_token():
    reading = answered(ask(FakeScorer(), PASSAGE, TEXT), FILE, calibration_of(FILE))
    assert [(each.text, each.bits) for each in reading.passage] == [
        *(("The", 3.0), (" clock", 3.0), (" runs", 3.0), (" fast.", 3.0)),
        *((" Nobody", 0.0), (" asked", 0.0), (" the", 0.0), (" sun.", 0.0)),
    ]
    assert (reading.passage_bits, reading.kept_bits) == (32, 12)
    assert reading.kept == pytest.approx(12 / 32)
    assert [each.bits for each in reading.text] == [3, 3, 3, 3, 0, 0, 0]
    assert (reading.reader, reading.reader_sha256) == (FILE.name, FILE.sha256)
    assert not reading.calibrated


def test_each_sentence_has_its_features():
    first, second = features(ask_claims(FakeScorer(), PASSAGE, ["The clock runs fast.", "It is the clock."]), None)
    clear = round(math.log(6), 4)
    assert (first.cost, first.dearest, first.second, first.closest, first.altered) == (1, 1, 1, 1, 1)
    assert (first.denied, first.disputed) == (-clear, -clear)
    assert (second.cost, second.dearest, second.second) == (13 / 4, 4, 4)
    assert 0 < second.closest < 0.6
    assert second.altered == pytest.approx(4 * second.closest, abs=1e-3)
    assert second.disputed == pytest.approx(clear * second.closest, abs=1e-3)
    assert second.denied == clear
    assert (first.state_not_said, first.state_turned_round) == (None, None)


def test_a_probe_gives_log_odds_of_the_state_in_which_the_model_answers():
    probe = StateProbe(weights=packed(np.array([[-3.0, 0.25], [-5.0, 1.0]])), bias=(0.5, 0.0))
    claims = ask_claims(FakeScorer(), PASSAGE, ["The clock runs fast.", "It is the clock."])
    found = [(each.state_not_said, each.state_turned_round) for each in features(claims, probe)]
    assert found == [(-2.0, -3.0), (1.0, 2.0)]


def test_facts_that_the_passage_does_not_have_are_counted_up_to_two():
    claims = ["The clock runs fast.", "It was set in 1904.", "In 1904 Maud set 17 clocks in Leith."]
    assert [each.invented for each in features(ask_claims(FakeScorer(), PASSAGE, claims), None)] == [0, 1, 2]


def test_each_sentence_has_what_it_gains_and_the_word_that_goes_most_against_the_passage():
    first, second = answered(ask(FakeScorer(), PASSAGE, TEXT), FILE, None).sentences
    assert (first.gain, first.against, first.against_bits) == (3, "The", 3)
    assert (second.gain, second.against, second.against_bits) == (0, "It", 0)


def test_a_sentence_of_the_passage_is_said_whatever_the_model_answers():
    weights = {"said": {"bias": 0.0}, "not said": {"bias": 0.0}, "turned round": {"bias": 9.0}}
    found = Found(sentences=1, right=0.0, area=0.5)
    always = Calibration(name="always", matches=(), means={}, scales={}, weights=weights, found=found)
    text = "The clock runs fast. The sun. It is late."
    reading = answered(ask(FakeScorer(), PASSAGE, text), FILE, always)
    assert [each.label for each in reading.sentences] == ["said", "turned round", "turned round"]
    assert (reading.sentences[0].said, reading.sentences[0].turned_round) == (1, 0)


def test_the_passage_is_asked_about_in_a_row_and_once_by_itself():
    scorer = FakeScorer()
    remembering = Remembering(scorer)
    for text in (TEXT, "It is late."):
        ask(remembering, PASSAGE, text)
    claims = [f"{before(PASSAGE)}| {each}{QUESTION}" for each in ("The clock runs fast.", "It is late.")]
    assert scorer.asked == [
        *(f"|{PASSAGE}", *claims, f"|{TEXT}{GAP}{PASSAGE}"),
        *(claims[1], f"|It is late.{GAP}{PASSAGE}"),
    ]


def test_an_error_of_the_engine_reaches_the_caller():
    class Failing(FakeScorer):
        def score_text(self, before: str, *parts: str | Answers) -> Future[Score]:
            future: Future[Score] = Future()
            future.set_exception(PromptError("too long.", "Shorten it."))
            return future

    with pytest.raises(PromptError, match="too long"):
        features(ask_claims(Failing(), PASSAGE, ["It is late."]), None)


@pytest.mark.model
def test_a_passage_given_its_own_text_keeps_its_bits_and_given_another_does_not():
    path, file = prepared.resolve(None, ())
    with LocalModel(path, file, LoadOptions((1536,), None, 2)) as model:
        scorer = Remembering(model)
        own, other, again = (answered(ask(scorer, FERRY, text), file, None) for text in (FERRY, BEES, FERRY))
        # Larger models give over 95 % and under 5 %: the bundled model takes longer to see that a copy comes.
        assert own.kept > 0.85
        assert other.kept < 0.1
        assert again == own
        assert "".join(span.text for span in own.text) == "".join(span.text for span in own.passage) == FERRY
        assert own.sentences[0].gain > other.sentences[0].gain + 1
