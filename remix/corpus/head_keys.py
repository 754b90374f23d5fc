"""Head keys: the meaning of the keys in a note's metadata, as used in gardens.

Takes the metadata, gives title, author, date, aliases and tags. A value of an odd form never costs the note: the
usable part is taken, and a note names the rest. Doesn't know the syntax of the metadata.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from remix.corpus.dates import day
from remix.corpus.metadata_lines import TAG_WORDS
from remix.corpus.tags import unique
from remix.util import frontmatter

ALIAS_KEYS = frozenset({"aliases", "alias"})


def _forms(words: str) -> tuple[str, ...]:
    return tuple(words.split())


DATE_KEYS = _forms("""
date created published pubdate pubdatetime publishdate publishedat datepublished firstpublished
datecreated createdat createdate creationdate createdtime planted
datum erstellt fecha creado data criado creato créé дата создано 日期 创建时间 日付 作成日 날짜 التاريخ تاريخ
""")
"""The first key with a date counts; without a date, the file's name, and then `UPDATE_KEYS`."""

UPDATE_KEYS = _forms("updated modified lastmod lastmodified lastupdated datemodified dateupdated moddatetime")

TITLE_KEYS = _forms("""
title titel titre título titolo заголовок название назва tytuł 标题 標題 タイトル 제목 العنوان عنوان כותרת
""")
"""The first with a value counts."""

AUTHOR_KEYS = _forms("author authors autor autorin autora auteur autrice autore автор 作者 著者 الكاتب المؤلف")

TEXT_KEYS = frozenset({*TITLE_KEYS, *AUTHOR_KEYS, *DATE_KEYS, *UPDATE_KEYS, "subtitle", "description", "summary"})
"""Keys whose value is a line of text."""

FURTHER = ("taxonomies", "extra", "params")
"""Mappings in Zola and Hugo with further keys, read by themes."""

_NULLS = ("", "~", "null", "Null", "NULL")
"""YAML's null, as a string. Null as a title may be meant."""

_NAMES = ("name", "literal", "title", "label")
"""Keys of a mapping used for an author, a category or a tag."""

_WIKILINK = re.compile(r"\[\[([^\[\]|]*+)(?:\|([^\[\]]*+))?\]\]")
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()\s]*+\)")
_SEPARATOR = r",;，、；،؛"
_AT_SEPARATORS = re.compile(rf"(?:\[\[[^\[\]]*+\]\]|[^{_SEPARATOR}])+")
_AT_SPACES = re.compile(r"(?:\[\[[^\[\]]*+\]\]|\S)+")
_RUN_TOGETHER = re.compile(r"(?<=[^\s#])#(?=[^\s#])")
_YEAR = re.compile(r"\d{4}")


_SEPARATOR_IN_LIST = re.compile(r"[，、；،؛]")
"""Between the items of a list in YAML, where only `,` parts items."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def key_form(key: str) -> str:
    """A key without case and joints: `Date Created`, `date-created` and `dateCreated` are the same."""
    return re.sub(r"[\s_-]+", "", key.casefold())


TAG_KEYS = frozenset({*map(key_form, TAG_WORDS), "taxonomies"})

_LISTS_OF_NAMES = ("tags", "tag", "categories", "category", "keywords")
"""The most frequent keys of tags, in the order of their tags; keys in further languages follow."""

_MAY_HAVE_BLANKS = ("tag", "category", "keywords")
"""Keys whose value may be a tag of several words, without a separator."""


class HeadKeys(NamedTuple):
    """The metadata by meaning."""

    title: str | None
    author: str | None
    date: str | None
    """As written."""
    updated: str | None
    """The date of the last change, as written."""
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    """Values left aside, each with file and line."""


def read(meta: Mapping[str, Any], name: str, text: str) -> HeadKeys:
    """Read the metadata; `name` and `text` are the file's, and are used in notes."""
    keys = _Keys(meta, name, text)
    return HeadKeys(
        title=keys.title(),
        author=keys.author(),
        date=keys.date(DATE_KEYS),
        updated=keys.date(UPDATE_KEYS),
        aliases=tuple(dict.fromkeys([*keys.words("aliases", _at_commas), *keys.words("alias", _at_commas)])),
        tags=keys.tags(),
        notes=tuple(keys.notes),
    )


class _Keys:
    """Values by the normalised forms of their keys, and notes on values left aside."""

    def __init__(self, meta: Mapping[str, Any], name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._values: dict[str, Any] = {}
        self._written: dict[str, str] = {}
        """The key of each form, as written."""
        self.notes: list[str] = []
        self._add(meta)
        for key in FURTHER:
            further = next((value for each, value in meta.items() if key_form(str(each)) == key), None)
            if isinstance(further, Mapping):
                self._add(further)

    def _add(self, meta: Mapping[str, Any]) -> None:
        # Hugo and Obsidian ignore case in keys; a key in small letters goes before the same key in capitals.
        found: dict[str, str] = {}
        for key in map(str, meta):
            if key == key_form(key) or key_form(key) not in found:
                found[key_form(key)] = key
        for form, key in found.items():
            if form not in self._values:
                self._values[form], self._written[form] = meta[key], key

    # -- lines of text --------------------------------------------------------------------------------------

    def title(self) -> str | None:
        """The title; of titles in several languages the English title, or the first."""
        key = self._first(TITLE_KEYS)
        value = self._values.get(key)
        if not isinstance(value, Mapping):
            return self._line(key)
        found = next((each for each in (value.get("en"), *value.values()) if isinstance(each, str) and each), None)
        self._note(key, "is a mapping", "one title is taken" if found else "left aside")
        return _unlinked(found or "").strip() or None

    def author(self) -> str | None:
        """The author or the authors, with commas between."""
        key = self._first(AUTHOR_KEYS)
        return None if self._values.get(key) in _NULLS else self._line(key)

    def _first(self, keys: tuple[str, ...]) -> str:
        """The first of the keys with a value, or the first."""
        return next((key for key in keys if self._values.get(key) not in (None, *_NULLS)), keys[0])

    def date(self, keys: tuple[str, ...]) -> str | None:
        """The value of the first of the keys with a date."""
        return next(filter(None, map(self._date, keys)), None)

    def _date(self, key: str) -> str | None:
        value = self._values.get(key)
        if isinstance(value, Mapping):
            written = {key_form(str(each)): inner for each, inner in value.items() if isinstance(inner, str)}
            among = (written.get(each) for each in (*DATE_KEYS, *written))
            found = next((each for each in among if each and _is_date(each)), None)
            if found is None:
                self._note(key, "is a mapping without a date")
            return found
        if value in (None, *_NULLS):
            return None
        words = self._line(key)
        # `published: true` is no date, and gets no note: the key may be a flag. A value of `date` is kept even if it
        # is no date, such as `spring`.
        is_free = key == "date" and words == value
        if words and not (is_free or _is_date(words)):
            if key == "date":
                self._note(key, "has no date")
            return None
        return words

    def _line(self, key: str) -> str | None:
        """A value as a line of text: lists are joined; of mappings, the name is taken."""
        value = self._values.get(key)
        link = _unquoted_link(value)
        parts = list(_strings(value, self._aside(key))) if link is None else [link]
        return ", ".join(filter(None, (part.strip() for part in parts))) or None

    # -- lists ----------------------------------------------------------------------------------------------

    def tags(self) -> tuple[str, ...]:
        """Tags, categories and keywords."""
        others = sorted(TAG_KEYS.intersection(self._values).difference(_LISTS_OF_NAMES, FURTHER))
        found: list[str] = []
        for key in (*_LISTS_OF_NAMES, *others):
            found += self.words(key, _AT_SEPARATORS.findall if key in _MAY_HAVE_BLANKS else _at_separators_or_spaces)
        parts = (part.strip() for each in found for part in _SEPARATOR_IN_LIST.split(each))
        return unique(tag for part in parts for tag in _apart(part))

    def words(self, key: str, split: Callable[[str], list[str]]) -> list[str]:
        """A value as a list of words; `split` takes a string apart."""
        value = self._values.get(key)
        if value in _NULLS:
            return []
        if isinstance(value, Mapping) and not any(value.values()):
            value = list(value)  # `{maps, cities}`: braces in place of brackets
        parts = map(_unlinked, split(value)) if isinstance(value, str) else _strings(value, self._aside(key))
        return [part.strip() for part in parts if part.strip()]

    # -- notes ----------------------------------------------------------------------------------------------

    def _aside(self, key: str) -> Callable[[], None]:
        verb = "is" if isinstance(self._values.get(key), Mapping) else "has"
        return lambda: self._note(key, f"{verb} a mapping without a name")

    def _note(self, key: str, what: str, fate: str = "left aside") -> None:
        written = self._written[key]
        note = f"{self._name}:{frontmatter.line_of(self._text, written)}: `{written}` {what}; {fate}."
        if note not in self.notes:
            self.notes.append(note)


# -- values -------------------------------------------------------------------------------------------------


def _strings(value: Any, aside: Callable[[], None]) -> Iterator[str]:
    """The strings of a value, without the marks of links; `aside` is told of a mapping without a name."""
    match value:
        case str():
            yield _unlinked(value)
        case list():
            for each in value:
                yield from _strings(each, aside)
        case Mapping():
            named = _name_in(value)
            if named is None and value:
                aside()
            elif named:
                yield _unlinked(named)


def _name_in(value: Mapping[str, Any]) -> str | None:
    """The name in a mapping that stands for an author, a category or a tag."""
    forms = {key_form(str(key)): each for key, each in value.items() if isinstance(each, str)}
    if found := next((forms[key] for key in _NAMES if forms.get(key)), None):
        return found
    given, family = forms.get("given", ""), forms.get("family", "")
    return f"{given} {family}".strip() or None


def _unquoted_link(value: Any) -> str | None:
    """The words of `[[Ada Marsh]]` without quotes, which YAML takes for a list in a list; none for any further
    value."""
    match value:
        case [[*words]] if words and all(isinstance(word, str) for word in words):
            return _unlinked(f"[[{', '.join(words)}]]")
    return None


def _unlinked(words: str) -> str:
    """The words shown to readers: of the link `[[a|b]]` b, of `&amp;` the character, of a template none."""
    if "<%" in words or "{{" in words:
        return ""
    words = _ENTITY.sub(lambda entity: html.unescape(entity[0]), words) if "&" in words else words
    if "[" not in words:
        return words
    shown = _WIKILINK.sub(lambda link: link[1] if link[2] is None else link[2], words)
    return _LINK.sub(r"\1", shown)


def _is_date(words: str) -> bool:
    return bool(day(words) or _YEAR.search(words))


def _at_commas(words: str) -> list[str]:
    return words.split(",")


def _at_separators_or_spaces(words: str) -> list[str]:
    """If the value has a comma or a semicolon, a tag may have several words."""
    found = _AT_SEPARATORS.findall(words)
    return found if sum(map(len, found)) < len(words) else _AT_SPACES.findall(words)


def _apart(tag: str) -> Iterator[str]:
    """A tag without `#`; several tags if written together, as in `#maps#cities`."""
    if not tag.startswith("#"):
        yield tag
        return
    for each in _RUN_TOGETHER.split(tag.removeprefix("#")):
        yield each.strip()
