"""The parts of a text of Markdown: paragraphs, headings, code, HTML, and lists or quotations with their content.

Takes a text, gives its parts with the place of each line. Doesn't know tags or passages. markdown-it parses the
blocks; inline parsing isn't needed, and may take very long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt, rules_block
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from remix.corpus import markdown_rules, metadata_lines
from remix.corpus.blocks import Why
from remix.corpus.markdown_html_rule import html_block
from remix.corpus.trailing_tags import CLOSING, ENDS, split_trailing_tags

MOST_TOKENS = 500_000
"""Of a file. markdown-it makes three tokens of a paragraph and five of a list item, and a line may begin twenty
lists: a few megabytes of lists would take minutes, and gigabytes of memory."""

LONGEST_HEADING = 20
"""Words of a heading underlined with `---`. A longer paragraph above `---` is a paragraph above a rule."""

_SENTENCE = re.compile(rf"[{ENDS}][{CLOSING}]*\Z")

Kind = Literal["words", "heading", "indented", "html", "left out"]


class Leaf(NamedTuple):
    """A block that contains no blocks."""

    kind: Kind
    start: int
    """The first line, from 0."""
    spans: tuple[tuple[int, int], ...]
    """Start and end (exclusive) of each line in the text, without indent and the markers of lists and quotations."""
    indents: tuple[int, ...] = ()
    """Of indented text: each line's indent in columns, beyond the four of the block."""
    level: int = 0
    """Of a heading."""
    why: Why | None = None
    """The reason, if the leaf isn't read."""


class Group(NamedTuple):
    """A list or a quotation."""

    start: int
    end: int
    """The line after the last."""
    leaves: list[Leaf]


class TooManyTokensError(Exception):
    """A text has more than `MOST_TOKENS`."""


class _Tokens(list[Token]):
    """A list of at most `MOST_TOKENS`."""

    def append(self, token: Token) -> None:
        if len(self) == MOST_TOKENS:
            raise TooManyTokensError
        super().append(token)


_Rule = Callable[[StateBlock, int, int, bool], bool]


def parts(text: str) -> Iterator[Leaf | Group]:
    """The parts in order; together the parts have all letters of the text. Raises `TooManyTokensError`."""
    tokens = _Tokens()
    _MARKDOWN.block.parse(text.replace("\0", "\ufffd"), _MARKDOWN, {}, tokens)
    group: Group | None = None
    for token in tokens:
        if token.level == 0 and token.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
            start, end = token.map or (0, 0)
            group = Group(start, end, [])
        elif token.level == 0 and token.nesting < 0 and group:
            yield group
            group = None
        elif "spans" in token.meta:
            leaf = _leaf(token, text)
            if group:
                group.leaves.append(leaf)
            else:
                yield leaf


def _leaf(token: Token, text: str) -> Leaf:
    spans: list[tuple[int, int]] = token.meta["spans"]
    leaf = Leaf("left out", token.map[0] if token.map else 0, tuple(spans), tuple(token.meta["indents"]))
    match token.type:
        case "paragraph_open":
            return leaf._replace(kind="words")
        case "heading_open" if token.markup == "#" * len(token.markup):
            return leaf._replace(kind="heading", spans=(_within_marks(text, *spans[0]),), level=int(token.tag[1]))
        case "heading_open":
            kind: Kind = "words" if token.markup == "-" and _is_sentence(text, spans[:-1]) else "heading"
            return leaf._replace(kind=kind, spans=tuple(spans[:-1]), level=int(token.tag[1]))
        case "code_block":
            return leaf._replace(kind="indented")
        case "html_block":
            return leaf._replace(kind="html")
        case "table_open":
            return leaf._replace(why="table")
        case "definition":
            return leaf._replace(why="link")
        case "fence":
            return leaf._replace(why=_FENCES.get(token.info.strip(" \t{.}").casefold(), "code"))
    spans[-1] = token.meta.get("last", spans[-1])
    return leaf._replace(spans=tuple(spans), why=token.meta["why"])


_FENCES: dict[str, Why] = {
    "math": "formula",
    **dict.fromkeys(["dataview", "dataviewjs", "query", "tasks", "base", "button"], "shortcode"),
}
"""Words after the opening of a fence that name a content different from code."""


def _within_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a heading's words, between the `#` marks."""
    words = text[start:end].lstrip("#").lstrip(" \t")
    start = end - len(words)
    words = words.rstrip()
    bare = words.rstrip("#")
    if bare[-1:] in ("", " ", "\t"):
        words = bare
    return start, start + len(words)


def _is_sentence(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether words above `---` are a paragraph above a rule, not a heading."""
    if len(spans) > 1:
        return True
    line = text[slice(*spans[0])].strip()
    if (field := metadata_lines.field(line)) and field.is_certain:
        return True
    words, _ = split_trailing_tags(line)
    is_question = words.endswith(("?", "!")) and len(words.split()) <= LONGEST_HEADING // 2
    return len(words.split()) > LONGEST_HEADING or (bool(_SENTENCE.search(words)) and not is_question)


# -- the parser ---------------------------------------------------------------------------------------------


def _placed(rule: _Rule) -> _Rule:
    """A rule that stores the place of each line in its first token."""

    def placed(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        before = len(state.tokens)
        # The rule may change the marks of its last line for the next block.
        begins = state.bMarks[start] + state.tShift[start]
        if not rule(state, start, end, silent):
            return False
        if not silent and len(state.tokens) > before:
            token = state.tokens[before]
            lines = range(*token.map) if token.map else range(0)
            places = [begins, *(state.bMarks[line] + state.tShift[line] for line in lines[1:])]
            ends = [state.eMarks[line] for line in lines]
            token.meta["spans"] = [(min(at, end), end) for at, end in zip(places, ends, strict=True)]
            token.meta["indents"] = [state.sCount[line] - state.blkIndent - 4 for line in lines]
        return True

    return placed


def _markdown() -> MarkdownIt:
    """A parser of blocks, with the rules of dialects."""
    markdown = MarkdownIt("commonmark", {"inline_definitions": True}).enable("table").disable("inline")
    ruler = markdown.block.ruler
    interrupts = ["paragraph", "reference", "blockquote"]
    ruler.at("table", _placed(rules_block.table), {"alt": ["paragraph", "reference"]})
    ruler.at("code", _placed(rules_block.code))
    ruler.at("fence", _placed(rules_block.fence), {"alt": [*interrupts, "list"]})
    ruler.at("reference", _placed(rules_block.reference))
    ruler.at("html_block", _placed(html_block), {"alt": interrupts})
    ruler.at("heading", _placed(rules_block.heading), {"alt": interrupts})
    ruler.at("lheading", _placed(rules_block.lheading))
    ruler.at("paragraph", _placed(rules_block.paragraph))
    ruler.before("table", "left_out", _placed(markdown_rules.left_out), {"alt": [*interrupts, "list"]})
    ruler.before("reference", "footnote", _placed(markdown_rules.footnote), {"alt": interrupts})
    return markdown


_MARKDOWN = _markdown()
