"""Choosing passages by tag and essay."""

from __future__ import annotations

import pytest

from remix.corpus import read_seeds, select
from remix.corpus.select import count_words
from remix.errors import SeedError
from remix.records import Essay
from remix.workspace import Workspace


@pytest.fixture
def essays(workspace: Workspace) -> list[Essay]:
    (workspace.seeds / "on-maps.md").write_text("A map. #maps, #small-error\n\nNo map.\n")
    return read_seeds(workspace.seeds, workspace.root)


@pytest.mark.parametrize(
    ("tags", "slugs", "ids"),
    [
        ([], [], ["on-maps/001", "on-maps/002", "two-clocks/001", "two-clocks/002", "two-clocks/003"]),
        (["clocks"], [], ["two-clocks/001", "two-clocks/002"]),
        (["#CLOCKS"], [], ["two-clocks/001", "two-clocks/002"]),
        (["Small_Error"], [], ["on-maps/001", "two-clocks/001"]),
        (["clocks", "maps"], [], ["on-maps/001", "two-clocks/001", "two-clocks/002"]),
        (["time"], [], ["two-clocks/001", "two-clocks/002", "two-clocks/003"]),
        ([], ["on-maps"], ["on-maps/001", "on-maps/002"]),
        (["small error"], ["two-clocks"], ["two-clocks/001"]),
        ([], ["two-clocks", "on-maps"], ["on-maps/001", "on-maps/002", *[f"two-clocks/00{n}" for n in (1, 2, 3)]]),
    ],
)
def test_select(essays: list[Essay], tags: list[str], slugs: list[str], ids: list[str]) -> None:
    assert [passage.id for passage in select(essays, tags, slugs)] == ids


def test_a_tag_chooses_what_is_below_it_too(workspace: Workspace) -> None:
    (workspace.seeds / "a.md").write_text("One. #maps/old\n\nTwo. #maps\n\nThree. #mapsmith\n")
    essays = read_seeds(workspace.seeds, workspace.root)
    assert [passage.id for passage in select(essays, ["Maps"])] == ["a/001", "a/002"]
    assert [passage.id for passage in select(essays, ["maps/old"])] == ["a/001"]
    with pytest.raises(SeedError, match="no passage has the tag 'old'"):
        select(essays, ["old"])


@pytest.mark.parametrize(
    ("tags", "slugs", "message", "hint"),
    [
        (["clock"], [], "no passage has the tag 'clock'.", "Did you mean 'clocks'? `remix tags` lists"),
        (["zebra"], [], "no passage has the tag 'zebra'.", "`remix tags` lists"),
        (["clocks", "smal error"], [], "no passage has the tag 'smal error'.", "Did you mean 'small error'?"),
        (["maps"], ["two-clocks"], "no passage has the tag 'maps'.", "`remix tags` lists"),
        ([], ["two-clock"], "there is no essay 'two-clock'.", "Did you mean 'two-clocks'? `remix passages`"),
    ],
)
def test_what_is_not_there(essays: list[Essay], tags: list[str], slugs: list[str], message: str, hint: str) -> None:
    with pytest.raises(SeedError) as caught:
        select(essays, tags, slugs)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_short_passages_are_left_out_and_the_others_keep_their_numbers(workspace: Workspace) -> None:
    (workspace.seeds / "a.md").write_text("Two words.\n\nThree words now. #a\n\n短い文だ。\n")
    essays = read_seeds(workspace.seeds, workspace.root)
    assert [each.id for each in select(essays, slugs=["a"], min_words=3)] == ["a/002", "a/003"]
    assert [each.id for each in select(essays, ["a"], min_words=4)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("One two\nthree.", 3),
        ("don't — stop", 3),
        ("日本語の文", 5),
        ("one 二三 four", 4),
        ("ภาษา", 4),
        ("한국어 말", 2),
    ],
)
def test_count_words(text: str, words: int) -> None:
    assert count_words(text) == words


def test_an_essay_answers_to_its_aliases(workspace: Workspace) -> None:
    (workspace.seeds / "a.md").write_text("---\naliases: [On Walls, Two Clocks]\n---\nOne.")
    essays = read_seeds(workspace.seeds, workspace.root)
    assert [each.id for each in select(essays, slugs=["on walls"])] == ["a/001"]
    assert {each.essay for each in select(essays, slugs=["two-clocks"])} == {"a", "two-clocks"}
    with pytest.raises(SeedError) as caught:
        select(essays, slugs=["on-wals"])
    assert caught.value.hint.startswith("Did you mean 'on-walls'?")
