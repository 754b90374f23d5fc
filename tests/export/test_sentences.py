"""Texts in stretches by sentence, and lineages that don't fit their text."""

from __future__ import annotations

from typing import Any

import pytest

from remix.analysis.run_lineages import of_record
from remix.export.sentences import Stretch, lineages, stretches
from remix.measure.words import beginning
from remix.outputs import RunFolder
from remix.outputs.layout import LINEAGE
from remix.records.lineage import LineageFile, SentenceLineage
from remix.util.json_values import read
from remix.verification.verify import verify
from tests.made_weave import PARAGRAPHS

FIRST = PARAGRAPHS[0]


def as_sentences(*texts: str) -> list[SentenceLineage]:
    return [SentenceLineage(sentence=each, added=True, behind=()) for each in texts]


@pytest.mark.parametrize(
    ("text", "sentences", "expected"),
    [
        ("One.  Two\nlines.\n\nThree.", ("One.", "Two lines.", "Three."), "1|0|2|0|3"),
        ("— One.", ("One.",), "0|1"),
        ("One. *", ("One.",), "1|0"),
        ("今日は。明日は。", ("今日は。", "明日は。"), "1|2"),
        ("", (), ""),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text: str, sentences: tuple[str, ...], expected: str) -> None:
    found = stretches(text, as_sentences(*sentences))
    assert found is not None
    assert "".join(each.text for each in found) == text
    assert "|".join(str(each.number) for each in found) == expected


@pytest.mark.parametrize(
    "sentences", [("One.",), ("Two.", "One."), ("One.", "Two.", "Three."), ("One.", ""), ("One. Three.",)]
)
def test_sentences_of_another_text_are_told(sentences: tuple[str, ...]) -> None:
    assert stretches("One. Two.", as_sentences(*sentences)) is None


def test_of_a_long_text_the_beginning_is_enough() -> None:
    text = f"One. {'word ' * 30_000}"
    found = stretches(text, as_sentences("One.", beginning(text).removeprefix("One. ")))
    assert found is not None
    assert [each.number for each in found] == [1, 0, 2, 0]
    assert found[0] == Stretch("One.", 1)


@pytest.fixture
def words(essay: RunFolder) -> dict[str, Any]:
    """The stored lineage of the first paragraph."""
    (found,) = lineages(found_in(essay))
    return found.model_dump(mode="json")


def found_in(essay: RunFolder) -> Any:
    return next(each for each in verify(essay.path).found if each.task.id == FIRST)


def store(essay: RunFolder, words: dict[str, Any], model: dict[str, Any] | None = None) -> None:
    record = essay.read(FIRST)[0].id
    made = {"schema": "remix/lineage/1", "record": record, "words": words} | ({"model": model} if model else {})
    file = LineageFile.model_validate(made)
    (essay.path / f"{FIRST}{LINEAGE}").write_text(file.model_dump_json(by_alias=True))
    assert read(LineageFile, (essay.path / f"{FIRST}{LINEAGE}").read_bytes()) == file


def test_a_stored_lineage_is_shown(essay: RunFolder, words: dict[str, Any]) -> None:
    model = words | {"method": "model", "version": 7, "reader": "big"}
    store(essay, words, model)
    assert [(each.method, each.version) for each in lineages(found_in(essay))] == [
        ("words", words["version"]),
        ("model", 7),
    ]


@pytest.mark.parametrize("wrong", ["passage", "behind", "sentence", "fewer", "added"])
def test_a_stranger_s_lineage_of_other_passages_or_sentences_is_not_shown(
    essay: RunFolder, words: dict[str, Any], wrong: str
) -> None:
    forged = LineageFile.model_validate(
        {"schema": "remix/lineage/1", "record": essay.read(FIRST)[0].id, "words": words}
    ).words.model_dump(mode="json")
    if wrong == "passage":
        forged["passages"][0] = "maps/001"
    elif wrong == "behind":
        forged["sentences"][0]["behind"][0]["passage"] = "nowhere/001"
    elif wrong == "sentence":
        forged["sentences"][0]["sentence"] = "Another sentence."
    elif wrong == "fewer":
        forged["sentences"].pop()
    else:
        forged["sentences"][0]["added"] = True
    store(essay, forged, forged | {"method": "model"})
    assert lineages(found_in(essay)) == (of_record(*essay.read(FIRST)),)
