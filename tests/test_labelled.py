"""The labelled sentences are what they are said to be."""

from __future__ import annotations

import pytest

from benchmarks.reading_cases import all_cases
from remix.measure.sentences import sentences
from tests.labelled import Labelled, labelled, of_texts

ALL = pytest.mark.parametrize("found", [labelled(), of_texts()], ids=["labelled", "texts"])


@ALL
def test_each_is_a_sentence_of_its_text(found: tuple[Labelled, ...]) -> None:
    assert all(each.sentence in sentences(each.text) for each in found)


@ALL
def test_two_readings_that_agree_make_the_label(found: tuple[Labelled, ...]) -> None:
    agreed = [each for each in found if len(set(each.readings)) == 1]
    assert len(agreed) > 0.9 * len(found)
    assert all(each.label == each.readings[0] for each in agreed)


def test_no_sentence_is_labelled_twice() -> None:
    found = of_texts()
    assert len({(each.passage, each.sentence) for each in found}) == len(found)


def test_no_reader_learns_from_a_passage_that_is_kept_apart_but_for_hard_and_innocent_cases() -> None:
    cases = all_cases()
    apart = {each.passage for each in cases if each.is_apart and each.kind not in ("hard", "innocent")}
    assert apart.isdisjoint(each.passage for each in cases if not each.is_apart)
