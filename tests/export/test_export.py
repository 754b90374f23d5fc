"""Runs in other forms, read back by other programs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from prov.model import ProvAgent, ProvDerivation, ProvDocument, ProvEntity, ProvGeneration
from rocrate.rocrate import ROCrate

import remix.cli.export
from remix.errors import RemixError
from remix.export import FORMATS, ExportOptions, export, export_bytes
from remix.export.export import ExportError
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix, bound
from tests.export.parsed_page import ParsedPage
from tests.forging import forge
from tests.reader.made import store_made

OUTPUTS = 12
CRATE_VERSION = "1.1"
"""`rocrate` reads by 1.3 unless it is told."""


@pytest.fixture
def crate(finished: RunFolder, tmp_path: Path) -> Path:
    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    return tmp_path / "crate"


def graph(crate: Path) -> dict[str, dict[str, Any]]:
    """The entities as they are written, by id."""
    entities = json.loads((crate / "ro-crate-metadata.json").read_bytes())["@graph"]
    by_id = {each["@id"]: each for each in entities}
    assert len(by_id) == len(entities)
    return by_id


# -- RO-Crate -----------------------------------------------------------------------------------------------


def test_rocrate_reads_an_action_for_each_output(crate: Path, finished: RunFolder) -> None:
    read = ROCrate(crate, version=CRATE_VERSION)
    assert read.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    actions = read.get_by_type("CreateAction")
    assert len(actions) == OUTPUTS
    assert {action["result"].id for action in actions} == {f"{task.id}.md" for task in finished.run.tasks}
    assert {action["identifier"] for action in actions} == {
        finished.read(task.id)[0].id for task in finished.run.tasks
    }
    assert {action.id for action in read.root_dataset["mentions"]} == {action.id for action in actions}


def test_an_action_names_what_it_read_and_what_it_was_done_with(crate: Path) -> None:
    read = ROCrate(crate, version=CRATE_VERSION)
    action = read.get("#write-two-clocks/001/again.2")
    passage, parent, template = action["object"]
    assert passage["text"] == "The first clock runs fast. It was set by the second."
    assert parent.id == "two-clocks/001/again.1.md"
    assert template["text"].startswith("---\ndescription: Says it again.")
    remix, model = action["instrument"]
    assert (remix["name"], model["name"]) == ("remix", "fake")
    assert action["result"]["isBasedOn"] == [passage, parent]
    assert action["startTime"] <= action["endTime"]


def test_each_file_is_there_with_its_hash(crate: Path) -> None:
    files = [each for each in graph(crate).values() if each["@type"] == "File"]
    assert len(files) == 2 * OUTPUTS + 3, "each text with its record, the request, the manifest and the index"
    for each in files:
        data = (crate / each["@id"]).read_bytes()
        assert each["sha256"] == hashlib.sha256(data).hexdigest()
        assert each["contentSize"] == str(len(data))
    parts = {each["@id"] for each in graph(crate)["./"]["hasPart"]}
    assert parts == {each["@id"] for each in files}
    beside = {"ro-crate-metadata.json", "ro-crate-preview.html"}
    assert {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()} == parts | beside


def test_every_reference_leads_somewhere(crate: Path) -> None:
    entities = graph(crate)
    outside = {"https://w3id.org/ro/crate/1.1"}

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {value["@id"]} if set(value) == {"@id"} else set().union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(list(entities.values())) <= entities.keys() | outside


def test_sha256sum_reads_the_crates_manifest(crate: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "-c", "--quiet", "MANIFEST.sha256"], cwd=crate, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_same_run_makes_the_same_crate(crate: Path, finished: RunFolder, tmp_path: Path) -> None:
    export(finished.path, tmp_path / "again", ExportOptions("ro-crate"))
    for path in crate.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(crate)).read_bytes() == path.read_bytes()


def test_a_licence_is_named(finished: RunFolder, tmp_path: Path, remix_: Remix) -> None:
    address = "https://creativecommons.org/licenses/by/4.0/"
    done = remix_("export", "--to", tmp_path / "crate", "--format", "ro-crate", "--license", address)
    assert done.stdout == f"{tmp_path / 'crate'}\n"
    assert ROCrate(tmp_path / "crate", version=CRATE_VERSION).root_dataset["license"].id == address


def test_names_that_a_web_address_cannot_hold(workspace: Workspace, writer: FakeWriter, tmp_path: Path) -> None:
    essay = workspace.seeds / "two-clocks.md"
    essay.rename(workspace.seeds / "Größe & 時計.md")
    (workspace.prompts / "again.md.j2").rename(workspace.prompts / "zurück.md.j2")
    job = prepare.prepare_for(workspace, Options(steps=2), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    export(folder.path, tmp_path / "crate", ExportOptions("ro-crate"))
    read = ROCrate(tmp_path / "crate", version=CRATE_VERSION)
    assert len(read.get_by_type("CreateAction")) == OUTPUTS
    (essay,) = (path.name for path in folder.path.iterdir() if path.name.startswith("grösse-時計-"))
    assert f"{essay}/001/zurück.2.md" in {each["name"] for each in read.get_by_type("File")}
    assert quote(f"{essay}/001/zurück.2.md") in graph(tmp_path / "crate")
    document = ProvDocument.deserialize(
        content=export_bytes(folder.path, ExportOptions("prov-json")).decode(), format="json"
    )
    assert len(_outputs(document)) == OUTPUTS


# -- PROV ---------------------------------------------------------------------------------------------------


def _outputs(document: ProvDocument) -> list[ProvEntity]:
    wanted = "Output"
    return [
        each
        for each in document.get_records(ProvEntity)
        if any(str(type_).endswith(wanted) for type_ in each.get_attribute("prov:type"))
    ]


def test_prov_reads_an_entity_for_each_output(finished: RunFolder) -> None:
    document = ProvDocument.deserialize(
        content=export_bytes(finished.path, ExportOptions("prov-json")).decode(), format="json"
    )
    outputs = _outputs(document)
    assert len(outputs) == OUTPUTS
    records = {next(iter(each.get_attribute("remix:record"))) for each in outputs}
    assert records == {finished.read(task.id)[0].id for task in finished.run.tasks}
    assert len(list(document.get_records(ProvGeneration))) == OUTPUTS
    # Each comes of its passage, and every second step of the first.
    assert len(list(document.get_records(ProvDerivation))) == OUTPUTS + OUTPUTS // 2
    assert len(list(document.get_records(ProvAgent))) == 1


def test_prov_leads_back_to_the_passage(finished: RunFolder) -> None:
    document = ProvDocument.deserialize(
        content=export_bytes(finished.path, ExportOptions("prov-json")).decode(), format="json"
    )
    steps = {
        str(each.args[0]): {
            str(other.args[1]) for other in document.get_records(ProvDerivation) if other.args[0] == each.args[0]
        }
        for each in document.get_records(ProvDerivation)
    }
    record, _ = finished.read("two-clocks/001/again.2")
    passage = f"sha256:{record.derivation.passages[0]}"
    assert steps["run:two-clocks/001/again.2"] == {passage, "run:two-clocks/001/again.1"}
    assert steps["run:two-clocks/001/again.1"] == {passage}


# -- JSON lines ---------------------------------------------------------------------------------------------


def test_a_line_for_each_output_all_alike(finished: RunFolder) -> None:
    rows = [json.loads(line) for line in export_bytes(finished.path, ExportOptions("jsonl")).decode().splitlines()]
    assert [row["output"] for row in rows] == [task.id for task in finished.run.tasks]
    kinds = [{key: type(value) for key, value in row.items() if value is not None} for row in rows]
    assert len({tuple(row) for row in rows}) == 1
    assert all(one[key] == other[key] for one in kinds for other in kinds for key in one.keys() & other.keys())
    record, words = finished.read("two-clocks/001/again.2")
    row = next(row for row in rows if row["output"] == "two-clocks/001/again.2")
    assert (row["id"], row["text"], row["parents"]) == (record.id, words, list(record.derivation.parents))
    assert row["passages"][0]["text"] == record.sources[0].text
    assert row["messages"] == [message.model_dump() for message in record.derivation.prompt.messages]


def test_a_line_has_what_a_model_found(finished: RunFolder) -> None:
    store_made(finished, "two-clocks/001/again.2")
    rows = [json.loads(line) for line in export_bytes(finished.path, ExportOptions("jsonl")).decode().splitlines()]
    read = [row for row in rows if row["reader"]]
    assert [row["output"] for row in read] == ["two-clocks/001/again.2"]
    assert (read[0]["reader"], read[0]["bits_kept"]) == ("fake", 0.25)
    (sentence,) = read[0]["sentences"]
    assert (sentence["label"], sentence["turned_round"]) == ("turned round", 0.7)
    assert {row["bits_kept"] for row in rows if row not in read} == {None}


def test_what_a_terminal_would_obey_is_escaped(workspace: Workspace, writer: FakeWriter) -> None:
    (workspace.seeds / "two-clocks.md").write_text("One two\u200f three \u202e four.", encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    lines = export_bytes(folder.path, ExportOptions("jsonl")).decode()
    assert "\u202e" not in lines
    assert {json.loads(line)["passages"][0]["text"] for line in lines.splitlines()} == {
        "One two\u200f three \u202e four."
    }


# -- the page -----------------------------------------------------------------------------------------------


def test_a_page_with_each_passage_and_each_output(finished: RunFolder) -> None:
    page = ParsedPage(export_bytes(finished.path, ExportOptions("html")).decode())
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "article"]
    assert ids == [task.id for task in finished.run.tasks]
    for task in finished.run.tasks:
        record, words = finished.read(task.id)
        assert words in page.words
        assert record.id in page.words
        assert record.sources[0].text in page.words
    sections = {attributes["id"] for tag, attributes in page.tags if tag == "section"}
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert links == {f"#{id_}" for id_ in sections}


def test_a_page_shows_what_a_model_found(finished: RunFolder) -> None:
    task = "two-clocks/001/again.1"
    assert 'class="reading"' not in export_bytes(finished.path, ExportOptions("html")).decode()
    store_made(finished, task)
    source = export_bytes(finished.path, ExportOptions("html")).decode()
    page = ParsedPage(source)
    assert "reading: keeps 25 % of the passage's bits" in page.words
    assert '<span class="kept-3">The</span> <span class="lost">first</span>' in source
    assert f'<span class="against-2">{finished.read(task)[1]}</span>' in source
    assert "<b>turned round</b> (70 %), most against the passage at" in source
    assert "A word of the passage with 4 bits is 16 times as probable" in " ".join(page.words.split())
    assert sum(attributes.get("class") == "reading" for _, attributes in page.tags) == 1


def test_a_crate_has_the_readings(finished: RunFolder, tmp_path: Path) -> None:
    store_made(finished, "two-clocks/001/again.1")
    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    assert graph(tmp_path / "crate")["two-clocks/001/again.1.reading.json"]["encodingFormat"] == "application/json"


def test_a_page_is_called_by_its_passages_and_not_by_its_folder(finished: RunFolder) -> None:
    """The browser's tab showed the name of the run's folder."""
    source = export_bytes(finished.path, ExportOptions("html")).decode()
    assert "<title>All passages</title>" in source


def test_a_page_needs_nothing_and_runs_nothing(workspace: Workspace, writer: FakeWriter) -> None:
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)> \u202e {{ 7*7 }} </p>"
    (workspace.seeds / "two-clocks.md").write_text(
        f"---\ntitle: '</title>{hostile}'\n---\n\n## <b>{hostile}\n\nSome {hostile} text. #<svg\n", encoding="utf-8"
    )
    # Of Markdown a reader sees no tags; in plain text no sign is markup.
    (workspace.seeds / "plain.txt").write_text(f"Some {hostile} text.\n", encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    source = export_bytes(folder.path, ExportOptions("html")).decode()
    page = ParsedPage(source)
    assert not {"script", "img", "b", "svg", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "src"]
    assert "<script>alert(1)</script>" in page.words
    assert "{{ 7*7 }}" in page.words
    assert "\u202e" not in source
    policy = next(attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


# -- whatever the form --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_there_is_left_alone(finished: RunFolder, tmp_path: Path, form: str) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(ExportError, match="already exists"):
        export(finished.path, tmp_path / "there", ExportOptions(form))
    assert (tmp_path / "there").read_text() == "mine"


def test_what_came_to_be_there_meanwhile_is_left_alone(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was looked for before all was made, and written over afterwards."""
    target = tmp_path / "run.jsonl"

    def made(*_: object) -> bytes:
        target.write_text("mine")
        return b"theirs"

    monkeypatch.setattr(sys.modules["remix.export.export"], "_made", made)
    with pytest.raises(ExportError, match="already exists"):
        export(finished.path, target, ExportOptions("jsonl"))
    assert target.read_text() == "mine"


def test_a_link_s_target_is_given_to_nobody(finished: RunFolder, tmp_path: Path) -> None:
    """`index.md` isn't checked, so a stranger's run could have had any file copied into a crate for others."""
    (tmp_path / "secret").write_text("secret")
    (finished.path / "index.md").unlink()
    (finished.path / "index.md").symlink_to(tmp_path / "secret")
    with pytest.raises(RemixError, match=r"index\.md: a link that leads out of the run's folder"):
        export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))


def test_a_time_without_a_zone_is_no_record_s(finished: RunFolder) -> None:
    """It can't be compared with others: the crate's date ended in a traceback."""
    path = finished.record_path(AGAIN)
    raw = json.loads(path.read_bytes())
    raw["circumstances"]["finished"] = "2026-01-01T00:00:00"
    path.write_text(json.dumps(raw))
    with pytest.raises(RemixError, match=r"circumstances\.finished: input should have timezone info"):
        export_bytes(finished.path, ExportOptions("jsonl"))


@pytest.mark.parametrize("form", FORMATS)
def test_a_run_that_was_changed_is_not_exported(finished: RunFolder, tmp_path: Path, form: str) -> None:
    path = finished.text_path("two-clocks/001/again.1")
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(RemixError, match=r"again\.1\.md: not the text that was recorded"):
        export(finished.path, tmp_path / "new", ExportOptions(form))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "dpo"])
def test_a_place_that_cannot_be_written(finished: RunFolder, tmp_path: Path, form: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError) as caught:
        export(finished.path, tmp_path / "file" / "new", ExportOptions(form))
    assert "--to" in caught.value.hint


def test_an_unfinished_run_is_exported_as_far_as_it_came(finished: RunFolder, tmp_path: Path) -> None:
    (finished.path / "MANIFEST.sha256").unlink()
    for kind in ("again", "once"):
        finished.record_path(f"two-clocks/003/{kind}.2").unlink()
        finished.text_path(f"two-clocks/003/{kind}.2").unlink()
    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    assert len(ROCrate(tmp_path / "crate", version=CRATE_VERSION).get_by_type("CreateAction")) == OUTPUTS - 2
    assert "10 of 12 texts" in export_bytes(finished.path, ExportOptions("html")).decode()


def test_a_run_without_texts(workspace: Workspace, finished: RunFolder) -> None:
    empty = RunFolder.create(workspace.outputs, finished.run.model_copy(update={"name": "20260101T000000Z-x-0000"}))
    with pytest.raises(ExportError, match="no text is finished"):
        export_bytes(empty.path, ExportOptions("jsonl")).decode()


def test_traces_go_along(workspace: Workspace, tmp_path: Path) -> None:
    writer = FakeWriter(trace=True)
    job = prepare.prepare_for(workspace, Options(steps=1, kinds=("once",)), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    export(folder.path, tmp_path / "crate", ExportOptions("ro-crate"))
    trace = graph(tmp_path / "crate")["two-clocks/001/once.1.trace.json"]
    assert trace["about"] == {"@id": "two-clocks/001/once.1.md"}


def test_the_command_writes_to_the_standard_output(finished: RunFolder, remix_: Remix) -> None:
    assert (
        remix_("export", "--to", "-", "--format", "jsonl").stdout
        == export_bytes(finished.path, ExportOptions("jsonl")).decode()
    )
    assert remix_("export", "--to", "-", "--format", "ro-crate").exit_code == 2
    assert remix_("export", "--to", "-", "--format", "html", "--license", "x").exit_code == 2


def test_the_command_knows_all_forms() -> None:
    assert remix.cli.export.FORMATS == FORMATS


# -- what people said ---------------------------------------------------------------------------------------

AGAIN, AGAIN_TOO = "two-clocks/001/again.1", "two-clocks/001/again.1.v2"


@pytest.fixture
def judged(workspace: Workspace, writer: FakeWriter) -> RunFolder:
    """Two variants: of one passage one is liked better, of another one is edited."""
    job = prepare.prepare_for(workspace, Options(steps=1, variants=2, kinds=("again",)), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    reviews.say(folder, AGAIN, "Eve", verdict="reject")
    reviews.say(folder, AGAIN_TOO, "Eve", verdict="star", note="Nice <b>.", loss="earned")
    reviews.say(folder, "two-clocks/002/again.1", "Eve", verdict="accept")
    reviews.edit(folder, "two-clocks/002/again.1", "Adam", "Said *better* & shorter.")
    return folder


def test_preferences_between_variants_and_from_edits(judged: RunFolder) -> None:
    rows = [json.loads(line) for line in export_bytes(judged.path, ExportOptions("dpo")).decode().splitlines()]
    assert len(rows) == 2
    (pair,) = [row for row in rows if row["chosen_by"] == "star"]
    worse, better = judged.read(AGAIN), judged.read(AGAIN_TOO)
    assert pair["prompt"] == [message.model_dump() for message in worse[0].derivation.prompt.messages]
    assert pair["chosen"] == [{"role": "assistant", "content": better[1]}]
    assert pair["rejected"] == [{"role": "assistant", "content": worse[1]}]
    assert (pair["chosen_record"], pair["rejected_record"]) == (better[0].id, worse[0].id)
    (edit,) = [row for row in rows if row["chosen_by"] == "edit"]
    assert edit["chosen"][0]["content"] == "Said *better* & shorter."
    assert edit["rejected"][0]["content"] == judged.read("two-clocks/002/again.1")[1]
    assert len({tuple(row) for row in rows}) == 1


def test_no_preference_is_said(finished: RunFolder) -> None:
    with pytest.raises(ExportError, match="no verdict prefers"):
        export_bytes(finished.path, ExportOptions("dpo"))


@pytest.mark.parametrize("form", ["html", "markdown", "jsonl"])
def test_only_what_was_accepted(judged: RunFolder, form: str) -> None:
    taken = export_bytes(judged.path, ExportOptions(form, "accepted")).decode()
    assert judged.read(AGAIN_TOO)[0].id[:12] in taken
    assert judged.read("two-clocks/002/again.1")[0].id[:12] in taken
    assert judged.read(AGAIN)[0].id[:12] not in taken
    assert judged.read("two-clocks/003/again.1")[0].id[:12] not in taken


def test_nothing_accepted(finished: RunFolder) -> None:
    with pytest.raises(ExportError, match="no text is accepted"):
        export_bytes(finished.path, ExportOptions("markdown", "accepted"))


def test_who_only_said_something_edited_nothing(judged: RunFolder) -> None:
    """Whoever had said anything of a text was named as its editor."""
    source = export_bytes(judged.path, ExportOptions("markdown", "edited")).decode()
    assert "edited by Adam; record" in source
    assert "Eve" not in source
    reviews.edit(judged, "two-clocks/002/again.1", "Eve", "Said best.")
    assert "edited by Eve; record" in export_bytes(judged.path, ExportOptions("markdown", "edited")).decode()
    reviews.undo(judged, "Eve")
    assert "edited by Adam; record" in export_bytes(judged.path, ExportOptions("markdown", "edited")).decode()


def test_markdown_has_texts_below_their_passages(judged: RunFolder) -> None:
    source = export_bytes(judged.path, ExportOptions("markdown", "accepted")).decode()
    record, better = judged.read(AGAIN_TOO)
    quoted = "> The first clock runs fast. It was set by the second."
    assert source.startswith(f"# All passages\n\n## Two Clocks\n\n{quoted}\n\n{better}\n\n— again, step 1, by fake; ")
    assert record.id[:12] in source
    assert "Said *better* & shorter.\n\n— again, step 1, by fake, edited by Adam; record" in source


def test_a_page_shows_verdicts_notes_and_what_was_edited(judged: RunFolder) -> None:
    page = ParsedPage(export_bytes(judged.path, ExportOptions("html")).decode())
    for words in ("starred", "rejected", "Nice <b>.", "Said *better* & shorter.", "before it was edited"):
        assert words in page.words
    assert "b" not in {tag for tag, _ in page.tags}


def test_a_book_is_read_by_others(judged: RunFolder, tmp_path: Path, remix_: Remix) -> None:
    """By the container and package documents of EPUB 3.3, with what Python has."""
    assert remix_("export", "--to", tmp_path / "book.epub", "--format", "epub", "--only", "accepted").exit_code == 0
    with zipfile.ZipFile(tmp_path / "book.epub") as book:
        assert book.testzip() is None
        assert book.infolist()[0].filename == "mimetype"
        assert book.read("mimetype") == b"application/epub+zip"
        pages = [name for name in book.namelist() if name.endswith(".xhtml")]
        texts = {name: "".join(ElementTree.fromstring(book.read(name)).itertext()) for name in pages}
        package = ElementTree.fromstring(book.read("EPUB/package.opf"))
    assert _told(package, "title") == ["Two Clocks, remixed"]
    assert _told(package, "creator") == ["Nobody"]
    contributors = [each.text for each in package.iter() if each.get("property") == "dcterms:contributor"]
    assert contributors == ["remixed by remix with fake"]
    (essay,) = [words for name, words in texts.items() if "toc" not in name]
    assert judged.read(AGAIN_TOO)[1] in essay
    assert "Said *better* & shorter." in essay


def _told(package: ElementTree.Element, name: str) -> list[str | None]:
    """Values of a term of Dublin Core in an XML document."""
    return [each.text for each in package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")]


def test_a_book_holds_nothing_that_xml_does_not_take(finished: RunFolder, tmp_path: Path) -> None:
    """No reader opened a book with a text that has such a letter."""
    forge(finished, "two-clocks/003/again.2", text="This \uffff, that \ufffe and \x0b.")
    export(finished.path, tmp_path / "book.epub", ExportOptions("epub"))
    with zipfile.ZipFile(tmp_path / "book.epub") as book:
        pages = [ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xhtml")]
    assert any(r"This \uffff, that \ufffe and \u000b." in "".join(page.itertext()) for page in pages)


def test_only_is_for_forms_that_take_a_part(finished: RunFolder, remix_: Remix) -> None:
    assert remix_("export", "--format", "prov-json", "--only", "accepted").exit_code == 2
    assert remix_("export", "--format", "epub", "--only", "accepted").exit_code == 2, "no text for a terminal"


def test_only_preferences_for_what_was_edited(judged: RunFolder, remix_: Remix) -> None:
    done = remix_("export", "--format", "dpo", "--only", "edited")
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert row["chosen_by"] == "edit"
    accepted = remix_("export", "--format", "dpo", "--only", "accepted").stdout
    assert len(accepted.splitlines()) == 2


# -- strangers' runs, and users' folders --------------------------------------------------------------------


def test_a_users_folder_with_the_name_of_a_leftover_stays(finished: RunFolder, tmp_path: Path) -> None:
    """`.crate.tmp/` was taken for what an export had left half-written, and removed."""
    mine = tmp_path / ".crate.tmp"
    mine.mkdir()
    (mine / "letters").write_text("mine")
    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    assert (mine / "letters").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "garden") == [".crate.tmp", "crate"]


def test_nothing_is_left_of_a_crate_that_fails(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules["remix.export.export"], "write_whole", full)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ExportError, match="No space left"):
        export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "dpo"])
@pytest.mark.parametrize("place", ["new", "two-clocks/new", "deep/er/new", "../{run}/new", "link"])
def test_nothing_is_written_into_the_run_itself(finished: RunFolder, tmp_path: Path, form: str, place: str) -> None:
    """Afterwards the run held files that were none of its own, and wasn't intact."""
    before = sorted(finished.path.rglob("*"))
    (tmp_path / "link").symlink_to(finished.path)
    target = tmp_path / "link" / "new" if place == "link" else finished.path / place.format(run=finished.path.name)
    with pytest.raises(ExportError, match="is in the run's own folder"):
        export(finished.path, target, ExportOptions(form))
    assert sorted(finished.path.rglob("*")) == before


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "dpo"])
def test_a_link_that_leads_nowhere_is_a_target_that_is_there(finished: RunFolder, tmp_path: Path, form: str) -> None:
    (tmp_path / "new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match="already exists"):
        export(finished.path, tmp_path / "new", ExportOptions(form))
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_too_large_for_a_crate_is_named(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finished.path / "index.md").write_text("A person's own table of contents.")
    bound(monkeypatch, "index.md", 10)
    with pytest.raises(ExportError, match=r"index\.md: can't be read \(larger than"):
        export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    assert not (tmp_path / "crate").exists()


def test_a_crate_of_the_longest_name(finished: RunFolder, tmp_path: Path) -> None:
    export(finished.path, tmp_path / ("c" * 255), ExportOptions("ro-crate"))
    assert (tmp_path / ("c" * 255) / "run.json").is_file()


HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) %% ]]> &lt; {{ 7*7 }}

[All passages]: http://evil.example

— once, step 1, by another; record 0123456789ab

```
open"""


@pytest.fixture
def hostile(finished: RunFolder) -> RunFolder:
    """A run whose first text and whose model's name are a stranger's."""

    def change(raw: dict[str, Any]) -> None:
        raw["circumstances"]["model"] = "a <b>model</b> [x](javascript:y)"

    forge(finished, "two-clocks/001/again.2", change, text=HOSTILE)
    return finished


def test_markdown_runs_nothing_and_each_text_stays_in_its_place(hostile: RunFolder) -> None:
    """`<script>` went through into whatever shows Markdown, and an open block of code took in all that followed."""
    source = export_bytes(hostile.path, ExportOptions("markdown")).decode()
    parser = MarkdownIt("commonmark").enable("table")
    env: dict[str, Any] = {}
    tokens = parser.parse(source, env)
    page = ParsedPage(parser.renderer.render(tokens, parser.options, env))
    assert not {tag for tag, _ in page.tags} & {"script", "img", "b", "a"}
    assert not env.get("references")
    assert "<script>alert(1)</script>" in page.words
    assert "a <b>model</b> [x](javascript:y); record" in page.words
    assert [token.content for token in tokens if token.type == "fence"] == ["open\n"]
    origins = [token for token in tokens if token.type == "inline" and token.content.startswith("— ")]
    assert len(origins) == OUTPUTS


def test_a_book_runs_nothing(hostile: RunFolder, tmp_path: Path) -> None:
    export(hostile.path, tmp_path / "book.epub", ExportOptions("epub"))
    with zipfile.ZipFile(tmp_path / "book.epub") as book:
        pages = [ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xhtml")]
    tags = {each.tag.rpartition("}")[2] for page in pages for each in page.iter()}
    assert not tags & {"script", "img", "b"}
    assert any("<script>alert(1)</script>" in "".join(page.itertext()) for page in pages)


def test_data_is_as_it_was_written(hostile: RunFolder) -> None:
    rows = [json.loads(line) for line in export_bytes(hostile.path, ExportOptions("jsonl")).decode().splitlines()]
    assert HOSTILE in {row["text"] for row in rows}
    assert any(row["model"] == "a <b>model</b> [x](javascript:y)" for row in rows)
