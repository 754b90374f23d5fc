"""`remix add`: documents to essays."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from remix.corpus import read_seeds
from remix.documents import add, prepare
from remix.documents.convert import ConversionOptions, convert
from remix.documents.document import DocumentError
from remix.errors import RemixError
from remix.workspace import Workspace
from tests.conftest import ESSAY, Remix
from tests.documents.test_garden_note import NOTE
from tests.documents.test_plain import ESSAY as LONG_ESSAY


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return written(tmp_path / "note.txt", NOTE)


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    return written(tmp_path / "my essay.txt", LONG_ESSAY)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_nothing_of_an_essay_is_lost(workspace: Workspace, essay: Path) -> None:
    (added,) = add([essay], workspace)
    (read,) = [each for each in read_seeds(workspace.seeds, workspace.root) if each.slug == "my-essay"]
    assert read.passages == added.essay.passages
    sections = list(dict.fromkeys(passage.section for passage in read.passages if passage.section))
    assert sections == ["The Second Cut", "What Is a Coat For?"]
    letters: dict[int, str] = {}
    for passage in read.passages:
        assert "#" not in passage.text
        tags = ",".join(f"#{tag}" for tag in passage.tags)
        letters[passage.lines[0]] = squeezed(passage.text + tags)
    for number, line in enumerate(added.text.split("\n"), 1):
        if line.startswith("## "):
            letters[number] = squeezed(line[3:])
    assert "".join(letters[number] for number in sorted(letters)) == squeezed(LONG_ESSAY)
    assert added.no_passage == ()


def test_it_shows_what_it_found_and_then_its_path(remix_: Remix, workspace: Workspace, essay: Path) -> None:
    result = remix_("add", "--title", "A Coat", essay)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"from        {essay} (plain text, one paragraph a line)",
        "title       A Coat",
        "sections    2: The Second Cut; What Is a Coat For?",
        "passages    8, 4 with tags",
        "tags        4: cloth 3, sameness 1, Sleep 1, small light 1",
        str(workspace.seeds / "a-coat.md"),
    ]
    assert "a-coat/008" in remix_("passages").output


def test_a_note_with_what_is_doubtful(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    note = written(tmp_path / "note.txt", NOTE.replace("clothmapsmemory", "clothhyperobject"))
    result = remix_("add", note)
    assert "taken apart clothhyperobject\n" in result.stdout
    assert "doubtful    hyper + object: perhaps hyperobject\n" in result.stdout
    seed = (workspace.seeds / "the-map-of-the-tailor.md").read_text(encoding="utf-8")
    assert "tags: [cloth, hyper, object]\n" in seed
    assert "# doubtful: hyper + object (or hyperobject?)\n" in seed
    assert "source: A. Writer, 'Threads' (1911)\n" in seed


def test_the_corpus_tags_help_to_take_words_apart(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    """`small error` is a tag of the workspace's essay."""
    note = written(tmp_path / "note.txt", NOTE.replace("clothmapsmemory", "clothsmallerror"))
    (found,) = json.loads(remix_("add", "--json", note).stdout)
    assert {each["tag"] for each in found["tags"]} == {"cloth", "small error"}
    assert (found["date"], found["passages"], found["tagged"], found["doubts"]) == ("2026-01-02", 2, 2, [])
    assert found["written"] is True


def test_a_dry_run_writes_nothing(remix_: Remix, workspace: Workspace, note: Path) -> None:
    before = sorted(workspace.root.rglob("*"))
    result = remix_("add", "--dry-run", note)
    assert "passages    2, 2 with tags" in result.stdout
    assert result.stderr == "Nothing was written.\n"
    assert json.loads(remix_("add", "--dry-run", "--json", note).stdout)[0]["written"] is False
    assert sorted(workspace.root.rglob("*")) == before


def test_a_seed_is_never_overwritten(remix_: Remix, workspace: Workspace, note: Path) -> None:
    assert remix_("add", note).exit_code == 0
    path = workspace.seeds / "the-map-of-the-tailor.md"
    path.write_text("Mine.", encoding="utf-8")
    result = remix_("add", note)
    assert result.exit_code == 1
    assert f"an essay of this name exists already: {path}" in result.stderr
    assert "--title" in result.stderr
    assert path.read_text(encoding="utf-8") == "Mine."


def test_nor_is_what_no_seed_is(workspace: Workspace, note: Path) -> None:
    path = workspace.seeds / "the-map-of-the-tailor.md"
    path.symlink_to(workspace.root / "nowhere")
    with pytest.raises(DocumentError, match="already exists"):
        add([note], workspace)
    assert path.is_symlink()


def test_a_name_in_another_folder_or_spelling_counts_too(workspace: Workspace, note: Path) -> None:
    written(workspace.seeds / "The Map of the Tailor.markdown", "Mine.")
    with pytest.raises(DocumentError, match="of this name exists already"):
        prepare([note], workspace)


def test_two_documents_of_one_name(workspace: Workspace, note: Path) -> None:
    with pytest.raises(DocumentError, match="of this name exists already"):
        add([note, note], workspace)
    assert [path.name for path in workspace.seeds.iterdir()] == ["two-clocks.md"]


def test_tags_for_all_passages(workspace: Workspace, note: Path) -> None:
    (added,) = add([note], workspace, tags=["#garden", "Cloth"])
    assert added.essay.tags == ("cloth", "maps", "memory", "garden")


@pytest.mark.parametrize("title", ["../../out", "/etc/passwd", "con", "a\nb", "\x1b[31m", "…", "x" * 500, "語" * 200])
def test_no_title_leads_out_of_the_folder(workspace: Workspace, note: Path, title: str) -> None:
    (added,) = add([note], workspace, title)
    assert added.path.parent == workspace.seeds
    assert added.path.is_file()
    assert len(added.path.name.encode()) < 100
    assert added.essay.title == " ".join(title.split())
    assert added.essay.slug in {each.slug for each in read_seeds(workspace.seeds, workspace.root)}


def test_one_title_for_several(remix_: Remix, note: Path, essay: Path) -> None:
    result = remix_("add", "--title", "T", note, essay)
    assert result.exit_code == 2
    assert "--title is for a single FILE" in result.stderr


def test_markdown_stays_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    body = "# The *Map*\n\n| a |\n| - |\n\nHe cut.  \nHe slept. #cloth\n"
    path = written(tmp_path / "a.md", f"---\ndraft: true\ntags: [one]\n---\n{body}")
    (added,) = add([path], workspace, tags=["two"])
    assert added.text == f"---\ntitle: The Map\ntags: [one, two]\ndraft: true\n---\n\n{body}"
    assert added.path.name == "the-map.md"


def test_a_seed_added_is_the_seed(workspace: Workspace, tmp_path: Path) -> None:
    (added,) = add([written(tmp_path / "a.markdown", ESSAY)], workspace, "Three Clocks")
    (theirs,) = [each for each in read_seeds(workspace.seeds, workspace.root) if each.slug == "two-clocks"]
    assert [(each.text, each.tags, each.section) for each in added.essay.passages] == [
        (each.text, each.tags, each.section) for each in theirs.passages
    ]
    assert (added.essay.author, added.essay.date) == (theirs.author, theirs.date)


def test_markdown_in_a_text_file(workspace: Workspace, tmp_path: Path) -> None:
    (added,) = add([written(tmp_path / "a.txt", "# Map\n\nHe cut,\nand slept.\n")], workspace)
    assert (added.document.form, added.essay.title) == ("Markdown", "Map")
    assert [passage.text for passage in added.essay.passages] == ["He cut, and slept."]


def test_what_is_no_passage_is_said(remix_: Remix, tmp_path: Path) -> None:
    result = remix_("add", written(tmp_path / "a.txt", "He cut.\n\n![a map](map.png)\n\nHe slept.\n"))
    assert "no passage  “![a map](map.png)”\n" in result.stdout
    assert "passages    2, 0 with tags" in result.stdout


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.pdf", b"%PDF", r"remix can't read this format \(\.pdf\)"),
        ("a.txt", b"\xff\xfe", "not UTF-8"),
        ("a.txt", b"a\0b", "not a text"),
        ("a.txt", b"", "has no paragraph"),
        ("a.html", b"", "has no paragraph"),
        ("a.md", b"---\ntitle: [\n---\nA.", "broken front matter"),
        ("a.docx", b"PK", "damaged"),
        ("a.epub", b"", "damaged"),
        ("a.txt", b"A.\n\n" * 10_001, "has more than 10000 passages"),
    ],
)
def test_what_cant_be_added(workspace: Workspace, tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RemixError, match=message) as caught:
        add([path], workspace)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file(remix_: Remix, tmp_path: Path) -> None:
    result = remix_("add", tmp_path / "nothing.txt")
    assert result.exit_code == 1
    assert "nothing.txt: can't be read" in result.stderr
    assert "Check the document's name." in result.stderr, "the hint was to save the document as UTF-8"


def test_a_missing_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(DocumentError, match="A web page needs the library trafilatura") as caught:
        convert(written(tmp_path / "a.html", "<p>He cut.</p>"), ConversionOptions())
    assert "pip install 'essay-remix[add]'" in caught.value.hint


def test_toml_at_the_head(workspace: Workspace, tmp_path: Path) -> None:
    head = '+++\ntitle = "The Map"\ntags = ["one"]\ndate = 2026-01-02\nweight = 3\n+++\n'
    (added,) = add([written(tmp_path / "a.md", f"{head}He cut.\n")], workspace)
    assert added.text == "---\ntitle: The Map\ndate: 2026-01-02\ntags: [one]\nweight: '3'\n---\n\nHe cut.\n"


def test_a_folder_that_cant_be_written(workspace: Workspace, note: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("remix.util.files.write_new", full)
    with pytest.raises(DocumentError, match="No space left"):
        add([note], workspace)


def test_a_workspace_without_seeds_gets_its_first(tmp_path: Path, note: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    add([note], workspace)
    assert [each.slug for each in read_seeds(workspace.seeds, workspace.root)] == ["the-map-of-the-tailor"]


@pytest.mark.parametrize("name", ["a.txt", "a.html"])
def test_more_paragraphs_than_anyone_reads_are_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Megabytes of paragraphs of a letter took minutes."""
    monkeypatch.setattr("remix.documents.document.MOST_BLOCKS", 10)
    monkeypatch.setattr("remix.documents.html.MOST_BLOCKS", 10)
    path = written(tmp_path / name, "<p>He cut.\n\n" * 100)
    with pytest.raises(DocumentError, match=rf"{re.escape(name)}: has more than 10 paragraphs or the like"):
        convert(path, ConversionOptions())
