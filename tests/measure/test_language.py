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


def test_plain_english_is_told_without_the_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading its weights took a second of each short run."""

    def refuse(text: str) -> None:
        raise AssertionError

    monkeypatch.setattr("remix.measure.language._scores", refuse)
    assert not is_foreign("It is the first of them that nobody has set.", PASSAGE)


@pytest.mark.parametrize(
    "text",
    [
        "Was in der Tat so an ihm war, will man im Hause nie mehr so sagen.",
        "On me dit a la fin que son but a tout de même été le plus haut.",
        "Me he ido a casa con mi mas grande hermano, no se por que.",
        "Man har her for at se om der er mere at sige om den sag.",
    ],
)
def test_what_shares_small_words_with_english_is_foreign_still(text: str) -> None:
    assert is_foreign(text, PASSAGE)


def test_of_a_short_passage_nobody_can_tell() -> None:
    assert not is_foreign(PASSAGE, "Ja, ja.")
