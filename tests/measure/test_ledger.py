"""The ledger of one output."""

from __future__ import annotations

import math

import pytest

from remix.measure.ledger import VERSION, LedgerInput, MeasuresFile, candidate_measures, ledger
from remix.records import Message, Weights, sha256

PASSAGE = (
    "The first clock runs fast, and nobody knows why. It was set by the second in 1855. "
    "The mayor bought a vineyard and a mule. The mule bit the mayor of Harrow."
)


def made(text: str, previous: str = "", length: float | None = None) -> LedgerInput:
    return LedgerInput(text, "stop", PASSAGE, previous, (Message(role="user", content=PASSAGE),), length)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PASSAGE, "keeps all 4 sentences in 100 % of the words"),
        (
            "The first clock runs fast and nobody knows why. It was set by the second.",
            "keeps 2 of 4 sentences in 47 % of the words; drops the two on mayor and mule",
        ),
        (
            "Quite another thing, in 1901, by Ada Lovelace and “so on”.",
            "keeps none of 4 sentences in 34 % of the words; adds one; invents 1901, “so on”, Ada Lovelace",
        ),
        (
            "It came in 3, 4, 5, 6, 7, 8.",
            "keeps none of 4 sentences in 28 % of the words; adds one; invents 3, 4, 5, 6 and 2 more",
        ),
        ("", "keeps none of 4 sentences in 0 % of the words"),
        (
            "The first clock runs slow, and nobody knows why.",
            "keeps 1 of 4 sentences in 28 % of the words; drops the three on mayor and mule; "
            "may turn round “fast” to “slow”",
        ),
    ],
)
def test_the_line(text: str, line: str) -> None:
    assert ledger(made(text)).line == line


def test_what_the_step_before_invented_is_said_too() -> None:
    of = ledger(made("Ada Lovelace had it from Ada Lovelace.", previous="It was Ada Lovelace."))
    assert of.line.endswith("; adds one; goes on with Ada Lovelace")
    assert of.facts.invented == ()


def test_the_parts() -> None:
    of = ledger(made("The first clock runs fast. It was painted green in 1901.", length=0.5))
    assert (of.similarity, of.threshold) == ("chrf", 32.0)
    assert [each.kept for each in of.passage] == [True, False, False, False]
    assert of.passage[0].best == 1
    assert [each.kept for each in of.text] == [True, False]
    assert (of.kept, of.added) == (0.25, 0.5)
    assert of.flags == ("invented",)
    assert (of.length.words, of.length.passage, of.length.read, of.length.wanted) == (11, 32, 32, 16)
    assert of.length.off == round(math.log2(16 / 11), 4)
    assert of.length.share == round(11 / 32, 4)


def test_length_is_asked_of_what_was_read() -> None:
    of = ledger(made("One two three.", previous="One two three four five six.", length=0.5))
    assert (of.length.read, of.length.wanted, of.length.off) == (6, 3, 0)
    assert ledger(made("One.")).length.off is None


def test_the_merit_is_the_weighted_sum() -> None:
    of = ledger(made("The first clock runs slow, and nobody knows why. It was set in 1855.", length=0.5))
    found = candidate_measures(
        of, Weights(kept=2, facts=3, added=5, reversed=-7, coverage=11, density=13, length=-17)
    )
    parts = (found.kept, found.facts, found.added, found.reversed, found.coverage, found.density, found.length)
    assert parts == (
        of.kept,
        of.facts.kept_share,
        of.added,
        len(of.reversals),
        of.extractive.coverage,
        of.extractive.density,
        of.length.off,
    )
    weighted = sum(weight * part for weight, part in zip((2, 3, 5, -7, 11, 13, -17), parts, strict=True))
    assert found.merit == pytest.approx(weighted, abs=1e-6)
    assert (found.version, found.invented) == (VERSION, 0)


def test_a_file_is_read_back() -> None:
    file = MeasuresFile(record=sha256("a record"), ledger=ledger(made("The first clock runs.")))
    json = file.model_dump_json(by_alias=True)
    assert MeasuresFile.model_validate_json(json) == file
    assert json.startswith('{"schema":"remix/measures/1","version":2,')


def test_an_empty_passage_has_nothing_to_keep() -> None:
    of = ledger(LedgerInput("Some words.", "stop", "", "", ()))
    assert (of.kept, of.added, of.length.share) == (0, 1, 0)
