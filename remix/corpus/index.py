"""The index: a corpus in SQLite, so that files are parsed once and a query takes time in proportion to the answer.

Takes essays, answers the questions of the `Corpus` protocol, exactly as a `MemoryCorpus` of the same essays. The
index is a cache that `index_update.py` keeps up to date; the index itself never looks at files. Any fault of the
database is raised as `sqlite3.Error`.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from remix.corpus import bm25, slugs
from remix.corpus.blocks import LeftOut
from remix.corpus.dates import day
from remix.corpus.query import And, Not, Or, Query, Term
from remix.corpus.select import Hit
from remix.corpus.tags import merge_spellings, tag_key, tag_keys
from remix.corpus.words import count_words, words
from remix.records import Essay, Passage

PATIENCE = 10.0
"""Seconds to wait while a different command writes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS essay (
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL UNIQUE,   -- relative to the folder of essays
    place TEXT NOT NULL,         -- sorts as the corpus does
    stamp TEXT,                  -- status of the file; null if the file must be read again
    seen INTEGER,                -- time of the stamp, in nanoseconds
    content TEXT,                -- sha256 of the file
    slug TEXT NOT NULL,
    day TEXT,
    head TEXT NOT NULL,          -- the essay without its passages, as JSON
    left_out TEXT NOT NULL,      -- list of `LeftOut`, as JSON
    notes TEXT NOT NULL          -- list of messages, as JSON
);
CREATE TABLE IF NOT EXISTS passage (
    id INTEGER PRIMARY KEY,
    essay INTEGER NOT NULL REFERENCES essay,
    number INTEGER NOT NULL,     -- within the essay, from 0
    name TEXT NOT NULL,          -- the passage's id
    sha256 TEXT NOT NULL,
    length INTEGER NOT NULL,     -- in words
    section TEXT NOT NULL,       -- words of the heading, with a space at both ends
    body TEXT NOT NULL           -- the whole passage, as JSON
);
CREATE TABLE IF NOT EXISTS slug (
    slug TEXT NOT NULL,          -- of the essay, or the key of a title, an alias or a path
    essay INTEGER NOT NULL,
    is_path INTEGER NOT NULL,    -- 1 if only the path has this key
    PRIMARY KEY (slug, essay)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passage_name ON passage (name);
CREATE INDEX IF NOT EXISTS passage_found ON passage (essay, number, name, sha256, length);
CREATE INDEX IF NOT EXISTS passage_section ON passage (section) WHERE section <> '  ';
CREATE TABLE IF NOT EXISTS tag (
    key TEXT NOT NULL,
    passage INTEGER NOT NULL,
    spelling TEXT,               -- null for parents of a tag
    PRIMARY KEY (key, passage)
) WITHOUT ROWID;
-- The tokenizer splits at spaces alone: `words.py` has already separated the words by spaces.
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5 (words, content = '', tokenize = 'ascii');
CREATE VIRTUAL TABLE IF NOT EXISTS frequency USING fts5vocab (search, row);
"""


_ESSAYS = TypeAdapter(list[Essay])

_LISTED = "(SELECT value FROM json_each(?))"
"""Numbers, passed as a single value: SQLite limits how many values a statement takes."""


class StaleIndexError(sqlite3.DatabaseError):
    """The index was written by a different version of the code for reading essays."""


class KnownFile(NamedTuple):
    """The index's entry about a file."""

    id: int
    stamp: str | None
    seen: int
    content: str | None
    slug: str


class IndexedFile(NamedTuple):
    """A file and its essay, for the index."""

    file: str
    stamp: str | None
    seen: int
    content: str | None
    essay: Essay
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


class Index:
    """A corpus in SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._found: dict[Term, set[int]] = {}
        """Cache: the passages of each term already asked for."""

    # -- files ----------------------------------------------------------------------------------------------

    def known(self) -> dict[str, KnownFile]:
        """The files in the index."""
        rows = self._rows("SELECT file, id, stamp, seen, content, slug FROM essay")
        return {file: KnownFile(*rest) for file, *rest in rows}

    def restamp(self, files: Iterable[tuple[str, str | None, int]]) -> None:
        """Record that files are unchanged: name, stamp, and the time when the stamp was read."""
        with self._transaction("BEGIN IMMEDIATE"):
            self._connection.executemany("UPDATE essay SET stamp = ?2, seen = ?3 WHERE file = ?1", files)

    def put(self, indexed: Iterable[IndexedFile], removed: Iterable[str] = ()) -> None:
        """Replace the essays of files, and remove files."""
        with self._transaction("BEGIN IMMEDIATE"):
            for file in removed:
                self._remove(file)
            for each in indexed:
                self._remove(each.file)
                self._insert(each)

    def _insert(self, indexed: IndexedFile) -> None:
        essay, place = indexed.essay, indexed.file.replace("/", "\x01")
        head = essay.model_dump_json(exclude={"passages"})
        lists = (json.dumps(each, ensure_ascii=False) for each in (indexed.left_out, indexed.notes))
        status = (indexed.file, place, indexed.stamp, indexed.seen, indexed.content)
        columns = "file, place, stamp, seen, content, slug, day, head, left_out, notes"
        essay_id = self._add(f"essay ({columns})", (*status, essay.slug, day(essay.date), head, *lists))
        named = slugs.names_of(essay)
        for slug in named | slugs.paths_of(essay):
            self._add("slug (slug, essay, is_path)", (slug, essay_id, slug not in named))
        for number, passage in enumerate(essay.passages):
            section, length = f" {words(passage.section or '')} ", count_words(passage.text)
            row = (essay_id, number, passage.id, passage.sha256, length, section, passage.model_dump_json())
            passage_id = self._add("passage (essay, number, name, sha256, length, section, body)", row)
            self._add("search (rowid, words)", (passage_id, words(passage.text)))
            for key, spelling in _keys_of(passage).items():
                self._add("tag (key, passage, spelling)", (key, passage_id, spelling))

    def _add(self, where: str, row: Sequence[object]) -> int | None:
        """Add a row; returns the row's number."""
        marks = ", ".join("?" * len(row))
        return self._connection.execute(f"INSERT INTO {where} VALUES ({marks})", row).lastrowid

    def _remove(self, file: str) -> None:
        run = self._connection.execute
        bodies = self._rows("SELECT p.id, p.body FROM passage p, essay e ON p.essay = e.id WHERE e.file = ?", file)
        for passage_id, body in bodies:
            passage = Passage.model_validate_json(body)
            run(
                "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", (passage_id, words(passage.text))
            )
            keys = ((key, passage_id) for key in _keys_of(passage))
            self._connection.executemany("DELETE FROM tag WHERE key = ? AND passage = ?", keys)
            run("DELETE FROM passage WHERE id = ?", (passage_id,))
        for essay_id, head in self._rows("SELECT id, head FROM essay WHERE file = ?", file):
            essay = Essay(**json.loads(head), passages=())
            typed = slugs.names_of(essay) | slugs.paths_of(essay)
            rows = ((key, essay_id) for key in typed)
            self._connection.executemany("DELETE FROM slug WHERE slug = ? AND essay = ?", rows)
            run("DELETE FROM essay WHERE id = ?", (essay_id,))

    # -- asking ---------------------------------------------------------------------------------------------

    def unchanged(self) -> AbstractContextManager[None]:
        """A transaction: several questions are answered from the same state."""
        return self._transaction("BEGIN")

    def essays(self) -> list[Essay]:
        bodies = self._rows("SELECT essay, body FROM passage ORDER BY essay, number")
        return list(self._whole(bodies, self._rows("SELECT id, head FROM essay ORDER BY place")).values())

    def left_out(self) -> list[tuple[str, LeftOut]]:
        rows = self._rows("SELECT json_extract(head, '$.path'), left_out FROM essay ORDER BY place")
        return [
            (path, LeftOut(why, text, (first, last)))
            for path, listed in rows
            for why, text, (first, last) in json.loads(listed)
        ]

    def notes(self) -> list[str]:
        rows = self._rows("SELECT notes FROM essay ORDER BY place")
        return [note for (listed,) in rows for note in json.loads(listed)]

    def slugs(self) -> set[str]:
        return {slug for (slug,) in self._rows("SELECT DISTINCT slug FROM slug WHERE NOT is_path")}

    def tags(self, query: Query | None = None) -> list[tuple[str, int]]:
        among = "" if query is None else f"AND passage IN {_LISTED}"
        sql = f"SELECT spelling, count(*) FROM tag WHERE spelling IS NOT NULL {among} GROUP BY spelling"
        return merge_spellings(self._rows(sql, *self._list(query)))

    def is_empty(self) -> bool:
        """Whether the index has no passage."""
        return not self._rows("SELECT id FROM passage LIMIT 1")

    def has(self, query: Query) -> bool:
        return bool(self._matching(query))

    def named(self, id_: str) -> Hit | None:
        rows = self._rows("SELECT id, name, sha256 FROM passage WHERE name = ?", id_)
        return Hit(*rows[0]) if rows else None

    def find(self, query: Query | None) -> list[Hit]:
        among = "" if query is None else f"WHERE p.id IN {_LISTED}"
        sql = (
            f"SELECT p.id, name, sha256 FROM essay e JOIN passage p ON p.essay = e.id {among} ORDER BY place, number"
        )
        return [Hit(*row) for row in self._rows(sql, *self._list(query))]

    def scores(self, like: str) -> dict[int, float]:
        wanted = bm25.query_words(like, self._frequency)
        if not wanted:
            return {}
        sql = "SELECT rowid, -bm25(search) FROM search WHERE search MATCH ?"
        rows = self._rows(sql, " OR ".join(f'"{word}"' for word in wanted))
        return {at: bm25.rounded(score) for at, score in rows}

    def pairs(self, hits: Sequence[Hit]) -> list[tuple[Essay, Passage]]:
        wanted = json.dumps([hit.at for hit in hits])
        bodies = self._rows(f"SELECT essay, body FROM passage WHERE id IN {_LISTED} ORDER BY essay, number", wanted)
        among = json.dumps(list({essay_id for essay_id, _ in bodies}))
        essays = self._whole(bodies, self._rows(f"SELECT id, head FROM essay WHERE id IN {_LISTED}", among)).values()
        found = {passage.id: (essay, passage) for essay in essays for passage in essay.passages}
        return [found[hit.id] for hit in hits]

    def _whole(self, bodies: Sequence[tuple[int, str]], heads: Sequence[tuple[int, str]]) -> dict[int, Essay]:
        """Essays with passages."""
        passages: dict[int, list[str]] = {essay_id: [] for essay_id, _ in heads}
        for essay_id, body in bodies:
            passages[essay_id].append(body)
        whole = (
            f'{head.removesuffix("}")}, "passages": [{", ".join(passages[essay_id])}]}}' for essay_id, head in heads
        )
        # Validated in a single call: a call for each essay would take longer than the validation.
        essays = _ESSAYS.validate_json(f"[{', '.join(whole)}]")
        return dict(zip(passages, essays, strict=True))

    def _list(self, query: Query | None) -> list[str]:
        """The value for `_LISTED`, if a query is given."""
        return [] if query is None else [json.dumps(list(self._matching(query)))]

    def _matching(self, query: Query) -> set[int]:
        """The passages that match a query: unions and intersections of the lists for each term."""
        match query:
            case And(queries):
                # Subtract the passages of a `not`: all passages but a few would make a long list.
                wanted = [self._matching(each) for each in queries if not isinstance(each, Not)]
                common = set.intersection(*wanted) if wanted else self._all()
                return common.difference(*(self._matching(each.query) for each in queries if isinstance(each, Not)))
            case Or(queries):
                return set().union(*map(self._matching, queries))
            case Not(inner):
                return self._all() - self._matching(inner)
            case Term():
                if query not in self._found:
                    sql, value = _sql_of(query)
                    self._found[query] = {at for (at,) in self._rows(sql, value)}
                return self._found[query]

    def _all(self) -> set[int]:
        return {at for (at,) in self._rows("SELECT id FROM passage")}

    def _frequency(self, word: str) -> int:
        rows = self._rows("SELECT doc FROM frequency WHERE term = ?", word)
        return int(rows[0][0]) if rows else 0

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except UnicodeEncodeError:
            # Half a character on a command line: no file contains any.
            return []

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        """Commit, or roll back after an error."""
        self._connection.execute(begin)
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _keys_of(passage: Passage) -> dict[str, str | None]:
    """The keys under which a passage is found; for the passage's own tags with the spelling."""
    parents = {key: None for tag in passage.tags for key in tag_keys(tag)}
    return parents | {tag_key(tag): tag for tag in passage.tags}


def _sql_of(term: Term) -> tuple[str, str]:
    """The SQL that lists the passages of a term, and the SQL's value."""
    dated = "SELECT p.id FROM essay e JOIN passage p ON p.essay = e.id WHERE substr(day, 1, length(?1))"
    match term:
        case Term("tag", value):
            return "SELECT passage FROM tag WHERE key = ?", tag_key(value)
        case Term("essay", value):
            return "SELECT id FROM passage WHERE essay IN (SELECT essay FROM slug WHERE slug = ?)", slugs.typed(value)
        case Term("section", value):
            return "SELECT id FROM passage WHERE section <> '  ' AND instr(section, ?)", f" {words(value)} "
        case Term("text", value):
            return "SELECT rowid FROM search WHERE search MATCH ?", f'"{words(value)}"'
        case Term("words", value):
            return "SELECT id FROM passage WHERE length >= CAST(? AS INTEGER)", value
        case Term("before", value):
            return f"{dated} < substr(?1, 1, length(day))", value
        case Term("after", value):
            return f"{dated} > substr(?1, 1, length(day))", value
    raise AssertionError(term)


@contextmanager
def opened(path: Path, version: int) -> Iterator[Index]:
    """Open or create an index; `version` (31 bits) stands for the code that reads essays.

    Raises `StaleIndexError` if the index has a different version, and `OSError` if the file can't be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Essays may be private: only the owner may read the index.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")
        if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {version}; COMMIT;")
        if connection.execute("PRAGMA user_version").fetchone()[0] != version:
            raise StaleIndexError("by another version")
        yield Index(connection)
    finally:
        connection.close()
