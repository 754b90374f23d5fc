"""Names that may come from strangers and become files, or lines on a terminal.

Takes strings, gives strings and verdicts. Knows nothing of what they name; touches no file.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

LONGEST = 200
"""Bytes of a name that becomes a folder: most file systems take 255, encrypted ones less."""

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
"""What Windows takes for a device, with any ending. Runs are carried from one system to another."""

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # what terminals obey
    "\u202a-\u202e\u2066-\u2069"  # what turns the direction of a line around
    "\u2028\u2029"  # what some take for the end of a line
    "\ud800-\udfff"  # half a character: no terminal takes it
    "\ufffe\uffff]"  # no character, and XML takes neither
)


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
    """Whether a name holds nothing that a terminal obeys or a reader can't see the effect of."""
    return not _UNSEEN.search(name)


def leads_out(name: str) -> bool:
    """Whether a relative path with forward slashes could lead anywhere but to a place below."""
    parts = name.split("/")
    return not is_plain(name) or "\\" in name or any(part in ("", ".", "..") or ":" in part for part in parts)


def visible(text: str, keep: str = "") -> str:
    """A text as a terminal may show it: what it would obey is spelt out, except what is in `keep`."""
    if text.isprintable():
        return text
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else _spelt(match[0]), text)


def _spelt(letter: str) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(letter) or f"\\u{ord(letter):04x}"


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
