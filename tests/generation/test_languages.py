"""Languages of a run's passages: found when the run is planned, recorded, and compared with the model's card."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from remix.analysis import run_ledgers
from remix.generation import execute, prepare
from remix.generation.languages import unnamed, with_languages
from remix.outputs import RunFolder
from remix.outputs.facts import facts
from remix.records import ModelFile, Options, Passage
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, FakeWriter, Remix
from tests.generation.passages import passage
from tests.planted_languages import DEVELOPED

GERMAN = DEVELOPED[0].passage
FINNISH = "Tohtori Halvorsen tuli Bergeniin ja myi 40 000 kalenteria, eikä kukaan nähnyt sitä ennen aamua."
ENGLISH_CARD = FILE.model_copy(update={"languages": ("en",)})


def spoken(*languages: str | None) -> list[Passage]:
    return [passage(number).model_copy(update={"language": each}) for number, each in enumerate(languages, 1)]


@pytest.fixture
def foreign(workspace: Workspace) -> Iterator[RunFolder]:
    """A run over a German and a Finnish passage."""
    (workspace.seeds / "uhren.md").write_text(f"# Uhren\n\n{GERMAN} #uhr\n\n{FINNISH} #uhr\n", encoding="utf-8")
    template = "---\ndescription: Says it again.\n---\n{{ passage }}\n\nSay it{{ ' in ' ~ language if language }}."
    (workspace.prompts / "foreign.md.j2").write_text(template, encoding="utf-8")
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1, tags=("uhr",), kinds=("foreign",)), writer)
    yield execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()


def test_passages_and_records_carry_the_language_and_what_is_not_looked_for(foreign: RunFolder) -> None:
    assert [each.language for _, each in foreign.run.corpus] == ["de", "fi"]
    german, finnish = (foreign.read(task.id)[0] for task in foreign.done)
    assert (german.sources[0].language, finnish.sources[0].language) == ("de", "fi")
    assert german.not_looked_for == ("names that stand alone",)
    assert dict(facts(finnish))["not looked for"] == (
        "numbers in words, names of months and days, names, negations, antonyms (in Finnish)"
    )
    assert verify(foreign.path).findings == ()


def test_prompts_ask_for_the_language(foreign: RunFolder) -> None:
    prompts = [foreign.read(task.id)[0].derivation.prompt for task in foreign.done]
    assert [each.messages[0].content.rpartition("\n")[2] for each in prompts] == [
        "Say it in German.",
        "Say it in Finnish.",
    ]


def test_measures_say_once_for_each_language_what_is_not_looked_for(foreign: RunFolder, remix_: Remix) -> None:
    result = remix_("measure", str(foreign.path))
    assert "Passages in German, 1 text: names that stand alone are not looked for." in result.stderr
    assert result.stderr.count("Passages in Finnish, 1 text: numbers in words, ") == 1
    found = json.loads(remix_("measure", str(foreign.path), "--json").stdout)
    assert [(each["language"], each["outputs"]) for each in found["languages"]] == [("de", 1), ("fi", 1)]
    assert {each["language"] for each in found["outputs"].values()} == {"de", "fi"}
    shown = remix_("show", f"{foreign.path.name}:{foreign.done[1].id}")
    assert "Not looked for: numbers in words" in shown.stderr


def test_of_english_passages_nothing_is_said(finished: RunFolder) -> None:
    assert [each.line for each in run_ledgers.languages(run_ledgers.measure(finished)) if each.line] == []
    assert {finished.read(task.id)[0].not_looked_for for task in finished.done} == {()}


def test_a_passage_too_short_to_tell_has_no_language(finished: RunFolder) -> None:
    ((_, short),) = with_languages([(finished.run.essays[0], passage(1))])
    assert short.language is None


@pytest.mark.parametrize(
    ("file", "languages", "said"),
    [
        (ENGLISH_CARD, ("de", "fi", "de", "en", None), "its card names English, and passages are in other languages"),
        (ENGLISH_CARD, ("en", None), ""),
        (FILE, ("de",), ""),  # a card without languages
    ],
)
def test_a_card_that_does_not_name_the_passages_language(
    file: ModelFile, languages: tuple[str | None, ...], said: str
) -> None:
    warning = unnamed(file, spoken(*languages))
    assert said in warning
    assert bool(said) == bool(warning)
    assert ("(Finnish: 1, German: 2)" in warning) == bool(said)
