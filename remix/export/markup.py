"""Markdown by strangers, made safe to stand in a page of ours.

Takes texts, gives texts that readers of Markdown show with the characters that were written: raw HTML and links that
run scripts become plain words, and no text reaches beyond its own end: what it opens is closed, and it defines and
hides nothing elsewhere. A text without such markup comes through byte for byte. What is HTML, a link or code,
markdown-it-py says, as CommonMark reads it and as GitHub does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

LONGEST = 10_000
"""Letters of a paragraph that is parsed, because a parser may take the square of its brackets. In longer paragraphs
all that could begin a tag or a link is escaped."""

MOST_MARKS = 300
"""Brackets and the like of a paragraph that is parsed: 10,000 of them take a second."""

MOST_PLAIN = 2**18
"""Letters of all such paragraphs, before nothing of the page is parsed: no person's texts come near."""

MOST_PARSED = 50_000
"""Letters of a text whose blocks are parsed, because a parser may take the square of its lists and quotations. In
longer ones all that could begin a block of code or a link is escaped."""

ROUNDS = 8
"""An escape may let something else begin. After so many times all that could begin a tag or a link is escaped."""

_MARKUP = re.compile(r"<|\]\(|\]\[|\]:")
"""Without any of these there is neither HTML nor a link."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""Where HTML begins a tag, a comment or the like (https://html.spec.whatwg.org/#tag-open-state)."""

_BRACKET = re.compile(r"(?<!\\)\[")

_FOOTNOTE = re.compile(r"^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)\[(?=\^[^\]\n]*\]:)", re.MULTILINE)
"""The text of a footnote, which other texts could refer to; also in a list or a quotation."""

_FENCE = re.compile(r"`{3,}|~{3,}")

_METADATA = re.compile(r"(?:\A|(?<=\n\n))---(?=[ \t]*\n[ \t]*\S)")
"""Pandoc reads YAML in the middle of a file between two such lines."""

_EMBEDDED = re.compile(r"!\[\[")
"""Obsidian shows another note in this place."""

_UNSEEN = re.compile(r"[\x00-\x20]|%[01][0-9a-f]|%20", re.IGNORECASE)
"""What browsers leave out of an address, or might."""


# -- what is HTML, and what runs scripts --------------------------------------------------------------------


def without_html(page: str) -> str:
    """Markdown with the same words, and neither raw HTML nor links that run scripts in it."""
    if not _MARKUP.search(page):
        return page
    paragraphs = page.split("\n\n")
    hard = {number for number, each in enumerate(paragraphs) if _is_hard(each)}
    if sum(len(paragraphs[number]) for number in hard) > MOST_PLAIN:
        return _plain(page)
    page = "\n\n".join(_plain(each) if number in hard else each for number, each in enumerate(paragraphs))
    for _ in range(ROUNDS):
        places = {place for parser in _PARSERS for place in _dangers(page, parser)}
        if not places:
            return page
        page = _escaped(page, places)
    return _plain(page)


def _is_hard(paragraph: str) -> bool:
    """Whether a parser may take long for a paragraph."""
    return len(paragraph) > LONGEST or paragraph.count("[") + paragraph.count("<") > MOST_MARKS


def _plain(text: str) -> str:
    """A text in which nothing can begin a tag or a link."""
    return _BRACKET.sub(r"\\[", _TAG.sub("&lt;", text))


def _escaped(page: str, places: set[int]) -> str:
    pieces = []
    start = 0
    for place in sorted(places):
        pieces += [page[start:place], "&lt;" if page[place] == "<" else f"\\{page[place]}"]
        start = place + 1
    return "".join([*pieces, page[start:]])


def _dangers(page: str, parser: MarkdownIt) -> Iterator[int]:
    """Where in a page raw HTML begins, or a link that runs a script."""
    lines = page.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    before: Counter[tuple[int, int, str]] = Counter()
    for token in parser.parse(page):
        if token.map is None:
            continue
        first, last = token.map
        piece, offset = page[starts[first] : starts[last]], starts[first]
        if token.type == "html_block":
            yield from (offset + match.start() for match in _TAG.finditer(piece))
        for child in token.children or ():
            if (place := child.meta.get("begins")) is not None:
                mark = token.content[place]
                number = before[first, last, mark] + token.content[:place].count(mark)
                yield offset + _nth(piece, mark, number)
        # The cells of a row have one place in common.
        for mark in "<[" if token.type == "inline" else "":
            before[first, last, mark] += token.content.count(mark)


def _nth(text: str, mark: str, number: int) -> int:
    """Where a letter stands in a text for the time of that number, from 0."""
    place = text.index(mark)
    for _ in range(number):
        place = text.index(mark, place + 1)
    return place


def _runs_script(token: Token, parser: MarkdownIt) -> bool:
    address = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
    return not MarkdownIt.validateLink(parser, _UNSEEN.sub("", str(address or "")))


Rule = Callable[[StateInline, bool], bool]


def _noting(rule: Rule, shift: int = 0) -> Rule:
    """A rule of the parser that notes in its token where that begins, if the token is HTML or runs a script."""

    def noting(state: StateInline, silent: bool) -> bool:
        begins, count = state.pos + shift, len(state.tokens)
        matched = rule(state, silent)
        for token in state.tokens[count:] if matched and not silent else ():
            if token.type in ("html_inline", "link_open", "image"):
                if token.type == "html_inline" or _runs_script(token, state.md):
                    token.meta.setdefault("begins", begins)
                break
        return matched

    return noting


def _parser(*more: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(list(more))
    # All links are to be found; by itself the parser passes over those that run scripts.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # as markdown-it-py documents
    for name, rule, shift in (
        ("html_inline", html_inline, 0),
        ("autolink", autolink, 0),
        ("link", link, 0),
        ("image", image, 1),
    ):
        parser.inline.ruler.at(name, _noting(rule, shift))
    return parser


_PARSERS = (_parser(), _parser("table", "strikethrough"))


# -- the reach of a text ------------------------------------------------------------------------------------


def contained(text: str) -> str:
    """A text that ends where it ends: its last block of code is closed, and it defines, hides and embeds nothing."""
    if len(text) > MOST_PARSED:
        return _FENCE.sub(lambda match: "\\" + "\\".join(match[0]), _BRACKET.sub(r"\\[", _without_hiding(text)))
    if "[" in text or "%%" in text or "---" in text:
        text = _outside_code(text, _without_reach)
    fence = _open_fence(text)
    return f"{text}\n{fence}" if fence else text


def _without_hiding(text: str) -> str:
    # In Obsidian everything to the next such pair is hidden.
    return _METADATA.sub(r"\\---", text).replace("%%", "\\%\\%")


def _without_reach(text: str) -> str:
    text = _FOOTNOTE.sub(r"\1\\[", _EMBEDDED.sub(r"!\\[\\[", _without_hiding(text)))
    return _without_definitions(text) if "]:" in text else text


def _without_definitions(text: str) -> str:
    """A text that says what no link's address is: others' words in brackets would become links."""
    for _ in range(ROUNDS):
        definitions = [token.map for token in _BLOCKS.parse(text) if token.type == "definition" and token.map]
        if not definitions:
            return text
        lines = text.split("\n")
        for first, last in definitions:
            lines[first:last] = [_BRACKET.sub(r"\\[", line) for line in lines[first:last]]
        text = "\n".join(lines)
    return _BRACKET.sub(r"\\[", text)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """A text changed in all its lines but those of blocks of code."""
    lines = text.split("\n")
    pieces = []
    start = 0
    for first, last in _fences(text):
        if first > start:
            pieces.append(change("\n".join(lines[start:first])))
        pieces.append("\n".join(lines[first:last]))
        start = last
    if start < len(lines):
        pieces.append(change("\n".join(lines[start:])))
    return "\n".join(pieces)


def _fences(text: str) -> list[list[int]]:
    """First line of each block of code between fences, from 0, and the line after its last."""
    if not _has_fence(text):
        return []
    return [token.map for token in _BLOCKS.parse(text) if token.type == "fence" and token.level == 0 and token.map]


def _open_fence(text: str) -> str:
    """The marks that would close a block of code which the text leaves open."""
    tokens = _BLOCKS.parse(f"{text}\n\nend") if _has_fence(text) else []
    return tokens[-1].markup if tokens and tokens[-1].type == "fence" else ""


def _has_fence(text: str) -> bool:
    return "```" in text or "~~~" in text


_BLOCKS = MarkdownIt("commonmark", {"inline_definitions": True}).disable("inline")
"""What lies within paragraphs isn't parsed."""


# -- lines that would seem to be ours -----------------------------------------------------------------------


def without_imitations(text: str, ours: re.Pattern[str]) -> str:
    """A text in which lines that look like ours are shown as code, with the same characters."""
    return "\n".join(_as_code(line) if ours.search(line) else line for line in text.split("\n"))


def _as_code(line: str) -> str:
    marks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{marks} {line.strip()} {marks}"
