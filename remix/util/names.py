"""Names and texts from strangers: checked as file names, and made safe for terminals, pages and messages.

Takes strings, gives strings or yes and no. Touches no file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200
"""Bytes of a folder's name: most file systems allow 255, encrypted file systems fewer."""

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
"""Device names on Windows, with any ending: refused everywhere, because runs are copied between systems."""

_OBEYED = (
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # controls of a line's direction
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # surrogates
    "\ufffe\uffff"  # noncharacters, invalid in XML
)
_HIDDEN = (
    "\u00ad\u034f\u061c\u180b-\u180f"  # soft hyphen, joiners, the Arabic mark, Mongolian selectors
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: invisible letters
    "\u17b4\u17b5"  # invisible Khmer vowels
    "\u200b-\u200f\u2060-\u2065\u206a-\u206f"  # zero-width spaces and joiners, direction marks
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
    "\ufeff\ufff0-\ufffb"  # byte order mark, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of shorthand and of musical notation
    "\U000e0000-\U000e0fff"  # tag characters and the following reserved range
)
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
"""The flag of a part of a country, such as England: the only visible use of tag characters."""

_NOT_PLAIN = re.compile(f"[{_OBEYED}]")
_UNSEEN = re.compile(f"[{_OBEYED}{_HIDDEN}]")
_UNSEEN_IN_TEXTS = re.compile(f"({_FLAG})|[{_OBEYED}\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")

_SPACES = re.compile(r"^\s+|\s+$|(?<=\s)\s+")
"""Leading and trailing white space, and all but the first space of a row."""

_DOUBTFUL = re.compile(r"""\s|[:;,]$|^$|^["'“]|["'”]$|[()\[\]]""")
"""Signs that make a name look like words of the surrounding message."""

LONGEST_SHOWN = 1000
"""Characters of a name in a message: more than four path components of the greatest allowed length."""

MOST_COMPARED = 200
"""Names compared by `difflib` in `similar`, preselected by the edit similarity."""


def similar(wanted: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names most similar to a misspelt name by `difflib`'s ratio, the closest match first."""
    # Imported here, because the imports take time and few commands need `similar`.
    import difflib

    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    # An upper bound of difflib's ratio, computed a hundred times as fast.
    found = process.extract(
        wanted, sorted(names), scorer=Indel.normalized_similarity, score_cutoff=0.599, limit=MOST_COMPARED
    )
    return difflib.get_close_matches(wanted, sorted(name for name, *_ in found), n=most, cutoff=0.6)


def is_reserved(name: str) -> bool:
    """Whether the name is a device's on Windows."""
    return unicodedata.normalize("NFKC", name).casefold().split(".")[0].strip() in _RESERVED


def is_too_long(name: str) -> bool:
    """Whether the name is too long for a file system."""
    return len(name.encode(errors="replace")) > LONGEST


def same_place(name: str) -> str:
    """A key equal for names of the same file on systems that ignore case and Unicode normalization."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).upper().casefold())


def is_plain(name: str) -> bool:
    """Whether a name has no control characters for terminals or for a line's direction."""
    return not _NOT_PLAIN.search(name)


def leads_out(name: str) -> bool:
    """Whether a relative path with forward slashes could lead out of a folder, on any system."""
    parts = name.split("/")
    return not is_plain(name) or "\\" in name or any(part in ("", ".", "..") or ":" in part for part in parts)


def visible(text: str, keep: str = "") -> str:
    """A name or message for a terminal: invisible and control characters become escapes, except the characters in
    `keep`.

    Different names then look different, except for similar-looking letters. For prose see `readable`.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else _spelt(match[0]), text)


def readable(text: str, keep: str = "\n\t") -> str:
    """Prose for a terminal or a page, with line ends.

    Escaped are control characters, controls of a line's direction, and tag characters, which only hide words; joiners
    and selectors stay, because emoji, Persian and Khmer need both.
    """
    return _UNSEEN_IN_TEXTS.sub(lambda match: match[0] if match[1] or match[0] in keep else _spelt(match[0]), text)


def in_json(source: str) -> str:
    """The same JSON value with invisible and control characters as JSON escapes. Line ends stay."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in "\n\r\t" else json.dumps(match[0])[1:-1], source)


def one_line(text: str, most: int = 5000) -> str:
    """A message on a single line: like `visible`, with leading, trailing and repeated white space escaped and the
    middle of a long message left out. A path has at most 4,096 bytes."""
    return shortened(_SPACES.sub(lambda match: "".join(map(_spelt, match[0])), visible(text)), most)


def quoted(name: str) -> str:
    """A name within a message: `one_line`, in quotes if the name could be mistaken for words of the message."""
    line = one_line(name, LONGEST_SHOWN)
    return json.dumps(line, ensure_ascii=False).replace("\\\\", "\\") if _DOUBTFUL.search(line) else line


def shortened(text: str, most: int) -> str:
    """A text of about `most` letters at most: the middle of a longer text is replaced by the number of letters."""
    if len(text) <= most:
        return text
    end = most // 3
    start = most - end
    return f"{text[:start]}… ({len(text) - start - end} letters more) …{text[-end:]}"


def _spelt(letter: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return short.get(letter) or (f"\\u{ord(letter):04x}" if letter < "\U00010000" else f"\\U{ord(letter):08x}")


def written(name: str) -> str:
    """A file's name as text, even if the bytes aren't UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
