"""Bits that passages give to sentences, and the lineage made from them: numbers worked by hand, and by the model."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from remix.engine.local import LoadOptions, LocalModel
from remix.measure.sentences import sentences
from remix.reader import gains, lineage_by_model
from remix.reader.gains import PROSE, SentenceGains, TextToRead
from remix.records import ModelFile
from remix.records.lineage import Lineage
from tests.conftest import FILE
from tests.planted import CHOIR, CLOCK
from tests.reader.fake_scorer import FakeScorer

PASSAGES = ("The clock runs fast.", "Nobody asked the sun.")


def test_bits_are_what_a_passage_gives_to_a_sentence_by_itself() -> None:
    scorer = FakeScorer()
    own = ("Nobody asked the moon.", "The clock sets.")
    (asked,) = gains.ask(scorer, [TextToRead(PASSAGES, own, "en")])
    before = (PROSE["en"], *PASSAGES)
    assert scorer.asked == [f"{each}\n\n“|{sentence}" for each in before for sentence in own]
    # A word that the passage has and the prose hasn't is 8 times as probable: 3 bits.
    assert gains.answered(asked) == (
        SentenceGains("Nobody asked the moon.", 4, (-3.0, 6.0)),
        SentenceGains("The clock sets.", 3, (6.0, 0.0)),
    )


def test_sentences_after_a_passage_are_asked_in_a_row() -> None:
    scorer = FakeScorer()
    texts = [TextToRead(("P.", "Q."), ("One.",), "de"), TextToRead(("R.",), ("Two.",), None)]
    texts.append(TextToRead(("Q.", "P."), ("Three.", "Four."), "xx"))
    asked = gains.ask(scorer, texts)
    assert [len(each.after) for each in asked] == [2, 1, 2]
    prose = [PROSE["de"], *3 * [PROSE["en"]]]
    assert scorer.asked[:4] == [
        f"{before}\n\n“|{each}" for before, each in zip(prose, ("One.", "Two.", "Three.", "Four."), strict=True)
    ]
    assert scorer.asked[4:] == [
        *("P.\n\n“|One.", "P.\n\n“|Three.", "P.\n\n“|Four.", "Q.\n\n“|One.", "Q.\n\n“|Three.", "Q.\n\n“|Four."),
        "R.\n\n“|Two.",
    ]


def lineage(*bits: float, tokens: int = 10) -> Lineage:
    """The lineage of a sentence, by the bits of its passages."""
    passages = {f"p{at}": "Words of a passage." for at in range(len(bits))}
    return lineage_by_model.lineage(passages, [SentenceGains("A sentence.", tokens, bits)], FILE, "en")


def test_without_enough_bits_a_sentence_is_added() -> None:
    least = 10 * lineage_by_model.LEAST
    assert lineage(least - 0.1, -3.0).sentences[0].added
    (behind,) = lineage(least, -3.0).sentences[0].behind
    assert (behind.passage, behind.share, behind.score) == ("p0", 1.0, least)
    assert behind.sentence == "Words of a passage."


def test_shares_are_shares_of_the_bits_of_the_passages_behind() -> None:
    found = lineage(60.0, 5.0, 60.0 * lineage_by_model.FURTHER, -1.0).sentences[0].behind
    assert [each.passage for each in found] == ["p0", "p2"]
    assert math.isclose(sum(each.share for each in found), 1, abs_tol=1e-3)
    assert found[0].share > found[1].share


def test_the_reader_is_named() -> None:
    found = lineage(1.0)
    assert (found.method, found.reader, found.reader_sha256) == ("model", FILE.name, FILE.sha256)
    assert "not known" in lineage_by_model.in_words(FILE.name)
    assert "not known" not in lineage_by_model.in_words("Qwen2.5-Coder-1.5B-Instruct")


@pytest.mark.model
def test_a_copy_gets_most_bits_from_its_passage(model_path: Path, model_file: ModelFile) -> None:
    own = (sentences(CHOIR)[0], sentences(CLOCK)[0])
    with LocalModel(model_path, model_file, LoadOptions((512,), None, 1)) as model:
        (asked,) = gains.ask(model, [TextToRead((CHOIR, CLOCK), own, "en")])
        found = gains.answered(asked)
    made = lineage_by_model.lineage({"choir": CHOIR, "clock": CLOCK}, found, model_file, "en")
    assert [each.behind[0].passage for each in made.sentences] == ["choir", "clock"]
