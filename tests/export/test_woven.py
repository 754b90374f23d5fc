"""Woven essays as pages and books: title, paragraphs in order, notes on the passages behind the sentences."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mammoth
import pytest

from remix.export import ExportOptions, export_bytes
from remix.export.noted_essay import essay_of
from remix.export.reviewed_outputs import reviewed_outputs
from remix.outputs import RunFolder, reviews
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.export.parsed_page import ParsedPage
from tests.export.told_weave import told_weave
from tests.made_weave import ADDED, OPENING, PARAGRAPHS, TEXTS, TITLE, UNHEARD

EPUB = "{http://www.idpf.org/2007/ops}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = "<script>x</script> [a](javascript:b) [^remix-1] \u202e\ue0001\ue001 `c` & **d"


def exported(folder: RunFolder, form: str, **options: Any) -> str:
    return export_bytes(folder.path, ExportOptions(form, **options)).decode()


def page_of(book: bytes) -> ElementTree.Element:
    """The essay's page of an EPUB."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return ElementTree.fromstring(archive.read("EPUB/page0001.xhtml"))


# -- Markdown -----------------------------------------------------------------------------------------------


def test_markdown_begins_with_the_essay_and_its_footnotes(essay: RunFolder) -> None:
    source = exported(essay, "markdown")
    blocks = source.split("\n\n")
    assert blocks[0] == f"# {TEXTS[TITLE]}"
    words = re.sub(r"\[\^remix-\d+\]|†", "", "\n\n".join(blocks[1:6]))
    assert words == "\n\n".join(TEXTS[task] for task in (OPENING, *PARAGRAPHS))
    assert all(f"{sentence}†" in source for sentence in ADDED)
    assert source.count("†") == len(ADDED) + 1, "and the legend"
    references = re.findall(r"\[\^(remix-\d+)\](?!:)", source)
    assert re.findall(r"^\[\^(remix-\d+)\]: ", source, re.MULTILINE) == references
    assert references == [f"remix-{number}" for number in range(1, len(references) + 1)]


def test_a_note_names_essay_section_file_and_lines_and_the_shares_of_several(essay: RunFolder) -> None:
    source = exported(essay, "markdown")
    assert "“Two Clocks”, under “Later”, seeds/two-clocks.md, line 12 (two-clocks/002)" in source
    alone = next(line for line in source.splitlines() if line.endswith("line 6 (maps/001)."))
    assert "%" not in alone
    several = next(line for line in source.splitlines() if "(two-clocks/001); " in line)
    assert several.startswith("[^remix-2]: 62 to 72 % “Two Clocks”, ")
    assert "(two-clocks/001); 28 to 38 % “Two Clocks”, " in several


def test_neighbours_with_the_same_passages_share_a_note(essay: RunFolder) -> None:
    source = exported(essay, "markdown")
    assert "The first clock runs fast. It was set by the second.[^remix-2] The second" in source


def test_the_method_the_added_and_the_unheard_are_told(essay: RunFolder) -> None:
    source = exported(essay, "markdown")
    assert "8 of 10 sentences have passages behind them, found by similar words (version" in source
    assert "5 of 7 passages are heard." in source
    unheard = next(line for line in source.splitlines() if line.startswith("Not heard: "))
    assert re.findall(r"\(([\w/-]+)\)", unheard) == list(UNHEARD)
    assert f"— title, step 1, by fake; record {essay.read(TITLE)[0].id[:12]}" in source


@pytest.mark.parametrize("form", ["markdown", "docx", "epub"])
def test_notes_can_be_left_out(essay: RunFolder, remix_: Remix, tmp_path: Path, form: str) -> None:
    target = tmp_path / "essay"
    assert remix_("export", essay.path, "--format", form, "--no-notes", "--to", target).exit_code == 0
    data = target.read_bytes()
    if form == "markdown":
        assert (
            data.decode()
            == "\n\n".join([f"# {TEXTS[TITLE]}", *(TEXTS[each] for each in (OPENING, *PARAGRAPHS))]) + "\n"
        )
    elif form == "epub":
        assert not list(page_of(data).iter("{http://www.w3.org/1999/xhtml}sup"))
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert "word/footnotes.xml" not in archive.namelist()
            assert b"superscript" not in archive.read("word/document.xml")


def test_notes_go_with_books_alone(essay: RunFolder, remix_: Remix) -> None:
    assert remix_("export", essay.path, "--format", "jsonl", "--no-notes").exit_code == 2


def test_an_edited_paragraph_has_notes_of_its_own_words(essay: RunFolder) -> None:
    reviews.edit(essay, PARAGRAPHS[2], "Adam", "My grandmother folded maps the wrong way on purpose. Xylophones hum.")
    source = exported(essay, "markdown")
    assert "My grandmother folded maps the wrong way on purpose.[^remix-7] Xylophones hum.†" in source
    assert "seeds/maps.md, line 12 (maps/004)." in source


def test_chosen_texts_make_an_essay(essay: RunFolder) -> None:
    reviews.say(essay, PARAGRAPHS[1], "Eve", verdict="accept")
    source = exported(essay, "markdown", only="accepted")
    assert re.match(r"# .*All passages\n\nA map is a letter", source)
    assert TEXTS[OPENING] not in source


def test_an_unfinished_essay_is_exported_text_by_text(workspace: Workspace, essay: RunFolder) -> None:
    for path in (essay.record_path(TITLE), essay.text_path(TITLE)):
        path.unlink()
    source = exported(essay, "markdown")
    assert re.match(r"# .*All passages\n\n## ", source)
    assert TEXTS[PARAGRAPHS[2]] in source
    assert 'class="sentence"' in exported(essay, "html")


def test_an_essay_is_known_if_all_its_texts_are_a_refresh_s(essay: RunFolder) -> None:
    outputs = reviewed_outputs(verify(essay.path))
    refreshed = essay.run.model_copy(update={"name": "20260101T000000Z-earlier-0000"})
    found = essay_of(refreshed, outputs)
    assert found is not None
    assert found.title == TEXTS[TITLE]
    assert [each.label for each in found.texts] == ["opening", "paragraph 1", "paragraph 2", "paragraph 3"]


def test_marks_never_stand_in_code(essay: RunFolder, workspace: Workspace, finished: RunFolder) -> None:
    coded = "Every map agrees with every other map about the coast.\n\n```\nXylophones hum.\n```"
    again = remade(essay, workspace, finished, dict(TEXTS) | {PARAGRAPHS[2]: coded})
    assert f"{coded}\n\n[^remix-7] †\n\n" in exported(again, "markdown")


# -- strangers' words ---------------------------------------------------------------------------------------


@pytest.fixture
def hostile(essay: RunFolder, workspace: Workspace, finished: RunFolder) -> RunFolder:
    """An essay whose title, texts, passages and front matter are a stranger's."""
    texts = {task: f"{text} {HOSTILE}." for task, text in TEXTS.items()}
    (workspace.seeds / "two-clocks.md").write_text(
        f"---\ntitle: '{HOSTILE} {'long ' * 500}'\n---\n\nThe first clock runs fast. It was set by the second.\n\n"
        f"## {HOSTILE}\n\nThe second clock runs slow. It was set by the first.\n\nNobody has asked the sun.\n",
        encoding="utf-8",
    )
    return remade(essay, workspace, finished, texts)


def remade(essay: RunFolder, workspace: Workspace, like: RunFolder, texts: dict[str, str]) -> RunFolder:
    for path in sorted(essay.path.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    essay.path.rmdir()
    return told_weave(workspace, like, texts)


def test_a_text_refers_to_no_footnote_of_ours(hostile: RunFolder) -> None:
    source = exported(hostile, "markdown")
    assert r"\[^remix-1]" in source
    references = re.findall(r"(?<!\\)\[\^(remix-\d+)\](?!:)", source)
    assert len(references) == len(set(references)) == len(re.findall(r"^\[\^remix-\d+\]: ", source, re.MULTILINE))
    assert "<script" not in source
    assert "\ue000" not in source
    assert max(map(len, source.splitlines())) < 2000


def test_hostile_words_stay_words_in_pages_and_books(hostile: RunFolder) -> None:
    page = exported(hostile, "html")
    assert "<script" not in page
    assert "\u202e" not in page
    for form in ("epub", "docx"):
        with zipfile.ZipFile(io.BytesIO(export_bytes(hostile.path, ExportOptions(form)))) as archive:
            parts = {name: archive.read(name) for name in archive.namelist() if name.endswith(("ml", ".opf"))}
        assert all(ElementTree.fromstring(part) is not None for part in parts.values())
        assert not any(b"<script" in part for part in parts.values())


# -- EPUB and Word ------------------------------------------------------------------------------------------


def test_a_book_has_popup_footnotes_whose_ids_resolve(essay: RunFolder) -> None:
    page = page_of(export_bytes(essay.path, ExportOptions("epub")))
    marks = [each for each in page.iter() if each.get(f"{EPUB}type") == "noteref"]
    notes = [each for each in page.iter() if each.get(f"{EPUB}type") == "footnote"]
    assert len(marks) == len(notes) == 7
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    targets = {
        str(each.get("href")).removeprefix("#") for each in page.iter() if each.get("href", "").startswith("#")
    }
    assert targets == set(ids)
    assert "(maps/001)." in "".join(notes[3].itertext())


def test_a_book_is_called_by_the_essay_and_has_all_authors(essay: RunFolder) -> None:
    with zipfile.ZipFile(io.BytesIO(export_bytes(essay.path, ExportOptions("epub")))) as archive:
        package = ElementTree.fromstring(archive.read("EPUB/package.opf"))
    told = [each.text for each in package.iter() if each.tag.endswith(("}title", "}creator"))]
    assert told == [TEXTS[TITLE], "Somebody", "Nobody"]


def test_word_has_real_footnotes(essay: RunFolder) -> None:
    data = export_bytes(essay.path, ExportOptions("docx"))
    assert data == export_bytes(essay.path, ExportOptions("docx"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        named = {each.get("PartName") for each in ElementTree.fromstring(archive.read("[Content_Types].xml"))} - {
            None
        }
        names = {f"/{name}" for name in archive.namelist() if not name.endswith((".rels", "Types].xml"))}
        document = ElementTree.fromstring(archive.read("word/document.xml"))
        footnotes = ElementTree.fromstring(archive.read("word/footnotes.xml"))
    assert named == names
    ids = [each.get(f"{WORD}id") for each in document.iter(f"{WORD}footnoteReference")]
    assert ids == [str(number) for number in range(1, 8)]
    assert [each.get(f"{WORD}id") for each in footnotes.iter(f"{WORD}footnote")] == ["-1", "0", *ids]


def test_word_s_readers_read_the_footnotes(essay: RunFolder) -> None:
    found = mammoth.convert_to_html(io.BytesIO(export_bytes(essay.path, ExportOptions("docx"))))
    assert all(each.message.startswith("Unrecognised paragraph style") for each in found.messages)
    assert found.value.count('<li id="footnote-') == 7
    assert "<sup>†</sup>" in found.value
    assert "A map is a letter from somebody who walked there first.<sup>" in found.value


# -- the page -----------------------------------------------------------------------------------------------


def test_a_page_links_sentences_with_passages_both_ways(essay: RunFolder) -> None:
    page = ParsedPage(exported(essay, "html"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {str(attributes["href"]) for tag, attributes in page.tags if tag == "a"}
    assert {link for link in links if not link.startswith("#")} == set()
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert len(page.classed("sentence")) == 10
    assert len(page.classed("added")) == len(ADDED)
    assert page.words.count("Not heard in any sentence.") == len(UNHEARD)
    assert {f"p{number}" for number in range(1, 8)} <= set(ids)
    assert "script" not in {tag for tag, _ in page.tags}


def test_a_page_shows_all_texts_of_the_essay_in_order(essay: RunFolder) -> None:
    source = exported(essay, "html")
    assert f"<h1 id=essay dir=auto>{TEXTS[TITLE]}</h1>" in source
    parts = re.findall(r'<div class="part" id="([^"]+)"', source)
    assert parts == [OPENING, *PARAGRAPHS]
    assert all(essay.read(task)[0].id in source for task in (TITLE, OPENING, *PARAGRAPHS))
