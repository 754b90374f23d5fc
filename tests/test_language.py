"""Whether a text is in another language."""

from __future__ import annotations

import pytest

from remix.measure.language import is_foreign

PASSAGE = "The first clock runs fast. It was set by the second, which nobody has ever seen."


@pytest.mark.parametrize(
    "text",
    [
        "Es ist eine Frage des Rechts.",
        "Le problème est que personne ne l'a jamais vu.",
        "これは法律の問題です。",
        "Это вопрос закона.",
    ],
)
def test_foreign(text: str) -> None:
    assert is_foreign(text, PASSAGE)
    assert is_foreign(PASSAGE, text * 3)


@pytest.mark.parametrize(
    "text", ["", "Ja.", "A fast clock, set by an unseen one.", "Zeitgeist and Weltschmerz, they say."]
)
def test_not_foreign(text: str) -> None:
    assert not is_foreign(text, PASSAGE)


def test_of_a_short_passage_nobody_can_tell() -> None:
    assert not is_foreign(PASSAGE, "Ja, ja.")
