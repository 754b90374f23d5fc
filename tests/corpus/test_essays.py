"""Reading essays: which blocks are passages, with which lines, section and tags."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from remix.corpus import read_essay, read_seeds
from remix.corpus.essays import read_file
from remix.errors import SeedError
from remix.records import Essay, sha256
from remix.workspace import Workspace, shipped


def read(folder: Path, text: str, name: str = "an-essay.md") -> Essay:
    path = folder / "seeds" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_essay(path, folder / "seeds", folder)


def test_the_whole_of_a_small_essay(workspace: Workspace) -> None:
    (essay,) = read_seeds(workspace.seeds, workspace.root)
    assert (essay.slug, essay.title, essay.author, essay.date) == ("two-clocks", "Two Clocks", "Nobody", "2026-01-02")
    assert (essay.tags, essay.path) == (("time",), "seeds/two-clocks.md")
    first, second, third = essay.passages
    assert [each.id for each in essay.passages] == ["two-clocks/001", "two-clocks/002", "two-clocks/003"]
    assert first.text == "The first clock runs fast. It was set by the second."
    assert first.sha256 == sha256(first.text)
    assert first.tags == ("clocks", "small error", "time")
    assert second.tags == ("Clocks", "time")
    assert third.tags == ("time",)
    assert [each.section for each in essay.passages] == [None, "Later", "Later"]
    assert [each.lines for each in essay.passages] == [(8, 8), (12, 12), (14, 14)]


@pytest.mark.parametrize(
    ("body", "passages"),
    [
        ("One.\n\nTwo.\n", [("One.", (1, 1)), ("Two.", (3, 3))]),
        ("One\n  wrapped\nline. #a\n", [("One wrapped line.", (1, 3))]),
        ("One.\n\n#a, #b\n\nTwo.\n", [("One.", (1, 3)), ("Two.", (5, 5))]),
        ("#a\n\nOne.\n", [("One.", (3, 3))]),
        ("It has:\n\n- one\n- two\n\nAfter.\n", [("It has:\n\n- one\n- two", (1, 4)), ("After.", (6, 6))]),
        ("As said:\n\n> So be it. #a\n", [("As said:\n\n> So be it.", (1, 3))]),
        ("- one\n- two\n", [("- one\n- two", (1, 2))]),
        ("One.\n\n- two\n", [("One.", (1, 1)), ("- two", (3, 3))]),
        ("One.\n\n```\ncode #a\n```\n\nTwo.\n", [("One.", (1, 1)), ("Two.", (7, 7))]),
        ("One.\n\n    indented code\n", [("One.", (1, 1))]),
        ("| a | b |\n| - | - |\n| 1 | 2 |\n\nOne.\n", [("One.", (5, 5))]),
        ("<div>\nhtml\n</div>\n\nOne.\n", [("html", (2, 2)), ("One.", (5, 5))]),
        ("![a map](map.png)\n\nOne.\n", [("One.", (3, 3))]),
        ("![[map.png]]\n\nOne.\n", [("One.", (3, 3))]),
        ("![in](a.png) a sentence.\n", [("a sentence.", (1, 1))]),
        ("One.\n\n***\n\nTwo.\n", [("One.", (1, 1)), ("Two.", (5, 5))]),
        ("", []),
    ],
)
def test_which_blocks_are_passages(tmp_path: Path, body: str, passages: list[tuple[str, tuple[int, int]]]) -> None:
    assert [(each.text, each.lines) for each in read(tmp_path, body).passages] == passages


def test_tags_on_a_line_of_their_own_belong_to_the_passage_above(tmp_path: Path) -> None:
    one, two = read(tmp_path, "One. #a\n\n#b, #A\n\nTwo.\n").passages
    assert (one.tags, two.tags) == (("a", "b"), ())


def test_own_tags_come_before_the_essays(tmp_path: Path) -> None:
    """A tag of the passage and of the essay used to come last."""
    (one,) = read(tmp_path, "---\ntags: [time, loss]\n---\nOne. #Time, #maps\n").passages
    assert one.tags == ("Time", "maps", "loss")


def test_sections(tmp_path: Path) -> None:
    essay = read(tmp_path, "# The Title\n\nA.\n\n## First ##\n\nB.\n\nSecond\n------\n\nC.\n\n### Third\n\nD.\n")
    assert essay.title == "The Title"
    assert [each.section for each in essay.passages] == [None, "First", "Second", "Third"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: Given\n---\n# Heading\n\nA.", "Given"),
        ("# Heading\n\nA.", "Heading"),
        ("## Only a section\n\nA.", "an-essay"),
        ("---\ntitle: 1984\n---\nA.", "1984"),
        ("---\ntitle:\n---\nA.", "an-essay"),
        ("---\ntitle: ' '\n---\nA.", "an-essay"),
    ],
)
def test_title(tmp_path: Path, text: str, title: str) -> None:
    assert read(tmp_path, text).title == title


@pytest.mark.parametrize(
    ("yaml", "tags"),
    [
        ("tags: [one, another one]", ("one", "another one")),
        ("tags: one, '#two'", ("one", "'#two'")),
        ("tags: 'one, #two,,'", ("one", "two")),
        ("tags: ['#one', ' two ', '']", ("one", "two")),
        ("tags: [1984]", ("1984",)),
        ("tags:\n- one\n- One", ("one",)),
        ("tags:", ()),
        ("tags: one two", ("one", "two")),
        ("tags: one two, three", ("one two", "three")),
        ("tags: '#one #two'", ("one", "two")),
        ("tag: one two", ("one two",)),
        ("tags: [one]\ncategories: two three\ncategory: four five", ("one", "two", "three", "four five")),
        ("categories: [One, two]\ntags: one", ("one", "two")),
    ],
)
def test_tags_in_the_front_matter(tmp_path: Path, yaml: str, tags: tuple[str, ...]) -> None:
    assert read(tmp_path, f"---\n{yaml}\n---\nA.\n").tags == tags


def test_windows_line_ends_and_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = "---\ntitle: T\n---\n\nOne\nwrapped. #a\n\nTwo.\n"
    assert read(tmp_path, "\ufeff" + text.replace("\n", "\r\n")) == read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntags: [a\n---\n", "seeds/an-essay.md:2: broken front matter"),
        ("---\ntitle: a\n", "seeds/an-essay.md:1: the front matter is never closed."),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SeedError) as caught:
        read(tmp_path, text)
    assert caught.value.message.startswith(message)


def test_notes_name_what_was_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "seeds" / "a.md"
    read(tmp_path, "---\ntitle: On: maps\nauthor: {twitter: x}\ntags: [maps]\n---\nA.\n", "a.md")
    file = read_file(path, path.parent, tmp_path)
    assert (file.essay.title, file.essay.author, file.essay.tags) == ("On: maps", None, ("maps",))
    assert file.notes == (
        "seeds/a.md:2: `title` is not valid YAML; read as plain text.",
        "seeds/a.md:3: `author` is a mapping without a name; left aside.",
    )


def test_words_that_differ_in_their_vowel_signs_are_no_namesakes(tmp_path: Path) -> None:
    assert read(tmp_path, "A.", "กิน.md").slug != read(tmp_path, "B.", "กัน.md").slug


@pytest.mark.parametrize("nothing", ["null", "~", "", "[]"])
def test_no_tags_are_none(tmp_path: Path, nothing: str) -> None:
    """`tags: null` gave a tag named null."""
    essay = read(tmp_path, f"---\ntags: {nothing}\naliases: {nothing}\n---\nA.\n")
    assert (essay.tags, essay.aliases) == ((), ())


def test_keys_in_other_case_count(tmp_path: Path) -> None:
    essay = read(tmp_path, "---\nTitle: Maps\nTAGS: [a]\ntags: [b]\n---\nA.\n")
    assert (essay.title, essay.tags) == ("Maps", ("b",))


def test_namesakes_are_all_read(tmp_path: Path) -> None:
    """All but the first used to be left out."""
    for name in ("one two.md", "one-two.md", "one/two.md", "One two.org", "one_two.txt"):
        read(tmp_path, "A.", name)
    found = {essay.path: essay.slug for essay in read_seeds(tmp_path / "seeds", tmp_path)}
    assert len(found) == 5
    assert found["seeds/one two.md"] == "one-two"
    assert (found["seeds/one/two.md"], found["seeds/one_two.txt"]) == ("one--two", "one_two")
    assert all(re.fullmatch("one-two-[0-9a-f]{6}", found[f"seeds/{name}"]) for name in ("one-two.md", "One two.org"))


def test_a_bad_file_is_left_out_where_errors_are_heard(tmp_path: Path) -> None:
    read(tmp_path, "A.", "good.md")
    (tmp_path / "seeds" / "bad.md").write_bytes(b"\xff")
    errors: list[SeedError] = []
    essays = read_seeds(tmp_path / "seeds", tmp_path, errors.append)
    assert [essay.slug for essay in essays] == ["good"]
    assert [error.message for error in errors] == ["seeds/bad.md: not UTF-8 at byte 0."], (
        "not the path on this machine"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """The name used to become a title that can't be written to a file or terminal."""
    (tmp_path / "seeds").mkdir()
    Path(os.fsdecode(bytes(tmp_path) + b"/seeds/\xff.md")).write_text("A.")
    with pytest.raises(SeedError, match="its name is not UTF-8") as caught:
        read_seeds(tmp_path / "seeds", tmp_path)
    assert caught.value.message.isascii()


@pytest.mark.parametrize("text", [None, "", "# Only a heading\n", "#tag\n"])
def test_no_passage_at_all_is_an_error(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "seeds").mkdir()
    if text is not None:
        read(tmp_path, text)
    with pytest.raises(SeedError, match="no essays here, or none with a paragraph"):
        read_seeds(tmp_path / "seeds", tmp_path)


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="no such folder of essays"):
        read_seeds(tmp_path / "seeds", tmp_path)


def test_the_shipped_seeds_are_what_the_demo_needs() -> None:
    folder = shipped("seeds")
    essays = read_seeds(folder, folder.parent)
    tagged = [each for essay in essays for each in essay.passages if "convergence" in each.tags]
    assert len(essays) >= 8
    assert all(essay.title and essay.author and essay.date for essay in essays)
    assert sum(len(essay.passages) for essay in essays) >= 50
    assert len(tagged) >= 9
    assert len({each.essay for each in tagged}) >= 4


@pytest.mark.parametrize(("value", "title"), [("No", "No"), ("010", "010"), ("2026-1-2", "2026-1-2"), ("~", "~")])
def test_a_title_is_what_its_author_wrote(tmp_path: Path, value: str, title: str) -> None:
    """YAML would read false, 8 and a date."""
    assert read(tmp_path, f"---\ntitle: {value}\n---\nWords.\n").title == title


def test_a_heading_keeps_the_marks_that_are_its_own(tmp_path: Path) -> None:
    essay = read(tmp_path, "## C#\n\nOne.\n\nA = B\n-----\n\nTwo.\n\n### Closed ###\n\nThree.\n")
    assert [passage.section for passage in essay.passages] == ["C#", "A = B", "Closed"]


@pytest.mark.parametrize(
    ("name", "text", "date"),
    [
        ("a.md", "---\ndate: 2024-01-02\nplanted: 2023-01-02\n---\nA.", "2024-01-02"),
        ("a.md", "---\nplanted: 2023-01-02\n---\nA.", "2023-01-02"),
        ("2022-01-02-a.md", "A.", "2022-01-02"),
        ("2022-01-02-a.md", "---\ndate: 2024\n---\nA.", "2024"),
        ("2022-01-02.md", "A.", "2022-01-02"),
        ("2022-01-02 A walk.md", "A.", "2022-01-02"),
        ("2022_01_02.md", "A.", "2022-01-02"),
        ("2022-01_02.md", "A.", None),
        ("2022-01-023.md", "A.", None),
        ("20230507 A walk.md", "A.", "2023-05-07"),
        ("202305071030.md", "A.", "2023-05-07"),
        ("2022-01-02-a.md", "---\nupdated: 2024-05-06\n---\nA.", "2022-01-02"),
        ("a.md", "---\nupdated: 2024-05-06\n---\nA.", "2024-05-06"),
    ],
)
def test_date(tmp_path: Path, name: str, text: str, date: str | None) -> None:
    assert read(tmp_path, text, name).date == date


@pytest.mark.parametrize(
    ("yaml", "author"),
    [
        ("author: One", "One"),
        ("author: [One, Two]", "One, Two"),
        ("author: {name: One, email: x}", "One"),
        ("author:\n- name: One\n- Two", "One, Two"),
        ("author: []", None),
    ],
)
def test_author(tmp_path: Path, yaml: str, author: str | None) -> None:
    assert read(tmp_path, f"---\n{yaml}\n---\nA.").author == author


@pytest.mark.parametrize(
    ("yaml", "aliases"),
    [
        ("aliases: [One, Two words]", ("One", "Two words")),
        ("aliases: One, Two words", ("One", "Two words")),
        ("aliases: Two words\nalias: One", ("Two words", "One")),
        ("aliases:", ()),
    ],
)
def test_aliases(tmp_path: Path, yaml: str, aliases: tuple[str, ...]) -> None:
    assert read(tmp_path, f"---\n{yaml}\n---\nA.").aliases == aliases


def test_of_files_with_the_same_name_in_two_formats_markdown_comes_first(tmp_path: Path) -> None:
    """As if Org notes were exported to the same folder."""
    read(tmp_path, "A.", "maps.md")
    read(tmp_path, "A.", "maps.org")
    first, second = read_seeds(tmp_path / "seeds", tmp_path)
    assert (first.path, first.slug, second.path) == ("seeds/maps.md", "maps", "seeds/maps.org")
    assert second.slug.startswith("maps-")
    (alone,) = read_seeds(tmp_path / "seeds", tmp_path, exclude=["*.md"])
    assert alone.slug == "maps"


@pytest.mark.parametrize(("folder", "path"), [("seeds", "seeds/a.md"), (".", "a.md"), ("../garden", "garden/a.md")])
def test_paths_begin_in_the_workspace_or_with_the_folder_s_name(tmp_path: Path, folder: str, path: str) -> None:
    """Paths used to lead from the workspace to a garden elsewhere: ../../home/someone/garden/a.md."""
    root = tmp_path / "workspace"
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / "a.md").write_text("A.")
    (essay,) = read_seeds(root / folder, root)
    assert (essay.path, essay.passages[0].path) == (path, path)


# -- long tags ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Words.\n\nWords. #" + "a" * 201, 3),
        ("Words #" + "a" * 1_000_000 + " in a sentence.", 1),
        ("# Head #" + "a" * 201 + "\n\nWords.", 3),
        ("---\ntags: [" + "a" * 201 + "]\n---\nWords.", 1),
        ("Words. #" + "a/" * 500_000 + "a", 1),
        ("Words. #" + "\u0301a" * 150, 1),
    ],
)
def test_a_tag_longer_than_anyone_writes(tmp_path: Path, text: str, line: int) -> None:
    """A tag was kept for each parent and each passage: a megabyte became hundreds."""
    with pytest.raises(SeedError, match=rf"an-essay\.md:{line}: has a tag of more than 200 letters"):
        read(tmp_path, text)


def test_a_long_tag(tmp_path: Path) -> None:
    assert read(tmp_path, "Words. #" + "a" * 200).passages[0].tags == ("a" * 200,)


@pytest.mark.parametrize("head", ["---\ntitle: {long}\n---\n\n", "# {long}\n\n", "# A\n\n## {long}\n\n"])
def test_a_title_without_end_is_not_repeated_for_each_passage(tmp_path: Path, head: str) -> None:
    """A title of 60 KB over 9,900 passages took 2 GB."""
    paragraphs = "\n\n".join(f"Paragraph {number}." for number in range(1_000))
    assert len(read(tmp_path, head.format(long="word " * 1_000) + paragraphs).passages) == 1_000
    with pytest.raises(SeedError, match=r"an-essay\.md:\d+: its title or a heading above is too long"):
        read(tmp_path, head.format(long="word " * 12_000) + paragraphs)
