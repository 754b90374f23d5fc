"""Word documents, and titles and authors of books."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import mammoth
import pytest

from remix.documents import docx as reading
from remix.export import ExportOptions, export, export_bytes
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix
from tests.forging import forge, forge_request

AGAIN, LAST = "two-clocks/001/again.1", "two-clocks/001/again.2"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def part(data: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return ElementTree.fromstring(archive.read(name))


def styled(data: bytes, style: str) -> list[str]:
    """The texts of a style's paragraphs."""
    paragraphs = part(data, "word/document.xml").iter(f"{WORD}p")
    return [
        "".join(each.itertext())
        for each in paragraphs
        if [found.get(f"{WORD}val") for found in each.iter(f"{WORD}pStyle")] == [style]
    ]


def made(workspace: Workspace, writer: FakeWriter, essay: str, name: str = "two-clocks.md") -> RunFolder:
    """A run of one step over an essay."""
    (workspace.seeds / name).write_text(essay, encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(steps=1, kinds=("again",)), writer)
    return execute.generate(job, workspace.outputs, writer=writer).folder


def test_headings_by_essay_and_passage_then_passage_texts_and_origins(finished: RunFolder) -> None:
    data = export_bytes(finished.path, ExportOptions("docx"))
    assert styled(data, "Title") == ["Two Clocks, remixed"]
    assert styled(data, "Subtitle") == ["Nobody; remixed by remix with fake"]
    assert styled(data, "Heading1") == ["Two Clocks"]
    assert styled(data, "Heading2") == ["two-clocks/001", "two-clocks/002, Later", "two-clocks/003, Later"]
    assert styled(data, "Quote")[2] == "Nobody has asked the sun."
    assert styled(data, "Normal") == [finished.read(task.id)[1] for task in finished.run.tasks]
    record, _ = finished.read(AGAIN)
    assert styled(data, "Origin")[0] == f"again, step 1, by fake; record {record.id[:12]}"


def test_word_s_readers_read_the_document(finished: RunFolder, tmp_path: Path, remix_: Remix) -> None:
    target = tmp_path / "book.docx"
    assert remix_("export", "--to", target).exit_code == 0
    with target.open("rb") as file:
        found = mammoth.convert_to_html(file)
    # mammoth maps no style of its own to titles and quotations.
    assert all(each.message.startswith("Unrecognised paragraph style") for each in found.messages)
    assert "<h1>Two Clocks</h1>" in found.value
    assert "<h2>two-clocks/001</h2>" in found.value
    document = reading.read(target)
    assert document.title == "Two Clocks, remixed"
    assert document.author == "Nobody"


def test_each_part_that_is_named_is_there(finished: RunFolder) -> None:
    data = export_bytes(finished.path, ExportOptions("docx"))
    named = {each.get("PartName") for each in part(data, "[Content_Types].xml")} - {None}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {f"/{name}" for name in archive.namelist() if not name.endswith((".rels", "Types].xml"))}
    assert named == names


def test_the_same_run_gives_the_same_bytes(finished: RunFolder) -> None:
    options = ExportOptions("docx")
    assert export_bytes(finished.path, options) == export_bytes(finished.path, options)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<w:p>&amp; "x" ]]>', ['<w:p>&amp; "x" ]]>']),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("This \uffff and \x0b.", [r"This \uffff and \u000b."]),
        ("\u202eabc", [r"\u202eabc"]),
        ("🌱 日本語", ["🌱 日本語"]),
    ],
)
def test_any_text_is_a_text_and_nothing_else(finished: RunFolder, text: str, shown: list[str]) -> None:
    forge(finished, LAST, text=text)
    data = export_bytes(finished.path, ExportOptions("docx"))
    assert styled(data, "Normal")[1 : 1 + len(shown)] == shown


def test_line_ends_and_tabs_stay(finished: RunFolder) -> None:
    forge(finished, LAST, text="One,\ttwo,\nthree.")
    document = part(export_bytes(finished.path, ExportOptions("docx")), "word/document.xml")
    assert len(list(document.iter(f"{WORD}br"))) == 1
    assert len(list(document.iter(f"{WORD}tab"))) == 1


def test_arabic_and_hebrew_run_from_right_to_left(finished: RunFolder) -> None:
    forge(finished, LAST, text="«الساعة» A.")
    document = part(export_bytes(finished.path, ExportOptions("docx")), "word/document.xml")
    assert len(list(document.iter(f"{WORD}bidi"))) == 1


def test_a_document_is_no_text_for_a_terminal(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("export", "--format", "docx")
    assert result.exit_code == 2
    assert "--to" in result.stderr


@pytest.mark.parametrize("name", ["maps.html", "maps.MD", "maps.jsonl", "maps.epub", "maps.docx"])
def test_the_format_follows_from_the_ending(finished: RunFolder, remix_: Remix, tmp_path: Path, name: str) -> None:
    assert remix_("export", "--to", tmp_path / name).exit_code == 0
    assert (tmp_path / name).is_file()


@pytest.mark.parametrize("name", ["maps", "maps.pdf", "-"])
def test_an_unknown_ending_needs_a_format(finished: RunFolder, remix_: Remix, tmp_path: Path, name: str) -> None:
    result = remix_("export", "--to", "-" if name == "-" else tmp_path / name)
    assert result.exit_code == 2
    assert "--format" in result.stderr


# -- titles and authors of books ----------------------------------------------------------------------------


def titles(folder: RunFolder, form: str, tmp_path: Path) -> tuple[list[str | None], list[str | None]]:
    """Titles and creators that a book names."""
    target = tmp_path / f"book.{form}"
    export(folder.path, target, ExportOptions(form))
    name = {"epub": "EPUB/package.opf", "docx": "docProps/core.xml"}[form]
    root = part(target.read_bytes(), name)
    found = ([each.text for each in root.iter(f"{{http://purl.org/dc/elements/1.1/}}{term}")] for term in TERMS)
    title, creator = found
    return title, [each for each in creator if each]


TERMS = ("title", "creator")


@pytest.mark.parametrize("form", ["epub", "docx"])
@pytest.mark.parametrize(
    ("head", "title", "creators"),
    [
        ("title: Tom & <Jerry>\nauthor: Ann & Bob\n", "Tom & <Jerry>, remixed", ["Ann & Bob"]),
        ("title: Plain\n", "Plain, remixed", []),
        ("title: Часы\nauthor: Анна\n", "Часы, remixed", ["Анна"]),
    ],
    ids=["signs", "no author", "other letters"],
)
def test_a_book_names_its_title_and_its_human_author(
    workspace: Workspace, writer: FakeWriter, tmp_path: Path, form: str, head: str, title: str, creators: list[str]
) -> None:
    """The author was the model's name, and the title the run's request; `&` was written as `&amp;amp;`."""
    folder = made(workspace, writer, f"---\n{head}---\n\nA passage.\n")
    assert titles(folder, form, tmp_path) == ([title], creators)


@pytest.mark.parametrize(("count", "title"), [(2, "E0 and E1, remixed"), (4, "All passages: 4 essays, remixed")])
def test_a_book_of_several_essays(
    workspace: Workspace, writer: FakeWriter, tmp_path: Path, count: int, title: str
) -> None:
    (workspace.seeds / "two-clocks.md").unlink()
    for number in range(count):
        essay = f"---\ntitle: E{number}\nauthor: A{number % 2}\n---\n\nPassage {number}.\n"
        (workspace.seeds / f"{number}.md").write_text(essay, encoding="utf-8")
    folder = made(workspace, writer, "", "empty.md")
    found, creators = titles(folder, "docx", tmp_path)
    assert found == [title]
    assert creators == ["A0; A1"]


# -- a run with its refreshes -------------------------------------------------------------------------------


@pytest.fixture
def refreshed(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> RunFolder:
    """The refresh of a run of which one passage was edited and one text judged."""
    from tests.generation.test_refreshed import EDITED, SLOW, edit, refresh

    reviews.say(finished, AGAIN, "Eve", verdict="star", note="Nice.")
    edit(workspace, SLOW, EDITED)
    return refresh(workspace, finished, writer)


@pytest.mark.parametrize("form", ["html", "markdown", "jsonl"])
def test_an_export_of_the_latest_run_has_the_texts_of_its_refreshes(
    finished: RunFolder, refreshed: RunFolder, remix_: Remix, form: str
) -> None:
    result = remix_("export", "--format", form)
    assert result.exit_code == 0, result.output
    assert f"With the texts of its refresh: {refreshed.path.name}" in result.stderr
    new, old = (each.read("two-clocks/002/again.1")[0].id for each in (refreshed, finished))
    assert new[:12] in result.stdout
    assert old[:12] not in result.stdout
    assert "stands still" in result.stdout
    assert "runs slow" not in result.stdout


def test_verdicts_stay_with_texts_that_the_refresh_left_alone(
    finished: RunFolder, refreshed: RunFolder, remix_: Remix
) -> None:
    reviews.say(refreshed, "two-clocks/002/again.1", "Eve", verdict="accept")
    result = remix_("export", "--format", "markdown", "--only", "accepted")
    assert [line.split()[-1] for line in result.stdout.splitlines() if line.startswith("— ")] == [
        finished.read(AGAIN)[0].id[:12],
        refreshed.read("two-clocks/002/again.1")[0].id[:12],
    ]


def test_a_run_that_is_named_is_exported_as_the_run_was_written(
    finished: RunFolder, refreshed: RunFolder, remix_: Remix
) -> None:
    result = remix_("export", finished.path.name, "--format", "markdown")
    assert "runs slow" in result.stdout
    assert "stands still" not in result.stdout


def test_a_crate_holds_one_run(finished: RunFolder, refreshed: RunFolder, remix_: Remix, tmp_path: Path) -> None:
    result = remix_("export", "--format", "ro-crate", "--to", tmp_path / "crate")
    assert result.exit_code == 0
    assert "refresh:" not in result.stderr


def test_a_refresh_that_was_changed_is_not_exported(finished: RunFolder, refreshed: RunFolder, remix_: Remix) -> None:
    refreshed.text_path("two-clocks/002/again.1").write_text("Forged.")
    result = remix_("export", "--format", "markdown")
    assert (result.exit_code, result.stdout) == (1, "")


def test_a_title_of_a_stranger_s_run_stays_a_title(finished: RunFolder) -> None:
    folder = forge_request(finished, lambda raw: raw["essays"][0].update(author="</dc:creator><x/>"))
    root = part(export_bytes(folder.path, ExportOptions("docx")), "docProps/core.xml")
    assert "</dc:creator><x/>" in [each.text for each in root]
