"""What stands behind a sentence: numbers worked by hand, and by the bundled model."""

from __future__ import annotations

import math
import re
from concurrent.futures import Future
from pathlib import Path

import pytest

from remix.engine.local import LoadOptions, LocalModel
from remix.errors import PromptError
from remix.measure.sentences import sentences
from remix.outputs import RunFolder
from remix.reader import output_support
from remix.reader.leave_one_out import Supported, answered, ask, parts_of
from remix.records import ModelFile, Score
from tests.conftest import FILE
from tests.planted import CHOIR

PASSAGE = "The clock runs fast.\n\nNobody asked  the sun. It sets."


class Words:
    """Finds a word that stands in the text before 8 times as probable as another; a token is two words."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score_text(self, before: str, text: str, /) -> Future[Score]:
        self.asked.append(before)
        pieces = re.findall(r"\s*\S+", text)
        pairs = ["".join(pieces[at : at + 2]) for at in range(0, len(pieces), 2)]
        known = [sum(word in before.split() for word in pair.split()) for pair in pairs]
        future: Future[Score] = Future()
        logprobs = tuple(each * math.log(8) - 9 for each in known)
        future.set_result(Score(tuple(each.encode() for each in pairs), logprobs))
        return future


def test_each_sentence_of_a_passage_is_left_out_once() -> None:
    assert [(part.words, part.without) for part in parts_of([PASSAGE])] == [
        ("The clock runs fast.", "Nobody asked  the sun. It sets."),
        ("Nobody asked the sun.", "The clock runs fast.\n\nIt sets."),
        ("It sets.", "The clock runs fast.\n\nNobody asked  the sun."),
    ]


def test_of_several_passages_each_is_left_out_once() -> None:
    parts = parts_of(["One. Two.", "Three.", "Four."])
    assert [(part.words, part.without) for part in parts] == [
        ("One. Two.", "Three.\n\nFour."),
        ("Three.", "One. Two.\n\nFour."),
        ("Four.", "One. Two.\n\nThree."),
    ]


def test_bits_are_what_a_sentence_loses_without_a_part() -> None:
    scorer = Words()
    found = answered(ask(scorer, [PASSAGE], "Nobody asked\nthe moon. The clock sets late."))
    assert scorer.asked == [f"{PASSAGE}\n\n", *(f"{part.without}\n\n" for part in parts_of([PASSAGE]))]
    # 3 bits for each word that the part alone has: “Nobody”, “asked”, “the”; “The”, “clock”.
    assert found.sentences == (
        Supported(sentence="Nobody asked the moon.", bits=(0.0, 9.0, 0.0)),
        Supported(sentence="The clock sets late.", bits=(6.0, 0.0, 0.0)),
    )
    assert found.parts == ("The clock runs fast.", "Nobody asked the sun.", "It sets.")


def test_a_token_belongs_to_the_sentence_in_which_it_ends() -> None:
    # Tokens: “It sets.”, “ Nobody asked”, “ fast. The”, “ clock”.
    found = answered(ask(Words(), ["Nobody sets. The clock."], "It sets. Nobody asked fast. The clock."))
    assert [each.bits for each in found.sentences] == [(3.0, 0.0), (3.0, 0.0), (0.0, 6.0)]


def test_without_its_only_sentence_nothing_stands_before_the_text() -> None:
    scorer = Words()
    ask(scorer, ["One sentence."], "A text.")
    assert scorer.asked == ["One sentence.\n\n", ""]


def test_what_exceeds_the_readers_context_is_refused(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    class Vocabulary:
        def __init__(self, *_: object) -> None:
            pass

        def count(self, _: object) -> int:
            return FILE.context

        def close(self) -> None:
            pass

    monkeypatch.setattr(output_support, "Vocabulary", Vocabulary)
    record, text = finished.read("two-clocks/001/again.1")
    with pytest.raises(PromptError, match="reads 2048 tokens, and passage and text have about 2080"):
        output_support.support_of(record, text, (Path("fake.gguf"), FILE))
    with pytest.raises(PromptError, match="no words"):
        output_support.support_of(record, " ", (Path("fake.gguf"), FILE))


@pytest.mark.model
def test_behind_a_copy_stands_what_was_copied(model_path: Path, model_file: ModelFile) -> None:
    own = sentences(CHOIR)
    with LocalModel(model_path, model_file, LoadOptions((512,), None, 1)) as model:
        found = answered(ask(model, [CHOIR], f"{own[1]} {own[0]}"))
    assert found.parts == tuple(own)
    for sentence, copied in zip(found.sentences, (1, 0), strict=True):
        assert max(range(len(own)), key=lambda at: sentence.bits[at]) == copied
        assert sentence.bits[copied] > 10
