"""Reading Markdown: headings, paragraphs, lists and quotations, with their tags and lines.

Takes a file's text, gives a `Body`. Code, tables, formulas, images and HTML are no passages, nor are shortcodes that
stand alone and comments (`%%…%%` of Obsidian, `<!--…-->`), which are not for readers. The marks of emphasis and links
within a sentence stay as they are written.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from remix.corpus.blocks import Block, Body
from remix.corpus.inline import comments, inline_tags, open_comment
from remix.corpus.tags import split_trailing_tags, unique
from remix.errors import SeedError
from remix.util import frontmatter

_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("inline")
"""Blocks alone: what stands within a line isn't looked at, and some of it would take very long."""

MOST_TOKENS = 500_000
"""Of a file. markdown-it makes three of a paragraph and five of an item, and a line may begin twenty lists: a few
megabytes of them would take minutes, and gigabytes."""

_TARGET = r"(?:\((?:[^()]|\([^()]*+\))*+\)|\[[^\[\]]*+\])"
_IMAGE = rf"!\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]{_TARGET}"
_NO_WORDS = re.compile(
    r"(?:\s*+(?>"
    rf"{_IMAGE}|\[{_IMAGE}\]{_TARGET}|!\[\[[^\]]*\]\]"  # images, as links too, and what Obsidian embeds
    r"|\$\$.+?\$\$|&nbsp;|[\u200b\u2060\ufeff]"  # formulas; what keeps paragraphs apart
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
    start: int
    end: int
    level: int = 0
    words: str = ""
    """Of a heading, without the marks that make it one."""
    code: tuple[tuple[int, int], ...] = ()
    """Code and HTML within a list or a quotation, by their lines likewise."""


def read(text: str, name: str) -> Body:
    """The front matter and the blocks of a file. Raises `FrontMatterError`, and `SeedError` for too many blocks."""
    parts = frontmatter.split_strings(text, name)
    try:
        blocks = tuple(_blocks(parts.body, parts.body_line))
    except _TooManyTokensError as error:
        raise SeedError(
            f"{name}: has more headings, paragraphs and items than anyone reads.", "Split it into several files."
        ) from error
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
                title, tags = split_trailing_tags(span.words)
                tags = unique((*tags, *inline_tags(title)))
                yield Block("heading", " ".join(title.split()), tags, place, span.level)
            case "paragraph":
                yield _paragraph(source, place)
            case "group":
                yield _group(span, source, place)


class _TooManyTokensError(Exception):
    """A body has more than `MOST_TOKENS`."""


class _Tokens(list[Token]):
    """No more than `MOST_TOKENS`."""

    def append(self, token: Token) -> None:
        if len(self) == MOST_TOKENS:
            raise _TooManyTokensError
        super().append(token)


def _parsed(body: str) -> _Tokens:
    """What markdown-it makes of a body's lines. Raises `_TooManyTokensError`."""
    tokens = _Tokens()
    _MARKDOWN.block.parse(body.replace("\0", "\ufffd"), _MARKDOWN, {}, tokens)
    return tokens


def _spans(body: str) -> Iterator[_Span]:
    """The top-level blocks that count."""
    tokens = _parsed(body)
    for at, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        match token.type:
            case "heading_open":
                yield _Span("heading", start, end, level=int(token.tag[1]), words=tokens[at + 1].content)
            case "paragraph_open":
                yield _Span("paragraph", start, end)
            case "bullet_list_open" | "ordered_list_open" | "blockquote_open":
                yield _Span("group", start, end, code=tuple(_code_within(tokens, at)))


def _code_within(tokens: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
    """The lines of code and HTML within the block that begins at a token."""
    for after in range(at + 1, len(tokens)):
        token = tokens[after]
        if not token.level:
            return
        if token.map and token.type in ("fence", "code_block", "html_block"):
            yield token.map[0], token.map[1]


def _paragraph(source: Sequence[str], place: tuple[int, int]) -> Block:
    whole = _BLOCK_ID.sub("", "\n".join(line.strip() for line in source))
    text, tags = split_trailing_tags(whole)
    text = "" if _NO_WORDS.fullmatch(text) else text
    return Block("paragraph", " ".join(text.split()), unique((*tags, *inline_tags(text))), place)


def _group(span: _Span, source: Sequence[str], place: tuple[int, int]) -> Block:
    code = {line - span.start for start, end in span.code for line in range(start, end)}
    pairs = enumerate(zip(source, [*source[1:], ""], strict=True))
    lines = [line if number in code else _without_id(line, following) for number, (line, following) in pairs]
    ends_in_code = len(source) - 1 in code
    text, tags = ("\n".join(lines).rstrip(), ()) if ends_in_code else _split_tags(lines)
    text = text if text.strip(_MARKS) else ""
    words = "\n".join("" if number in code else line for number, line in enumerate(text.split("\n")))
    return Block("group", text, unique((*tags, *_tags_of_items(words))), place)


def _without_id(line: str, following: str) -> str:
    """A line without the id of the item or quotation that ends with it; `following` is the next line."""
    ends = "^" in line and _ITEM.match(_MARKERS.sub("", f"{following}\n"))
    return _BLOCK_ID.sub("", line.rstrip()) if ends else line


def _split_tags(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """As `split_trailing_tags`, but that in a quotation a line of tags begins behind the quotation's mark."""
    end, listed = len(lines), []
    while end and lines[end - 1].lstrip().startswith(">"):
        text, tags = split_trailing_tags(_MARKERS.sub("", lines[end - 1]))
        if text:
            break
        listed.append(tags)
        end -= 1
    if not any(listed):
        return split_trailing_tags("\n".join(lines))
    text, tags = split_trailing_tags("\n".join(lines[:end]))
    return text, unique(itertools.chain(tags, *reversed(listed)))


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
    starts = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
    for span in spans:
        code = {line for start, end in span.code for line in range(start, end)}
        yield (
            starts[span.start],
            "\n".join(
                " " * len(lines[line]) if line in code else lines[line] for line in range(span.start, span.end)
            ),
        )
