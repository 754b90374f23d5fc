"""Renaming a tag in the essays' files: the tag's letters and nothing else, everywhere or nowhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remix.corpus import read_seeds, renaming
from remix.corpus.renaming import Edit, Renaming, diff, rename, renamed, write
from remix.errors import SeedError
from remix.util import frontmatter
from tests.conftest import work_of_at_most

TAG = "\0"
"""Stands for the tag in the texts below; a `maps` written out is no tag, or part of a longer tag."""

HEAD = [
    "---\ntitle: maps\ntags: [\0, 'other', \"\0\"]\nmaps: maps\n---\n",
    "---\ntags:\n- \0\n-   \0  \n- old maps\nauthor: maps\n---\n",
    "---\ntags: other, \0,\0 , maps of old\n---\n",
    "---\ntags: '#\0, #\0/old'\n---\n",
    "---\ntags: #\0 #other\n---\n",
    "---\ncategories: ['[[\0]]', '[[maps|other]]']\n---\n",
    "---\ntitle: Of maps: a title\ntags: [\0]\n---\n",
    '{"title": "maps", "tags": ["\0", "other"], "maps": "maps"}\n',
    "Title: maps\nTags: \0, old maps\n\n",
    "% maps\n",
    "",
]
BODY = [
    "# Of maps\n",
    "Of maps.\nMaps wrapped. #\0, #other",
    "Of maps. #\0 #\0;",
    "Of maps. #\0/old, #\0/old/torn",
    "Of maps. #old maps, #maps of old, #\0, #mapsmith, #a/maps",
    "Words without an end\n#\0\n#\0\n",
    "Words.\n\n#\0, #other",
    "It has:\n\n- maps\n- more. #\0",
    "> Quoted maps. #\0.",
    "```\n#maps\n```",
    "Code follows.\n\n    #maps, #maps",
    "<div>\nOf maps. #\0\n</div>",
    "![maps](#maps)",
    "maps",
]
ENDS = [["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\r", "\r\n"]]
"""Line ends. `\\r` before `\\n` isn't mixed: together they are one."""
SECONDS = 60
"""Seconds of CPU time; each case took minutes or hours before."""
SPELLINGS = ["maps", "Maps", "MAPS"]


def plan(folder: Path, old: str, new: str) -> Renaming:
    return rename(read_seeds(folder / "seeds", folder), folder / "seeds", folder, old, new)


def seed(folder: Path, text: str, name: str = "an-essay.md") -> Path:
    path = folder / "seeds" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def only(planned: Renaming) -> Edit:
    (edit,) = planned.edits
    return edit


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=100)
@given(data=st.data())
def test_only_the_tags_bytes_change(tmp_path: Path, data: st.DataObject) -> None:
    """With mixed line ends, with or without a byte order mark and a last line end."""
    blocks = data.draw(st.lists(st.sampled_from(BODY), max_size=5))
    text = (
        data.draw(st.sampled_from(HEAD))
        + "\n\n".join(["Words. #\0", *blocks])
        + data.draw(st.sampled_from(["", "\n"]))
    )
    ends = data.draw(st.sampled_from(ENDS))
    mixed = "".join(data.draw(st.sampled_from(ends)) if letter == "\n" else letter for letter in text)
    mark = data.draw(st.sampled_from(["", "\ufeff"]))
    before = mark + "".join(data.draw(st.sampled_from(SPELLINGS)) if each == TAG else each for each in mixed)
    path = seed(tmp_path, before)
    planned = plan(tmp_path, "maps", "atlases")
    write(planned.edits)
    assert path.read_bytes() == (mark + mixed.replace(TAG, "atlases")).encode()
    assert only(planned).places == mixed.count(TAG)
    assert only(planned).texts == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A. #local  maximum, #local-maximum, #Local_Maximum", "A. #peak, #peak, #peak"),
        ("A. #Generalogie, #local maximum", "A. #Generalogie, #peak"),
        ("A. #local maximum.", "A. #peak."),
        (
            "---\ntags: [local maximum, local_maximum]\n---\nA local maximum.",
            "---\ntags: [peak, peak]\n---\nA local maximum.",
        ),
        ("A. #LOCAL MAXIMUM/of height", "A. #peak/of height"),
        ("A. #localmaximum, #localMaximum/ofHeight\n\nB. #local-maximum", "A. #peak, #peak/ofHeight\n\nB. #peak"),
        ("A localmaximum. #LocalMaximum, #lo-cal_maximum", "A localmaximum. #peak, #peak"),
        (
            "---\ntags: localmaximum local maximum\ncategories: [local maximum]\n---\nA local maximum.",
            "---\ntags: peak local maximum\ncategories: [peak]\n---\nA local maximum.",
        ),
    ],
)
def test_any_spelling_of_the_tag(tmp_path: Path, before: str, after: str) -> None:
    seed(tmp_path, before)
    assert only(plan(tmp_path, "local maximum", "peak")).after == after


@pytest.mark.parametrize(
    ("before", "old", "after"),
    [
        ("A. #v1-1, #v1_1, #v11, #v-11", "v1 1", "A. #new, #new, #v11, #v-11"),
        ("A. #v1-1, #v11, #v-1/1", "v11", "A. #v1-1, #new, #v-1/1"),
        ("A. #2023-05/x, #2023_05, #202305", "2023-05", "A. #new/x, #new, #202305"),
        ("A. #covid19, #Covid-19, #covid-1-9", "covid 19", "A. #new, #new, #covid-1-9"),
        ("A. #time/oldclocks, #Time/old-clocks", "time/oldClocks", "A. #new, #new"),
        ("It was so so-so. #soso", "so-so", "It was so so-so. #new"),
        ("To get her there, together. #toGetHer", "together", "To get her there, together. #new"),
    ],
)
def test_what_is_another_spelling_and_what_another_tag(tmp_path: Path, before: str, old: str, after: str) -> None:
    seed(tmp_path, before)
    assert only(plan(tmp_path, old, "new")).after == after


def test_one_spelling_for_a_tag_in_many(tmp_path: Path) -> None:
    seed(tmp_path, "A. #genericPastness\n\nB. #generic-pastness\n\nC. #genericpastness, #generic_pastness\n")
    planned = plan(tmp_path, "genericpastness", "generic pastness")
    assert only(planned).after == (
        "A. #generic pastness\n\nB. #generic pastness\n\nC. #generic pastness, #generic pastness\n"
    )
    assert (only(planned).places, planned.merged) == (4, 0)


def test_letters_that_fold_otherwise_than_any_pattern(tmp_path: Path) -> None:
    seed(tmp_path, "A. #Straße, #STRASSE")
    assert only(plan(tmp_path, "strasse", "road")).after == "A. #road, #road"


@pytest.mark.parametrize(
    ("tag", "old", "new", "after"),
    [
        ("maps", "maps", "atlas", "atlas"),
        ("Maps", "maps", "atlas", "atlas"),
        ("maps/old", "maps", "atlas", "atlas/old"),
        ("maps/old/torn", "maps/old", "atlas", "atlas/torn"),
        ("maps", "maps/old", "atlas", "maps"),
        ("old/maps", "maps", "atlas", "old/maps"),
        ("mapsmith", "maps", "atlas", "mapsmith"),
        ("maps", "maps", "maps/old", "maps/old"),
        ("maps/old", "maps", "maps/old", "maps/old/old"),
        ("time", "time/clocks", "clocks", "time"),
    ],
)
def test_what_lies_below_a_tag_goes_with_it(tag: str, old: str, new: str, after: str) -> None:
    assert renamed(tag, old, new) == after


def test_a_tag_can_be_put_below_another_or_itself(tmp_path: Path) -> None:
    seed(tmp_path, "A. #maps, #maps/old\n")
    assert only(plan(tmp_path, "maps", "maps/all")).after == "A. #maps/all, #maps/all/old\n"


def test_a_new_spelling_of_the_same_tag(tmp_path: Path) -> None:
    seed(tmp_path, "---\ntags: [maps]\n---\nA. #Maps, #MAPS\n\nB. #maps\n")
    planned = plan(tmp_path, "maps", "Maps")
    assert only(planned).after == "---\ntags: [Maps]\n---\nA. #Maps, #Maps\n\nB. #Maps\n"
    assert (only(planned).places, planned.merged) == (3, 0)
    write(planned.edits)
    assert plan(tmp_path, "maps", "Maps").edits == []


def test_keys_that_are_spelt_like_the_tag_stay(tmp_path: Path) -> None:
    """A mark in such a key would hide all tags: these places are found by halving."""
    seed(tmp_path, "---\ntags: [tags, title]\ntitle: tags\n---\nTags. #tags\n\n<tags>\n\nMore. #Tags/old\n")
    after = "---\ntags: [labels, title]\ntitle: tags\n---\nTags. #labels\n\n<tags>\n\nMore. #labels/old\n"
    assert only(plan(tmp_path, "tags", "labels")).after == after
    after = "---\ntags: [tags, name]\ntitle: tags\n---\nTags. #tags\n\n<tags>\n\nMore. #Tags/old\n"
    assert only(plan(tmp_path, "title", "name")).after == after


def test_names_of_html_stay(tmp_path: Path) -> None:
    """A mark in `<table` would make the HTML a passage."""
    seed(tmp_path, "<table\nclass=x>\n</table>\n\nWords. #table, #tr\n")
    assert only(plan(tmp_path, "table", "list")).after == "<table\nclass=x>\n</table>\n\nWords. #list, #tr\n"


def test_numbers_are_told_from_marks(tmp_path: Path) -> None:
    seed(tmp_path, "In 1000000010000000 and 1984. #1984, #1985\n")
    assert only(plan(tmp_path, "1984", "the year")).after == "In 1000000010000000 and 1984. #the year, #1985\n"


def test_passages_that_carry_the_new_tag_already_are_counted(tmp_path: Path) -> None:
    seed(tmp_path, "A. #maps, #Atlas\n\nB. #atlas\n\nC. #maps\n")
    planned = plan(tmp_path, "maps", "atlas")
    assert planned.merged == 2
    write(planned.edits)
    (essay,) = read_seeds(tmp_path / "seeds", tmp_path)
    assert [passage.tags for passage in essay.passages] == [("atlas",)] * 3


def test_only_files_with_the_tag_are_touched(tmp_path: Path) -> None:
    seed(tmp_path, "A. #maps\n", "b/one.md")
    seed(tmp_path, "Maps. #other\n", "two.md")
    assert [edit.name for edit in plan(tmp_path, "maps", "atlas").edits] == ["seeds/b/one.md"]


def test_a_folder_outside_the_workspace(tmp_path: Path) -> None:
    path = seed(tmp_path, "A. #maps\n")
    root = tmp_path / "workspace"
    planned = rename(read_seeds(path.parent, root), path.parent, root, "maps", "atlas")
    write(planned.edits)
    assert path.read_text() == "A. #atlas\n"


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new", ["", "#", "a, b", "a #b", "a\nb", "a\x1b[2J", "a b c d e f", "- a", "a.", "a]", "“a”"]
)
def test_what_can_not_be_a_tag_is_refused(tmp_path: Path, new: str) -> None:
    seed(tmp_path, "A. #maps\n")
    with pytest.raises(SeedError, match="can't be a tag"):
        plan(tmp_path, "maps", new)


def test_an_unknown_tag_is_refused_with_near_ones(tmp_path: Path) -> None:
    seed(tmp_path, "A. #maps\n")
    with pytest.raises(SeedError, match="no passage has the tag 'mpas'") as caught:
        plan(tmp_path, "mpas", "atlas")
    assert caught.value.hint.startswith("Did you mean 'maps'?")


@pytest.mark.parametrize("old", ["-", "#_ -", " "])
def test_joints_alone_are_no_tag_to_rename(tmp_path: Path, old: str) -> None:
    """A tag below, `-/b`, let the renaming begin, and crash."""
    seed(tmp_path, "---\ntags: ['-/b']\n---\nA. #maps\n")
    with pytest.raises(SeedError, match="no passage has the tag"):
        plan(tmp_path, old, "atlas")


def test_a_tag_written_with_escapes_is_refused_with_its_line(tmp_path: Path) -> None:
    seed(tmp_path, '\ufeff---\r\ntitle: T\r\ntags: [b, "m\\u0061ps"]\r\n---\r\nA. #maps\r\n')
    with pytest.raises(SeedError, match=r"seeds/an-essay\.md:3: 'maps' is written here in a way"):
        plan(tmp_path, "maps", "atlas")


def test_a_name_that_breaks_the_front_matter_is_refused_with_its_line(tmp_path: Path) -> None:
    seed(tmp_path, "---\ntitle: T\ntags: [a, 'maps']\n---\nA. #maps\n")
    with pytest.raises(
        SeedError, match=r"seeds/an-essay\.md:3: 'poet's map' would not be read as a tag here\."
    ) as caught:
        plan(tmp_path, "maps", "poet's map")
    assert caught.value.hint.endswith("Nothing has been written.")


def test_a_name_that_would_make_a_sentence_of_a_list_is_refused(tmp_path: Path) -> None:
    """Five words are a tag, six are not: with the tag's lower levels the new name would have one too many."""
    seed(tmp_path, "Words. #other\n\nA. #maps/a b\n")
    with pytest.raises(SeedError, match=r":3: 'one two three four five' would not be read as a tag here"):
        plan(tmp_path, "maps", "one two three four five")


@pytest.mark.parametrize("text", ["Words. " + "#table " * 5_000, "Words. #table\n\n" + "<table\n\n" * 500])
def test_a_file_that_would_take_for_ever_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Marks would make one file larger than allowed; in the other file each place must be tried alone."""
    monkeypatch.setattr(frontmatter, "MOST_BYTES", 2**16)
    monkeypatch.setattr(renaming, "MOST_READ", 2**18)
    seed(tmp_path, text)
    with pytest.raises(SeedError, match=r"seeds/an-essay\.md: too large, or with too many places to try"):
        plan(tmp_path, "table", "list")


LETTERS = "abcdefghijklmnop"
CASES = ["".join(letter.upper() if n >> k & 1 else letter for k, letter in enumerate(LETTERS)) for n in range(3_000)]
COMPOSED = ["".join("é" if n >> k & 1 else "e\u0301" for k in range(14)) for n in range(3_000)]


@pytest.mark.parametrize(
    ("text", "tag", "places"),
    [
        pytest.param("Text " + "#maps a " * 15_000, "maps", 15_000, id="15,000 places in a passage"),
        pytest.param("\n\n".join(f"A. #{each}" for each in CASES), LETTERS, 3_000, id="a tag in 3,000 spellings"),
        pytest.param(
            "\n\n".join(f"A. #{each}" for each in CASES) + "\n\n" + f"{LETTERS[:-1]}x " * 100_000,
            LETTERS,
            3_000,
            id="3,000 spellings, and 100,000 words that begin like them",
        ),
        pytest.param(
            "A. #maps\n\n" + " ".join(map(str, range(10**7, 10**7 + 800_000))), "maps", 1, id="all marks are taken"
        ),
        pytest.param(
            f"A. #{'a' * 60}b\n\n" + "a " * 500_000, "a" * 60 + "b", 1, id="500,000 words that may be a tag's letters"
        ),
    ],
)
def test_renaming_takes_no_longer_than_reading(tmp_path: Path, text: str, tag: str, places: int) -> None:
    """The whole passage was searched for each mark, and the text for each candidate of the marks' number."""
    seed(tmp_path, text)
    with work_of_at_most(SECONDS):
        assert only(plan(tmp_path, tag, "hours")).places == places


@pytest.mark.parametrize(
    ("text", "name", "tag", "message"),
    [
        ("#+title: x\n" * 5_000 + "\nWords. #title\n", "a.org", "title", "too large, or with too many places"),
        ("# maps\n\n" * 30_000 + "Words. #maps\n", "a.md", "maps", "too large, or with too many places"),
        ("- maps #maps\n" * 30_000, "a.md", "maps", "too large, or with too many places"),
        ("\n\n".join(f"A. #{each}" for each in COMPOSED), "a.md", COMPOSED[0], "more than 100 spellings"),
    ],
    ids=["5,000 titles", "30,000 headings", "30,000 items", "3,000 ways to compose a tag"],
)
def test_what_takes_long_to_rename_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str, tag: str, message: str
) -> None:
    """Even a small file: each of 5,000 titles was tried alone, for hours."""
    # An eighth, so that the test takes an eighth of the time.
    monkeypatch.setattr(renaming, "MOST_READ", renaming.MOST_READ // 8)
    seed(tmp_path, text, name)
    with work_of_at_most(SECONDS), pytest.raises(SeedError, match=message):
        plan(tmp_path, tag, "hours")


def test_work_is_bounded_for_all_files_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file had a bound of its own, and a garden may have thousands of files."""
    monkeypatch.setattr(renaming, "MOST_READ", 2**18)
    for number in range(20):
        seed(tmp_path, "---\ntitle: x\n---\n\nWords. #title, #other\n", f"{number}.md")
    with pytest.raises(SeedError, match=r"seeds/\d+\.md: too large, or with too many places to try"):
        plan(tmp_path, "title", "name")
    assert len(plan(tmp_path, "other", "another").edits) == 20


def test_a_file_that_has_changed_since_is_not_overwritten(tmp_path: Path) -> None:
    first, second = seed(tmp_path, "A. #maps\n", "a.md"), seed(tmp_path, "B. #maps\n", "b.md")
    planned = plan(tmp_path, "maps", "atlas")
    second.write_text("B, better. #maps\n")
    with pytest.raises(SeedError, match=r"seeds/b\.md: has changed since the essays were read"):
        write(planned.edits)
    assert (first.read_text(), second.read_text()) == ("A. #maps\n", "B, better. #maps\n")


def test_a_full_disk_is_said_so_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = seed(tmp_path, "A. #maps\n")
    planned = plan(tmp_path, "maps", "atlas")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SeedError, match=r"an-essay\.md: can't be written \(No space left") as caught:
            write(planned.edits)
    assert caught.value.hint == "Mend the cause, and rename again; files already written stay renamed."
    assert path.read_text() == "A. #maps\n"
    assert list(path.parent.iterdir()) == [path]


# -- how it is written --------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_permissions_stay(tmp_path: Path) -> None:
    path = seed(tmp_path, "A. #maps\n")
    path.chmod(0o640)
    write(plan(tmp_path, "maps", "atlas").edits)
    assert path.read_text() == "A. #atlas\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_of_a_link_what_it_leads_to_is_written(tmp_path: Path) -> None:
    path = seed(tmp_path, "A. #maps\n", "../notes/a.md")
    link = seed(tmp_path, "B.\n", "b.md").with_name("a.md")
    link.symlink_to(path)
    write(plan(tmp_path, "maps", "atlas").edits)
    assert link.is_symlink()
    assert path.read_text() == "A. #atlas\n"


def test_a_link_out_of_the_workspace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "private.md").write_text("A. #maps\n")
    root = tmp_path / "garden"
    link = seed(root, "B. #maps\n", "b.md").with_name("a.md")
    link.symlink_to(tmp_path / "private.md")
    with pytest.raises(SeedError, match="leads out of the workspace"):
        plan(root, "maps", "atlas")
    assert (tmp_path / "private.md").read_text() == "A. #maps\n"


def test_the_diff_has_only_lines_that_change(tmp_path: Path) -> None:
    seed(tmp_path, "---\r\ntags: [maps]\r\n---\r\nOf maps.\rA. #maps\n\n\nB.")
    assert list(diff(only(plan(tmp_path, "maps", "atlas")))) == [
        "--- seeds/an-essay.md",
        "+++ seeds/an-essay.md",
        "@@ -2 +2 @@",
        "-tags: [maps]",
        "+tags: [atlas]",
        "@@ -5 +5 @@",
        "-A. #maps",
        "+A. #atlas",
    ]


# -- gardens of every kind ----------------------------------------------------------------------------------

IN_GARDENS = {
    "hugo.md": ('+++\ntitle = \'maps\'\ntags = ["\0", \'x\',\n  "\0"]\n[extra]\nmaps = "maps"\n+++\n\nA. #\0\n'),
    "jekyll.md": "---\ntags: \0 loss \0\ncategories: [old, \0]\naliases: [maps]\n---\n\nA. #old maps\n",
    "obsidian.md": (
        "I love #\0 and #\0/old, `#maps`, [[note#maps]], %%#maps%% and C#maps; not x#maps nor #maps2.\n"
        "\n<!-- #maps -->\n\nSee [#maps](#maps) and <b id='#maps'>.\n"
    ),
    "notes.org": (
        "#+title: maps\n#+filetags: :\0:time:\n\n* Of maps   :\0:loss:\n\nSome maps.\n\n"
        "#+begin_src\n#maps\n#+end_src\n"
    ),
    "words.txt": "Of maps. #\0\n\nMore #\0\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", IN_GARDENS)
def test_tags_of_every_garden(tmp_path: Path, name: str, end: str) -> None:
    text = IN_GARDENS[name].replace("\n", end)
    path = seed(tmp_path, text.replace(TAG, "maps"), name)
    write(plan(tmp_path, "maps", "atlases").edits)
    assert path.read_bytes().decode() == text.replace(TAG, "atlases")


@pytest.mark.parametrize(
    "text",
    [
        "Tags: #\0 #other\n\nOf maps.\n",
        "**Tags**: other, \0\n\nOf maps.\n",
        "tags:: \0, [[other]]\nstatus:: #\0/old\n\nOf maps.\n",
        "tags:: [[\0]]\n\nOf maps.\n",
        "- tags:: #\0\n- Of maps.\n",
        '<p class="maps">Of maps. #\0, #other</p>\n',
        "<ul>\n<li>maps #\0</li>\n</ul>\n",
        "#\0 #other\nOf maps.\n",
        "Of maps:\n\n    - an indented list of maps #\0\n",
        "A line.\n\n    A paragraph of maps, indented. #\0\n",
    ],
)
def test_tags_in_metadata_lines_html_and_indented_text(tmp_path: Path, text: str) -> None:
    path = seed(tmp_path, text.replace(TAG, "maps"))
    write(plan(tmp_path, "maps", "atlases").edits)
    assert path.read_text() == text.replace(TAG, "atlases")


def test_a_tag_in_a_sentence_changes_the_passage_and_says_so(tmp_path: Path) -> None:
    seed(tmp_path, "I love #maps and cities.\n\nOf maps. #maps\n")
    planned = plan(tmp_path, "maps", "old-maps")
    assert only(planned).texts == ("an-essay/001",)
    write(planned.edits)
    (essay,) = read_seeds(tmp_path / "seeds", tmp_path)
    assert [passage.text for passage in essay.passages] == ["I love #old-maps and cities.", "Of maps."]
    assert [passage.tags for passage in essay.passages] == [("old-maps",), ("old-maps",)]


def test_where_a_tag_is_one_word_several_are_refused(tmp_path: Path) -> None:
    seed(tmp_path, "Of maps. #maps\n\nI love #maps and cities.\n")
    with pytest.raises(
        SeedError, match=r"seeds/an-essay\.md:3: 'old maps' would not be read as a tag here"
    ) as caught:
        plan(tmp_path, "maps", "old maps")
    assert "`old-maps` may do" in caught.value.hint
    seed(tmp_path, "* A heading  :maps:\n\nText.\n", "an-essay.org")
    (tmp_path / "seeds" / "an-essay.md").unlink()
    with pytest.raises(SeedError, match=r"seeds/an-essay\.org:1: 'old-maps' would not be read as a tag here"):
        plan(tmp_path, "maps", "old-maps")


def test_a_tag_is_renamed_in_each_of_two_namesakes(tmp_path: Path) -> None:
    """The second has a slug that its path alone doesn't give."""
    for name in ("a b.md", "a-b.md", "C++.md"):
        seed(tmp_path, "Words. #maps\n", name)
    planned = plan(tmp_path, "maps", "charts")
    assert [edit.name for edit in planned.edits] == ["seeds/C++.md", "seeds/a b.md", "seeds/a-b.md"]
    write(planned.edits)
    tags = [passage.tags for essay in read_seeds(tmp_path / "seeds", tmp_path) for passage in essay.passages]
    assert tags == [("charts",)] * 3
