"""What the measures find in planted cases, what they miss, and where they cry wolf.

The shares here are those in docs/measures.md; whoever changes a measure changes both.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from remix.measure.ledger import Ledger, LedgerInput, ledger
from tests import planted
from tests.planted import Planted

DOCUMENT = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")


def measured(case: Planted) -> Ledger:
    return ledger(LedgerInput(case.text, "stop", case.passage, "", ()))


def is_found(case: Planted) -> bool:
    """Whether what was planted is named, and not just something."""
    of = measured(case)
    turned = [word for each in of.reversals for word in (each.was, each.now)]
    if case.kind in {"year", "number", "name", "quotation", "citation"}:
        return "invented" in of.flags and any(case.fact.casefold() in fact.casefold() for fact in of.facts.invented)
    if case.kind == "direction":
        return case.fact in turned
    if case.kind == "negation":
        return any(case.fact in word for word in turned)
    if case.kind == "dropped":
        return [at for at, each in enumerate(of.passage, 1) if not each.kept] == [int(case.fact)]
    return case.kind in of.flags


def cries_wolf(case: Planted) -> bool:
    of = measured(case)
    return bool(of.facts.invented or of.reversals or of.flags)


@pytest.mark.parametrize("case", planted.FOUND, ids=lambda case: f"{case.kind}-{case.fact}")
def test_what_was_planted_is_found(case: Planted) -> None:
    assert is_found(case)


def test_there_are_enough_of_them() -> None:
    assert len(planted.FOUND) > 60
    assert set(Counter(case.kind for case in planted.FOUND)) == {
        *("year", "number", "direction", "negation", "name", "quotation", "citation", "dropped", "copy", "loop")
    }


@pytest.mark.parametrize("case", planted.FAITHFUL, ids=lambda case: case.passage[:20])
def test_a_faithful_paraphrase_raises_no_flag_and_keeps_every_sentence(case: Planted) -> None:
    assert not cries_wolf(case)
    assert measured(case).kept == 1


def test_what_they_miss_is_what_the_document_says() -> None:
    """Nobody must take a text without flags for a true one."""
    found = Counter(case.kind for case in planted.HARD if measured(case).facts.invented or measured(case).reversals)
    assert found == {"reworded": 2}
    assert f"{sum(found.values())} of {len(planted.HARD)}" in DOCUMENT


def test_they_cry_wolf_as_often_as_the_document_says() -> None:
    wrong = [case for case in planted.INNOCENT if cries_wolf(case)]
    assert [case.text[:12] for case in wrong] == ["In the 1850s"]
    assert f"{len(wrong)} of {len(planted.INNOCENT)}" in DOCUMENT


def test_the_shares_in_cases_that_were_held_out_are_those_in_the_document() -> None:
    rows = Counter((case.kind, is_found(case)) for case in planted.HELD_OUT if case.kind != "paraphrase")
    shares = {kind: (rows[kind, True], rows[kind, True] + rows[kind, False]) for kind, _ in rows}
    assert shares == {
        "year": (4, 4),
        "number": (3, 4),
        "name": (5, 6),
        "quotation": (1, 1),
        "direction": (2, 10),
        "negation": (2, 7),
    }
    for kind, (found, of) in shares.items():
        assert f"| {kind} | {found} of {of} |" in DOCUMENT
    faithful = [measured(case) for case in planted.HELD_OUT if case.kind == "paraphrase"]
    assert [bool(each.flags) for each in faithful] == [False] * 4
    assert sum(bool(each.reversals) for each in faithful) == 2
    assert sum(len(each.passage) for each in faithful) == 16
    assert sum(aligned.kept for each in faithful for aligned in each.passage) == 15
