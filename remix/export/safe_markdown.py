"""Strangers' Markdown, made safe to be part of an exported page.

Takes texts, gives texts that Markdown readers show with the same characters. Raw HTML and links to scripts become
plain text. No markup has an effect beyond the end of a text: code blocks are closed, link definitions, comments and
embedded notes are escaped. A text without such markup is unchanged, byte for byte. HTML, links and code are found by
markdown-it-py, with the rules of CommonMark and of GitHub.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link

LONGEST = 10_000
"""Characters of a paragraph to be parsed: a parser's time may grow with the square of the number of brackets. In
longer paragraphs every possible start of a tag or link is escaped."""

MOST_MARKS = 300
"""Brackets in a paragraph to be parsed: 10,000 brackets take a second. Paragraphs with more are escaped as above."""

MOST_PLAIN = 2**18
"""Characters of all escaped paragraphs. A page with more is escaped as a whole; no person's texts come near."""

MOST_PARSED = 50_000
"""Characters of a text with blocks to be parsed: a parser's time may grow with the square of the number of lists and
quotations. In longer texts every possible start of a code block or link is escaped."""

ROUNDS = 8
"""An escape may make further markup possible. After this number of rounds, every possible start of a tag or link is
escaped."""

_MARKUP = re.compile(r"<|\]\(|\]\[|\]:")
"""A text without a match has neither HTML nor links."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""Start of a tag or comment (https://html.spec.whatwg.org/#tag-open-state)."""

_BRACKET = re.compile(r"(?<!\\)\[")

_FOOTNOTE = re.compile(r"^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)\[(?=\^[^\]\n]*\]:)", re.MULTILINE)
"""A footnote's definition, also in a list or quotation: references in different texts would show the footnote."""

_FENCE = re.compile(r"`{3,}|~{3,}")

_METADATA = re.compile(r"(?:\A|(?<=\n\n))---(?=[ \t]*\n[ \t]*\S)")
"""Pandoc reads YAML between two lines of dashes, even in the middle of a file."""

_EMBEDDED = re.compile(r"!\[\[")
"""Obsidian embeds a note here."""

_UNSEEN = re.compile(r"[\x00-\x20]|%[01][0-9a-f]|%20", re.IGNORECASE)
"""Characters that browsers leave out of an address, or may leave out."""


# -- HTML and scripts ---------------------------------------------------------------------------------------


def without_html(page: str) -> str:
    """Markdown with the same words, without raw HTML and links to scripts."""
    if not _MARKUP.search(page):
        return page
    paragraphs = page.split("\n\n")
    # A parser may take long for these paragraphs.
    hard = {
        number
        for number, each in enumerate(paragraphs)
        if len(each) > LONGEST or each.count("[") + each.count("<") > MOST_MARKS
    }
    if sum(len(paragraphs[number]) for number in hard) > MOST_PLAIN:
        return _plain(page)
    page = "\n\n".join(_plain(each) if number in hard else each for number, each in enumerate(paragraphs))
    for _ in range(ROUNDS):
        places = {place for parser in _PARSERS for place in _dangers(page, parser)}
        if not places:
            return page
        page = _escaped(page, places)
    return _plain(page)


def _plain(text: str) -> str:
    """Escape every possible start of a tag or link."""
    return _BRACKET.sub(r"\\[", _TAG.sub("&lt;", text))


def _escaped(page: str, places: set[int]) -> str:
    pieces = []
    start = 0
    for place in sorted(places):
        pieces += [page[start:place], "&lt;" if page[place] == "<" else f"\\{page[place]}"]
        start = place + 1
    return "".join([*pieces, page[start:]])


def _dangers(page: str, parser: MarkdownIt) -> Iterator[int]:
    """Positions of raw HTML and of links to scripts in a page."""
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
        # All cells of a table row have the row's position.
        for mark in "<[" if token.type == "inline" else "":
            before[first, last, mark] += token.content.count(mark)


def _nth(text: str, mark: str, number: int) -> int:
    """Position of a character's occurrence with a number, from 0."""
    place = text.index(mark)
    for _ in range(number):
        place = text.index(mark, place + 1)
    return place


Rule = Callable[[StateInline, bool], bool]


def _noting(rule: Rule, shift: int = 0) -> Rule:
    """Wrap a rule of the parser to note a token's start in `meta`, if the token is HTML or a link to a script."""

    def noting(state: StateInline, silent: bool) -> bool:
        begins, count = state.pos + shift, len(state.tokens)
        matched = rule(state, silent)
        for token in state.tokens[count:] if matched and not silent else ():
            if token.type in ("html_inline", "link_open", "image"):
                address = token.attrGet("src" if token.type == "image" else "href")
                is_safe = MarkdownIt.validateLink(state.md, _UNSEEN.sub("", str(address or "")))
                if token.type == "html_inline" or not is_safe:
                    token.meta.setdefault("begins", begins)
                break
        return matched

    return noting


def _parser(*more: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(list(more))
    # By default the parser ignores links to scripts; here all links must be found.
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


# -- effects beyond the end of a text -----------------------------------------------------------------------


def contained(text: str) -> str:
    """A text without effects on the texts around: code blocks closed, definitions, comments and embeds escaped."""
    if len(text) > MOST_PARSED:
        return _FENCE.sub(lambda match: "\\" + "\\".join(match[0]), _BRACKET.sub(r"\\[", _without_hiding(text)))
    if "[" in text or "%%" in text or "---" in text:
        text = _outside_code(text, _without_reach)
    if not _has_fence(text):
        return text
    # A block of code without an end would swallow the rest of the page.
    last = _BLOCKS.parse(f"{text}\n\nend")[-1]
    return f"{text}\n{last.markup}" if last.type == "fence" else text


def _without_hiding(text: str) -> str:
    # Obsidian hides everything between two pairs of percent signs.
    return _METADATA.sub(r"\\---", text).replace("%%", "\\%\\%")


def _without_reach(text: str) -> str:
    text = _FOOTNOTE.sub(r"\1\\[", _EMBEDDED.sub(r"!\\[\\[", _without_hiding(text)))
    return _without_definitions(text) if "]:" in text else text


def _without_definitions(text: str) -> str:
    """Escape link definitions: bracketed words in different texts would become links."""
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
    """Apply `change` to all lines outside code blocks."""
    lines = text.split("\n")
    pieces = []
    start = 0
    tokens = _BLOCKS.parse(text) if _has_fence(text) else []
    fences = [token.map for token in tokens if token.type == "fence" and token.level == 0 and token.map]
    for first, last in fences:
        if first > start:
            pieces.append(change("\n".join(lines[start:first])))
        pieces.append("\n".join(lines[first:last]))
        start = last
    if start < len(lines):
        pieces.append(change("\n".join(lines[start:])))
    return "\n".join(pieces)


def _has_fence(text: str) -> bool:
    return "```" in text or "~~~" in text


_BLOCKS = MarkdownIt("commonmark", {"inline_definitions": True}).disable("inline")
"""Parses blocks only, not the contents of paragraphs."""


# -- imitations of remix's own lines ------------------------------------------------------------------------


def without_imitations(text: str, ours: re.Pattern[str]) -> str:
    """Show lines that match `ours` as code, with the same characters."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if ours.search(line):
            marks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
            lines[number] = f"{marks} {line.strip()} {marks}"
    return "\n".join(lines)
