"""Markdown: headings, paragraphs, lists and quotations, with tags and lines.

Takes a file's text, gives a `Body`. Left out, because readers don't see them or they aren't prose: code, tables,
formulas, images, HTML, shortcodes in paragraphs of their own, and comments (`%%…%%` of Obsidian, `<!--…-->`). Marks
of emphasis and links within a sentence stay.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from remix.corpus import heads
from remix.corpus.blocks import Block, Body, one_line
from remix.corpus.inline_markup import comments, open_comment
from remix.corpus.inline_tags import inline_tags
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_trailing_tags
from remix.errors import SeedError

_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("inline")
"""Parses blocks alone: inline parsing isn't needed, and may take very long."""

MOST_TOKENS = 500_000
"""Of a file. markdown-it makes three tokens of a paragraph and five of a list item, and a line may begin twenty
lists: a few megabytes of lists would take minutes, and gigabytes of memory."""

_TARGET = r"(?:\((?:[^()]|\([^()]*+\))*+\)|\[[^\[\]]*+\])"
_IMAGE = rf"!\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]{_TARGET}"
_NO_WORDS = re.compile(
    r"(?:\s*+(?>"
    rf"{_IMAGE}|\[{_IMAGE}\]{_TARGET}|!\[\[[^\]]*\]\]"  # images, also as links, and Obsidian's embeds
    r"|\$\$.+?\$\$|&nbsp;|[\u200b\u2060\ufeff]"  # formulas; invisible characters between paragraphs
    r"|\{\{.*?\}\}|\{%.*?%\}|\{:[^}]*\}"  # Hugo's shortcodes; Jekyll's Liquid and attributes
    r"))++\s*+",
    re.DOTALL,
)
_BLOCK_ID = re.compile(r"(?:\A|[ \t\n])\^(?=\d{6}|\d*[A-Za-z-])[A-Za-z0-9-]+\Z")
"""Obsidian's id of a paragraph, for links; `^2` is a square."""

_MARKS = " \t\n>-+*"
"""Of lists and quotations: a group of nothing but marks is empty."""

_MARKERS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_ITEM = re.compile(r"^(?=[ \t]*(?:[-+*]|\d{1,9}[.)])[ \t])|^[ \t]*\n", re.MULTILINE)
"""The next item, or an empty line: code, links and comments end there at the latest."""


class _Span(NamedTuple):
    """A top-level block, by its lines in the body, from 0; `end` is the line after the last."""

    kind: Literal["heading", "paragraph", "group"]
    start: int
    end: int
    level: int = 0
    words: str = ""
    """Of a heading, without the heading's marks."""
    code: tuple[tuple[int, int], ...] = ()
    """Lines of code and HTML within a list or a quotation; each pair as `start` and `end`."""


def read(text: str, name: str) -> Body:
    """The front matter and blocks of a file. Raises `FrontMatterError`, and `SeedError` for too many blocks."""
    head = heads.split(text, name)
    try:
        blocks = tuple(_blocks(head.body, head.body_line))
    except _TooManyTokensError as error:
        raise SeedError(
            f"{name}: has more headings, paragraphs and items than anyone reads.", "Split it into several files."
        ) from error
    title = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), None)
    return Body(head.meta, title, blocks, notes=head.notes)


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
                yield Block("heading", one_line(title), tags, place, span.level)
            case "paragraph":
                yield _paragraph(source, place)
            case "group":
                yield _group(span, source, place)


class _TooManyTokensError(Exception):
    """A body has more than `MOST_TOKENS`."""


class _Tokens(list[Token]):
    """A list of at most `MOST_TOKENS`."""

    def append(self, token: Token) -> None:
        if len(self) == MOST_TOKENS:
            raise _TooManyTokensError
        super().append(token)


def _spans(body: str) -> Iterator[_Span]:
    """The top-level headings, paragraphs and groups. Raises `_TooManyTokensError`."""
    tokens = _Tokens()
    _MARKDOWN.block.parse(body.replace("\0", "\ufffd"), _MARKDOWN, {}, tokens)
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
    """The lines of code and HTML within the block that begins at token `at`."""
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
    return Block("paragraph", one_line(text), unique((*tags, *inline_tags(text))), place)


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
    """A line without the id of the item or quotation that ends on the line; `following` is the next line."""
    ends = "^" in line and _ITEM.match(_MARKERS.sub("", f"{following}\n"))
    return _BLOCK_ID.sub("", line.rstrip()) if ends else line


def _split_tags(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """As `split_trailing_tags`, also for lines of tags at the end of a quotation, each after the quotation's mark."""
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
    """The body without comments, but with their line ends, so that every line keeps its number.

    Lines keep their indent: the space after a comment at the start of a line could turn the rest into code.
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
    """The words with the indent of a line; empty if there are no words."""
    return words and line[: len(line) - len(line.lstrip(" \t"))] + words


def _hidden(body: str, spans: Sequence[_Span]) -> Iterator[tuple[int, int]]:
    """Start and end of comments: within a block, or from a `%%` that begins a line to the `%%` in a later block.

    Unclosed comments are text.
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
    """Each block's start in the body and its text, with spaces in place of code."""
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
