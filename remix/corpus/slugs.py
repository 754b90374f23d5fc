"""Slugs: the name of an essay in its passages' ids, and the names that a person may type for an essay.

Takes paths below the folder of essays, gives slugs. Touches no file.

A slug is made from the path alone, if possible, so that ids stay the same when further files come and go:

- letters and digits of any script in small letters, `_` as `_`, spaces and hyphens as `-`, `/` as `--`;
- quiet signs, such as commas, brackets and quotation marks, are spaces;
- loud signs (`+ # ! ?`, emoji, …) leave the slug too, but a hash of the path follows: C, C++ and C# stay three;
- a slug that is too long for a folder's name is cut at a word, and the hash follows.

Paths that still have the same slug (`Maps.md`, `maps.md`, `maps.org`) are settled by `settled`.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile

from remix.corpus.walk import SUFFIXES
from remix.records import Essay, sha256
from remix.util import names

HASH = 6
"""Hexadecimal digits of the hash."""

MOST_FOLDERS = 5
"""Of a path typed by a person: the file's name and the folders directly above."""

_QUIET = frozenset("'\",.:;·•、。・،؛۔।॥׃״׳")
"""Signs that don't distinguish names, in addition to brackets, dashes and curly quotation marks."""

_QUIET_KINDS = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Mc", "Pd", "Ps", "Pe", "Pi", "Pf"})
"""Unicode's categories of spaces, controls, combining signs, dashes, brackets and quotation marks."""

_GAP = re.compile(r"\W+")


def of_path(path: str) -> str:
    """The slug of a file; `path` has a suffix and forward slashes."""
    parts = [_folded(part) for part in posixpath.splitext(path)[0].split("/")]
    letters = [_GAP.sub(_between, part).strip("-") for part in parts]
    slug = "--".join(filter(None, letters)) or "essay"
    slug = f"{slug}-essay" if names.is_reserved(slug) else slug
    is_loud = not all(letters) or any(map(_is_loud, "".join(parts)))
    return _with_hash(slug, path) if is_loud or names.is_too_long(slug) else slug


def settled(paths: Iterable[str]) -> dict[str, str]:
    """The slug of each file of a folder, each different.

    Of paths with the same slug, the first keeps the slug, and a hash is added to the rest. Markdown comes first, then
    Org, then plain text; within a format, paths are in order.
    """
    ordered = sorted(paths, key=lambda path: (SUFFIXES.index(posixpath.splitext(path)[1].lower()), path.split("/")))
    slugs = {path: of_path(path) for path in ordered}
    holders: dict[str, str] = {}
    for path in ordered:
        holders.setdefault(names.same_place(slugs[path]), path)
    tries: Counter[str] = Counter()
    for path in ordered:
        slug = slugs[path]
        while holders.setdefault(names.same_place(slugs[path]), path) != path:
            hashed = unicodedata.normalize("NFC", path)
            slugs[path] = _with_hash(slug, hashed + "\0" * tries[hashed])
            tries[hashed] += 1
    return slugs


def of_words(words: str) -> str:
    """A name for a new file: the letters and digits of a title in small letters, with hyphens between."""
    slug = re.sub(r"[\W_]+", _between, _folded(words)).strip("-") or "essay"
    return f"{slug}-essay" if names.is_reserved(slug) else slug


def _folded(words: str) -> str:
    """The words in small letters and Unicode's composed form; a second time, nothing changes."""
    for _ in range(2):
        # Small letters may compose with the signs that follow: `ß` and a dot below become `s` and `ṣ`.
        words = unicodedata.normalize("NFKC", words).casefold()
    return words


def _with_hash(slug: str, path: str) -> str:
    """The slug with a hash of the path, cut at a word if too long. macOS and Linux write accents differently: the
    hash is of Unicode's composed form."""
    digest = sha256(unicodedata.normalize("NFC", path).encode(errors="surrogatepass"))[:HASH]
    room = names.LONGEST - len(digest) - 1
    cut = slug.encode()[:room].decode(errors="ignore")
    if cut != slug:
        # Japanese has no spaces: a cut at the last hyphen may leave only the folder.
        words = cut.rpartition("-")[0]
        cut = (words if 2 * len(words) > len(cut) else cut).rstrip("-")
    return f"{cut}-{digest}"


def _between(gap: re.Match[str]) -> str:
    """The form of a gap between letters in a slug: the combining signs of the previous letter, then a hyphen."""
    signs = "".join(takewhile(_is_sign, gap[0])) if gap.start() else ""
    return signs if len(signs) == len(gap[0]) else f"{signs}-"


def _is_sign(letter: str) -> bool:
    """Whether a character is a combining vowel sign or accent: without signs `กิน` and `กัน` would be the same."""
    return unicodedata.category(letter) in ("Mn", "Mc") and not "\ufe00" <= letter <= "\ufe0f"


def _is_loud(letter: str) -> bool:
    """Whether a sign tells names apart: C++ from C, `Why not?` from `Why not!`."""
    if letter == "_" or letter.isalnum() or letter in _QUIET:
        return False
    return unicodedata.category(letter) not in _QUIET_KINDS


# -- names typed by a person -----------------------------------------------------------------------------


def typed(name: str) -> str:
    """The key of a name typed for an essay: a slug, a title, an alias or a path, with suffix or without.

    Case, spaces and quiet signs don't count; loud signs do.
    """
    stem, suffix = posixpath.splitext(name.strip())
    parts = _folded(stem if suffix.lower() in SUFFIXES else name).split("/")
    return "--".join(filter(None, (_GAP.sub(_typed_gap, part).strip("-") for part in parts)))


def _typed_gap(gap: re.Match[str]) -> str:
    signs = "".join(takewhile(_is_sign, gap[0])) if gap.start() else ""
    if gap[0] == f"{signs}--":
        return gap[0]
    loud = "".join(filter(_is_loud, gap[0]))
    is_space = len(signs) < len(gap[0]) and not _is_loud(gap[0][-1])
    return f"{signs}{loud}-" if is_space else signs + loud


def names_of(essay: Essay) -> set[str]:
    """The keys of an essay's slug, title and aliases."""
    return {essay.slug, *map(typed, (essay.title, *essay.aliases))} - {""}


def paths_of(essay: Essay) -> set[str]:
    """The keys of an essay's path, from the file's name or any folder above on.

    The file's name alone counts if a loud sign is in the name: `index` would find the index of each folder.
    """
    return set(_ends_of(essay.path)) - {""}


def _ends_of(path: str) -> Iterator[str]:
    parts = path.split("/")
    if any(map(_is_loud, _folded(posixpath.splitext(parts[-1])[0]))):
        yield typed(parts[-1])
    for first in range(max(0, len(parts) - MOST_FOLDERS), len(parts) - 1):
        yield typed("/".join(parts[first:]))
    yield typed(path)
