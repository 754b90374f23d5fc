"""Readings found beside their records."""

from __future__ import annotations

import pytest

from remix.outputs import RunFolder
from remix.outputs.layout import READING
from remix.outputs.stored_readings import stored_reading
from tests.reader.made import store, store_made

TASK = "two-clocks/001/again.1"


def test_the_reading_of_a_record_is_found(finished: RunFolder) -> None:
    record = finished.read(TASK)[0].id
    assert stored_reading(finished, TASK, record) is None
    reading = store_made(finished, TASK)
    assert stored_reading(finished, TASK, record) == reading
    assert stored_reading(finished, TASK, "0" * 64) is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e308", "5e-324"])
@pytest.mark.parametrize("changed", ["kept_bits", "passage_bits"])
def test_a_reading_with_impossible_numbers_is_not_shown(finished: RunFolder, changed: str, number: str) -> None:
    """The studio's page would get no answer, and the report no plot. A passage of no bits divides by them."""
    reading = store_made(finished, TASK)
    store(finished, TASK, reading.model_copy(update={changed: 1.5}))
    path = finished.path / f"{TASK}{READING}"
    path.write_text(path.read_text().replace("1.5", number))
    found = stored_reading(finished, TASK, finished.read(TASK)[0].id)
    assert (found is not None) == (changed == "kept_bits" and number == "5e-324")


def test_what_is_no_reading_is_none(finished: RunFolder) -> None:
    store_made(finished, TASK)
    (finished.path / f"{TASK}{READING}").write_text("{}")
    assert stored_reading(finished, TASK, finished.read(TASK)[0].id) is None
