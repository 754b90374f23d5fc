"""Inline patterns: regular expressions for code, links, HTML, shortcodes and notes within a paragraph of Markdown.

Gives regular expressions. Doesn't know how matches are used. The time of each grows in proportion to the length of
any text: repetitions are possessive, and end at the signs that begin the next match.
"""

from __future__ import annotations

import re

_SHORTCODE = r"\{\{[^{}\n]{0,300}+\}\}|\{%(?:[^{}\n%]|%(?!\})){0,300}+%\}|<%(?:[^<>\n%]|%(?!>)){0,300}+%>"
_WITHIN = r"[^\s()<>\\{}\x00-\x1f]|\\[!-/:-@\[-`{-~]|[{}\\]"
_FLAT = rf"(?>{_SHORTCODE}|{_WITHIN}|[<>])"
_PAIRED = rf"\((?:{_FLAT}|\((?:{_FLAT}|\({_FLAT}*+\))*+\))*+\)"
_ADDRESS = rf"(?:<(?:[^<>\n\\]|\\.)*+>|(?!<(?!%)){_FLAT}(?:{_FLAT}|{_PAIRED})*+|{_PAIRED}(?:{_FLAT}|{_PAIRED})*+)"
_TITLE = r"(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\))"
_NAME_WITH_BLANKS = r"(?:[^()\n<>\"]|\([^()\n]{0,100}+\)){1,200}?\.[A-Za-z]\w{1,4}[ ]?(?:\#[^()\n]{0,200}+)?"
"""The address of a file, with blanks: no link by CommonMark, but frequent in gardens."""

_TARGET = (
    rf"(?:\(\s*+(?:{_ADDRESS}(?:\s++{_TITLE})?+)?+\s*+\)"
    rf"|\({_NAME_WITH_BLANKS}\)"
    r"|\[(?!\^)[^\[\]\n`*\\]{0,200}+\](?![(\[]))"
)

_ATTRIBUTE = r"(?:[#.][A-Za-z_][\w:.-]*+|[\w:-]++=(?:\"[^\"{}\n]*+\"|'[^'{}\n]*+'|[^\s\"'{}=]++))"
_ATTRIBUTES = rf"\{{[ ]?+(?:{_ATTRIBUTE}(?:[ ]++{_ATTRIBUTE})*+|=\w++)[ ]?+\}}"

_HTML_ATTRIBUTE = r"\s++[A-Za-z_:][\w.:-]*+(?:\s*+=\s*+(?:[^\s\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+"
_HTML = (
    rf"<(?:(?P<element>[A-Za-z][A-Za-z0-9-]*+)(?:{_HTML_ATTRIBUTE})*+\s*+/?+>"
    r"|/[A-Za-z][A-Za-z0-9-]*+\s*+>|![A-Za-z][^<>]*+>)"
)

_BRACKET = r"\s{0,3}+\\?+\[?+"
_UNBRACKET = r"\\?+\]?+\s{0,3}+"
_NUMBER = r"(?>\d{1,3}(?:[,–-][ ]?\d{1,3}){0,5}|[*†‡§]{1,3})"
_OF_NOTE = r"\#_?(?:user-content-)?(?:fn|ftn|edn|note|sdfootnote)"
_NOTE_TAG = (
    rf"<sup\b[^<>]*+>{_BRACKET}(?:<a\b[^<>]*+>)?+{_BRACKET}(?P<number>{_NUMBER}){_UNBRACKET}"
    rf"(?:</a\s{{0,3}}+>)?+{_UNBRACKET}</sup\s{{0,3}}+>"
    rf"|<a\b(?=[^<>]*(?:noteref|footnote|{_OF_NOTE}))[^<>]*+>"
    rf"(?:<sup\b[^<>]*+>)?+{_BRACKET}(?>{_NUMBER}|[a-z]){_UNBRACKET}(?:</sup\s{{0,3}}+>)?+</a\s{{0,3}}+>"
)

_FIELD_VALUE = r"(?:[^\[\]\n]|\[\[[^\[\]\n]*+\]\]|\[[^\[\]\n]*+\](?:\([^()\n]*+\))?+)*+"
_FIELD = (
    rf"\[(?!\[)[^\[\]()\n:]{{1,60}}+::(?!:){_FIELD_VALUE}\]"
    r"|\((?!\()[^\[\]()\n:]{1,60}+::[ ](?:[^()\[\]\n]|\[\[[^\[\]\n]*+\]\]|\[[^\[\]\n]*+\](?:\([^()\n]*+\))?+)*+\)"
)

_ASSIGNMENTS = r"(?:\s++[\w-]++=(?:\"[^\"\[\]]*+\"|'[^'\[\]]*+'|[^\s\"'\[\]]++))"
_WORDPRESS = (
    rf"\[(?:/(?:caption|embed|audio|video|playlist|gallery)|(?:caption|gallery|embed){_ASSIGNMENTS}*+"
    rf"|(?:audio|video|playlist){_ASSIGNMENTS}++)\s*+/?\](?![(:])"
    r"|\[(?:youtube|vimeo|soundcloud|googlevideo)[ =][^\[\]\s]++\](?![(:])"
)
"""Shortcodes of WordPress."""

_REFERENCE = (
    r"\(\((?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[\w-]{0,8}(?:\d|[a-z_-][A-Z]|[A-Z]{2}[a-z]))[\w-]{9})\)\)"
)
"""The id of a different block, as Logseq and Roam write ids; `((by the way))` is prose."""

MARKUP = re.compile(
    r"(?=[\\`%<{\[\](!^$&*_~=#h])(?:"
    r"(?P<escape>\\[!-/:-@\[-`{-~\n])"
    r"|(?P<code>`+)"
    r"|(?P<enclosed>%%|<!--|<%|<\?|\{\{(?:<|%(?!\}))?|\{%)"
    r"|(?P<footnote>\[\^[^\[\]\s^]{1,200}+\])"
    rf"|(?P<wiki>!?\[\[(?P<page>[^\[\]\n]++)\]\](?!{_TARGET}))"
    rf"|(?P<metadata>{_FIELD})"
    rf"|(?P<note>{_NOTE_TAG})"
    rf"|(?P<html>{_HTML})"
    r"|(?P<autolink><(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\x00-\x20]*+|[\w.!#$%&'*+/=?^`{|}~-]++@[\w.-]++)>)"
    r"|(?P<address>https?://[^\s<>\[\]()*`|\"]*[^\s<>\[\]()*`|\"_~=.,;:!?'])"
    rf"|(?P<attributes>\{{:[^{{}}\n]{{0,300}}+\}}|(?<=[)\]`*_>~=]){_ATTRIBUTES}"
    rf"|{_ATTRIBUTES}(?=[ \t]*+(?:\#++[ \t]*+)?(?:\n|\Z)))"
    rf"|(?P<reference>{_REFERENCE})"
    rf"|(?P<shortcode>{_WORDPRESS})"
    r"|(?P<formula>\$\$?(?!\$))"
    r"|(?P<entity>&(?:\#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6})|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<tag>(?<!\S)\#[\w/-]++)"
    r"|(?P<open>!?\[|\^\[)"
    rf"|(?P<close>\](?P<target>{_TARGET}|{_ATTRIBUTES})?+)"
    r"|(?P<run>\*++|_++|(?<!~)~~(?!~)|(?<!=)==(?!=)))"
)
"""The next candidate for markup in a paragraph, by the group's name."""

CLOSING = {"%%": "%%", "<!--": "-->", "<%": "%>", "<?": "?>", "{{": "}}", "{{<": ">}}", "{{%": "%}}", "{%": "%}"}
"""The closing mark for each opening mark."""

COMMENT = re.compile(r"\{%-?\s*+comment\s*+-?%\}|\{::comment\}")
COMMENT_END = re.compile(r"\{%-?\s*+endcomment\s*+-?%\}|\{:/comment\}")
"""Comments of Liquid and kramdown."""

UNSEEN = re.compile(
    r"(?:script|style|svg|math|iframe|object|template|select|textarea|canvas|audio|video|rt|rp|rtc)\Z", re.IGNORECASE
)
"""HTML elements whose content isn't prose. `<rt>` is the reading of a word in Japanese, beside the word."""

BREAKS = re.compile(
    r"</?(?:br|hr|p|div|li|ul|ol|dl|dt|dd|td|th|tr|table|h[1-6]|blockquote|section|article)\b", re.IGNORECASE
)
"""HTML tags that separate words."""

FORMULA_ENDS = re.compile(r"\$\$|(?<=[^\s\\$])\$(?![\d$])")
"""As Pandoc: `$5 and $10` is money."""

PROGRAM = re.compile(r"\$?=|(?:INPUT|VIEW|BUTTON)\[")
"""The beginning of code that Obsidian's plugins Dataview and Meta Bind replace by values."""

NUMBER_OF_NOTE = re.compile(r"(?:<sup\b[^<>]*+>)?+\^?\\?\[?\\?\[?\d{1,3}\\?\]?\\?\]?\^?(?:</sup>)?")
ADDRESS_OF_NOTE = re.compile(
    r"\(\s*+<?[^\s()#]{0,300}+\#(?:[^\s()]{0,100}?(?:fn|ftn|edn|note)|_?n?\d+\b)", re.IGNORECASE
)
"""The words and the target of links to footnotes, as exported from Word and from the web."""

POWER = re.compile(r"(?<!\d)(?:10|[2-9]|(?<![A-Za-z])(?:[A-Za-z]|mc|[kcdm]m|ft|mi|yd))\Z")
"""The end of the text before an exponent: 10<sup>6</sup>, km<sup>2</sup>."""
