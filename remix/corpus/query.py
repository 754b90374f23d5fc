"""The query language: parsed to a tree, shown as text, and matched with a passage.

Takes `convergence and not (gpu or "machine learning")`, gives a tree, and the tree as text again. Doesn't know files.

    query  = both { "or" both }
    both   = one { "and" one }
    one    = "not" one | "(" query ")" | term
    term   = [field ":"] (word | "quoted words")        a term without a field is a tag

`and`, `or` and `not` bind as in Python, and may be in capitals. A word ends at a space, a parenthesis or a quotation
mark; within quotation marks `\\"` is a quotation mark and `\\\\` a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from remix.corpus import slugs
from remix.corpus.dates import ISO, day
from remix.corpus.tags import tag_key, tag_keys
from remix.corpus.words import contains, count_words, words
from remix.errors import RemixError
from remix.records import Essay, Passage

Field = Literal["tag", "essay", "section", "text", "before", "after", "words"]

FIELDS: dict[str, Field] = {each: each for each in get_args(Field)}

MOST_TERMS = 1000
DEEPEST = 50
"""Nested parentheses and repeated `not`."""


class QueryError(RemixError):
    """A query can't be parsed."""

    def __init__(self, column: int, what: str, hint: str) -> None:
        super().__init__(f"--where, column {column}: {what}", hint)
        self.column = column
        """In characters from 1; the position after the end if the query is incomplete."""


@dataclass(frozen=True)
class Term:
    """A condition on a passage."""

    name: Field
    value: str
    """As written; a date in the form of `day`, a tag without `#`."""
    column: int = field(default=1, compare=False)
    """Position in the query."""


@dataclass(frozen=True)
class Not:
    """Passages outside of a query's matches."""

    query: Query


@dataclass(frozen=True)
class And:
    """Passages that match all queries; two or more."""

    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Or:
    """Passages that match any query; two or more."""

    queries: tuple[Query, ...]


Query = Term | Not | And | Or


def any_of(queries: Sequence[Query]) -> Query | None:
    """Passages that match any query; None without queries."""
    return Or(tuple(queries)) if len(queries) > 1 else next(iter(queries), None)


def all_of(*queries: Query | None) -> Query | None:
    """Passages that match all queries except None; None without queries."""
    wanted = tuple(query for query in queries if query)
    return And(wanted) if len(wanted) > 1 else next(iter(wanted), None)


# -- matching -----------------------------------------------------------------------------------------------


def matches(query: Query, passage: Passage, essay: Essay) -> bool:
    """Whether a passage of an essay matches.

    A query for a tag also matches the tags below, and a query for an essay matches the slug, path, title or an alias.
    `section` and `text` match consecutive words, `words` the least number of words. `before` and `after` compare the
    essay's date as far as both dates are precise: 2026 is neither before nor after 2026-05, and an essay without a
    date matches neither.
    """
    match query:
        case And(queries):
            return all(matches(each, passage, essay) for each in queries)
        case Or(queries):
            return any(matches(each, passage, essay) for each in queries)
        case Not(inner):
            return not matches(inner, passage, essay)
        case Term("tag", value):
            return any(tag_key(value) in tag_keys(tag) for tag in passage.tags)
        case Term("essay", value):
            return slugs.typed(value) in slugs.names_of(essay) | slugs.paths_of(essay)
        case Term("section", value):
            return contains(passage.section or "", value)
        case Term("text", value):
            return contains(passage.text, value)
        case Term("words", value):
            return count_words(passage.text) >= int(value)
        case Term("before", value):
            return _is_before(day(essay.date), value)
        case Term("after", value):
            return _is_before(value, day(essay.date))
    raise AssertionError(query)


def terms(query: Query) -> Iterator[Term]:
    """All terms of a query, in order."""
    match query:
        case Term():
            yield query
        case Not(inner):
            yield from terms(inner)
        case And(queries) | Or(queries):
            for each in queries:
                yield from terms(each)


def _is_before(first: str | None, second: str | None) -> bool:
    if first is None or second is None:
        return False
    precision = min(len(first), len(second))
    return first[:precision] < second[:precision]


# -- from tree to text --------------------------------------------------------------------------------------


def show(query: Query) -> str:
    """A query as text, parsed to the same tree, with uniform spaces and quotes."""
    match query:
        case Term(name, value):
            if not _WORD.fullmatch(value) or value.lower() in _JOINTS or ":" in value:
                value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            return ("" if name == "tag" else f"{name}:") + value
        case Not(inner):
            return f"not {_inner(inner, (And, Or))}"
        case And(queries):
            return " and ".join(_inner(each, (And, Or)) for each in queries)
        case Or(queries):
            return " or ".join(_inner(each, (Or,)) for each in queries)


def _inner(query: Query, weak: tuple[type, ...]) -> str:
    return f"({show(query)})" if isinstance(query, weak) else show(query)


# -- from text to tree --------------------------------------------------------------------------------------


def parse(text: str) -> Query:
    """The tree of a query. Raises `QueryError`."""
    if half := re.search("[\ud800-\udfff]", text):
        raise QueryError(half.start() + 1, "half a character.", "Type the query again: it isn't UTF-8.")
    parser = _Parser(list(_tokens(text)), len(text) + 1)
    query = parser.query(0)
    parser.end()
    return query


_WORD = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,9}")
_JOINTS = frozenset({"and", "or", "not"})


class _Token(NamedTuple):
    kind: str
    """`(`, `)`, `and`, `or`, `not` or `term`."""
    column: int
    text: str
    term: Term | None = None


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of a query."""
    at = 0
    while found := re.compile(r"\S").search(text, at):
        start = found.start()
        word = _WORD.match(text, start)
        if text[start] in "()":
            at = start + 1
            yield _Token("(" if text[start] == "(" else ")", start + 1, text[start])
        elif word and word[0].lower() in _JOINTS and text[word.end() : word.end() + 1] != '"':
            at = word.end()
            yield _Token(word[0].lower(), start + 1, word[0])
        else:
            term, at = _term(text, start, word[0] if word else "")
            yield _Token("term", start + 1, text[start:at], term)


def _term(text: str, start: int, word: str) -> tuple[Term, int]:
    """The term at position `start`, and the position after; `word` is the text before the next space or quotation
    mark."""
    name, colon, value = word.rpartition(":") if word.endswith(":") else word.partition(":")
    end = start + len(word)
    if not colon:
        name, value = "tag", word
    elif name.lower() not in FIELDS:
        raise QueryError(
            start + 1,
            f"there is no field `{_short(name)}`.",
            f"Fields are {', '.join(FIELDS)}. Quote a tag that has a colon.",
        )
    if text[end : end + 1] == '"':
        if value:
            raise QueryError(end + 1, "a quotation mark within a word.", 'Quote the whole: "machine learning".')
        quoted = _QUOTED.match(text, end)
        if not quoted:
            raise QueryError(end + 1, "this quotation mark is never closed.", 'Put another " behind the last word.')
        value, end = re.sub(r'\\(["\\])', r"\1", quoted[1]), quoted.end()
    return Term(FIELDS[name.lower()], _value(FIELDS[name.lower()], value, start + 1), start + 1), end


def _value(name: Field, value: str, column: int) -> str:
    """A term's value, checked. Raises `QueryError`."""
    if name == "tag":
        value = re.sub(r"\A[#\s]+|\s+\Z", "", value)
    if not value.strip():
        raise QueryError(column, f"no {name} is named here.", _EXAMPLES[name])
    if name in ("section", "text") and not words(value):
        raise QueryError(column, f"`{_short(value)}` has no word to look for.", _EXAMPLES[name])
    if name in ("before", "after"):
        date = day(value) if ISO.fullmatch(value.rstrip()) else None
        if date is None:
            raise QueryError(column, f"`{_short(value)}` is not a date.", _EXAMPLES[name])
        return date
    if name == "words":
        if not _NUMBER.fullmatch(value):
            raise QueryError(column, f"`{_short(value)}` is not a number of words.", _EXAMPLES[name])
        return str(int(value))
    return value


def _short(value: str) -> str:
    return value if len(value) < 40 else f"{value[:37]}…"


_EXAMPLES: dict[Field, str] = {
    "tag": 'Name one: maps, or "machine learning".',
    "essay": "Write essay:two-clocks, without a space; `remix passages` lists the essays.",
    "section": 'Write section:later, or section:"much later", without a space.',
    "text": 'Write text:clock, or text:"the first clock", without a space.',
    "before": "Write before:2026, before:2026-05 or before:2026-05-17.",
    "words": "Write words:20 for passages of 20 words or more.",
    "after": "Write after:2026, after:2026-05 or after:2026-05-17.",
}


class _Parser:
    """A recursive-descent parser; `end` is the column after the last token."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._at = 0
        if sum(token.kind == "term" for token in tokens) > MOST_TERMS:
            raise QueryError(end, f"more than {MOST_TERMS} terms.", "Give the passages a tag of their own.")

    def query(self, depth: int) -> Query:
        found = [self._both(depth)]
        while self._take("or"):
            found.append(self._both(depth))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def end(self) -> None:
        """Raise `QueryError` if a token is left."""
        if token := self._next():
            if token.kind == ")":
                raise QueryError(token.column, "this `)` has no matching `(`.", "Leave it out.")
            before = self._tokens[self._at - 1]
            both = _short(f"{before.text} {token.text}".replace('"', ""))
            raise QueryError(
                token.column,
                f"`and` or `or` is missing before `{_short(token.text)}`.",
                f'Quote a tag of several words: "{both}".' if before.term and token.term else "Put one there.",
            )

    def _both(self, depth: int) -> Query:
        found = [self._one(depth)]
        while self._take("and"):
            found.append(self._one(depth))
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self, depth: int) -> Query:
        token = self._next()
        if token and depth == DEEPEST:
            raise QueryError(token.column, "nested too deeply.", f"{DEEPEST} levels are enough.")
        if self._take("not"):
            return Not(self._one(depth + 1))
        if token and self._take("("):
            found = self.query(depth + 1)
            if not self._take(")"):
                self.end()
                raise QueryError(token.column, "this `(` is never closed.", "Put a `)` where it ends.")
            return found
        if token is None or token.term is None:
            raise self._missing(token)
        self._at += 1
        return token.term

    def _missing(self, token: _Token | None) -> QueryError:
        column = token.column if token else self._end
        if self._at == 0 and token is None:
            return QueryError(1, "the query is empty.", _EXAMPLES["tag"])
        behind = f"after `{_short(self._tokens[self._at - 1].text)}`" if self._at else "here"
        return QueryError(column, f"a term is missing {behind}.", "Put a tag there, or a field like text:word.")

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: str) -> bool:
        token = self._next()
        taken = token is not None and token.kind == kind
        self._at += taken
        return taken
