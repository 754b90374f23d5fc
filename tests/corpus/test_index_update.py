"""A folder of essays gives the same answers through the index and without, whatever has changed."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.corpus import chooser, consult, essays, index_update, read_seeds
from remix.corpus.index_update import index_file
from remix.corpus.memory import MemoryCorpus
from remix.corpus.query import QueryError, matches, parse
from remix.corpus.select import Corpus, Selected
from remix.errors import SeedError
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import make_workspace
from tests.corpus.test_query import PIECES

MORE = """\
---
title: On Maps
date: 2024-11
tags: [maps/old]
aliases: Cartography
---

A clock on a map. The map is the older. #maps, #small-error

## Much later

No map, only the poet’s clock. #Maps/New
"""

QUERIES = [
    "clocks",
    "maps",
    "not maps",
    "clocks and not (time or maps)",
    "maps/old and maps/new",
    "essay:cartography",
    "section:later",
    "not section:later",
    'text:"the first" or text:map',
    "before:2025",
    "not before:2025",
    "after:2025-06 and words:8",
    "not (not clocks and not maps)",
    "nothing or clocks",
    "smallError and not (a_b or x)",
    "v1_1 or strasse or x/YZ",
]


@pytest.fixture
def seeds(workspace: Workspace) -> Path:
    """A folder of two essays that isn't indexed yet."""
    (workspace.seeds / "on").mkdir()
    (workspace.seeds / "on" / "maps.md").write_text(MORE, encoding="utf-8")
    return workspace.seeds


def ask(seeds: Path, **options: Any) -> Selected:
    return consult(seeds, seeds.parent, chooser(Options(**options)))


def ids(seeds: Path, **options: Any) -> list[str]:
    return [passage.id for _, passage in ask(seeds, **options).pairs]


def found(seeds: Path, query: str) -> list[str]:
    return [hit.id for hit in consult(seeds, seeds.parent, lambda corpus: corpus.find(parse(query)))]


def all_of(corpus: Corpus) -> tuple[object, ...]:
    """All answers of a corpus, as plain values."""
    hits = corpus.find(None)
    found = [[hit.id for hit in corpus.find(parse(query))] for query in QUERIES]
    scores = {hit.id: corpus.scores("the clock and the map").get(hit.at) for hit in hits}
    tags = [corpus.tags(), *(corpus.tags(parse(query)) for query in QUERIES)]
    return corpus.essays(), corpus.slugs(), tags, found, scores


def same_as_reading(seeds: Path) -> None:
    """Whether the index and memory give the same answers; both are opened anew."""
    assert consult(seeds, seeds.parent, all_of) == all_of(MemoryCorpus(read_seeds(seeds, seeds.parent)))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are parsed from now on."""
    names: list[str] = []
    real = essays.read_file

    def read(path: Path, folder: Path, root: Path, slug: str) -> Any:
        names.append(path.name)
        return real(path, folder, root, slug)

    monkeypatch.setattr(essays, "read_file", read)
    return names


def settle(seeds: Path) -> None:
    """Make all files old enough for their times to be trusted."""
    old = time.time_ns() - 3600 * 10**9
    for path in seeds.rglob("*.md"):
        os.utime(path, ns=(old, old))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the times of files, however recent."""
    monkeypatch.setattr(index_update, "UNSETTLED", -(10**18))


def test_the_version_covers_all_code_that_reads_essays() -> None:
    """Without the list of folders kept up to date, an index would outlive a change of the reader."""
    code = "import sys, remix.corpus.essays; print(*(name for name in sys.modules if name.startswith('remix.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert "corpus" in loaded
    assert loaded <= {*index_update.READER_FOLDERS, "errors"}


# -- the same answers ---------------------------------------------------------------------------------------


def test_the_index_answers_as_a_reading_does(seeds: Path) -> None:
    for _ in range(2):
        same_as_reading(seeds)


def test_a_query_means_what_its_definition_says(seeds: Path) -> None:
    pairs = [(essay, passage) for essay in read_seeds(seeds, seeds.parent) for passage in essay.passages]
    for query in QUERIES:
        wanted = [passage.id for essay, passage in pairs if matches(parse(query), passage, essay)]
        assert found(seeds, query) == wanted


def test_passages_come_with_their_essays(seeds: Path) -> None:
    (essay, passage), (same, other) = ask(seeds, where="maps").pairs
    assert essay is same
    assert essay.passages == (passage, other)
    assert essay == read_seeds(seeds, seeds.parent)[0]


def test_a_passage_is_found_by_its_id(seeds: Path) -> None:
    for corpus in (MemoryCorpus(read_seeds(seeds, seeds.parent)), None):

        def named(corpus: Corpus) -> list[str | None]:
            return [hit and hit.id for hit in map(corpus.named, ("on--maps/002", "on--maps/003", "\udc80"))]

        found = named(corpus) if corpus else consult(seeds, seeds.parent, named)
        assert found == ["on--maps/002", None, None]


WORDS = st.sampled_from(
    ["clock", "map", "the", "sun", "Ünïcode", "poet’s", "地図", "a-b", "x_y", "№", "٣", "\u0301", "é"]
)
TAGS = st.sampled_from(["time", "Time", "time/clocks", "maps", "a b", "a-b", "地図", "x/y/z", "été"])
SPELLINGS = st.sampled_from(["ab", "aB", "v1-1", "v1_1", "v11", "straße", "strasse", "x/y-z", "x / yz"])
PARAGRAPHS = st.builds(
    lambda words, tags: f"{' '.join(words)}. {', '.join(f'#{tag}' for tag in tags)}",
    st.lists(WORDS, min_size=1, max_size=8),
    st.lists(TAGS | SPELLINGS, max_size=3),
)
FILES = st.builds(
    lambda date, tags, heading, paragraphs: (
        f"---\ndate: {date}\ntags: [{', '.join(tags)}]\n---\n\n{paragraphs[0]}\n\n# {heading}\n\n"
        + "\n\n".join(paragraphs[1:])
        + "\n"
    ),
    st.sampled_from(["", "2024", "2024-11", "2026-01-02", "spring", "7 May 2025", "{a: b}"]),
    st.lists(TAGS | SPELLINGS, max_size=2),
    WORDS,
    st.lists(PARAGRAPHS, min_size=1, max_size=4),
)
NAMES = st.sampled_from(["a.md", "b.md", "B.md", "b.txt", "a/b.md", "a-b.md", "a b.md", "b++.md", "a/c.txt", "ä.md"])
CHANGES = st.dictionaries(NAMES, st.none() | FILES | st.just("---\nbroken"), max_size=4)


def errors_and_all(seeds: Path) -> tuple[object, object]:
    """The answers and errors of the index, and of reading the folder."""

    def said(ask: Callable[[Callable[[SeedError], None]], object]) -> object:
        errors: list[str] = []
        try:
            return ask(lambda error: errors.append(f"{error.message} {error.hint}")), errors
        except SeedError as error:
            return error.message, errors

    return (
        said(lambda note: consult(seeds, seeds.parent, all_of, note)),
        said(lambda note: all_of(MemoryCorpus(read_seeds(seeds, seeds.parent, note)))),
    )


@settings(max_examples=60)
@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_whatever_changes_the_index_answers_as_a_reading_does(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[dict[str, str | None]]
) -> None:
    seeds = tmp_path_factory.mktemp("garden") / "seeds"
    seeds.mkdir()
    for changes in rounds:
        for name, text in changes.items():
            path = seeds / name
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
        by_index, by_reading = errors_and_all(seeds)
        assert by_index == by_reading


@settings(max_examples=200)
@given(
    text=st.lists(st.sampled_from([*PIECES, "clocks", "maps", "text:map", "2025", "20"]), max_size=12).map(" ".join)
)
def test_any_query_means_the_same_to_both(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    seeds = tmp_path_factory.getbasetemp() / "same" / "seeds"
    if not seeds.is_dir():
        make_workspace(seeds.parent)
        (seeds / "on-maps.md").write_text(MORE, encoding="utf-8")
    try:
        query = parse(text)
    except QueryError:
        return
    by_index = consult(seeds, seeds.parent, lambda corpus: [hit.id for hit in corpus.find(query)])
    assert by_index == [hit.id for hit in MemoryCorpus(read_seeds(seeds, seeds.parent)).find(query)]


# -- what has changed ---------------------------------------------------------------------------------------


def test_a_file_is_parsed_once(seeds: Path, parsed: list[str], patient: None) -> None:
    assert len(ids(seeds)) == 5
    assert parsed == ["maps.md", "two-clocks.md"]
    assert len(ids(seeds)) == 5
    assert len(parsed) == 2


def test_of_a_corpus_only_what_changed_is_parsed(seeds: Path, parsed: list[str], patient: None) -> None:
    ids(seeds)
    parsed.clear()
    (seeds / "on" / "maps.md").write_text("Another. #loss\n")
    assert ids(seeds, where="loss") == ["on--maps/001"]
    assert parsed == ["maps.md"]
    (seeds / "new.md").write_text("New. #loss\n")
    assert ids(seeds, where="loss") == ["new/001", "on--maps/001"]
    (seeds / "new.md").unlink()
    assert ids(seeds, where="loss") == ["on--maps/001"]
    assert parsed == ["maps.md", "new.md"]
    with pytest.raises(SeedError, match="no passage matches"):
        ids(seeds, where="maps")


def test_a_file_with_other_times_and_the_same_content_is_not_parsed_again(
    seeds: Path, parsed: list[str], patient: None
) -> None:
    ids(seeds)
    settle(seeds)
    ids(seeds)
    assert len(parsed) == 2


def test_a_change_within_a_tick_that_keeps_size_and_times_is_found(seeds: Path) -> None:
    """Two writes within a tick of the clock leave the same times."""
    path = seeds / "on" / "maps.md"
    path.write_text("One. #before\n")
    status = path.stat()
    assert ids(seeds, where="before") == ["on--maps/001"]
    path.write_text("One. #behind\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert ids(seeds, where="behind") == ["on--maps/001"]


def test_a_bad_seed_is_told_each_time(seeds: Path, patient: None) -> None:
    (seeds / "bad.md").write_text("---\nnever closed\n")
    for _ in range(2):
        with pytest.raises(SeedError, match=r"bad\.md:1: the front matter is never closed"):
            ids(seeds)
        told: list[SeedError] = []
        consult(seeds, seeds.parent, chooser(Options()), told.append)
        assert [error.message for error in told] == ["seeds/bad.md:1: the front matter is never closed."]
    (seeds / "bad.md").write_text("Good.\n")
    assert len(ids(seeds)) == 6


def test_a_namesake_takes_the_place_as_soon_as_it_is_free(seeds: Path, patient: None) -> None:
    assert len(ids(seeds, essays=("two-clocks",))) == 3
    (seeds / "Two Clocks.md").write_text("Another. #clocks\n")
    assert "two-clocks/001" in ids(seeds)
    assert [passage.path for _, passage in ask(seeds).pairs if passage.id == "two-clocks/001"] == [
        "seeds/Two Clocks.md"
    ]
    assert sum(id_.startswith("two-clocks-") for id_ in ids(seeds)) == 3
    (seeds / "Two Clocks.md").unlink()
    assert len(ids(seeds, essays=("two-clocks",))) == 3
    assert not any(id_.startswith("two-clocks-") for id_ in ids(seeds))


def test_notes_are_the_same_through_the_index_and_without(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (seeds / "note.md").write_text("---\nauthor: {twitter: x}\n---\nA.\n")
    expected = ["seeds/note.md:2: `author` is a mapping without a name; left aside."]
    for _ in range(2):
        assert consult(seeds, seeds.parent, lambda corpus: corpus.notes()) == expected

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(index_update.index, "opened", fail)
    assert consult(seeds, seeds.parent, lambda corpus: corpus.notes()) == expected


def test_what_is_excluded_is_forgotten_and_comes_back(seeds: Path) -> None:
    def found(*exclude: str) -> int:
        return len(consult(seeds, seeds.parent, chooser(Options()), exclude=exclude).pairs)

    assert [found(), found("on/"), found()] == [5, 3, 5]


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_is_where_it_leads(workspace: Workspace, patient: None) -> None:
    """A link's new target may have the same times and size."""
    texts = {name: workspace.root / f"{name}.md" for name in ("one", "two")}
    for name, path in texts.items():
        path.write_text(f"It says. #{name}\n")
        os.utime(path, ns=(10**18, 10**18))
    link = workspace.seeds / "link.md"
    link.symlink_to(texts["one"])
    assert ids(workspace.seeds, where="one") == ["link/001"]
    link.unlink()
    link.symlink_to(texts["two"])
    assert ids(workspace.seeds, where="two") == ["link/001"]
    link.unlink()
    link.symlink_to("/etc/hostname")
    with pytest.raises(SeedError, match="leads out of the workspace"):
        ids(workspace.seeds)


def test_a_folder_that_is_not_there_and_one_without_seeds(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="no such folder of essays"):
        ids(tmp_path / "seeds")
    (tmp_path / "seeds").mkdir()
    with pytest.raises(SeedError, match="no essays here"):
        ids(tmp_path / "seeds")


# -- the database -------------------------------------------------------------------------------------------


def no_index(*_: object, **__: object) -> Any:
    raise sqlite3.OperationalError("no such module: fts5")


@pytest.mark.parametrize("spoil", ["not a database", "half", "tampered", "another version", "a folder"])
def test_a_spoilt_index_is_made_anew(seeds: Path, spoil: str, patient: None) -> None:
    wanted = ids(seeds)
    path = index_file(seeds, seeds.parent)
    if spoil == "not a database":
        path.write_bytes(b"not a database" * 1000)
    elif spoil == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif spoil == "tampered":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE passage SET body = '{}'")
        connection.close()
    elif spoil == "another version":
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 7")
        connection.close()
    else:
        path.unlink()
        path.mkdir()
    for _ in range(2):
        assert ids(seeds) == wanted
    assert path.is_dir() or sqlite3.connect(path).execute("SELECT count(*) FROM passage").fetchone() == (5,)


def test_without_an_index_the_corpus_is_read(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [consult(seeds, seeds.parent, all_of), ask(seeds, like="the older map", limit=2)]
    monkeypatch.setattr(sqlite3, "connect", no_index)
    assert [consult(seeds, seeds.parent, all_of), ask(seeds, like="the older map", limit=2)] == wanted


def test_where_the_cache_cannot_be_written_the_corpus_is_read(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "file"))
    assert len(ids(seeds)) == 5


def test_while_another_command_holds_the_index_the_corpus_is_read(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids(seeds)
    monkeypatch.setattr("remix.corpus.index.PATIENCE", 0.01)
    (seeds / "new.md").write_text("New. #loss\n")
    connection = sqlite3.connect(index_file(seeds, seeds.parent), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    assert ids(seeds, where="loss") == ["new/001"]
    connection.execute("ROLLBACK")
    connection.close()


def test_commands_at_once_get_the_same(seeds: Path) -> None:
    rng = random.Random(1)
    for number in range(60):
        (seeds / f"note-{number}.md").write_text(f"Note {rng.random()}. #note\n\nMore. #note\n")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(ids(seeds, where="note"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(each == found[0] for each in found)
    assert len(ids(seeds, where="note")) == 120
    same_as_reading(seeds)


def test_what_was_found_is_there_when_it_is_fetched(seeds: Path) -> None:
    """A second command removed the essay in between, and the first ended in a `KeyError`."""
    ids(seeds)
    another = threading.Thread(target=ids, args=(seeds,))

    def question(corpus: Corpus) -> list[str]:
        hits = corpus.find(parse("maps"))
        (seeds / "on" / "maps.md").unlink()
        another.start()
        another.join(0.5)
        return [passage.id for _, passage in corpus.pairs(hits)]

    assert len(consult(seeds, seeds.parent, question)) == 2
    another.join()
    assert not found(seeds, "maps/old")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_nobody_else_may_read_the_index(seeds: Path) -> None:
    ids(seeds)
    assert index_file(seeds, seeds.parent).stat().st_mode & 0o077 == 0


def test_an_index_that_nobody_asked_for_long_is_removed(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the cache that pytest's workers share, another worker would remove the old index.
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    ids(seeds)
    mine = index_file(seeds, seeds.parent)
    old, recent = (mine.with_name(f"{name}.sqlite") for name in ("old", "recent"))
    for path, days in ((old, 100), (recent, 10), (mine, 100)):
        path.touch()
        os.utime(path, (time.time() - days * 86_400,) * 2)
    ids(seeds)
    assert old.exists()
    ids(make_workspace(tmp_path / "another").seeds)
    assert [path.exists() for path in (old, recent, mine)] == [False, True, True]


def test_half_a_character_is_nowhere(seeds: Path) -> None:
    with pytest.raises(SeedError, match="no passage has the tag"):
        ids(seeds, tags=("\udc80",))
    with pytest.raises(SeedError, match="no passage shares a word"):
        ids(seeds, like="\udc80")
