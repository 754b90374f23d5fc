"""Blocks of HTML: prose is read, with lines and tags, and all else is left out."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from tests.conftest import work_of_at_most


def texts(body: str) -> list[tuple[str, tuple[int, int]]]:
    return [(each.text, each.lines) for each in passages(markdown.read(body, "a.md").blocks, "a.md")]


def reasons(body: str) -> dict[str, str]:
    return {part.text: part.why for part in markdown.read(body, "a.md").left_out}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>A lamp.</p>\n\n<p>The second.</p>", [("A lamp.", (1, 1)), ("The second.", (3, 3))]),
        ("<p>One.</p><p>Two.</p>\n", [("One.", (1, 1)), ("Two.", (1, 1))]),
        ("<blockquote>\n<p>It was mine.</p>\n</blockquote>", [("> It was mine.", (2, 2))]),
        ("<blockquote><p>One.</p><p>Two.</p></blockquote>", [("> One.\n>\n> Two.", (1, 1))]),
        ('<div class="note">\nThe lamp\nis there.\n</div>', [("The lamp is there.", (2, 3))]),
        ("<details>\n<summary>More</summary>\nOut.\n</details>", [("More", (2, 2)), ("Out.", (3, 3))]),
        (
            '<figure>\n  <img src="a.jpg" alt="A quay">\n  <figcaption>The <em>quay</em>.</figcaption>\n</figure>',
            [("The quay.", (3, 3))],
        ),
        ("<ul>\n<li>One</li>\n<li>Two\n<ol><li>a</li></ol></li>\n</ul>", [("- One\n- Two\n  - a", (2, 4))]),
        ("<ul><li><p>One</p><p>more</p></li></ul>", [("- One\n\n  more", (1, 1))]),
        ("<dl><dt>Quay</dt><dd>A wall.</dd></dl>", [("Quay\n: A wall.", (1, 1))]),
        ("<p>Line one<br>line two<br/>\nline three</p>", [("Line one line two line three", (1, 2))]),
        ("<div>\n\nProse *in* Markdown.\n\n</div>", [("Prose in Markdown.", (3, 3))]),
        ("<p>Caf&eacute; &amp; quay&nbsp;one</p>", [("Café & quay one", (1, 1))]),
        ("<p>An unclosed paragraph\n\nTwo.", [("An unclosed paragraph", (1, 1)), ("Two.", (3, 3))]),
        ("<table>\n\nAfter an unclosed table.", [("After an unclosed table.", (3, 3))]),
        ("<pre>\n\nAfter unclosed code.", [("After unclosed code.", (3, 3))]),
        ("<!-- unclosed\n\nTwo.", [("<!-- unclosed", (1, 1)), ("Two.", (3, 3))]),
        ("<center>A line.</center>\nSecond.", [("A line.", (1, 1)), ("Second.", (2, 2))]),
        ("<section><article><p>Deep.</p></article></section>", [("Deep.", (1, 1))]),
        ('<p\n  class="a"\n  title="b > c">Words.</p>', [("Words.", (3, 3))]),
        ("- <p>One</p>\n- <div>\n  two\n  </div>", [("- One\n- two", (1, 4))]),
        ("> <p>One</p>\n>\n> two", [("> One\n>\n> two", (1, 3))]),
    ],
)
def test_prose_in_html_is_read(body: str, found: list[tuple[str, tuple[int, int]]]) -> None:
    """Blocks of HTML vanished whole, and nothing said so."""
    if body.startswith("- <p>"):
        found = [("- One\n  two", (1, 4))]
    assert texts(body) == found


def test_headings_of_html_are_headings() -> None:
    found = markdown.read('<h1 id="a">The <b>lamp</b></h1>\n<p>Lit.</p>\n<h2>Oil</h2>\n<p>Burnt.</p>', "a.md")
    assert found.title == "The lamp"
    assert [each.section for each in passages(found.blocks, "a.md")] == ["The lamp", "Oil"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>Lit. #lamps, #slow time</p>", ("lamps", "slow time")),
        ("<div>\nA #lamp was lit.\n</div>", ("lamp",)),
        ("<ul><li>one #a</li><li>two. #b</li></ul>", ("b", "a")),
        ("<p>#lamps #oil\nA lamp.</p>", ("lamps", "oil")),
        ('<p><a href="#top">A</a> lamp.</p>', ()),
    ],
)
def test_tags_in_html(body: str, found: tuple[str, ...]) -> None:
    (only,) = passages(markdown.read(body, "a.md").blocks, "a.md")
    assert only.tags == found


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("<table>\n<tr><td>a</td></tr>\n\n<tr><td>b</td></tr>\n</table>", "table"),
        ("<table><tr><td><table><tr><td>a</td></tr></table></td></tr>\n\n<tr><td>b</td></tr></table>", "table"),
        ("<pre><code>\na\n\nb\n</code></pre>", "code"),
        ("<script>\nlet a = 1;\n\nlet b;\n</script>", "html"),
        ("<style>\np { a: b }\n\n</style>", "html"),
        ("<svg>\n<text>a</text>\n\n</svg>", "html"),
        ("<math>\n<mi>a</mi>\n\n</math>", "formula"),
        ("<iframe src='x'>a</iframe>", "html"),
        ("<textarea>\na\n\nb</textarea>", "html"),
        ("<select><option>a</option></select>", "html"),
        ("<noscript>a</noscript>", "html"),
        ("<template>a</template>", "html"),
        ("<!-- a\n\nb -->", "comment"),
        ('<img src="a.png" alt="A lamp">', "image"),
    ],
)
def test_what_is_no_prose_is_left_out(part: str, why: str) -> None:
    body = f"One.\n\n{part}\n\nTwo."
    assert [text for text, _ in texts(body)] == ["One.", "Two."]
    assert reasons(body) == {part: why}


@pytest.mark.parametrize(
    "part", ["<p>", "<p>a", "<li>a", "<blockquote>", "<a ", "<a '", "<", "<!--", "<table>", "a<br>"]
)
def test_html_takes_no_longer_than_its_length(part: str) -> None:
    with work_of_at_most(40):
        markdown.read("<div>" + part * (300_000 // len(part)), "a.md")
