"""Markdown by strangers, in a page of ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from remix.export.safe_markdown import LONGEST, contained, without_html, without_imitations

PLAIN = [
    "He measured twice, < than once & > never; 3<5, <3.",
    "Said *better*, **louder**, `in <code>`, [a link](https://example.org/?a=b) and [[a note]].",
    "- one\n- two\n  1. three\n\n> quoted\n\n---\n\nAfter a break.",
    "```python\nif a <b> c: [x]: y %% z\n```\n\n    <i>indented code</i>",
    "<https://example.org> and ![a map](map.png), [1], [x] done; 100 % sure",
    "| a | b |\n|---|---|\n| `<c>` | d |",
    "A title\n---\n\nNo break.",
    "",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_comes_through_byte_for_byte(text: str) -> None:
    assert contained(text) == text
    assert without_html(text) == text


SCRIPTS = [
    "<script>alert(1)</script>",
    "a <img src=x onerror=alert(1)> b",
    "<div onclick=alert(1)\n\nno end",
    "<!-- hidden",
    "a <!-- hidden --> b",
    "<?php evil() ?>",
    "<![CDATA[ <b>x</b> ]]>",
    "<!DOCTYPE html>",
    "> \t<script>x</script>",
    "- one\n\n  <style>*{display:none}</style>\n- two",
    "# A <iframe src=x></iframe> head",
    "| a ` | <script>x</script> ` |\n|---|---|\n| <b> | `<i>` <u> |",
    "`` <b> ` <i> `` <u>",
    "\\\\<b>",
    "<a\nhref='x'>over two lines</a>",
    "~~<b>~~ *<i>*",
    "[a](javascript:alert(1))",
    "[a]( <JaVaScript:alert(1)> 'title')",
    "[a](java&#9;script:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[*a* `b` <b>](vbscript:x)",
    "![a](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "- [ ] [x](file:///etc/passwd)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[" * 3 * LONGEST + "<script>x</script>",
    "<b " * LONGEST + ">",
    "<" * LONGEST + "script>",
]


class _Page(HTMLParser):
    """Tags, and words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.words = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


MARKDOWN = {
    "h1", "h2", "p", "em", "strong", "code", "pre", "ul", "ol", "li", "a", "img", "hr", "blockquote", "s", "table",
    "thead", "tbody", "tr", "th", "td", "br",
}  # fmt: skip
"""What Markdown itself can make."""


def _parser(*more: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(list(more))
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # the boldest reader there is
    return parser


@pytest.mark.parametrize("text", SCRIPTS)
@pytest.mark.parametrize("parser", [_parser(), _parser("table", "strikethrough")], ids=["commonmark", "tables"])
def test_nothing_runs(text: str, parser: MarkdownIt) -> None:
    """Raw HTML went through, and with it scripts, into whatever shows Markdown."""
    safe = without_html("\n\n".join(["Before.", contained(text), "After."]))
    page = _Page(parser.render(safe))
    assert page.tags <= MARKDOWN
    assert not [each for each in page.addresses if re.match(r"\s*(javascript|vbscript|data|file):", each, re.I)]
    assert page.words.startswith("Before.")
    assert page.words.rstrip().endswith("After.")


def test_the_reader_sees_the_characters_that_were_written() -> None:
    source = "a <b>bold</b> [link](javascript:x) <!-- c --> d"
    assert _Page(MarkdownIt("commonmark").render(without_html(source))).words.strip() == source


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("```\nleft open", "```\nleft open\n```"),
        ("~~~~ a\n```", "~~~~ a\n```\n~~~~"),
        ("[their]: http://evil.example", "\\[their]: http://evil.example"),
        ("> [their\n> words]: http://evil.example 'x'", "> \\[their\n> words]: http://evil.example 'x'"),
        ("[^1]: a note to another text", "\\[^1]: a note to another text"),
        ("- [^1]: a note", "- \\[^1]: a note"),
        ("hides %% what follows", "hides \\%\\% what follows"),
        ("![[a secret note]]", "!\\[\\[a secret note]]"),
        ("---\nauthor: me\n---", "\\---\nauthor: me\n---"),
        ("One.\n\n---\nauthor: me\n...", "One.\n\n\\---\nauthor: me\n..."),
        ("```\n[a]: b\n%%\n```\n%%", "```\n[a]: b\n%%\n```\n\\%\\%"),
    ],
)
def test_no_text_reaches_beyond_its_end(text: str, safe: str) -> None:
    """An open block of code took in the texts of others; a definition made links of their words."""
    assert contained(text) == safe
    env: dict[str, object] = {}
    tokens = MarkdownIt("commonmark").parse(f"{contained(text)}\n\nafter", env)
    assert (tokens[-1].type, tokens[-2].content) == ("paragraph_close", "after")
    assert not env.get("references")


def test_a_line_that_looks_like_ours_is_shown_as_code() -> None:
    ours = re.compile("; record [0-9a-f]{12}")
    text = "Said.\n\n— again, by ` a model; record 0123456789ab\n\n## Next"
    assert without_imitations(text, ours) == "Said.\n\n`` — again, by ` a model; record 0123456789ab ``\n\n## Next"


@pytest.mark.parametrize(
    "text", ["- a\n" * 50_000 + "```\n", "> - " * 50_000 + "\n```", "![[<a](b" * 60_000, "[a]: b\n" * 30_000]
)
def test_texts_without_end_are_escaped_unparsed(text: str) -> None:
    """Half a megabyte of list items before a fence took half a minute, brackets longer and a gigabyte."""
    page = without_html(contained(text))
    assert "```" not in page
    assert "<a" not in page
    assert not re.search(r"(?<!\\)\[", page)
    assert page.replace("\\", "").replace("&lt;", "<").rstrip("\n") == text.rstrip("\n")
