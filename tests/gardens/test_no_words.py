"""Blocks without a word of prose: links, notes' numbers, images, placeholders of plugins. None is a passage."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

PIERS = """\
---
tags: [piers]
---
https://example.org/piers

[[Pier]]

- [[Pier]]
- [Jetty](https://example.org/jetty)

**

…

&#8230;&#8230;

[^1]

<span></span>

<% tp.date.now() %>

`= this.file.name`

A pier ends where the money ended.
"""


def test_one_passage_among_blocks_without_words(tmp_path: Path) -> None:
    found = read_text(tmp_path, PIERS)
    assert found.passages == ["A pier ends where the money ended."]
    assert found.essay.passages[0].lines == (25, 25)


@pytest.mark.parametrize(
    "block",
    [
        "<https://example.org/pier>",
        "[Pier](https://example.org/pier)",
        "[Pier][1]\n\n[1]: https://example.org/pier",
        "[[Pier]] [[Quay|the old quay]]",
        "[[Pier]], [[Quay]]",
        "- [[Pier]]\n- [[Quay]]\n\t- [[Harbour#Quay|quay]]",
        "1. https://example.org/pier\n2. <https://example.org/quay>",
        "> [[Pier]]",
        "← [[Pier]] | [[Quay]] →",
        "![[Pier]]",
        "![[pier.pdf#page=3]]",
        "![A pier](pier.png)",
        "[![A pier](pier.png)](https://example.org)",
        "<img src='pier.png' alt='A pier'>",
        "---",
        "***",
        "* * *",
        "****",
        "&nbsp;",
        "&#8203;&nbsp;",
        "#",
        "# ",
        "[^1] [^2]",
        "<div></div>",
        "<br>",
        "<p>&nbsp;</p>",
        "<%* await tp.file.move('pier') %>",
        "<% tp.web.daily_quote() %>",
        "`$= dv.current().file.mtime`",
        "```dataview\nLIST FROM #piers\n```",
        "```dataviewjs\ndv.list()\n```",
        "```tasks\nnot done\n```",
        "```query\ntag:#piers\n```",
        "{{< youtube abc >}}",
        "{{ page.title }}",
        "{% include pier.html %}",
        "[TOC]",
        "[[toc]]",
        "[[_TOC_]]",
        "<!-- more -->",
        "<!--more-->",
        "^pier",
        "🌊",
        "🌊 🌊 🌊",
        "…………",
        "。",
        "~~~\n~~~",
        "[ ]",
        "- [ ] ",
        "-",
        "%% a note of the author's %%",
    ],
)
def test_a_block_without_words_is_no_passage(tmp_path: Path, block: str) -> None:
    found = read_text(tmp_path, f"A quay.\n\n{block}\n\nA pier ends where the money ended.\n")
    assert found.passages == ["A quay.", "A pier ends where the money ended."]
    assert found.tags == [(), ()]
    assert found.headings in ((), ("",))


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("See [[Pier]].", "See Pier."),
        ("- [[Pier]], which was burnt\n- [[Quay]]", "Pier, which was burnt Quay"),
        ("Пирс.", "Пирс."),
        ("港。", "港。"),
        ("1901", "1901"),
        ("No.", "No."),
    ],
)
def test_a_block_with_a_word_is_a_passage(tmp_path: Path, text: str, passage: str) -> None:
    assert read_text(tmp_path, text).passages == [passage]


@pytest.mark.parametrize(
    ("text", "passage", "left"),
    [
        ("The pier[^1] burnt.\n\n[^1]: In 1901.", "The pier burnt.", "1 1 In 1901"),
        (
            "The pier[^fire] burnt.[^2]\n\n[^fire]: In\n1901.\n[^2]: Twice.",
            "The pier burnt.",
            "fire 2 fire In 1901 2 Twice",
        ),
        ("The pier^[Of oak.] burnt.", "The pier burnt.", "Of oak"),
        ("[^1]: In 1901.\n\nThe pier burnt.", "The pier burnt.", "1 In 1901"),
        ("Причал[^1] сгорел.\n\n[^1]: В 1901 году.", "Причал сгорел.", "1 1 В 1901 году"),
        ("The pier<sup>4</sup> burnt.", "The pier burnt.", "4"),
        ("The pier<sup>[4]</sup> burnt.", "The pier burnt.", "4"),
        ('The pier<a href="#fn4" class="footnote-ref">4</a> burnt.', "The pier burnt.", None),
    ],
)
def test_footnotes_leave_the_text(tmp_path: Path, text: str, passage: str, left: str | None) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == [passage]
    if left is not None:
        assert sorted(set(found.left("footnote").split()) - {"sup"}) == sorted(set(left.split()))


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("A coil lies on the quay.\n![[coil.png|300]]", ["A coil lies on the quay."]),
        ("![](coil.png)\n*A coil, photographed at noon.*", ["A coil, photographed at noon."]),
        ("A coil ![alt words](coil.png) within a sentence.", ["A coil within a sentence."]),
        ("A coil\n![[coil.png]]\nlies on the quay.", ["A coil lies on the quay."]),
        ("![[one.png]]\n![[two.png|a caption]]\n![three](three.png)", []),
        ("- A coil lies here.\n  ![](coil.png)\n- And here.", ["A coil lies here. And here."]),
        ("> ![](coil.png)\n> A coil, quoted.", ["A coil, quoted."]),
        ("![](<a coil.png> 'Of #rope')\nКанат лежит на причале.", ["Канат лежит на причале."]),
        ("![](コイル.png)\n縄が岸壁にある。", ["縄が岸壁にある。"]),
    ],
)
def test_lines_of_images(tmp_path: Path, text: str, passages: list[str]) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == passages
    assert found.left("image")
    assert not any(found.tags)


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("====\n\n---\n\nA pier of plain text.\n", ["A pier of plain text."]),
        ("A pier.\n\n* * *\n\nA quay.\n", ["A pier.", "A quay."]),
        ("https://example.org/pier\n\nA quay.\n\n~~~~~~~~\n", ["A quay."]),
        ("Причал.\n\n……\n\n* * *\n\nГавань. #порт\n", ["Причал.", "Гавань."]),
        ("#piers\n\n------\n\nA quay.", ["A quay."]),
        ("埠頭。\n\n＊　＊　＊\n\n岸壁。", ["埠頭。", "岸壁。"]),
    ],
)
def test_rules_and_addresses_in_plain_text(tmp_path: Path, text: str, passages: list[str]) -> None:
    assert read_text(tmp_path, text, "note.txt").passages == passages
