"""HTML in notes: its prose is read, with tags and lines; code, tables and the HTML's own signs are left out.

A blog of 35 posts in `<p>` vanished whole, and nothing said so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text, words

EXPORTED = """\
---
title: Exported from another blog
tags: [lamps]
---
<p>A lamp was lit each evening by the same hand.</p>

<p>The second paragraph says whose hand it was.</p>

<blockquote>
<p>It was mine.</p>
</blockquote>

<div class="note">
The lamp is still there. #lamp-posts
</div>

<details>
<summary>More</summary>
The lamp is out.
</details>

One paragraph in Markdown.
"""

WORDPRESS = """\
<!-- wp:paragraph {"align":"left"} -->
<p>A buoy rings without a ringer.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2>At night</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Nobody hears the bell <em>but</em> the fish. #night</p>
<!-- /wp:paragraph -->
"""

MIXED = """\
<div class="aside">

A paragraph in *Markdown* within a box. #boxes

- first rope
- second rope

</div>

<section>
  <h3>Knots &amp; hitches</h3>
  <p>
    A knot is a promise
    made to a rope.
  </p>
</section>

After the box.
"""


def test_prose_of_an_exported_post(tmp_path: Path) -> None:
    found = read_text(tmp_path, EXPORTED)
    assert found.passages[:4] == [
        "A lamp was lit each evening by the same hand.",
        "The second paragraph says whose hand it was.",
        "It was mine.",
        "The lamp is still there.",
    ]
    assert " ".join(found.passages[4:]) == "More The lamp is out. One paragraph in Markdown."
    assert found.tags[3] == ("lamp-posts", "lamps")
    assert all("lamps" in tags for tags in found.tags)
    first = [each.lines[0] for each in found.essay.passages]
    assert first[:2] == [5, 7]
    assert first[-1] == 22


def test_blocks_of_wordpress(tmp_path: Path) -> None:
    found = read_text(tmp_path, WORDPRESS)
    assert found.passages == ["A buoy rings without a ringer.", "Nobody hears the bell but the fish."]
    assert found.tags == [(), ("night",)]
    assert [each.section for each in found.essay.passages] == [None, "At night"]
    assert found.left("comment").startswith("wp paragraph align left wp paragraph")


def test_markdown_within_html(tmp_path: Path) -> None:
    found = read_text(tmp_path, MIXED)
    assert found.passages == [
        "A paragraph in Markdown within a box.",
        "first rope second rope",
        "A knot is a promise made to a rope.",
        "After the box.",
    ]
    assert found.tags == [("boxes",), (), (), ()]
    assert [each.section for each in found.essay.passages][2:] == ["Knots & hitches", "Knots & hitches"]
    assert found.essay.passages[2].lines[1] >= 13


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("<p>A pier &mdash; <b>old</b>,\n<a href='x.html'>long</a>.</p>", ["A pier — old, long."]),
        ("<P ALIGN=CENTER>A pier.</P>", ["A pier."]),
        ("<p>One pier.\n<p>Two piers.", ["One pier.", "Two piers."]),
        ("<p>One pier.</p><p>Two piers.</p>", ["One pier.", "Two piers."]),
        ("<center>A pier.</center>", ["A pier."]),
        ("<article><section><div>A pier.</div></section></article>", ["A pier."]),
        ("<blockquote>A pier,<br>\nhe wrote.</blockquote>", ["A pier, he wrote."]),
        ('<figure>\n<img src="a.png" alt="a photo">\n<figcaption>A pier at noon.</figcaption>\n</figure>',
         ["A pier at noon."]),
        ("<div title='a > b'>A pier.</div>", ["A pier."]),
        ("<div>\n\nA pier is never closed.\n\nNor is the box.", ["A pier is never closed.", "Nor is the box."]),
        ("<div>\nA pier is never closed.\n\n# Later\n\nNor is the box.",
         ["A pier is never closed.", "Nor is the box."]),
        ('<div dir="rtl">\nالميناء لا ينسى شيئا.\n</div>', ["الميناء لا ينسى شيئا."]),
        ("<p>Причал кончается там, где кончились деньги.</p>", ["Причал кончается там, где кончились деньги."]),
        ("<p>桟橋は、金が尽きた所で終わる。</p>", ["桟橋は、金が尽きた所で終わる。"]),
        ("> <p>A pier is quoted.</p>", ["A pier is quoted."]),
        ("A pier <!-- a note --> stands.\n\n<!--\nA note.\n\nA longer note.\n-->\n\nIt still stands.",
         ["A pier stands.", "It still stands."]),
        ("<p>A <kbd>pier</kbd><!-- no --> stands.</p>", ["A pier stands."]),
        ("A pier.\n\n<hr>\n\n<a name='here'></a>\n\nA quay.", ["A pier.", "A quay."]),
        ("<custom-box>\n\nA pier in a box of the theme's own.\n\n</custom-box>",
         ["A pier in a box of the theme's own."]),
    ],
)  # fmt: skip
def test_prose_in_html(tmp_path: Path, text: str, passages: list[str]) -> None:
    assert read_text(tmp_path, text).passages == passages


@pytest.mark.parametrize(
    ("text", "why", "left"),
    [
        ("<pre>\ndef raw(): #notatag\n\n    pass\n</pre>", "code", "def raw notatag pass"),
        ("<pre><code class='c'>int\n\nmain;</code></pre>", "code", "int main"),
        ("<script>\nlet a;\n\nlet b;\n</script>", "html", "let a let b"),
        ("<style>\n.pier { left: 0 }\n\n.quay { left: 0 }\n</style>", "html", "pier left 0 quay left 0"),
        ("<table>\n<tr><td>pier</td></tr>\n\n<tr><td>quay</td></tr>\n</table>", "table", "pier quay"),
        ("<svg>\n<text>pier</text>\n</svg>", "html", "pier"),
        ("<iframe src='https://example.org'></iframe>", "html", "iframe src https example org iframe"),
    ],
)
def test_what_is_no_prose_in_html(tmp_path: Path, text: str, why: str, left: str) -> None:
    found = read_text(tmp_path, f"Before.\n\n{text}\n\nAfter.")
    assert found.passages == ["Before.", "After."]
    assert found.tags == [(), ()]
    assert set(left.split()) <= set(found.left(why).split())


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("<p>A pier. #piers</p>", ("piers",)),
        ("<p>A pier.<br>\n#piers, #old wood</p>", ("piers", "old wood")),
        ("<div>A #pier is wood.</div>", ("pier",)),
        ("<p>A pier. <a href='#top'>Up</a></p>", ()),
        ("<p style='color: #fff'>A pier.</p>", ()),
        ("<p>Pier &#35;5 and &#39;6.</p>", ()),
    ],
)
def test_tags_in_html(tmp_path: Path, text: str, tags: tuple[str, ...]) -> None:
    assert read_text(tmp_path, text).tags == [tags]


def test_a_list_and_a_description_in_html(tmp_path: Path) -> None:
    text = (
        "<ul>\n<li>tar</li>\n<li>rope of <i>hemp</i></li>\n</ul>\n\n<dl><dt>Bitt</dt><dd>A post for ropes.</dd></dl>"
    )
    found = read_text(tmp_path, text)
    assert found.passages[0] == "tar rope of hemp"
    assert words(" ".join(found.passages[1:])) == words("Bitt A post for ropes.")


def test_html_in_a_block_of_code_is_code(tmp_path: Path) -> None:
    found = read_text(tmp_path, "Before.\n\n```html\n<p>A pier.</p>\n```\n\n`<div>` opens a box.")
    assert found.passages == ["Before.", "<div> opens a box."]
    assert found.left("code") == "html p A pier p"
