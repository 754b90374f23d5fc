"""Wordless stretches of Markdown: paragraphs that consist of links, images, shortcodes, marks and the like.

Takes a paragraph, gives the reason for leaving the paragraph out. Doesn't know files. The time grows in proportion to
the text's length.
"""

from __future__ import annotations

import html
import re

from remix.corpus.blocks import Why
from remix.corpus.inline_tags import inline_tags

_TARGET = r"(?:\((?:[^()]|\([^()]*+\))*+\)|\[[^\[\]]*+\])"
_IMAGE = rf"!\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]{_TARGET}"
_PICTURE = rf"(?:{_IMAGE}|\[{_IMAGE}\]{_TARGET}|!\[\[[^\[\]]*+\]\]|<img(?=[\s/>])[^<>]*+>)"
"""An image, an image as a link, an embed of Obsidian, an image in HTML."""

_IMAGE_LINE = re.compile(rf"(?:\s*+{_PICTURE}(?:\{{[^{{}}]*+\}})?)++\s*+")

_WORDLESS = re.compile(
    rf"(?>\\[^\w\s]|(?P<image>{_PICTURE})"
    r"|(?P<shortcode>\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|\{:[^{}]*+\}|`[ \t]*+\$?=[^`]*+`"
    r"|@?\[toc\]|\[\[_?toc_?\]\]|\$?\{toc\}|__toc__)"
    r"|(?P<footnote>\[\^[^\]\s]++\]:?)"
    r"|(?P<metadata>[\[(][^\W_][\w /.-]{0,40}+::[^\[\]()]*+[\])])"
    rf"|(?P<link>\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]{_TARGET}|\[\[[^\[\]]*+\]\]|<(?:https?|mailto):[^<>\s]*+>"
    r"|(?:https?://|www\.)[^\s<>]++)"
    r"|(?P<formula>\$\$.+?\$\$|\$(?![\s$])[^$]*+(?<!\s)\$(?!\d))"
    r"|(?P<html></?[A-Za-z][^<>]*+>)"
    r"|(?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<tags>(?<!\S)\#[^\s#]++)"
    r"|\[[ x…-]?\]|\{(?![{%:])|<(?![A-Za-z/!?%])|\$(?!\S)|[^\w\[{<$`]|_)",
    re.DOTALL | re.IGNORECASE,
)
"""A part without words. An unclosed mark of markup counts as a word: searching for the end from each of a million
marks would take too long."""

_REASONS: dict[str, Why] = {
    "image": "image",
    "shortcode": "shortcode",
    "footnote": "footnote",
    "metadata": "metadata",
    "link": "link",
    "formula": "formula",
    "html": "html",
    "entity": "html",
    "tags": "tags",
}
"""Why parts of each kind are left out."""


def is_image(line: str) -> bool:
    """Whether a line consists of images."""
    return bool(_IMAGE_LINE.fullmatch(line))


def why_wordless(text: str) -> Why | None:
    """The reason for leaving a text out, if the text has letters or digits, but no words outside of markup."""
    found: list[str] = []
    at = 0
    while at < len(text):
        match = _WORDLESS.match(text, at)
        if not match:
            return None
        kind = match.lastgroup
        if kind == "entity" and html.unescape(match[0]).isalnum():
            return None
        if kind == "tags" and not inline_tags(match[0]):
            return None
        if found[-1:] != [kind] and kind and has_words(match[0]):
            found.append(kind)
        at = match.end()
    telling = [kind for kind in found if kind not in ("tags", "entity")]
    return _REASONS.get((telling or found or [""])[0])


def has_words(text: str) -> bool:
    """Whether a text has a letter or a digit."""
    return any(map(str.isalnum, text))
