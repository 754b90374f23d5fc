"""Names that may come from strangers and become files, or lines on a terminal.

Takes strings, gives strings and verdicts. Knows nothing of what they name; touches no file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from itertools import takewhile

LONGEST = 200
"""Bytes of a name that becomes a folder: most file systems take 255, encrypted ones less."""

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
"""What Windows takes for a device, with any ending. Runs are carried from one system to another."""

_OBEYED = (
    "\x00-\x1f\x7f-\x9f"  # what terminals obey
    "\u202a-\u202e\u2066-\u2069"  # what turns the direction of a line around
    "\u2028\u2029"  # what some take for the end of a line
    "\ud800-\udfff"  # half a character: no terminal takes it
    "\ufffe\uffff"  # no character, and XML takes neither
)
_HIDDEN = (
    "\u00ad\u034f\u061c\u180b-\u180f"  # soft hyphen, joiners, the Arabic mark, Mongolian selectors
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters without a shape
    "\u17b4\u17b5"  # Khmer vowels without a shape
    "\u200b-\u200f\u2060-\u2065\u206a-\u206f"  # spaces and joiners without width, marks of direction
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
    "\ufeff\ufff0-\ufffb"  # byte order mark, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of shorthand and of musical notation
    "\U000e0000-\U000e0fff"  # tags, and what is reserved beside them
)
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
"""A flag of a part of a country, as England's: the one use of tag characters that readers see."""

_NOT_PLAIN = re.compile(f"[{_OBEYED}]")
_UNSEEN = re.compile(f"[{_OBEYED}{_HIDDEN}]")
_UNSEEN_IN_TEXTS = re.compile(f"({_FLAG})|[{_OBEYED}\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")

_SPACES = re.compile(r"^\s+|\s+$|(?<=\s)\s+")
"""Spaces at the ends of a name or a line, and all but the first of several in a row."""

_DOUBTFUL = re.compile(r"""\s|[:;,]$|^$|^["'“]|["'”]$|[()\[\]]""")
"""What makes a name look like a sentence that it stands in: it is quoted then."""

LONGEST_SHOWN = 1000
"""Letters of a name that are shown: more than four path components of the greatest length that file systems take."""


MOST_COMPARED = 200
"""Names that `difflib` compares with another: those that have the most letters in common with it, in their order."""


def similar(wanted: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that are written most like another one, as `difflib` judges, the likest first."""
    # Both take time to import, and few commands need them.
    import difflib

    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    # No ratio of difflib's is above this similarity, which is computed a hundred times as quickly.
    found = process.extract(
        wanted, sorted(names), scorer=Indel.normalized_similarity, score_cutoff=0.599, limit=MOST_COMPARED
    )
    return difflib.get_close_matches(wanted, sorted(name for name, *_ in found), n=most, cutoff=0.6)


def is_reserved(name: str) -> bool:
    """Whether Windows would take a file of this name for a device."""
    return unicodedata.normalize("NFKC", name).casefold().split(".")[0].strip() in _RESERVED


def is_too_long(name: str) -> bool:
    """Whether some file system doesn't take it."""
    return len(name.encode(errors="replace")) > LONGEST


def same_place(name: str) -> str:
    """What makes two names the same file where case and ways of composing letters don't count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).upper().casefold())


def is_plain(name: str) -> bool:
    """Whether a name holds nothing that a terminal obeys, or that turns a line around."""
    return not _NOT_PLAIN.search(name)


def leads_out(name: str) -> bool:
    """Whether a relative path with forward slashes could lead anywhere but to a place below."""
    parts = name.split("/")
    return not is_plain(name) or "\\" in name or any(part in ("", ".", "..") or ":" in part for part in parts)


def visible(text: str, keep: str = "") -> str:
    """A name or message as a terminal may show it: whatever has no shape of its own is spelt out, except `keep`.

    Two names that differ look different, but for letters that look alike. For texts that people read see `readable`.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else _spelt(match[0]), text)


def readable(text: str, keep: str = "\n\t") -> str:
    """A text that people wrote, as a terminal or a page may show it, its lines as they are.

    Spelt out is what a terminal would obey, what turns a line around, and tag characters, which only hide words; not
    the joiners and selectors that emoji, Persian or Khmer are written with.
    """
    return _UNSEEN_IN_TEXTS.sub(lambda match: match[0] if match[1] or match[0] in keep else _spelt(match[0]), text)


def in_json(source: str) -> str:
    """JSON in which each letter without a shape is written as JSON's own escape: the same value. Line ends stay."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in "\n\r\t" else json.dumps(match[0])[1:-1], source)


def one_line(text: str, most: int = 5000) -> str:
    """A message as one line: like `visible`, spaces at its ends or in a row spelt out, its middle left out if it is
    long. No path that a system takes has more than 4,096 bytes."""
    return shortened(_SPACES.sub(lambda match: "".join(map(_spelt, match[0])), visible(text)), most)


def quoted(name: str) -> str:
    """A name within a message: as `one_line` has it, in quotes if it could be taken for words of the message."""
    line = one_line(name, LONGEST_SHOWN)
    return json.dumps(line, ensure_ascii=False).replace("\\\\", "\\") if _DOUBTFUL.search(line) else line


def shortened(text: str, most: int) -> str:
    """A text of at most about so many letters: of a longer one the middle is left out, and told how much that is."""
    if len(text) <= most:
        return text
    end = most // 3
    start = most - end
    return f"{text[:start]}… ({len(text) - start - end} letters more) …{text[-end:]}"


def _spelt(letter: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return short.get(letter) or (f"\\u{ord(letter):04x}" if letter < "\U00010000" else f"\\U{ord(letter):08x}")


def written(name: str) -> str:
    """A name as text, even if its bytes on the disk aren't UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def slugify(name: str) -> str:
    """Letters and digits of any script in lower case, hyphens for all else; never what Windows has for devices."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    slug = re.sub(r"[\W_]+", _between, plain).strip("-") or "essay"
    return f"{slug}-essay" if is_reserved(slug) else slug


def _between(gap: re.Match[str]) -> str:
    """What a slug has for that which stands between letters: a hyphen, behind the signs of the letter before."""
    signs = "".join(takewhile(_is_sign, gap[0])) if gap.start() else ""
    return signs if len(signs) == len(gap[0]) else f"{signs}-"


def _is_sign(letter: str) -> bool:
    """Whether this is a vowel sign or an accent of the letter before: without it `กิน` and `กัน` would be one."""
    return unicodedata.category(letter) in ("Mn", "Mc") and not "\ufe00" <= letter <= "\ufe0f"
