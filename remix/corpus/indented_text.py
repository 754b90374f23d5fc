"""Indented text: code, or prose indented by the author.

Takes lines without their indent, tells whether the lines read like code or like prose. Doesn't know Markdown's
blocks.

By CommonMark four blanks make code of any line, but essays are indented too: lists under a heading, verse, paragraphs
from a typewriter. A line looks like code if the line has signs foreign to prose (`$ `, `);` at the end, `x = 1`,
`f(x)`, `"key":`, a path, an option), or begins with the name of a command. A line looks like prose if the line has at
least three words, or two words and a capital or a letter beyond ASCII at the beginning, or one word in a list, or
four letters of a script without blanks between words. Text is code if at least a third of the lines look like code,
or none looks like prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ITEM = re.compile(r"(?:[-+*•‣–—]|\d{1,9}[.)]|\[[ xX]\])[ \t]++|>[ \t]*+")
_CODE = re.compile(
    r"[$%❯] |>>> |\.\.\. |//|/\*|\*/|#!|#include\b|#define\b|[{}\])]+[;,)]*+$|<[/!?]?[a-z][\w-]*+[ />]"  # beginnings
    r"|@\w++$|[\w.]++\(.*\)[;:]?$|(?:def|class|func|fn|function) \w++ ?[({:]|import [\w.{*]++ ?$|from [\w.]++ import "
    r"|(?:else|try|finally|except \w++)[ \t]*+:$|(?:if|for|while|elif|with) [^=<>()\[\]]*+[=<>()\[\]].*[:{]$"
    r"|for \w++(?:, ?\w++)*+ in [\w.]++:$|return(?: [^ .!?]*+)?$|(?:const|let|var) \w++ ?="
    r"|(?:git|cd|ls|sudo|apt|apt-get|pip3?|npm|npx|docker|curl|wget|mkdir|rm|cp|mv|chmod|ssh|cargo|hugo|jekyll|yarn"
    r"|brew|python3?|grep|sed|awk|kubectl|conda|pacman|systemctl) [^.!?]*$"
    r"|\"[^\"]*\"[ \t]*+:|[a-z][\w.-]*+:(?: [\w.\"'/-]++)?$|-{3}|[+|=]{2}|\+-"
)
"""A beginning or form of a line of code."""

_SIGNS = re.compile(
    r"(?:[)\]}\"'\d];|\{)$|[\w\])]\(\)|\w[ \t]*+(?:[-+*/%&|!<>:=]?=|=>|->|<-|:=|&&|\|\|)[ \t]*+[\w\"'\[({$-]"
    r"|::\w|</\w|/>|\$\{|\$\w|(?<!\S)--?[a-z][\w-]*+(?!\S)|(?<!\S)[.~]{0,2}/[\w.-]++"
    r"|\w\.(?:py|js|c|h|sh|json|ya?ml|toml|txt|rs|go)\b|\w_\w|\w\[\w"
)
"""Signs of code anywhere in a line."""

_WORD = re.compile(r"[^\W\d_]++(?:['’‑-][^\W\d_]++)*+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_MARKUP = re.compile(r"(?<!\S)#[^\s#]++|https?://\S++|\]\([^()]*+\)|\[\[|\]\]|[*_`]{1,3}(?=\w)|(?<=\w)[*_`]{1,3}")
_LONGEST = 1_000
"""Characters read of a line."""


def reads_like_code(lines: Iterable[str]) -> bool:
    """Whether lines read like code rather than prose. Empty lines don't count."""
    looks = [_look(line.strip()[:_LONGEST]) for line in lines if line.strip()]
    return 3 * looks.count("code") >= max(len(looks), 1) or "prose" not in looks


def _look(line: str) -> str:
    """The look of a line: `code`, `prose`, or neither."""
    if _CODE.match(line):
        return "code"
    if line.startswith("# "):
        return ""  # a heading, or a comment in code
    words = line
    while item := _ITEM.match(words):
        words = words[item.end() :]
    is_item = words != line
    words = re.sub(
        r"(?<!\S)#[^\s#]++|https?://\S++|\]\([^()]*+\)|\[\[|\]\]|[*_`]{1,3}(?=\w)|(?<=\w)[*_`]{1,3}", "", words
    )
    if _CODE.match(words) or _SIGNS.search(words):
        return "code"
    found = _WORD.findall(words)
    letters = sum(map(len, found))
    if len(_UNSPACED.findall(words)) >= 4:
        return "prose"
    begins = words[:1].isalpha() and not (words[:1].isascii() and words[:1].islower())
    many = len(found) >= 3 or (len(found) == 2 and begins) or (bool(found) and is_item)
    return "prose" if many and 3 * letters >= 2 * len(re.sub(r"\s", "", words)) else ""
