"""Markdown: which parts of a file are prose, and what the marks mean."""

from __future__ import annotations

import pytest

from remix.corpus import markdown, markdown_parts
from remix.corpus.blocks import passages
from remix.errors import SeedError


def texts(body: str) -> list[tuple[str, tuple[int, int]]]:
    return [(each.text, each.lines) for each in passages(markdown.read(body, "a.md").blocks, "a.md")]


def tags(body: str) -> list[tuple[str, ...]]:
    return [each.tags for each in passages(markdown.read(body, "a.md").blocks, "a.md")]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("A %%note%% word.", [("A word.", (1, 1))]),
        ("A <!-- note --> word.", [("A word.", (1, 1))]),
        ("One.\n\n%%\nNot this.\n%%\n\nTwo.", [("One.", (1, 1)), ("Two.", (7, 7))]),
        ("One.\n\n%%\n\nNot this.\n\nNor this.\n\n%%\n\nTwo.", [("One.", (1, 1)), ("Two.", (11, 11))]),
        ("%%\n# Not this\n- nor\n> this\n\n%%\nTwo.", [("Two.", (7, 7))]),
        ("%%\nNot this\n---\n%%\n\nTwo.", [("Two.", (6, 6))]),
        ("%% Not this.\n\nNor this. %% Two.", [("Two.", (3, 3))]),
        ("One.\n\n> %%\n> Not this.\n> %%\n> Two.", [("One.", (1, 1)), ("> Two.", (6, 6))]),
        ("One %%a\nb%% two.", [("One two.", (1, 2))]),
        (
            "100%% sure.\n\nQuite sure.\n\n200%% sure.",
            [("100%% sure.", (1, 1)), ("Quite sure.", (3, 3)), ("200%% sure.", (5, 5))],
        ),
        ("%% never closed\n\nTwo.", [("%% never closed", (1, 1)), ("Two.", (3, 3))]),
        ("In `%%` and `%%`.", [("In %% and %%.", (1, 1))]),
        ("```mermaid\n%% a\n```\n\nTwo.\n\n%%\na\n%%\n", [("Two.", (5, 5))]),
        ("- a\n\n  ```\n  %%\n  ```\n- b\n\nTwo. %%c%%", [("- a\n\n- b", (1, 6)), ("Two.", (8, 8))]),
        ("%%a%%\n\n<!-- b -->\n\nTwo.", [("Two.", (5, 5))]),
        ("One. %%note%% #maps", [("One.", (1, 1))]),
        ("%%note%%    One.", [("One.", (1, 1))]),
        ("- one\n\n  %%note\n  more%%     two", [("- one\n\n\n  two", (1, 4))]),
    ],
)
def test_comments_are_not_for_readers(body: str, shown: list[tuple[str, tuple[int, int]]]) -> None:
    assert texts(body) == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("{{< figure src=a.png >}}\n\nOne.", ["One."]),
        ("{{% toc %}}\n\nOne.", ["One."]),
        ("{% include a.html %}\n\nOne.\n{: .lead}", ["One."]),
        ("{{ site.title }}\n\nOne.", ["One."]),
        ("In {{< ref a >}} one.", ["In one."]),
        ("![a](a.png)\n![[b.png]]\n\nOne.", ["One."]),
        ("{{< a >}} {{< b >}} c", ["c"]),
        ("[![a](a.png)](a.md)\n\nOne.", ["One."]),
        ("![Figure [1]](a_(1).png)\n\nOne.", ["One."]),
        ("![[a.png]] ^a1\n\nOne.", ["One."]),
        ("![a](a.png) is a map.", ["is a map."]),
        ("$$\na = b #c\n$$\n\nOne.", ["One."]),
        ("$$a$$ is a formula.", ["$$a$$ is a formula."]),
        ("&nbsp;\n\nOne.\n\n\u200b", ["One."]),
    ],
)
def test_shortcodes_alone_are_no_passages(body: str, shown: list[str]) -> None:
    assert [text for text, _ in texts(body)] == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("One. ^a1b2", ["One."]),
        ("One. #maps ^a1b2", ["One."]),
        ("- one\n- two ^a1", ["- one\n- two"]),
        ("- one ^a1\n- two ^b2\n\n  more ^c3", ["- one\n- two\n\n  more"]),
        ("> - one ^a1\n> - two", ["> - one\n> - two"]),
        ("- one\n\n      x ^a1\n- two", ["- one\n\n- two"]),
        ("- the square of x ^n\n  grows\n- two", ["- the square of x ^n\n  grows\n- two"]),
        ("- one\n\n^a1\n\nTwo.", ["- one", "Two."]),
        ("x ^2 is a square.", ["x ^2 is a square."]),
        ("The square is x ^2", ["The square is x ^2"]),
        ("One. ^123456", ["One."]),
        ("One. ^-", ["One."]),
    ],
)
def test_obsidian_s_ids_of_blocks_are_no_words(body: str, shown: list[str]) -> None:
    assert [text for text, _ in texts(body)] == shown


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("I love #maps and cities. #loss", ("loss", "maps")),
        ("I love #maps and #loss", ("maps", "loss")),
        ("See #maps.\n#local knowledge", ("local knowledge", "maps")),
        ("- one #maps\n- two. #loss, #time", ("loss", "time", "maps")),
        ("- [ ] #todo one\n- `#a\n- b` #maps", ("todo", "maps")),
        ("- one\n\n  ```\n  #include\n  ```\n- #maps two", ("maps",)),
        ("- one\n\n      end. #code", ()),
        ("> #maps are out of date before the ink is dry\n>#loss too, and so on and on and on", ("maps", "loss")),
        ("> [!note] #maps and more\n> of it", ("maps",)),
        ("[a](b.md)\n[c]: d #maps", ("maps",)),
        ("\\#maps are no tag", ()),
        ("`One. #maps`", ()),
        ("It has #maps:\n\n- one #loss\n", ("maps", "loss")),
    ],
)
def test_tags_of_a_passage(body: str, found: tuple[str, ...]) -> None:
    (only,) = tags(body)
    assert only == found


def test_an_inline_tag_stays_in_its_sentence() -> None:
    assert texts("I love #maps and cities. #loss") == [("I love #maps and cities.", (1, 1))]


@pytest.mark.parametrize(
    ("body", "text", "found"),
    [
        ("> One.\n> #maps, #generic pastness", "> One.", ("maps", "generic pastness")),
        ("> One. #a\n>\n> #b\n>#slow time", "> One.", ("a", "b", "slow time")),
        ("> One\n> two #maps", "> One\n> two #maps", ("maps",)),
        ("> One.\n>\n> - two #maps\n>", "> One.\n>\n> - two #maps\n>", ("maps",)),
    ],
)
def test_a_quotation_s_line_of_tags_begins_behind_its_mark(body: str, text: str, found: tuple[str, ...]) -> None:
    """Only the first of several words was taken, and all stayed in the text."""
    (only,) = passages(markdown.read(body, "a.md").blocks, "a.md")
    assert (only.text, only.tags) == (text, found)


def test_tags_below_a_picture_are_no_passage() -> None:
    assert texts("![[cover.png]]\n#maps, #slow time\n\nOne.") == [("One.", (4, 4))]
    assert tags("![[cover.png]]\n#maps, #slow time\n\nOne.") == [("maps", "slow time")]


def test_a_heading_of_two_lines_is_one_line() -> None:
    (only,) = passages(markdown.read("Of\nmaps\n===\n\nOne.", "a.md").blocks, "a.md")
    assert only.section == "Of maps"


def test_a_heading_of_tags_alone_names_no_section() -> None:
    body = "## Maps\n\nOne.\n\n### #old\n\nTwo."
    assert [each.section for each in passages(markdown.read(body, "a.md").blocks, "a.md")] == ["Maps", "Maps"]


@pytest.mark.parametrize("line", ["- a\n", "# a\n", "- - - - a\n", "a\n\n"])
def test_megabytes_of_marks_are_refused(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven megabytes took minutes, and seven gigabytes of memory."""
    monkeypatch.setattr(markdown_parts, "MOST_TOKENS", 1_000)
    with pytest.raises(SeedError, match=r"^a\.md: has more headings, paragraphs and items"):
        markdown.read(line * 1_000, "a.md")


def test_a_heading_s_tags_count_below_it() -> None:
    assert tags("# The #garden\n\nA.\n\n## Later. #clocks, #slow time\n\nB.\n\n## Last\n\nC.") == [
        ("garden",),
        ("clocks", "slow time", "garden"),
        ("garden",),
    ]


def test_the_first_heading_of_the_first_level_is_the_title() -> None:
    assert markdown.read("## Two\n\n# One. #a\n\n# Other", "a.md").title == "One."
    assert markdown.read("## Two", "a.md").title is None
