"""Wordless stretches: paragraphs of nothing but links, images, shortcodes and marks are no passages."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from remix.corpus.wordless import is_image, why_wordless
from tests.conftest import work_of_at_most

WORDLESS = [
    ("https://example.org/piers", "link"),
    ("<https://example.org/piers>", "link"),
    ("www.example.org", "link"),
    ("[[Pier]]", "link"),
    ("[[Pier]], [[Jetty|the jetty]]; [Quay](quay.md).", "link"),
    ("**[Jetty](https://example.org/jetty)**", "link"),
    ("[Jetty][1]", "link"),
    ("![[pier.png]]", "image"),
    ("![A pier](pier.png)", "image"),
    ("![](a.png) ![](b.png)", "image"),
    ("[^1]", "footnote"),
    ("&#8230;&#8230;", "html"),
    ("<span></span>", "html"),
    ("<% tp.date.now() %>", "shortcode"),
    ("`= this.file.name`", "shortcode"),
    ("`$= dv.current().file.name`", "shortcode"),
    ("{{< toc >}}", "shortcode"),
    ("{{ site.title }}", "shortcode"),
    ("{:toc}", "shortcode"),
    ("[TOC]", "shortcode"),
    ("[[toc]]", "shortcode"),
    ("$h = a$", "formula"),
    ("[key:: value]", "metadata"),
]


@pytest.mark.parametrize(("text", "why"), WORDLESS)
def test_what_has_no_words_is_no_passage(text: str, why: str) -> None:
    found = markdown.read(f"One.\n\n{text}\n\nTwo.", "a.md")
    assert [each.text for each in passages(found.blocks, "a.md")] == ["One.", "Two."]
    assert [(part.why, part.text) for part in found.left_out] == [(why, text)]


@pytest.mark.parametrize("text", ["**", "…", "* * *", "—", "\u200b", "&nbsp;", "<br>", "\\", "🌱"])
def test_signs_alone_are_no_passage(text: str) -> None:
    found = markdown.read(f"One.\n\n{text}\n\nTwo.", "a.md")
    assert [each.text for each in passages(found.blocks, "a.md")] == ["One.", "Two."]


@pytest.mark.parametrize(
    "text",
    [
        "See [[Pier]].",
        "[[Pier]] and [[Jetty]]",
        "1984",
        "&eacute;t&eacute;",
        "`code`",
        "{{ unclosed",
        "[[Pier",
        "$5",
        "x <br>",
    ],
)
def test_a_word_beside_a_link_is_enough(text: str) -> None:
    assert why_wordless(text) is None
    assert len(markdown.read(text, "a.md").blocks) == 1


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("- [[Pier]]\n- [Jetty](j.md)", []),
        ("1. [[Pier]]\n2. https://example.org", []),
        ("> [[Pier]]", []),
        ("- [ ] [[Pier]]\n- [x] [[Jetty]]", []),
        ("- [[Pier]]\n- [[Jetty]], where boats lie", ["- Pier\n- Jetty, where boats lie"]),
        ("- ![](a.png)\n- a caption", ["- a caption"]),
        ("Piers:\n\n- [[Pier]]", ["Piers:"]),
        ("* TOC\n{:toc}", []),
    ],
)
def test_lists_of_links_alone_are_no_passages(body: str, texts: list[str]) -> None:
    assert [each.text for each in passages(markdown.read(body, "a.md").blocks, "a.md")] == texts


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("A coil lies on the quay.\n![[coil.png|300]]", ["A coil lies on the quay."]),
        ("![](coil.png)\n*A coil, photographed at noon.*", ["A coil, photographed at noon."]),
        ("Above.\n![a](a.png) ![b](b.png)\nBelow.", ["Above. Below."]),
        ("![a](a.png){width=50%}\nBelow.", ["Below."]),
        ('<img src="a.png">\nBelow.', ["Below."]),
        ("[![a](a.png)](a.md)\nBelow.", ["Below."]),
        ("- a coil\n  ![](coil.png)\n- a rope", ["- a coil\n- a rope"]),
        ("> ![](coil.png)\n> A coil.", ["> A coil."]),
    ],
)
def test_a_line_that_is_an_image_is_left_out(body: str, texts: list[str]) -> None:
    found = markdown.read(body, "a.md")
    assert [each.text for each in passages(found.blocks, "a.md")] == texts
    assert {part.why for part in found.left_out} <= {"image", "html"}


def test_a_link_with_tags_gives_its_tags_to_the_passage_above() -> None:
    found = list(passages(markdown.read("One.\n\nhttps://example.org #maps", "a.md").blocks, "a.md"))
    assert [(each.text, each.tags) for each in found] == [("One.", ("maps",))]


@pytest.mark.parametrize("part", ["{{", "[[", "[", "<%", "<a", "$a ", "`= ", "![", "&#1;", "[a](b) ", "{%", "(a::"])
def test_the_time_is_that_of_the_length(part: str) -> None:
    with work_of_at_most(10):
        why_wordless(part * (500_000 // len(part)))
        is_image(part * (500_000 // len(part)))
