"""Choosing passages by tag and essay."""

from __future__ import annotations

import pytest

from remix.corpus import read_seeds, select
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
