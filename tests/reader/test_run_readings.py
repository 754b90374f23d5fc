"""The readings of a run: asked once, stored beside the records, printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from remix.errors import ModelError
from remix.models import catalog
from remix.outputs import RunFolder
from remix.outputs.layout import READING
from remix.reader import reader, run_readings, summary
from remix.reader.calibration import in_words
from remix.records import ModelFile, ReadingFile
from remix.verification.verify import verify
from tests.conftest import FILE, Remix
from tests.reader.fake_scorer import FakeScorer

MODEL = (Path("fake.gguf"), FILE)


class FakeVocabulary:
    """Counts words."""

    def __init__(self, *_: object) -> None:
        pass

    def count_text(self, text: str) -> int:
        """The number of words."""
        return len(text.split())

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def scorers(monkeypatch: pytest.MonkeyPatch) -> list[FakeScorer]:
    """The scorers that were opened in place of models."""
    opened: list[FakeScorer] = []

    def open_(*_: object) -> FakeScorer:
        opened.append(FakeScorer())
        return opened[-1]

    monkeypatch.setattr(run_readings, "LocalModel", open_)
    monkeypatch.setattr(run_readings, "Vocabulary", FakeVocabulary)
    monkeypatch.setattr(run_readings, "find_reader", lambda *_: MODEL)
    return opened


def stored(finished: RunFolder) -> dict[str, ReadingFile]:
    return {
        str(path): ReadingFile.model_validate_json(path.read_bytes()) for path in finished.path.rglob(f"*{READING}")
    }


def test_each_text_is_read_once(finished: RunFolder, scorers: list[FakeScorer]) -> None:
    found = run_readings.read(finished, MODEL)
    assert [each.task.id for each in found.outputs] == [
        task.id for task in finished.run.tasks if task.id not in found.left_out
    ]
    assert run_readings.read(finished, MODEL) == found
    assert len(scorers) == 1
    assert len(stored(finished)) == len(found.outputs) > 0
    assert not verify(finished.path).findings


@pytest.mark.parametrize("changed", ["sha256", "version"])
def test_another_model_and_other_questions_read_anew(
    finished: RunFolder, scorers: list[FakeScorer], monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    run_readings.read(finished, MODEL)
    if changed == "version":
        monkeypatch.setattr(reader, "VERSION", reader.VERSION + 1)
    file = FILE.model_copy(update={"sha256": "9" * 64}) if changed == "sha256" else FILE
    found = run_readings.read(finished, (MODEL[0], file))
    assert len(scorers) == 2
    assert {each.reading.reader_sha256 for each in found.outputs} == {file.sha256}


def test_what_exceeds_the_readers_context_is_left_out(finished: RunFolder, scorers: list[FakeScorer]) -> None:
    found = run_readings.read(finished, (MODEL[0], FILE.model_copy(update={"context": 8})))
    assert (found.outputs, scorers) == ([], [])
    assert found.left_out == [task.id for task in finished.run.tasks]


def test_the_command_prints_lines_and_who_read(finished: RunFolder, scorers: list[FakeScorer], remix_: Remix) -> None:
    result = remix_("measure", "--by", "model")
    assert result.exit_code == 0
    assert "of the passage's bits in" in " ".join(result.stdout.split())
    assert " ".join(in_words(FILE).split()[:5]) in " ".join(result.output.split())
    assert stored(finished)


def test_the_command_prints_readings_as_json(finished: RunFolder, scorers: list[FakeScorer], remix_: Remix) -> None:
    found = json.loads(remix_("measure", "--by", "model", "--json").stdout)
    assert found["reader"]["name"] == FILE.name
    assert found["reader"]["calibrated"] is False
    (kind, *_) = found["kinds"]
    assert sum(kind["labels"].values()) == kind["sentences"]
    outputs = found["outputs"].values()
    assert all(each["line"].startswith("keeps ") for each in outputs)


@pytest.mark.parametrize(
    "words", [("--by", "model", "--report", "x.html"), ("--by", "model", "--embeddings", "none"), ("--reader", "x")]
)
def test_options_that_exclude_each_other_are_refused(
    finished: RunFolder, remix_: Remix, words: tuple[str, ...]
) -> None:
    result = remix_("measure", *words)
    assert result.exit_code == 2
    assert "--by model" in result.output


def test_an_unknown_reader_is_named(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("measure", "--by", "model", "--reader", "nobody")
    assert result.exit_code == 1
    assert "no model is called 'nobody'" in result.output


def test_by_default_the_largest_chat_model_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def located(name: str, size: int) -> catalog.LocatedModel:
        return catalog.LocatedModel(name=name, path=Path(f"/{name}.gguf"), origin="settings", size=size)

    def resolve(model: str, _: object) -> tuple[Path, ModelFile]:
        if "broken" in model:
            raise ModelError("broken.", "Take another one.")
        return Path(model), FILE.model_copy(update={"chat_template": None if "base" in model else "{{ x }}"})

    here = [
        located(name, size) for name, size in (("small", 1), ("large", 5), ("base", 6), ("broken", 7), ("huge", 9))
    ]
    monkeypatch.setattr(catalog, "available", lambda _: here)
    monkeypatch.setattr(catalog, "fits", lambda found: found.name != "huge")
    monkeypatch.setattr(run_readings.prepared, "resolve", resolve)
    assert run_readings.find_reader(None, ())[0] == Path("/large.gguf")


Change = Callable[[dict[str, object]], object]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(record="0" * 64), "belongs to another record"),
        (lambda raw: raw.clear(), "not the reading of a text"),
    ],
)
def test_forged_readings_are_named(finished: RunFolder, scorers: list[FakeScorer], change: Change, said: str) -> None:
    run_readings.read(finished, MODEL)
    path = min(finished.path.rglob(f"*{READING}"))
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    (finding,) = verify(finished.path).findings
    assert said in finding.what
    assert "`remix measure --by model` takes it anew" in finding.what


def test_a_line_names_what_is_turned_round(finished: RunFolder, scorers: list[FakeScorer]) -> None:
    reading = run_readings.read(finished, MODEL).outputs[0].reading
    sentence = reading.sentences[0].model_copy(update={"label": "turned round", "against": "fewer"})
    other = sentence.model_copy(update={"label": "not said"})
    bare = reading.model_copy(update={"calibration": None, "sentences": (sentence,)})
    assert summary.line(bare).endswith("of its words; goes most against it at *fewer*")
    bits = {"passage_bits": 200.0, "kept_bits": 82.0}
    changed = reading.model_copy(update={"calibration": "made", "sentences": (sentence, other), **bits})
    share = f"{summary.share_of_words(changed):.0%}".replace("%", " %")
    assert summary.line(changed) == (
        f"keeps 41 % of the passage's bits in {share} of its words; turns round *fewer*; 1 not said"
    )
