"""Reading Markdown: headings, paragraphs, lists and quotations, with their tags and lines.

Takes a file's text, gives a `Body`. Code, tables, images and HTML are no passages, nor are shortcodes that stand
alone and comments (`%%…%%` of Obsidian, `<!--…-->`), which are not for readers. The marks of emphasis and links
within a sentence stay as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from remix import frontmatter
from remix.corpus.blocks import Block, Body
from remix.corpus.inline import comments, inline_tags, open_comment
from remix.corpus.tags import split_trailing_tags, unique

_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("inline")
"""Blocks alone: what stands within a line isn't looked at, and some of it would take very long."""

_NO_WORDS = re.compile(
    r"(?:\s*+(?>"
    r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])|!\[\[[^\]]*\]\]"  # images, and what Obsidian embeds
    r"|\{\{.*?\}\}|\{%.*?%\}|\{:[^}]*\}"  # Hugo's shortcodes; Jekyll's Liquid and attributes
    r"))++\s*+",
    re.DOTALL,
)
_BLOCK_ID = re.compile(r"(?:\A|[ \t\n])\^(?=\d{6}|\d*[A-Za-z-])[A-Za-z0-9-]+\Z")
"""By which Obsidian links to a paragraph; `^2` is a square."""

_MARKS = " \t\n>-+*"
"""Of lists and quotations: where there is nothing else, there is nothing."""

_MARKERS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_ITEM = re.compile(r"^(?=[ \t]*(?:[-+*]|\d{1,9}[.)])[ \t])|^[ \t]*\n", re.MULTILINE)
"""Where code, links and comments end at the latest: at the next item, or an empty line."""


class _Span(NamedTuple):
    """A top-level block that counts, by its lines in the body, from 0; `end` is the line after the last."""

    kind: Literal["heading", "paragraph", "group"]
    level: int
    start: int
    end: int
    code: tuple[tuple[int, int], ...]
    """Code and HTML within a list or a quotation, likewise."""


def read(text: str, name: str) -> Body:
    """The front matter and the blocks of a file. Raises `FrontMatterError`."""
    parts = frontmatter.split_strings(text, name)
    blocks = tuple(_blocks(parts.body, parts.body_line))
    title = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), None)
    return Body(parts.meta, title, blocks)


def _blocks(body: str, first_line: int) -> Iterator[Block]:
    lines = body.split("\n")
    spans = list(_spans(body))
    if ("%%" in body or "<!--" in body) and (shown := _without_comments(body, spans)) != body:
        lines = shown.split("\n")
        spans = list(_spans(shown))
    for span in spans:
        source = lines[span.start : span.end]
        while source and not source[-1].strip():
            source.pop()
        place = (first_line + span.start, first_line + span.start + len(source) - 1)
        match span.kind:
            case "heading":
                words = _heading("\n".join(source))
                title, tags = split_trailing_tags(words)
                yield Block("heading", title, unique((*tags, *inline_tags(title))), place, span.level)
            case "paragraph" if not _NO_WORDS.fullmatch("\n".join(source)):
                yield _paragraph(source, place)
            case "group":
                yield _group(span, source, place)


def _spans(body: str) -> Iterator[_Span]:
    """The top-level blocks that count."""
    tokens = _MARKDOWN.parse(body)
    for at, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        match token.type:
            case "heading_open":
                yield _Span("heading", int(token.tag[1]), start, end, ())
            case "paragraph_open":
                yield _Span("paragraph", 0, start, end, ())
            case "bullet_list_open" | "ordered_list_open" | "blockquote_open":
                yield _Span("group", 0, start, end, tuple(_code_within(tokens, at)))


def _code_within(tokens: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
    """The lines of code and HTML within the block that begins at a token."""
    for after in range(at + 1, len(tokens)):
        token = tokens[after]
        if not token.level:
            return
        if token.map and token.type in ("fence", "code_block", "html_block"):
            yield token.map[0], token.map[1]


def _heading(source: str) -> str:
    """The words of a heading, without the marks that make it one."""
    return " ".join(token.content for token in _MARKDOWN.parse(source) if token.type == "inline").strip()


def _paragraph(source: Sequence[str], place: tuple[int, int]) -> Block:
    whole = _BLOCK_ID.sub("", "\n".join(line.strip() for line in source))
    text, tags = split_trailing_tags(whole)
    return Block("paragraph", " ".join(text.split()), unique((*tags, *inline_tags(text))), place)


def _group(span: _Span, source: Sequence[str], place: tuple[int, int]) -> Block:
    whole = "\n".join(source)
    code = {line - span.start for start, end in span.code for line in range(start, end)}
    ends_in_code = len(source) - 1 in code
    text, tags = (whole.rstrip(), ()) if ends_in_code else split_trailing_tags(_BLOCK_ID.sub("", whole))
    text = text if text.strip(_MARKS) else ""
    words = "\n".join("" if number in code else line for number, line in enumerate(text.split("\n")))
    return Block("group", text, unique((*tags, *_tags_of_items(words))), place)


def _tags_of_items(words: str) -> Iterator[str]:
    if "#" in words:
        for item in _ITEM.split(_MARKERS.sub("", words)):
            yield from inline_tags(item)


# -- comments -----------------------------------------------------------------------------------------------


def _without_comments(body: str, spans: Sequence[_Span]) -> str:
    """The body without its comments, but with their line ends, so that every line keeps its number.

    And its indent, for a comment at its beginning would leave a space that makes code of the rest.
    """
    parts, at = [], 0
    for start, end in sorted(_hidden(body, spans)):
        if end > at:
            parts += [body[at:start], "\n" * body.count("\n", max(start, at), end)]
            at = end
    shown = "".join([*parts, body[at:]]).split("\n")
    pairs = zip(body.split("\n"), shown, strict=True)
    return "\n".join(line if line == was else _indented(line.strip(" \t"), was) for was, line in pairs)


def _indented(words: str, line: str) -> str:
    """Some words with the indent of a line; nothing, where there are none."""
    return words and line[: len(line) - len(line.lstrip(" \t"))] + words


def _hidden(body: str, spans: Sequence[_Span]) -> Iterator[tuple[int, int]]:
    """Where comments begin and end: within a block, or from a `%%` that begins a line to one in a later block.

    What is never closed is text.
    """
    opened: int | None = None
    for begin, text in _texts(body, spans):
        shown = 0
        if opened is not None and "%%" in text:
            shown = text.index("%%") + 2
            yield opened, begin + shown
            opened = None
        rest = text[shown:]
        yield from ((begin + shown + start, begin + shown + end) for start, end in comments(rest))
        at = open_comment(rest)
        if opened is None and at is not None and not rest[:at].rpartition("\n")[2].strip(" \t>"):
            opened = begin + shown + at


def _texts(body: str, spans: Sequence[_Span]) -> Iterator[tuple[int, str]]:
    """Where a block begins in the body, and its letters, with spaces for the code in it."""
    lines = body.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    for span in spans:
        code = {line for start, end in span.code for line in range(start, end)}
        yield (
            starts[span.start],
            "\n".join(
                " " * len(lines[line]) if line in code else lines[line] for line in range(span.start, span.end)
            ),
        )
