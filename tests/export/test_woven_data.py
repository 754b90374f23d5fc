"""The passages behind sentences, as other programs read them: JSON lines, PROV, RO-Crate; and in drafts."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDerivation, ProvDocument, ProvMembership
from rocrate.rocrate import ROCrate

from remix.drafts import Drafts
from remix.drafts.origins import origin_of, runs_in
from remix.export import ExportOptions, export, export_bytes
from remix.export.drafts import DraftForm, draft_bytes
from remix.outputs import RunFolder
from remix.outputs.layout import LINEAGE
from remix.records.draft import Piece
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.export.told_weave import BEHIND
from tests.made_weave import GROUPS, OPENING, PARAGRAPHS, PLACE, RUN, TEXTS, TITLE

ORDER = [TITLE, OPENING, *PARAGRAPHS]
SENTENCES = sum(map(len, BEHIND.values()))


# -- JSON lines ---------------------------------------------------------------------------------------------


def rows_of(folder: RunFolder) -> dict[str, dict[str, Any]]:
    lines = export_bytes(folder.path, ExportOptions("jsonl")).decode().splitlines()
    return {row["output"]: row for row in map(json.loads, lines)}


def test_a_line_has_the_passages_behind_each_sentence(essay: RunFolder) -> None:
    rows = rows_of(essay)
    assert len({tuple(row) for row in rows.values()}) == 1
    for task, row in rows.items():
        (words,) = row["lineage"]
        assert (words["method"], words["reader"]) == ("words", None)
        told = [{each["passage"]: each["share"] for each in sentence["behind"]} for sentence in words["sentences"]]
        assert told == list(BEHIND[task])
        assert [each["added"] for each in words["sentences"]] == [not shares for shares in BEHIND[task]]
    assert rows[PARAGRAPHS[2]]["lineage"][0]["unheard"] == ["two-clocks/003", "maps/004"]


def test_a_run_of_single_passages_has_no_lineage(finished: RunFolder) -> None:
    assert all("lineage" not in row for row in rows_of(finished).values())


def test_show_tells_the_lineage_of_a_text_of_several_passages(essay: RunFolder, remix_: Remix) -> None:
    shown = json.loads(remix_("show", f"{RUN}:{PARAGRAPHS[1]}", "--json").stdout)
    assert [len(each["behind"]) for each in shown["lineage"]["words"]["sentences"]] == [1, 1, 1]


# -- PROV ---------------------------------------------------------------------------------------------------


@pytest.fixture
def document(essay: RunFolder) -> ProvDocument:
    content = export_bytes(essay.path, ExportOptions("prov-json")).decode()
    return ProvDocument.deserialize(content=content, format="json")


def sentence_id(essay: RunFolder, task: str, number: int) -> str:
    return f"sentence:{essay.read(task)[0].id}/{number}"


def test_prov_derives_each_sentence_from_its_passages(document: ProvDocument, essay: RunFolder) -> None:
    derived: dict[str, dict[str, float]] = {}
    for each in document.get_records(ProvDerivation):
        if shares := each.get_attribute("remix:share"):
            (passage,), (share,) = each.get_attribute("remix:passage"), shares
            assert each.get_attribute("remix:method") == {"words"}
            derived.setdefault(str(each.args[0]), {})[passage] = share
    expected = {
        sentence_id(essay, task, number): dict(shares)
        for task in ORDER
        for number, shares in enumerate(BEHIND[task], start=1)
        if shares
    }
    assert derived == expected
    (added,) = document.get_record(sentence_id(essay, PARAGRAPHS[0], 4))
    assert added.get_attribute("remix:added_by_words") == {True}


def test_prov_gathers_sentences_in_texts_and_texts_in_the_essay(document: ProvDocument, essay: RunFolder) -> None:
    members: dict[str, list[str]] = {}
    for each in document.get_records(ProvMembership):
        members.setdefault(str(each.args[0]), []).append(str(each.args[1]))
    assert sorted(members["run:_weave"]) == sorted(f"run:{task}" for task in ORDER)
    assert sorted(members[f"run:{PARAGRAPHS[1]}"]) == [sentence_id(essay, PARAGRAPHS[1], at) for at in (1, 2, 3)]
    assert sum(map(len, members.values())) == len(ORDER) + SENTENCES


# -- RO-Crate -----------------------------------------------------------------------------------------------


@pytest.fixture
def crate(essay: RunFolder, tmp_path: Path) -> ROCrate:
    export(essay.path, tmp_path / "crate", ExportOptions("ro-crate"))
    return ROCrate(tmp_path / "crate", version="1.1")


def test_a_crate_has_the_essay_with_its_texts_and_their_sentences(crate: ROCrate, essay: RunFolder) -> None:
    woven = crate.get("#essay-_weave")
    assert woven["name"] == TEXTS[TITLE]
    assert woven in crate.root_dataset["mentions"]
    assert [each.id for each in woven["hasPart"]] == [f"{task}.md" for task in ORDER]
    paragraph = woven["hasPart"][2]
    assert [(each["position"], each["isPartOf"].id) for each in paragraph["hasPart"]] == [
        (number, paragraph.id) for number in (1, 2, 3, 4)
    ]
    first, *_, last = paragraph["hasPart"]
    assert first.id == f"#sentence-{essay.read(PARAGRAPHS[0])[0].id}-1"
    assert first["text"] == "The first clock runs fast."
    assert [each["text"] for each in first["isBasedOn"]] == [
        "The first clock runs fast. It was set by the second.",
        "The second clock runs slow. It was set by the first.",
    ]
    told = [(each["name"], each["value"], each["valueReference"].id) for each in first["additionalProperty"]]
    assert told == [("share", "0.72", "#passage-two-clocks/001"), ("share", "0.28", "#passage-two-clocks/002")]
    assert last.get("isBasedOn") is None
    assert last["additionalProperty"][0]["name"] == "added"


def test_a_crate_has_the_files_of_lineages_and_every_reference_leads_somewhere(
    crate: ROCrate, tmp_path: Path
) -> None:
    assert crate.get(f"{PARAGRAPHS[0]}{LINEAGE}")["encodingFormat"] == "application/json"
    entities = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_bytes())["@graph"]
    ids = [each["@id"] for each in entities]
    assert len(ids) == len(set(ids))

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {value["@id"]} if set(value) == {"@id"} else set().union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(entities) <= {*ids, "https://w3id.org/ro/crate/1.1"}


# -- drafts -------------------------------------------------------------------------------------------------


def test_a_draft_s_note_names_all_passages_of_a_text(workspace: Workspace, essay: RunFolder) -> None:
    origin, text = origin_of(essay, PARAGRAPHS[0])
    assert origin.passages == GROUPS[0]
    drafts = Drafts(workspace.drafts, runs_in(workspace.outputs))
    draft = drafts.save("Essay", drafts.create("Essay").version, [Piece(id="a", text=text, origin=origin)])
    assert drafts.read("Essay").pieces == draft.pieces
    note = f"two-clocks/001 and two-clocks/002, weave.1, by fake; run {RUN}, record {origin.record[:12]}"
    forms: tuple[DraftForm, ...] = ("md", "html")
    for form in forms:
        assert note in draft_bytes(draft, form, True, runs_in(workspace.outputs)).decode()
    with zipfile.ZipFile(io.BytesIO(draft_bytes(draft, "docx", True, runs_in(workspace.outputs)))) as archive:
        assert note.encode() in archive.read("word/document.xml")


def test_a_draft_verifies_a_text_of_an_essay(workspace: Workspace, essay: RunFolder, remix_: Remix) -> None:
    origin, text = origin_of(essay, OPENING)
    assert len(origin.passages) == 7
    assert origin.task == f"{PLACE}/opening.1"
    drafts = Drafts(workspace.drafts, runs_in(workspace.outputs))
    drafts.save("Essay", drafts.create("Essay").version, [Piece(id="a", text=text, origin=origin)])
    shown = json.loads(remix_("verify", "drafts/Essay.md", "--json").stdout)
    assert shown["drafts"][0]["as_written"] == 1


def test_a_source_of_one_passage_is_stored_as_before(finished: RunFolder) -> None:
    origin, _ = origin_of(finished, "two-clocks/001/again.1")
    assert "further" not in origin.model_dump(mode="json")
