"""Bits that passages give to sentences, and the lineage made from them: numbers worked by hand, and by the model."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from remix.engine.local import LoadOptions, LocalModel
from remix.measure.sentences import sentences
from remix.reader import gains, lineage_by_model
from remix.reader.gains import SentenceGains, TextToRead
from remix.records import ModelFile
from remix.records.lineage import Lineage
from tests.conftest import FILE
from tests.planted import CHOIR, CLOCK
from tests.reader.fake_scorer import FakeScorer

PASSAGES = {"clock": "The clock runs fast.", "sun": "Nobody asked the sun."}


def test_bits_are_what_a_passage_alone_gives_to_a_sentence() -> None:
    scorer = FakeScorer()
    text = "Nobody asked the moon. The clock sets."
    asked = gains.ask(scorer, [TextToRead(tuple(PASSAGES.values()), text)])
    assert scorer.asked == [f"|{text}", f"The clock runs fast.\n\n|{text}", f"Nobody asked the sun.\n\n|{text}"]
    # A word that the passage has is 8 times as probable: 3 bits.
    assert gains.answered(asked[0], sentences(text)) == (
        SentenceGains("Nobody asked the moon.", 4, (0.0, 9.0)),
        SentenceGains("The clock sets.", 3, (6.0, 0.0)),
    )


def test_texts_of_a_passage_are_asked_in_a_row() -> None:
    scorer = FakeScorer()
    texts = [TextToRead(("P.", "Q."), "One."), TextToRead(("R.",), "Two."), TextToRead(("Q.", "P."), "Three.")]
    asked = gains.ask(scorer, texts)
    assert [len(each.after) for each in asked] == [2, 1, 2]
    assert scorer.asked[3:] == [*("P.\n\n|One.", "P.\n\n|Three.", "Q.\n\n|One.", "Q.\n\n|Three."), "R.\n\n|Two."]


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
    text = f"{sentences(CHOIR)[0]} {sentences(CLOCK)[0]}"
    with LocalModel(model_path, model_file, LoadOptions((512,), None, 1)) as model:
        (asked,) = gains.ask(model, [TextToRead((CHOIR, CLOCK), text)])
        found = gains.answered(asked, sentences(text))
    passages = {"choir": CHOIR, "clock": CLOCK}
    made = lineage_by_model.lineage(passages, found, model_file, "en")
    assert [each.behind[0].passage for each in made.sentences] == ["choir", "clock"]
