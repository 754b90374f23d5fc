"""Rules for markdown-it: blocks of Markdown's dialects beyond CommonMark.

Takes markdown-it's state at a line, gives tokens of the type `left_out`: formulas, code in shortcodes, shortcodes,
footnotes. Doesn't know passages. Unclosed marks are text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from markdown_it.rules_block import StateBlock

from remix.corpus.blocks import Why
from remix.corpus.indented_text import reads_like_code
from remix.corpus.markdown_places import behind_blanks, line_of, marks_of, reaches

_CODE = """
highlight code codeblock code-block code-toggle raw mermaid plantuml graphviz diagram goat markmap chart echarts
js javascript css script
"""
_SHORTCODES: dict[str, Why] = {
    **dict.fromkeys(_CODE.split(), "code"),
    **dict.fromkeys(["katex", "math", "mathjax", "latex", "equation"], "formula"),
    "comment": "comment",
}
"""Shortcodes of Hugo, tags of Jekyll's Liquid and of Hexo whose content isn't prose, with the reason."""

_NAME = re.compile(r"\{(?:\{[<%]|%-?|::)[ \t]*+([\w-]++)")
_ENDS = (("{{<", "braces"), ("{{%", "braces"), ("{%", "percent"), ("<%", "angle"))
"""Beginnings of shortcodes, each with the kind of mark at the end."""

_LABEL = re.compile(r"[.,;]?\s*+(?:\([^()\s]{1,20}\)|\{[^{}]*+\}|\\(?:tag|label)\{[^{}]*+\})?\s*+")
"""The number or label of a formula, on the same line."""

_MATHS = re.compile(r"[\\=^_+<>\d]|\A\s|\A\Z")
r"""Signs of a formula in `\[…\]`: without one of these signs, `\[` is an escaped bracket."""

_MOST_LINES = 20
"""Lines of a paragraph, at most, before a formula that begins at the end of a line."""

_MANY_WORDS = re.compile(r"(?:[^\W\d_]{2,}+[, ]++){5}")
_CONTAINER = re.compile(r":{3,}[ \t]*+(?:\{[^{}]*+\}|[\w-]++.*+)?")
_ADMONITION = re.compile(r"(?:!!!|\?\?\?\+?)[ \t]++[\w-]++(?:[ \t]++(?:\"[^\"]*+\"|inline|end))*+[ \t]*+")
_MODULE = re.compile(
    r"import (?:[\w{}*$, ]{1,200} from )?(?:\"[^\"\s]++\"|'[^'\s]++');?[ \t]*+"
    r"|export (?:const|let|var|default|function|async function) [\w$ ]*+[={(].*"
)
_MDX_COMMENT = re.compile(r"\{/\*(?:[^*]|\*(?!/))*+\*/\}[ \t]*+")
"""Lines of JavaScript and comments in MDX."""

_LAYOUT = re.compile(
    r"(?:\\(?:newpage|pagebreak|clearpage|cleardoublepage|tableofcontents|maketitle|listof\w++|appendix|centering|noindent"
    r"|(?:big|med|small)skip|[vh](?:space\*?|fill)|printbibliography|bibliography|bibliographystyle)"
    r"(?:\[[^\[\]{}]*+\]|\{[^{}]*+\})*+[ \t]*+)++"
)
"""Commands of LaTeX without words, alone on a line, as in Markdown for Pandoc."""

_FOOTNOTE = re.compile(r"\[(?:\^[^\]\s]{1,80}|#[^\]\n]{1,80})\]:")
"""Also MultiMarkdown's `[#Marsh:1999]:`, a work cited in the text."""


class _Left(NamedTuple):
    """A block to be left out."""

    why: Why
    end: int
    """The place after the block's last character."""


def left_out(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Formulas, shortcodes, and marks of containers such as `:::note`."""
    if state.is_code_block(start):
        return False
    at = state.bMarks[start] + state.tShift[start]
    if at >= state.eMarks[start]:
        return False
    found = (
        _at(state, start, end, at) or (_is_within_formula(state, start) and _formula(state, start, end, at)) or None
    )
    if found is None or silent:
        return found is not None
    last = line_of(state, found.end)
    token = state.push("left_out", "", 0)
    token.map = [start, last + 1]
    token.meta["why"] = found.why
    token.meta["last"] = (state.bMarks[last] + state.tShift[last], found.end)
    state.line = last + 1
    if found.why == "formula":
        state.env["formula"] = last
    if found.end < state.eMarks[last]:
        # The next block begins within the line.
        state.bMarks[last] = found.end
        state.tShift[last] = behind_blanks(state, last, found.end) - found.end
        state.sCount[last] = state.blkIndent
        state.line = last
    return True


def footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The first paragraph of a footnote: `[^1]: words`."""
    at = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not _FOOTNOTE.match(state.src, at, state.eMarks[start]):
        return False
    if silent:
        return True
    terminators = state.md.block.ruler.getRules("paragraph")
    line = start + 1
    while line < end and not state.isEmpty(line):
        if 0 <= state.sCount[line] < state.blkIndent or any(rule(state, line, end, True) for rule in terminators):
            break
        line += 1
    token = state.push("left_out", "", 0)
    token.map = [start, line]
    token.meta["why"] = "footnote"
    state.line = line
    return True


# -- formulas and shortcodes --------------------------------------------------------------------------------


def _at(state: StateBlock, start: int, end: int, at: int) -> _Left | None:
    """The block to be left out from a place on; none if prose begins at the place."""
    match state.src[at]:
        case "\\" if _LAYOUT.fullmatch(state.src, at, state.eMarks[start]):
            return _Left("shortcode", state.eMarks[start])
        case "$" | "\\":
            return _formula(state, start, end, at)
        case "i" | "e" if _MODULE.fullmatch(state.src, at, state.eMarks[start]):
            return _Left("code", state.eMarks[start])
        case "{" if _MDX_COMMENT.fullmatch(state.src, at, state.eMarks[start]):
            return _Left("comment", state.eMarks[start])
        case "{" | "<":
            return _shortcode(state, start, end, at)
        case ":" if _CONTAINER.fullmatch(state.src, at, state.eMarks[start]):
            return _Left("shortcode", state.eMarks[start])
        case "!" | "?" if _ADMONITION.fullmatch(state.src, at, state.eMarks[start]):
            below = start + 1 + (start + 1 < end and state.isEmpty(start + 1))
            return _Left("shortcode", state.eMarks[start]) if below < end and state.is_code_block(below) else None
    return None


def _formula(state: StateBlock, start: int, end: int, at: int) -> _Left | None:
    src, marks = state.src, marks_of(state)
    if src.startswith("$$", at):
        close = marks.end_after("dollars", at + 2)
    elif _is_within_formula(state, start):
        close = marks.end_after("dollars", at)
    elif src.startswith(("\\[", "\\\\["), at):
        opening = 2 if src.startswith("\\[", at) else 3
        close = marks.end_after("bracket", at + opening)
        if close and not _MATHS.search(src[at + opening : min(close - opening, state.eMarks[start])]):
            return None
    else:
        close = marks.pairs.get(at)
    if not close or marks.has_fence(at, close) or not reaches(state, start, end, close):
        return None
    last = line_of(state, close)
    if not src.startswith("\\b", at) and _is_prose(state, at, close):
        return None
    if _LABEL.fullmatch(src, close, state.eMarks[last]):
        return _Left("formula", state.eMarks[last])
    return _Left("formula", close) if last > start else None


def _is_within_formula(state: StateBlock, start: int) -> bool:
    """Whether the line above ends with the beginning of a formula: `and thus $$`."""
    line = start - 1
    if line < 0 or not state.src.startswith("$$", state.eMarks[line] - 2) or line == state.env.get("formula"):
        return False
    while line > max(start - _MOST_LINES, 0) and not state.isEmpty(line - 1) and line - 1 != state.env.get("formula"):
        line -= 1
    words = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[start - 1]]
    return not words.startswith("$$") and words.count("$$") % 2 == 1


def _is_prose(state: StateBlock, at: int, close: int) -> bool:
    """Whether paragraphs of words stand between two marks: the marks are dollars or brackets, then."""
    prose: dict[int, bool] = state.env.setdefault("prose", {})
    if close not in prose:
        within = state.src[at:close]
        prose[close] = "\n\n" in within and bool(_MANY_WORDS.search(within))
    return prose[close]


def _shortcode(state: StateBlock, start: int, end: int, at: int) -> _Left | None:
    """A line of shortcodes alone, or a shortcode with code between the opening and the closing tag."""
    if found := _with_content(state, start, end, at):
        return found
    close = at
    while kind := next((kind for begin, kind in _ENDS if state.src.startswith(begin, close)), None):
        after = marks_of(state).end_after(kind, close + 2)
        if after is None or not reaches(state, start, end, after, blank_lines=kind == "angle"):
            return None
        last = line_of(state, after)
        close = behind_blanks(state, last, after)
        if close == state.eMarks[last]:
            return _Left("shortcode", close)
    return _Left("shortcode", close) if close > at and line_of(state, close) > start else None


def _with_content(state: StateBlock, start: int, end: int, at: int) -> _Left | None:
    name = _NAME.match(state.src, at, state.eMarks[start])
    why = _SHORTCODES.get(name[1].casefold()) if name else None
    close = marks_of(state).pairs.get(at)
    if not (why and name and close) or not reaches(state, start, end, close):
        return None
    if name[1] == "raw" and _is_raw_prose(state, at, close):
        return None
    last = line_of(state, close)
    if behind_blanks(state, last, close) == state.eMarks[last]:
        return _Left(why, state.eMarks[last])
    return _Left(why, close) if last > start else None


def _is_raw_prose(state: StateBlock, at: int, close: int) -> bool:
    """Whether Liquid's `raw` holds prose: some authors put whole posts into `raw` to keep braces."""
    until: int = state.env.get("raw_prose", -1)
    if at > until and not reads_like_code(state.src[at:close].split("\n")[1:-1]):
        until = state.env["raw_prose"] = close
    return at <= until
