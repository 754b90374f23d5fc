"""A draft's pieces as parsed Markdown, and as HTML with a mark for each note of origin.

Takes texts of pieces, gives markdown-it's tokens and HTML without raw HTML and scripts. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from remix.export.safe_markdown import MOST_MARKS, MOST_PARSED
from remix.util.names import readable

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).enable("table")

# No export loads an image from elsewhere: the image's words stand in its place.
_MARKDOWN.add_render_rule("image", lambda renderer, tokens, at, options, env: escape(tokens[at].content))

PARAGRAPH_END = "paragraph_close"


def parsed(texts: Sequence[str]) -> list[list[Token]]:
    """The tokens of each piece. Links may be defined in other pieces."""
    definitions: dict[str, Any] = {}
    # The first time finds the definitions of all links.
    for text in texts:
        _tokens(text, definitions)
    return [_tokens(text, definitions) for text in texts]


def _tokens(text: str, definitions: dict[str, Any]) -> list[Token]:
    # A parser's time may grow with the square of the number of brackets, lists or quotations.
    if len(text) > MOST_PARSED or max(text.count(mark) for mark in "[*_`>") > MOST_MARKS:
        return list(_plain(text))
    return _MARKDOWN.parse(readable(text), definitions)


def _plain(text: str) -> Iterator[Token]:
    """A text as paragraphs without markup."""
    for paragraph in readable(text).split("\n\n"):
        if paragraph.strip():
            words = Token("text", "", 0, content=paragraph.strip())
            yield Token("paragraph_open", "p", 1)
            yield Token("inline", "", 0, content=words.content, children=[words])
            yield Token(PARAGRAPH_END, "p", -1)


def html_of(tokens: Sequence[Token], note: int | None) -> str:
    """A piece as HTML; `note` is the number of the note about the piece's origin, null without a note."""
    html: str = _MARKDOWN.renderer.render(list(tokens), _MARKDOWN.options, {})
    if note is None:
        return html
    mark = f'<sup><a href="#origin-{note}" id="place-{note}">{note}</a></sup>'
    if html.endswith("</p>\n"):
        return f"{html[: -len('</p>') - 1]}{mark}</p>\n"
    return f"{html}<p>{mark}</p>\n"


def title_of(pieces: Sequence[Sequence[Token]], name: str) -> tuple[str, bool]:
    """A draft's title, and whether the draft begins with the title as a heading; else the title is the name."""
    first = next((tokens for tokens in pieces if tokens), ())
    if len(first) > 1 and first[0].type == "heading_open" and first[0].tag == "h1" and first[1].children:
        words = "".join(each.content for each in first[1].children if each.type in ("text", "code_inline"))
        return words.strip() or name, True
    return readable(name, keep=""), False


def notes_html(notes: Sequence[str]) -> str:
    """The notes of origin as a list, each with a link back to its piece."""
    items = "".join(
        f'<li id="origin-{number}">{escape(note)} <a href="#place-{number}">↩</a></li>\n'
        for number, note in enumerate(notes, start=1)
    )
    return f"<ol>\n{items}</ol>\n"
