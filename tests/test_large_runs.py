"""Runs larger than memory: what is kept of them, what is read again, and what is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from click.testing import Result

from remix.analysis import run_ledgers
from remix.errors import RunError
from remix.export.export import FORMATS, ExportError, ExportOptions, export_bytes
from remix.outputs import RunFolder, reviews
from remix.verification.verify import verify as verified
from tests.forging import forge

exporting = import_module("remix.export.export")

Remix = Callable[..., Result]
FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"

HOSTILE = {
    "a long word": "a" * 2**20,
    "quotation marks": '"' * 2**19 + "“" * 2**18,
    "brackets": "([{<" * 2**18,
    "many sentences": "I. " * 300_000,
    "line ends": "a\n" * 2**19,
    "paragraphs": "a\n\n" * 300_000,
    "no words": "\u200b" * 2**18,
    "rules": "---\n" * 2**18,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_of_large_texts_none_is_kept(finished: RunFolder, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Bug: `verify` kept all texts of a run: thousands of 8 MiB took many GB."""
    monkeypatch.setattr("remix.verification.verify.KEPT", 2**18)
    forge(finished, SECOND, text=text)
    report = verified(finished.path)
    assert report.findings == ()
    assert sum(each.size for each in report.found if each.kept) <= 2**18
    assert next(each.text for each in report.found if each.task.id == SECOND) == text


@pytest.mark.parametrize("form", ["dpo", "prov-json", "jsonl", "html", "markdown"])
def test_what_is_read_again_is_exported_as_what_was_kept(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    reviews.say(finished, FIRST, "Ada", verdict="star")
    reviews.edit(finished, FIRST, "Ada", "Mine.")
    whole = export_bytes(finished.path, ExportOptions(form))
    monkeypatch.setattr("remix.verification.verify.KEPT", 0)
    assert export_bytes(finished.path, ExportOptions(form)) == whole


@pytest.mark.parametrize("suffix", [".md", ".json"])
def test_what_was_changed_after_the_check_goes_to_nobody(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("remix.verification.verify.KEPT", 0)
    found = verified(finished.path).found[0]
    path = finished.path / f"{found.task.id}{suffix}"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n", 1))
    with pytest.raises(RunError, match="was changed during verification"):
        _ = found.text


@pytest.mark.parametrize("form", FORMATS)
def test_more_than_fits_memory_is_not_exported(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 2**10)
    with pytest.raises(ExportError, match="can be exported"):
        exporting.export(finished.path, finished.path.parent / "out", ExportOptions(form))
    assert not (finished.path.parent / "out").exists()


def test_pairs_of_many_judged_texts_are_bounded(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: of 3,000 equal prompts whose texts were judged, 2,250,000 pairs were written."""
    messages = json.loads(finished.record_path(FIRST).read_bytes())["derivation"]["prompt"]["messages"]
    tasks = [task.id for task in finished.run.tasks if task.step == 1]

    def same(raw: dict[str, Any]) -> None:
        raw["derivation"]["prompt"]["messages"] = messages

    for number, task in enumerate(tasks):
        forge(finished, task, same, text="x" * 999 + task)
        reviews.say(finished, task, "Ada", verdict="star" if number % 2 else "reject")
    # The steps after them were made from other texts, which doesn't matter here.
    monkeypatch.setattr(exporting, "verified", lambda path: verified(path)._replace(findings=()))
    assert len(export_bytes(finished.path, ExportOptions("dpo")).splitlines()) == len(tasks) ** 2 // 4
    whole = sum(each.size for each in verified(finished.path).found)
    monkeypatch.setattr(exporting, "MOST_EXPORTED", whole)
    monkeypatch.setattr(exporting.dpo, "lines", lambda *_: iter(["x" * 2**15] * 10**6))
    with pytest.raises(ExportError, match="the pairs of texts have more than"):
        export_bytes(finished.path, ExportOptions("dpo"))


@pytest.mark.parametrize("words", [("measure",), ("measure", "--json"), ("compare",)])
def test_more_than_fits_memory_is_not_measured(
    finished: RunFolder, remix_: Remix, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Bug: `measure` and `compare` kept all texts of a run, each with its record."""
    monkeypatch.setattr(run_ledgers, "MOST_MEASURED", 2**10)
    runs = [finished.path] * (1 + (words == ("compare",)))
    result = remix_(*words, *runs)
    assert result.exit_code == 1
    assert "too much to be measured.\n" in result.stderr


# -- what was looked at -------------------------------------------------------------------------------------


def test_of_a_single_output_it_is_said_that_nothing_else_was_looked_at(finished: RunFolder, remix_: Remix) -> None:
    """Bug: `verify OUTPUT` said that the whole run is intact, though only that output was checked."""
    finished.text_path("two-clocks/003/once.1").write_text("Forged.")
    result = remix_("verify", f"{finished.run.name}:{SECOND}")
    assert result.exit_code == 0
    last = result.stdout.splitlines()[-1]
    assert last == "intact: 2 of the run's 12 texts have not changed; the rest of the run wasn't checked"
    told = json.loads(remix_("verify", "--json", f"{finished.run.name}:{SECOND}").stdout)
    assert told["runs"][0]["only"] == [SECOND]


@pytest.mark.parametrize("count", [1, 3])
def test_a_text_without_a_record_is_not_called_intact(finished: RunFolder, remix_: Remix, count: int) -> None:
    """Bug: a text of an unfinished run whose record was away counted as intact, whatever it said."""
    finished.unseal()
    for task in finished.run.tasks[-count:]:
        finished.record_path(task.id).unlink()
        finished.text_path(task.id).write_text("Forged.")
    result = remix_("verify", finished.path)
    assert result.exit_code == 0
    *_, intact, unrecorded = result.stdout.splitlines()
    assert intact == "intact: no text with a record has changed since it was written"
    also = " and 2 more" if count > 1 else ""
    first = finished.run.tasks[-count].id
    assert unrecorded == f"without a record, so not checked: {first}.md{also}; `remix resume` writes it again"
    told = json.loads(remix_("verify", "--json", finished.path).stdout)
    assert len(told["runs"][0]["unrecorded"]) == count
