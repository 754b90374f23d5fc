"""Markdown: which parts of a file are prose, and what the marks mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remix.corpus import markdown, markdown_parts
from remix.corpus.blocks import passages
from remix.errors import RemixError, SeedError


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


# -- headings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("# The quay {#quay}", "The quay"),
        ("## Stones {#stones .unnumbered}", "Stones"),
        ("## Ropes {.unnumbered #ropes}", "Ropes"),
        ("## Bells {: #bells }", "Bells"),
        ("## Tides {-}", "Tides"),
        ("## Tides {width=3}", "Tides"),
        ("Tides {#tides}\n===", "Tides"),
        ("## Sets {a, b}", "Sets {a, b}"),
        ('## [Cranes](https://example.org/cranes) and <a name="x">chains</a>', "Cranes and chains"),
        ("## *Slow* [[Time|time]] ##", "Slow time"),
        ("#\tTabbed", "Tabbed"),
    ],
)
def test_a_heading_is_its_words(heading: str, section: str) -> None:
    """Attributes were part of the section's name, and `#ropes` in them a tag of all passages below."""
    (only,) = passages(markdown.read(f"{heading}\n\nOne.", "a.md").blocks, "a.md")
    assert (only.section, only.tags) == (section, ())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("A last word on bells.\n{: .lead #last}", ["A last word on bells."]),
        ("{: .lead}\nA word on bells.", ["A word on bells."]),
        ("{.lead}\nA word on bells.", ["A word on bells."]),
        ("One.\n\n{:toc}\n\nTwo.", ["One.", "Two."]),
        ("* TOC\n{:toc}\n\nOne.", ["One."]),
        ("[TOC]\n\n[[toc]]\n\n[[_TOC_]]\n\nOne.", ["One."]),
    ],
)
def test_attributes_and_contents_are_no_words_and_no_tags(body: str, found: list[str]) -> None:
    assert [text for text, _ in texts(body)] == found
    assert not any(tags(body))


@pytest.mark.parametrize(
    ("body", "section"),
    [
        ("A paragraph right above a rule.\n---", None),
        ("Two lines of prose\nright above a rule\n---", None),
        ("A paragraph with tags. #maps\n---", None),
        ("Of maps\n---", "Of maps"),
        ("Why maps?\n---", "Why maps?"),
        ("Of maps.\n===", "Of maps."),
    ],
)
def test_a_paragraph_above_a_rule_is_no_heading(body: str, section: str | None) -> None:
    found = list(passages(markdown.read(f"{body}\n\nOne.", "a.md").blocks, "a.md"))
    assert found[-1].section == section
    assert len(found) == (1 if section else 2)


# -- tags at the head, and front matter -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text", "found"),
    [
        ("#ferries #timetables\nThe ferry leaves.", "The ferry leaves.", ("ferries", "timetables")),
        ("#ferries, #slow time\nThe ferry leaves. #late", "The ferry leaves.", ("ferries", "slow time", "late")),
        ("#港口 #船\n渡船开了。", "渡船开了。", ("港口", "船")),
        ("#bells The bell was cast in a town.", "#bells The bell was cast in a town.", ("bells",)),
        ("#bells The bell\nwas cast.", "#bells The bell was cast.", ("bells",)),
    ],
)
def test_a_line_of_tags_at_the_head_is_a_list(body: str, text: str, found: tuple[str, ...]) -> None:
    (only,) = passages(markdown.read(body, "a.md").blocks, "a.md")
    assert (only.text, only.tags) == (text, found)


def test_front_matter_is_left_out_whole() -> None:
    found = markdown.read("---\ntitle: Maps\n---\nOne. #a\n", "a.md")
    assert [(part.why, part.text, part.lines) for part in found.left_out] == [
        ("metadata", "---\ntitle: Maps\n---", (1, 3)),
        ("tags", "#a", (4, 4)),
    ]


# -- nothing is lost ------------------------------------------------------------------------------------------

SIGNS = """
#|# |## |#a|- |* |1. |2) |> |>|    |	|word|two words.|é|漢字|x|7|: |::|key:: v|Tags: #a, b|%%|<!--|-->|`|```|$$|$
\\[|\\]|\\begin{a}|\\end{a}|{% raw %}|{% endraw %}|{{< highlight x >}}|{{< /highlight >}}|{{<|{{% a|%}}|>}}|{%|%}
<%|%>|[[a]]|[a](b)|![c](d)|![[e]]|[^1]|[^1]: |[f]: http://g|<p>|</p>|<div>|</div>|<table>|</table>|<pre>|</pre>|<ul>
<li>|</ul>|<blockquote>|</blockquote>|<h2>|</h2>|<br>|<b>|</b>|<img src=a>|<|---|===|:::|::: note|!!! note|{: .k}
{:toc}|{#l}|[TOC]|[!note] | ^id1|^|x = 1;|\\|_|*|**|http://h.i|(m:: n)|[o:: p]|#b c|~~~|{|}|[|]|(|)|!
"""
PIECES = ["\n", "\n", "\n\n", "---\n", "a | b\n--- | ---\nc | d\n", *SIGNS.strip("\n").replace("\n", "|").split("|")]


def letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(letter for text in texts for letter in text if letter.isalnum())


@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("\\begin{a}\n\\end{a}1. ")
@example("1. ![[e]]\n2.\n")
@example("> <table>\n>\n> a\n\n</table>")
def test_each_letter_is_in_a_text_or_left_out(text: str) -> None:
    try:
        found = markdown.read(text, "a.md")
    except RemixError:
        return  # front matter that is broken
    parts = [*found.blocks, *found.left_out]
    assert letters(part.text for part in parts) == letters([text])
    assert all(1 <= part.lines[0] <= part.lines[1] <= text.count("\n") + 1 for part in parts)
    assert list(found.left_out) == sorted(found.left_out, key=lambda part: part.lines)
