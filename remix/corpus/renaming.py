"""Renaming a tag in the essays' files.

Takes essays and two tags, gives `Edit`s: each file's text before and after. The tag rules aren't repeated here: every
match of the tag's letters in a file is marked, the marked file is read, and a match whose mark comes back in a tag is
a tag, in a list, in front matter or in a sentence. Before files are written, the changed text is read, and the essay
must be the same as before except for the tag.
"""

from __future__ import annotations

import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from remix.corpus.essays import read_essay
from remix.corpus.memory import select
from remix.corpus.tags import tag_key, unique
from remix.corpus.trailing_tags import split_trailing_tags
from remix.errors import RunError, SeedError
from remix.records import Essay, sha256
from remix.util import files, frontmatter, names

_DIGITS = 7
"""Of a match's number: no file has more matches than 7 digits can count."""

MOST_READ = 64 * 2**20
"""Bytes read to find the tag: for all files together, without the first `USUAL` readings of each. A file may have a
quarter. Reading `MOST_READ` bytes takes about 8 s; a hostile file can force each match to be tried alone."""

USUAL = 3
"""Readings needed for every file: with all matches marked, with the tags marked, and with the new tag."""

LINE, READING = 200, 2**14
"""Overhead of a line and of a reading, as a number of bytes that takes as long to read."""

MOST_SPELLINGS = 100
"""Spellings of a tag in a file, not counting capitals and joints: each needs a pattern."""


class Edit(NamedTuple):
    """A file's text before and after."""

    path: Path
    name: str
    """The path relative to the workspace."""
    before: str
    """The whole text, with line ends and byte order mark as in the file."""
    after: str
    """The text with the tag renamed."""
    places: int
    """Number of places where the tag is renamed."""
    texts: tuple[str, ...]
    """Ids of passages whose text changes, because the tag is a word in a sentence."""


class Renaming(NamedTuple):
    """The edits for renaming a tag."""

    edits: list[Edit]
    """Sorted by path; only changed files."""
    merged: int
    """Number of passages with the new tag before the renaming. Afterwards, the two former tags can't be told
    apart."""


def rename(essays: Sequence[Essay], folder: Path, root: Path, old: str, new: str) -> Renaming:
    """Plan the edits for renaming a tag and the tags below (`old/…`), without writing.

    `essays` are all essays read from `folder`; `root` is the workspace. Raises `SeedError` if no passage has the tag,
    or if `new` can't be a tag at all, or not in a place where `old` is.
    """
    old, new = (tag.strip().removeprefix("#") for tag in (old, new))
    _refuse_what_is_no_tag(new)
    carrying = [essay for essay in essays if any(_is_below(tag, old) for tag in _tags(essay))]
    if not carrying or not tag_key(old):
        select(essays, [old])  # raises an error with suggestions
    budget = _ReadingBudget()
    edits = [_EssayFile(_file_of(essay, folder, root), folder, essay, budget).edit(old, new) for essay in carrying]
    keys = [{tag_key(tag) for tag in passage.tags} for essay in essays for passage in essay.passages]
    merged = sum(tag_key(new) in each for each in keys) if tag_key(new) != tag_key(old) else 0
    return Renaming([edit for edit in edits if edit.places], merged)


def _file_of(essay: Essay, folder: Path, root: Path) -> Path:
    """The file of an essay, whose path is relative to the workspace, or to the parent of a folder elsewhere."""
    below = os.path.abspath(folder)  # noqa: PTH100 (takes out `..`, and keeps links)
    places = (Path(os.path.abspath(base / essay.path)) for base in (root, folder.parent))  # noqa: PTH100
    return next(place for place in places if place.is_relative_to(below))


def renamed(tag: str, old: str, new: str) -> str:
    """A tag after renaming: `new` for `old`, `new/x` for `old/x`; further tags are unchanged."""
    return "/".join([new, *tag.split("/")[_depth(old) :]]) if _is_below(tag, old) else tag


def write(edits: Sequence[Edit]) -> None:
    """Write the edits, each file whole and with the same permissions.

    Raises `SeedError` if a file has changed since planning, before any is written, and if a file can't be written.
    """
    for edit in edits:
        if frontmatter.read_bytes(edit.path) != edit.before.encode():
            raise SeedError(
                f"{edit.name}: has changed since the essays were read.", "Nothing has been written: try again."
            )
    for edit in edits:
        # The target of a link is written; the link stays a link.
        place = edit.path.resolve()
        try:
            files.remove_leftovers([place])
            files.write_whole(place, edit.after.encode())
        except RunError as error:
            raise SeedError(
                error.message, "Mend the cause, and rename again; files already written stay renamed."
            ) from error


def diff(edit: Edit) -> Iterator[str]:
    """The lines of a unified diff without context, without line ends.

    Lines are compared pairwise: since a tag never crosses a line end, the number of lines stays the same.
    """
    yield f"--- {edit.name}"
    yield f"+++ {edit.name}"
    lines = zip(_lines(edit.before), _lines(edit.after), strict=True)
    for number, (before, after) in enumerate(lines, 1):
        if before != after:
            yield from (f"@@ -{number} +{number} @@", f"-{before}", f"+{after}")


def _lines(text: str) -> list[str]:
    """The lines, counted as by the essays' readers."""
    return re.split(r"\r\n|\r|\n", text)


def _refuse_what_is_no_tag(new: str) -> None:
    if not names.is_plain(new) or split_trailing_tags(f"#{new}") != ("", (new,)):
        raise SeedError(
            f"'{new}' can't be a tag.",
            "A tag is up to five words of letters and digits, in which / - _ ' & + and . may stand.",
        )


def _tags(essay: Essay) -> Iterator[str]:
    """The tags of the essay, then of each passage."""
    return itertools.chain(essay.tags, *(passage.tags for passage in essay.passages))


def _is_below(tag: str, other: str) -> bool:
    """Whether a tag is `other`, or is below `other` as `a/b` is below `a`."""
    return tag_key(_first_levels(tag, other)) == tag_key(other)


def _first_levels(tag: str, other: str) -> str:
    """The first levels of a tag, up to the number of levels of `other`."""
    return "/".join(tag.split("/")[: _depth(other)])


def _depth(tag: str) -> int:
    """The number of levels of a tag."""
    return tag.count("/") + 1


# -- a single file ------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """A match of the tag's letters: position of the first letter, and after the last."""

    start: int
    end: int


class _ReadingBudget:
    """The remaining number of bytes to read, for all files together: each file may be made to take long."""

    def __init__(self) -> None:
        self._left = MOST_READ

    def take(self, data: bytes, reading: int) -> bool:
        """Whether a file may be read again; `reading` counts the file's readings, from 1."""
        size = len(data) + LINE * data.count(b"\n") + READING
        if reading > USUAL:
            self._left -= size
        return 4 * size <= MOST_READ and self._left >= 0


class _EssayFile:
    """An essay's file, and readings of changed versions of the file."""

    def __init__(self, path: Path, folder: Path, essay: Essay, budget: _ReadingBudget) -> None:
        self._path = path
        self._below = Path(os.path.relpath(path, folder))
        self._essay = essay
        self._budget = budget
        # Decoding and encoding UTF-8 gives the same bytes; line ends and the byte order mark are kept.
        self._text = frontmatter.read_bytes(path).decode(errors="replace")
        # `_DIGITS` + 1 digits derived from the text and a number: no text can contain many such sequences.
        digests = (int(sha256(f"{number} {self._text}"), 16) for number in itertools.count())
        bases = (str(10**_DIGITS + digest % (9 * 10**_DIGITS)) for digest in digests)
        self._base = next(base for base in bases if base not in self._text)
        self._mark = re.compile(rf"{self._base}(\d{{{_DIGITS}}})")
        self._readings = 0
        self._last: tuple[str, Essay | None] | None = None
        """The last text read, and the text's essay."""

    def edit(self, old: str, new: str) -> Edit:
        """The file with the tag renamed. Raises `SeedError` if more than the tag would change, or less."""
        places = [place for place in self._tags_among(self._matches(old)) if self._letters(place) != new]
        essay = self._renamed(places, new)
        if essay is None:
            raise self._impossible(places, new)
        self._refuse_what_is_left(essay, old, new)
        pairs = zip(self._essay.passages, essay.passages, strict=True)
        return Edit(
            path=self._path,
            name=self._essay.path,
            before=self._text,
            after=self._replaced(places, [new] * len(places)),
            places=len(places),
            texts=tuple(before.id for before, after in pairs if before.text != after.text),
        )

    def _letters(self, place: _Place) -> str:
        return self._text[place.start : place.end]

    # -- finding the tag ------------------------------------------------------------------------------------

    def _matches(self, old: str) -> list[_Place]:
        """All matches of the tag's letters as separate words, whether tags or not."""
        # With the spellings in the essay, and with any joints: a passage keeps only the first spelling of each tag.
        heads = {_first_levels(tag, old) for tag in _tags(self._essay) if _is_below(tag, old)}
        joined = _with_any_joints(tag_key(old))
        written = sorted(re.escape(head) for head in heads if not re.fullmatch(joined, head, re.IGNORECASE))
        if len(written) > MOST_SPELLINGS:
            raise SeedError(
                f"{self._essay.path}: more than {MOST_SPELLINGS} spellings of the tag here.",
                "Use the same spelling first. Nothing has been written.",
            )
        pattern = rf"(?<!\w)(?:{'|'.join([*written, f'(?i:{joined})'])})(?!\w)"
        return [_Place(*match.span()) for match in re.finditer(pattern, self._text)]

    def _tags_among(self, places: Sequence[_Place]) -> list[_Place]:
        """The matches that are tags to the essays' reader.

        A mark may make the text unreadable, for example in a key of the front matter spelt like the tag. Then the
        matches are halved, and each half is tried.
        """
        letters = [self._marked(place, number) for number, place in enumerate(places)]
        essay = self._read(self._replaced(places, letters))
        if essay and _words_of(essay, lambda words: self._mark.sub("", words)) == _words_of(self._essay):
            return [places[number] for number in sorted(set(self._tagged(essay, letters)))]
        half = len(places) // 2
        return [*self._tags_among(places[:half]), *self._tags_among(places[half:])] if half else []

    def _tagged(self, essay: Essay, letters: Sequence[str]) -> Iterator[int]:
        """The numbers of matches found as a whole tag, or as the first levels of a tag."""
        for tag in _tags(essay):
            if mark := self._mark.search(tag):
                number = int(mark[1])
                if tag == letters[number] or tag.startswith(f"{letters[number]}/"):
                    yield number

    def _marked(self, place: _Place, number: int) -> str:
        """The letters of a match, with the match's number after the first letter.

        With digits in this position a tag is still a tag by every rule: some rules require a letter at the beginning,
        count words, or reject numbers.
        """
        letters = self._letters(place)
        return f"{letters[0]}{self._base}{number:0{_DIGITS}}{letters[1:]}"

    # -- reading changed text -------------------------------------------------------------------------------

    def _renamed(self, places: Sequence[_Place], new: str) -> Essay | None:
        """The essay with the new tag at the given matches; None if the essay would change in more than the tag."""
        letters = [self._marked(place, number) for number, place in enumerate(places)]
        marked = self._read(self._replaced(places, letters))
        essay = self._read(self._replaced(places, [new] * len(places)))

        def rename(words: str) -> str:
            parts, end = [], 0
            for mark in self._mark.finditer(words):
                written, start = letters[int(mark[1])], mark.start() - 1
                if start >= end and words.startswith(written, start):
                    parts += [words[end:start], new]
                    end = start + len(written)
            return "".join([*parts, words[end:]])

        return essay if marked and essay and _words_of(marked, rename) == _words_of(essay) else None

    def _replaced(self, places: Sequence[_Place], letters: Sequence[str]) -> str:
        """The text with each match replaced."""
        parts, end = [], 0
        for place, other in zip(places, letters, strict=True):
            parts += [self._text[end : place.start], other]
            end = place.end
        return "".join([*parts, self._text[end:]])

    def _read(self, text: str) -> Essay | None:
        """The essay of a file with the given text; None if the text can't be read."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._read_anew(text)
        return self._last[1]

    def _read_anew(self, text: str) -> Essay | None:
        data = text.encode()
        self._readings += 1
        if len(data) > frontmatter.MOST_BYTES or not self._budget.take(data, self._readings):
            raise SeedError(
                f"{self._essay.path}: too large, or with too many places to try, to rename the tag here.",
                "Split the file, or rename the tag there by hand. Nothing has been written.",
            )
        with tempfile.TemporaryDirectory() as root:
            path = Path(root) / self._below
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            try:
                return read_essay(path, Path(root), Path(root), self._essay.slug)
            except SeedError:
                return None

    # -- refusing -------------------------------------------------------------------------------------------

    def _impossible(self, places: Sequence[_Place], new: str) -> SeedError:
        """An error that names the first match where the new tag is impossible."""
        place = next((place for place in places if self._renamed([place], new) is None), _Place(0, 0))
        line = len(_lines(self._text[: place.start]))
        joined = "-".join(new.split())
        also = f"Some places take one word alone: `{joined}` may do. " if joined != new else ""
        return SeedError(
            f"{self._essay.path}:{line}: '{new}' would not be read as a tag here.",
            f"{also}Take another name, or change this place by hand first. Nothing has been written.",
        )

    def _refuse_what_is_left(self, after: Essay, old: str, new: str) -> None:
        """Raise `SeedError` if the tags aren't as expected: the old tag may remain, spelt with YAML's escapes."""
        lines = [frontmatter.line_of("\n".join(_lines(self._text)), "tags")]
        lines += [passage.lines[0] for passage in self._essay.passages]
        for line, before, there in zip(lines, _lists(self._essay), _lists(after), strict=True):
            if unique(renamed(tag, old, new) for tag in before) != there:
                raise SeedError(
                    f"{self._essay.path}:{line}: '{old}' is written here in a way that can't be changed in place.",
                    "Change it there by hand, and rename again. Nothing has been written.",
                )


def _with_any_joints(key: str) -> str:
    """A pattern for the spellings of a tag with the given key: a joint may stand anywhere except between two
    digits."""
    # The key has no joints except spaces between digits: possessive joints lose no match.
    pattern = re.escape(key[:1])
    for before, sign in itertools.pairwise(key):
        if sign == " ":
            pattern += r"[ \t_-]++"
        elif before == " " or (before + sign).isdecimal():
            pattern += re.escape(sign)
        else:
            pattern += r"[ \t_-]*+" + re.escape(sign)
    return pattern


def _lists(essay: Essay) -> list[tuple[str, ...]]:
    """The essay's tags, then each passage's."""
    return [essay.tags, *(passage.tags for passage in essay.passages)]


def _words_of(essay: Essay, change: Callable[[str], str] = lambda words: words) -> Any:
    """The essay's content with changed words, without positions and values derived from the content."""
    return _changed(essay.model_dump(exclude={"path": True, "passages": {"__all__": {"path", "sha256"}}}), change)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case dict():
            tags = unique(map(change, value["tags"]))
            return {**{key: _changed(item, change) for key, item in value.items()}, "tags": tags}
        case list() | tuple():
            return [_changed(item, change) for item in value]
    return value
