"""An output laid open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remix.measure.ledger import LedgerInput, MeasuresFile, ledger
from remix.outputs import RunFolder
from remix.records import Alternative, Choice
from remix.studio import output_detail
from remix.studio.output_detail import OutputDetail, View, detail_of
from remix.workspace import Workspace
from tests.forging import forge
from tests.reader.made import store, store_made
from tests.studio_server import FIRST, SECOND, TEXT, variants

RLO = "\u202e"


def opened(folder: RunFolder, task: str, edited: str | None = None) -> OutputDetail:
    planned = next(each for each in folder.run.tasks if each.id == task)
    passages = {passage.id: passage for essay in folder.run.essays for passage in essay.passages}
    return detail_of(folder, [passages[planned.place]], planned, edited)


def texts(view: View) -> tuple[str, str]:
    return "".join(chunk.text for chunk in view.left), "".join(chunk.text for chunk in view.right)


def marked(view: View) -> tuple[list[str], list[str]]:
    left, right = ([chunk.text for chunk in side if chunk.changed] for side in (view.left, view.right))
    return left, right


def test_a_text_beside_its_passage_the_previous_step_and_its_edited_version(workspace: Workspace) -> None:
    folder = variants(workspace)
    passage = folder.read(FIRST)[0].sources[0].text
    forge(folder, SECOND, text="The first clock is late, it knows.")
    found = opened(folder, SECOND, "The first clock is late.")
    assert [view.name for view in found.views] == ["passage", "before", "edited"]
    assert texts(found.views[0]) == (passage, "The first clock is late, it knows.")
    assert marked(found.views[1]) == ([". It"], [", it"])
    assert marked(found.views[2]) == ([", it knows"], [])
    (named,) = found.passages
    assert (named.essay, named.path, named.lines) == ("Two Clocks", "seeds/two-clocks.md", "line 8")
    facts = dict(found.facts)
    assert facts["record"] == folder.read(SECOND)[0].id
    assert found.prompt[0].content.startswith("The first clock is late. It knows.")
    assert found.broken is None


def test_words_and_their_turns(workspace: Workspace) -> None:
    found = opened(variants(workspace), FIRST)
    view = found.views[0]
    numbered = {chunk.text: found.words[chunk.word] for chunk in view.right if chunk.word is not None}
    clock = numbered["clock"]
    assert (clock.shade, clock.tokens[0].perplexity) == (3, 245)
    assert clock.tokens[0].alternatives == ((" sun", 0.25), ("", 0.125))
    assert round(clock.tokens[0].probability, 3) == 0.368
    assert numbered["The"].shade == 0


def test_what_a_model_found(workspace: Workspace) -> None:
    folder = variants(workspace)
    assert opened(folder, FIRST).reading is None
    store_made(folder, FIRST, ["said", "turned round"])
    found = opened(folder, FIRST).reading
    assert found
    assert "".join(each.text for each in found.text) == TEXT
    assert [(each.text, each.level) for each in found.passage if each.level] == [("The", 3)]
    assert [(each.text, each.level, each.sentence) for each in found.text if each.level] == [("knows.", 2, 1)]
    assert [each.about for each in found.sentences] == [
        "said (80 %), most against the passage at “late”",
        "turned round (70 %), most against the passage at “knows”",
    ]
    assert found.trust.startswith("Read by fake")


def test_a_reading_of_a_text_too_long_to_be_sent_whole_is_left_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = variants(workspace)
    store_made(folder, FIRST)
    monkeypatch.setattr(output_detail, "SHOWN", len(TEXT) - 1)
    assert opened(folder, FIRST).reading is None


def test_a_reading_cannot_turn_a_line_round(workspace: Workspace) -> None:
    folder = variants(workspace)
    reading = store_made(folder, FIRST)
    store(folder, FIRST, reading.model_copy(update={"reader": f"fake{RLO}", "calibration": None}))
    found = opened(folder, FIRST).reading
    assert found
    assert RLO not in found.model_dump_json()


def test_a_trace_that_was_changed_tells_nothing(workspace: Workspace) -> None:
    folder = variants(workspace)
    path = folder.trace_path(FIRST)
    path.write_bytes(path.read_bytes().replace(b" sun", b" son"))
    assert opened(folder, FIRST).words == ()
    path.write_bytes(b"{")
    assert opened(folder, FIRST).words == ()


def test_texts_with_hardly_a_word_in_common_are_left_unmarked(workspace: Workspace) -> None:
    folder = variants(workspace)
    forge(folder, FIRST, text="Nothing here was ever said before by anybody at all")
    (view,) = opened(folder, FIRST).views
    assert (view.plain, marked(view)) == ("unlike", ([], []))


def test_a_broken_output_shows_its_words_and_why(workspace: Workspace) -> None:
    folder = variants(workspace)
    folder.text_path(FIRST).write_text("---\nx: 1\n---\nChanged.\n", encoding="utf-8")
    found = opened(folder, FIRST)
    assert texts(found.views[0])[1] == "Changed."
    assert found.broken
    assert "not the text that was recorded" in found.broken
    assert (found.facts, found.prompt, found.words) == ((), (), ())


def test_bytes_that_are_no_text_break_one_output_and_nothing_else(workspace: Workspace) -> None:
    """A forged record may name the hash of what isn't UTF-8."""
    folder = variants(workspace)

    def change(raw: dict[str, Any]) -> None:
        raw["output"]["sha256"] = "9d1e0e2d9459d06523ad13e28a4093c2316baafe7aec5b25f30eba2e113599c4"

    forge(folder, FIRST, change)
    folder.text_path(FIRST).write_bytes(b"---\nx: 1\n---\n\xff\n")
    assert opened(folder, FIRST).broken
    folder.text_path(FIRST).unlink()
    assert opened(folder, FIRST).broken


def test_what_turns_a_line_around_is_spelt_out(workspace: Workspace) -> None:
    folder = variants(workspace)
    forge(folder, FIRST, text=f"The first {RLO}clock is late. <b>It</b> knows.")
    found = opened(folder, FIRST)
    assert RLO not in found.model_dump_json()
    assert "\\u202eclock is late. <b>It</b>" in texts(found.views[0])[1]


def test_of_a_very_long_text_the_beginning_is_shown(workspace: Workspace) -> None:
    folder = variants(workspace)
    forge(folder, FIRST, text="long " * 200_000)
    found = opened(folder, FIRST)
    assert found.cut == 1_000_000 - output_detail.SHOWN
    assert len(texts(found.views[0])[1]) == output_detail.SHOWN
    assert found.views[0].plain == "long"


def measures(folder: RunFolder, **changed: Any) -> None:
    """Measure an output, and say otherwise of it."""
    record, text = folder.read(FIRST)
    made = LedgerInput(text, "stop", record.sources[0].text, "", ())
    file = MeasuresFile(record=record.id, ledger=ledger(made))
    raw = {**file.model_dump(mode="json", by_alias=True), **changed}
    folder.measures_path(FIRST).write_text(json.dumps(raw), encoding="utf-8")


def test_sentences_that_were_kept_dropped_and_added(workspace: Workspace) -> None:
    folder = variants(workspace)
    assert [view.name for view in opened(folder, FIRST).views] == ["passage"]
    measures(folder)
    found = opened(folder, FIRST)
    assert [view.name for view in found.views] == ["passage", "sentences"]
    left, right = marked(found.views[1])
    assert ("".join(left), "".join(right)) == ("It was set by the second.", "It knows.")
    assert found.measured
    assert found.measured.startswith("keeps 1 of 2 sentences")


def test_measures_of_another_text_or_form_tell_nothing(workspace: Workspace) -> None:
    folder = variants(workspace)
    for changed in ({"record": "0" * 64}, {"schema": "remix/measures/9"}, {"ledger": {}}):
        measures(folder, **changed)
        assert opened(folder, FIRST).measured is None


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "-0.0", "0"]


@pytest.mark.parametrize("logprob", NUMBERS)
@pytest.mark.parametrize("entropy", NUMBERS)
def test_numbers_of_a_trace_that_are_none_are_shown_within_bounds(logprob: str, entropy: str) -> None:
    """The page said that the studio can't answer: there is no whole number for NaN."""
    choice = Choice("x" * 5000, float(logprob), float(entropy), (Alternative("y" * 5000, float(entropy)),) * 1000)
    token = output_detail.shown_token(choice)
    assert 0 <= token.probability <= 1
    assert 1 <= token.perplexity <= 485_165_195
    assert len(token.piece) == output_detail.LONGEST_PIECE
    assert len(token.alternatives) == output_detail.MOST_ALTERNATIVES
    assert all(0 <= share <= 1 and len(piece) == output_detail.LONGEST_PIECE for piece, share in token.alternatives)
    assert "NaN" not in token.model_dump_json()


def test_of_very_many_messages_and_tags_only_some_are_shown(workspace: Workspace) -> None:
    folder = variants(workspace)

    def many(raw: dict[str, Any]) -> None:
        raw["flags"] = ["copy"] * 5000
        raw["derivation"]["prompt"]["messages"] *= 5000

    forge(folder, FIRST, many)
    found = opened(folder, FIRST)
    assert len(found.flags) <= output_detail.MOST
    assert len(found.prompt) <= output_detail.MOST
