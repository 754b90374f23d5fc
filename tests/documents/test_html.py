"""Web pages, and HTML as blocks."""

from __future__ import annotations

import pytest

from remix.documents.html import blocks_of, read

SENTENCE = "He measured the cloth twice, and then once more, because it was dear and the light was going."

PAGE = f"""<!doctype html><html><head><title>The Map | A Garden</title>
<meta name="author" content="Jane Roe"><meta name="keywords" content="maps, cloth">
<meta property="article:published_time" content="2026-01-02"></head>
<body><nav><a href="/">Home</a> <a href="file:///etc/passwd">All notes</a></nav>
<article><h1>The Map</h1><p>{SENTENCE} #light, #small error</p><h2>Later</h2><p>{SENTENCE}
Nobody <em>saw</em> it.</p><script>evil()</script></article><footer>Copyright</footer></body></html>"""


def test_a_pages_article() -> None:
    page = read(PAGE.encode())
    assert (page.form, page.author, page.date) == ("web page, its article", "Jane Roe", "2026-01-02")
    assert page.title in ("The Map", "The Map | A Garden")
    assert page.tags == ("maps", "cloth")
    assert [(block.kind, block.text, block.tags) for block in page.blocks if block.text != "The Map"] == [
        ("paragraph", SENTENCE, ("light", "small error")),
        ("heading", "Later", ()),
        ("paragraph", f"{SENTENCE} Nobody saw it.", ()),
    ]
    assert page.left_out == ("4 of the page's 46 words, around the article",)


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>One. #a</p>loose<div>Two<p>Three</p>four</div>", ["One.", "loose", "Two", "Three", "four"]),
        ("<p>One<br>line", ["One line"]),
        ("<h3>Head <b>ing</b></h3><p></p>", ["Head ing"]),
        ("<ul><li>a<li>b<ol><li>c</ol>d</ul>", ["- a\n- b d\n    1. c"]),
        ("<ul>x<li>a</li>y<ul><li>b</ul></ul>", ["- x\n- a y\n    - b"]),
        ("<blockquote><p>One.</p><p>Two. #a</p></blockquote>", ["One.\n\nTwo. #a"]),
        ("<pre>a\n  b\n</pre>", ["a\n  b"]),
        ("<table><tr><th>a|b<th>c<tr><td>d</table>", ["| a\\|b | c |\n| --- | --- |\n| d |  |"]),
        ("<table><tr><td>laid</td></tr><tr><td>out</td></tr></table>", ["laid", "out"]),
        ("<!-- a --><style>b</style><?php c ?><p>d<script>e</script>f</p>", ["df"]),
        ("<b>bold <p>inside</p></b>", ["bold", "inside"]),
        ("caf\u00e9 &nbsp;&mdash; &#xd800; x", ["café — \ufffd x"]),
        ("", []),
        ("<!-- nothing -->", []),
    ],
)
def test_blocks(html: str, blocks: list[str]) -> None:
    assert [block.text for block in blocks_of(html)] == blocks


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote", "table><tr><td"])
def test_endless_nesting_ends(tag: str) -> None:
    assert isinstance(blocks_of(f"<{tag}>" * 20_000 + "deep"), list)
