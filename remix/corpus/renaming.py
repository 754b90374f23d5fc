"""Renaming a tag in the seeds, in place.

Takes essays and two tags, gives `Edit`s: a file before and after, between which nothing differs but the tag. It has
no second idea of what a tag is. Wherever the tag's letters stand they are marked, the file is read with the marks in
it, and what then comes back among the tags is one: in a list, in front matter, in a sentence, in whatever form the
reader of seeds knows. Before anything is written each file is read as it would be, and all that is found in it must
be what was there before, but for the tag.
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
from remix.corpus.reading import select
from remix.corpus.tags import split_trailing_tags, tag_key, unique
from remix.errors import RunError, SeedError
from remix.records import Essay, sha256
from remix.util import files, frontmatter, names

_DIGITS = 7
"""Of a place's number: no file has more places than they count."""

MOST_READ = 64 * 2**20
"""Bytes that are read to seek places: of all files together, beyond the first `USUAL` readings of each. A file may
have a quarter of them. Reading as many takes about 8 s; a file can be made so that each place must be tried alone."""

USUAL = 3
"""Readings of a file that all need: with all letters marked, with those of tags marked, and with the new tag."""

LINE, READING = 200, 2**14
"""Bytes that take as long as what each further line, and each reading, takes beside its bytes."""

MOST_SPELLINGS = 100
"""Ways of writing a tag in a file, beside those that differ in capitals and joints: each is sought by itself."""


class Edit(NamedTuple):
    """One file, before and after."""

    path: Path
    """Where it is."""
    name: str
    """The same, relative to the workspace."""
    before: str
    """All of it, line ends and byte order mark as they are."""
    after: str
    """The same with the tag renamed."""
    places: int
    """How often that was."""
    texts: tuple[str, ...]
    """Ids of the passages whose own text changes, since the tag stands in a sentence of theirs."""


class Renaming(NamedTuple):
    """What is to be written."""

    edits: list[Edit]
    """By path; only files that change."""
    merged: int
    """Passages that carry the new tag already. Afterwards it can't be told which they were."""


def rename(essays: Sequence[Essay], folder: Path, root: Path, old: str, new: str) -> Renaming:
    """What to write so that a tag, and those below it (`old/…`), are called otherwise. Writes nothing itself.

    `essays` are all that were read from `folder`; `root` is the workspace. Raises `SeedError` where no passage has
    the tag, or where `new` can't be a tag: nowhere, or not in a place where `old` stands.
    """
    old, new = (tag.strip().removeprefix("#") for tag in (old, new))
    _refuse_what_is_no_tag(new)
    carrying = [essay for essay in essays if any(_is_below(tag, old) for tag in _tags(essay))]
    if not carrying:
        select(essays, [old])  # says what there is instead
    work = _Work()
    edits = [_Seed(_file_of(essay, folder, root), folder, essay, work).edit(old, new) for essay in carrying]
    keys = [{tag_key(tag) for tag in passage.tags} for essay in essays for passage in essay.passages]
    merged = sum(tag_key(new) in each for each in keys) if tag_key(new) != tag_key(old) else 0
    return Renaming([edit for edit in edits if edit.places], merged)


def _file_of(essay: Essay, folder: Path, root: Path) -> Path:
    """Where an essay lies. Paths are relative to the workspace, or to what a folder elsewhere lies in."""
    below = os.path.abspath(folder)  # noqa: PTH100 (takes out `..`, and keeps links)
    places = (Path(os.path.abspath(base / essay.path)) for base in (root, folder.parent))  # noqa: PTH100
    return next(place for place in places if place.is_relative_to(below))


def renamed(tag: str, old: str, new: str) -> str:
    """What a tag is called afterwards: `new` for `old`, `new/x` for `old/x`, as before for any other."""
    return "/".join([new, *tag.split("/")[_depth(old) :]]) if _is_below(tag, old) else tag


def write(edits: Sequence[Edit]) -> None:
    """Write what was planned, each file whole and with the permissions it has.

    Raises `SeedError` where one has changed since, before any is written, and where one can't be written.
    """
    for edit in edits:
        if frontmatter.read_bytes(edit.path) != edit.before.encode():
            raise SeedError(f"{edit.name}: has changed just now.", "Nothing is renamed yet: try again.")
    for edit in edits:
        # Of a link, what it leads to is written, and the link stays one.
        place = edit.path.resolve()
        try:
            files.remove_leftovers([place])
            files.write_whole(place, edit.after.encode())
        except RunError as error:
            raise SeedError(error.message, "See to it, and rename again; files that are done stay done.") from error


def diff(edit: Edit) -> Iterator[str]:
    """The lines of a unified diff without context, their ends taken off.

    Nothing has to be sought: a tag never goes over the end of a line, so that each line stays where it is.
    """
    yield f"--- {edit.name}"
    yield f"+++ {edit.name}"
    lines = zip(_lines(edit.before), _lines(edit.after), strict=True)
    for number, (before, after) in enumerate(lines, 1):
        if before != after:
            yield from (f"@@ -{number} +{number} @@", f"-{before}", f"+{after}")


def _lines(text: str) -> list[str]:
    """The lines as the reader of seeds counts them."""
    return re.split(r"\r\n|\r|\n", text)


def _refuse_what_is_no_tag(new: str) -> None:
    if not names.is_plain(new) or split_trailing_tags(f"#{new}") != ("", (new,)):
        raise SeedError(
            f"'{new}' can't be a tag.",
            "A tag is up to five words of letters and digits, in which / - _ ' & + and . may stand.",
        )


def _tags(essay: Essay) -> Iterator[str]:
    """The essay's tags and its passages', one after another."""
    return itertools.chain(essay.tags, *(passage.tags for passage in essay.passages))


def _is_below(tag: str, other: str) -> bool:
    """Whether a tag is another, or lies below it as `a/b` does below `a`."""
    return tag_key(_head(tag, other)) == tag_key(other)


def _head(tag: str, other: str) -> str:
    """As many of a tag's names as another has."""
    return "/".join(tag.split("/")[: _depth(other)])


def _depth(tag: str) -> int:
    """How many names a tag is made of."""
    return tag.count("/") + 1


# -- one file -----------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """Where letters stand that may be the tag: the first, and the one after the last."""

    start: int
    end: int


class _Work:
    """What may still be read to seek places, in bytes: of all files together, for each may be made to take long."""

    def __init__(self) -> None:
        self._left = MOST_READ

    def take(self, data: bytes, reading: int) -> bool:
        """Whether a file may be read for the so-manieth time, from 1."""
        size = len(data) + LINE * data.count(b"\n") + READING
        if reading > USUAL:
            self._left -= size
        return 4 * size <= MOST_READ and self._left >= 0


class _Seed:
    """A seed's file, and what would be read of it if it were written otherwise."""

    def __init__(self, path: Path, folder: Path, essay: Essay, work: _Work) -> None:
        self._path = path
        self._below = Path(os.path.relpath(path, folder))
        self._essay = essay
        self._work = work
        # UTF-8 that is read and written again is the same bytes: only here line ends and all are kept.
        self._text = frontmatter.read_bytes(path).decode(errors="replace")
        self._base = next(base for base in map(self._digits, itertools.count()) if base not in self._text)
        self._mark = re.compile(rf"{self._base}(\d{{{_DIGITS}}})")
        self._readings = 0
        self._last: tuple[str, Essay | None] | None = None
        """What was read last, and what it was read as."""

    def edit(self, old: str, new: str) -> Edit:
        """The file with the tag renamed. Raises `SeedError` where more would change than the tag, or less."""
        places = [place for place in self._tags_among(self._spelt(old)) if self._letters(place) != new]
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

    def _digits(self, number: int) -> str:
        """A number of one digit more than `_DIGITS` that hangs on the text: none can hold many of its own."""
        return str(10**_DIGITS + int(sha256(f"{number} {self._text}"), 16) % (9 * 10**_DIGITS))

    def _letters(self, place: _Place) -> str:
        return self._text[place.start : place.end]

    # -- where the tag stands -------------------------------------------------------------------------------

    def _spelt(self, old: str) -> list[_Place]:
        """Wherever the tag's letters stand as words of their own, be it a tag there or not."""
        # As they are written, and with any joints: a passage tells only the first spelling of each of its tags.
        heads = {_head(tag, old) for tag in _tags(self._essay) if _is_below(tag, old)}
        joined = r"[ \t_-]+".join(map(re.escape, tag_key(old).split(" ")))
        written = sorted(re.escape(head) for head in heads if not re.fullmatch(joined, head, re.IGNORECASE))
        if len(written) > MOST_SPELLINGS:
            raise SeedError(
                f"{self._essay.path}: the tag is written in more than {MOST_SPELLINGS} ways here.",
                "Write it in one way there first. Nothing has been written.",
            )
        pattern = rf"(?<!\w)(?:{'|'.join([*written, f'(?i:{joined})'])})(?!\w)"
        return [_Place(*match.span()) for match in re.finditer(pattern, self._text)]

    def _tags_among(self, places: Sequence[_Place]) -> list[_Place]:
        """Those that the reader of seeds takes for tags.

        A mark may disturb what it stands in, such as a key of the front matter that is spelt like the tag. Such
        places are found by halves.
        """
        letters = [self._marked(place, number) for number, place in enumerate(places)]
        essay = self._read(self._replaced(places, letters))
        if essay and _words_of(essay, lambda words: self._mark.sub("", words)) == _words_of(self._essay):
            return [places[number] for number in sorted(set(self._tagged(essay, letters)))]
        half = len(places) // 2
        return [*self._tags_among(places[:half]), *self._tags_among(places[half:])] if half else []

    def _tagged(self, essay: Essay, letters: Sequence[str]) -> Iterator[int]:
        """The numbers of places whose letters are all of a tag, or of what it lies below."""
        for tag in _tags(essay):
            if mark := self._mark.search(tag):
                number = int(mark[1])
                if tag == letters[number] or tag.startswith(f"{letters[number]}/"):
                    yield number

    def _marked(self, place: _Place, number: int) -> str:
        """The letters of a place with its number behind the first of them.

        There, and of digits, so that a tag stays one by any rule: one that asks for a letter at the beginning, counts
        words, or takes no number for a tag.
        """
        letters = self._letters(place)
        return f"{letters[0]}{self._base}{number:0{_DIGITS}}{letters[1:]}"

    # -- what would be read ---------------------------------------------------------------------------------

    def _renamed(self, places: Sequence[_Place], new: str) -> Essay | None:
        """The essay with the new tag in these places; nothing where anything but the tag would change with it."""
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
        """The text with other letters in each place."""
        parts, end = [], 0
        for place, other in zip(places, letters, strict=True):
            parts += [self._text[end : place.start], other]
            end = place.end
        return "".join([*parts, self._text[end:]])

    def _read(self, text: str) -> Essay | None:
        """The essay that this text would be in the file's place; nothing where it can't be read."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._read_anew(text)
        return self._last[1]

    def _read_anew(self, text: str) -> Essay | None:
        data = text.encode()
        self._readings += 1
        if len(data) > frontmatter.MOST_BYTES or not self._work.take(data, self._readings):
            raise SeedError(
                f"{self._essay.path}: too large, or the tag's letters stand in it too often, to rename it here.",
                "Split it into several files, or rename it there by hand. Nothing has been written.",
            )
        with tempfile.TemporaryDirectory() as root:
            path = Path(root) / self._below
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            try:
                return read_essay(path, Path(root), Path(root))
            except SeedError:
                return None

    # -- what is refused ------------------------------------------------------------------------------------

    def _impossible(self, places: Sequence[_Place], new: str) -> SeedError:
        """Says which of the places can't have the new tag."""
        place = next((place for place in places if self._renamed([place], new) is None), _Place(0, 0))
        line = len(_lines(self._text[: place.start]))
        joined = "-".join(new.split())
        also = f"Some places take one word alone: `{joined}` may do. " if joined != new else ""
        return SeedError(
            f"{self._essay.path}:{line}: '{new}' would not be read as a tag here.",
            f"{also}Take another name, or change this place by hand first. Nothing has been written.",
        )

    def _refuse_what_is_left(self, after: Essay, old: str, new: str) -> None:
        """Refuse where a tag isn't what it should be: the old one is there still, spelt with YAML's escapes, say."""
        lines = [frontmatter.line_of("\n".join(_lines(self._text)), "tags")]
        lines += [passage.lines[0] for passage in self._essay.passages]
        for line, before, there in zip(lines, _lists(self._essay), _lists(after), strict=True):
            if unique(renamed(tag, old, new) for tag in before) != there:
                raise SeedError(
                    f"{self._essay.path}:{line}: '{old}' is written here in a way that can't be changed in place.",
                    "Change it there by hand, and rename again. Nothing has been written.",
                )


def _lists(essay: Essay) -> list[tuple[str, ...]]:
    """The essay's tags, then those of each passage."""
    return [essay.tags, *(passage.tags for passage in essay.passages)]


def _words_of(essay: Essay, change: Callable[[str], str] = lambda words: words) -> Any:
    """All that was read, its words changed; without where it stood, and without what follows from the rest."""
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
