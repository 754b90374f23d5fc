"""Selecting passages by tag and essay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from remix.corpus import chooser, read_seeds, select
from remix.corpus.memory import MemoryCorpus
from remix.corpus.query import QueryError
from remix.corpus.select import MOST_SUGGESTED, Meaning, Selected
from remix.errors import SeedError
from remix.records import Essay, Options, Rule, sha256
from remix.workspace import Workspace
from tests.conftest import Remix


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
        (["smallerror"], [], ["on-maps/001", "two-clocks/001"]),
        (["#smallError"], [], ["on-maps/001", "two-clocks/001"]),
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


def test_suggested_tags_are_as_written_in_the_essays(workspace: Workspace) -> None:
    """The commonest spelling, of tags above too: a key without spaces would look like a misspelling."""
    text = "A. #Old-Maps/torn paper\n\nB. #Old-Maps/tornPaper\n\nC. #oldmaps/torn Paper\n"
    (workspace.seeds / "a.md").write_text(text)
    essays = read_seeds(workspace.seeds, workspace.root)
    for wanted, near in [("old-mops", "Old-Maps"), ("oldmaps/tornpape", "Old-Maps/torn paper")]:
        with pytest.raises(SeedError, match=f"no passage has the tag '{wanted}'") as caught:
            select(essays, [wanted])
        assert caught.value.hint.startswith(f"Did you mean '{near}'")


@pytest.mark.parametrize(
    ("tags", "slugs", "message", "hint"),
    [
        (["clock"], [], "no passage has the tag 'clock'.", "Did you mean 'clocks'? `remix tags` lists"),
        (["zebra"], [], "no passage has the tag 'zebra'.", "`remix tags` lists"),
        (["clocks", "smal error"], [], "no passage has the tag 'smal error'.", "Did you mean 'small error'?"),
        (["maps"], ["two-clocks"], "no passage has the tag 'maps'.", "`remix tags` lists"),
        (["#smalError"], [], "no passage has the tag 'smalError'.", "Did you mean 'small error'? `remix tags`"),
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


def test_an_essay_answers_to_its_aliases(workspace: Workspace) -> None:
    (workspace.seeds / "a.md").write_text("---\naliases: [On Walls, Two Clocks]\n---\nOne.")
    essays = read_seeds(workspace.seeds, workspace.root)
    assert [each.id for each in select(essays, slugs=["on walls"])] == ["a/001"]
    assert {each.essay for each in select(essays, slugs=["two-clocks"])} == {"a", "two-clocks"}
    with pytest.raises(SeedError) as caught:
        select(essays, slugs=["on-wals"])
    assert caught.value.hint.startswith("Did you mean 'on-walls'?")


# -- queries, ranking, samples ------------------------------------------------------------------------------


def chosen(among: list[Essay], /, **options: Any) -> Selected:
    return chooser(Options(**options))(MemoryCorpus(among))


def ids(among: list[Essay], /, **options: Any) -> list[str]:
    return [passage.id for _, passage in chosen(among, **options).pairs]


def test_tags_essays_words_and_a_query_narrow_each_other(essays: list[Essay]) -> None:
    assert ids(essays, where="clocks or maps") == ["on-maps/001", "two-clocks/001", "two-clocks/002"]
    assert ids(essays, where="clocks or maps", tags=("small error",)) == ["on-maps/001", "two-clocks/001"]
    assert ids(essays, where="clocks or maps", essays=("two-clocks",), min_words=11) == [
        "two-clocks/001",
        "two-clocks/002",
    ]


def test_a_query_that_cannot_be_understood_fails_before_anything_is_read() -> None:
    with pytest.raises(QueryError, match="column 5"):
        chooser(Options(where="not "))


def test_what_nothing_answers_to_is_noted(essays: list[Essay]) -> None:
    found = chosen(essays, where="clocks and not (gpu or map) and not essay:two-clock")
    assert len(found.pairs) == 2
    assert found.notes == [
        "--where, column 17: no passage has the tag 'gpu'. `remix tags` lists what there is.",
        "--where, column 24: no passage has the tag 'map'. Did you mean 'maps'? `remix tags` lists what there is.",
        "--where, column 37: there is no essay 'two-clock'. Did you mean 'two-clocks'? "
        "`remix passages` lists what there is.",
    ]


def test_of_many_unknown_names_similar_ones_are_looked_for_a_few_times(essays: list[Essay]) -> None:
    """A hundred unknown names among 200,000 tags took half a minute."""
    found = chosen(essays, where=f"clocks and not ({' or '.join(f'map{number}' for number in range(30))})")
    assert len(found.notes) == 30
    assert sum("Did you mean 'maps'?" in note for note in found.notes) == MOST_SUGGESTED


def test_where_nothing_is_meant_the_error_says_what_is_unknown(essays: list[Essay]) -> None:
    with pytest.raises(SeedError, match="no passage matches --where") as caught:
        chosen(essays, where="clock and time")
    assert caught.value.hint.startswith("--where, column 1: no passage has the tag 'clock'. Did you mean 'clocks'?")


def test_likeness_ranks_and_leaves_out_what_shares_no_word(essays: list[Essay]) -> None:
    found = chosen(essays, like="Which clock runs slow?")
    assert [passage.id for _, passage in found.pairs] == ["two-clocks/002", "two-clocks/001"]
    assert [ranking.rank for ranking in found.rankings.values()] == [1, 2]
    assert found.rankings["two-clocks/002"].score > found.rankings["two-clocks/001"].score > 0
    assert {ranking.method for ranking in found.rankings.values()} == {Rule(name="bm25", version=1)}
    with pytest.raises(SeedError, match="no passage shares a word with --like"):
        chosen(essays, like="zebra")


def _by_first_letters(texts: Sequence[str]) -> NDArray[np.float64]:
    """As if the first word were the whole meaning of a text."""
    words = [text.split()[0].lower() for text in texts]
    return np.array([[float(word == other) for other in sorted(set(words))] for word in words])


MEANING = Meaning(Rule(name="first words", version=1), _by_first_letters)


def test_meaning_ranks_what_shares_no_word_too(essays: list[Essay]) -> None:
    found = chooser(Options(like="Nobody, zebra", by="meaning"), MEANING)(MemoryCorpus(essays))
    assert len(found.pairs) == sum(len(essay.passages) for essay in essays)
    first = next(iter(found.rankings.values()))
    assert (first.rank, first.method) == (1, Rule(name="first words", version=1))
    narrowed = chooser(Options(like="Nobody", by="meaning", essays=("two-clocks",), limit=1), MEANING)(
        MemoryCorpus(essays)
    )
    assert {passage.essay for _, passage in narrowed.pairs} == {"two-clocks"}


def test_of_many_passages_those_alike_by_words_are_looked_at(
    essays: list[Essay], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["remix.corpus.select"], "MOST_EMBEDDED", 2)
    found = chooser(Options(like="map", by="meaning"), MEANING)(MemoryCorpus(essays))
    assert {passage.id for _, passage in found.pairs} == {"on-maps/001", "on-maps/002"}


def test_the_best_are_kept_with_their_ranks(essays: list[Essay]) -> None:
    found = chosen(essays, like="the first clock runs fast, no map", limit=1)
    assert list(found.rankings) == [passage.id for _, passage in found.pairs]
    assert [ranking.rank for ranking in found.rankings.values()] == [1]


def test_equals_stay_in_the_order_of_the_corpus(essays: list[Essay]) -> None:
    assert ids(essays, like="map") == ["on-maps/001", "on-maps/002"]


def test_a_sample_is_drawn_by_hash_and_keeps_the_order(essays: list[Essay]) -> None:
    """Exactly these passages: every machine must draw the same."""
    assert ids(essays, sample=2, seed=1) == ["on-maps/001", "two-clocks/003"]
    assert ids(essays, sample=2, seed=3) == ["on-maps/001", "two-clocks/001"]
    assert ids(essays, sample=99) == ids(essays)


def test_of_a_sample_most_stay_when_others_go(essays: list[Essay]) -> None:
    texts = [f"Passage {number}." for number in range(100)]
    base = essays[0].passages[0]
    many = [base.model_copy(update={"id": f"e/{n:03}", "text": t, "sha256": sha256(t)}) for n, t in enumerate(texts)]
    before = set(ids([essays[0].model_copy(update={"passages": tuple(many)})], sample=10))
    after = set(ids([essays[0].model_copy(update={"passages": tuple(many[10:])})], sample=10))
    assert len(before) == len(after) == 10
    assert before - {f"e/{n:03}" for n in range(10)} <= after


def test_a_sample_of_what_is_ranked_keeps_the_ranks(essays: list[Essay]) -> None:
    whole = chosen(essays, like="a clock on no map was set first")
    part = chosen(essays, like="a clock on no map was set first", sample=2)
    assert len(part.pairs) == 2
    assert part.rankings.items() <= whole.rankings.items()
    ranks = [ranking.rank for ranking in part.rankings.values()]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("kind", ["--tag", "--essay"])
def test_what_is_shown_of_a_long_name(remix_: Remix, kind: str) -> None:
    """All 100,000 letters used to be printed."""
    result = remix_("passages", kind, "a" * 100_000)
    assert result.exit_code == 1
    assert len(result.stderr) < 500


def test_named_passages_alone_are_chosen(essays: list[Essay]) -> None:
    ids = [passage.id for essay in essays for passage in essay.passages]
    assert [passage.id for _, passage in chosen(essays, passages=(ids[2], ids[0])).pairs] == [ids[0], ids[2]]
    assert len(chosen(essays, passages=tuple(ids), limit=1).pairs) == 1


def test_a_named_passage_that_is_not_there_is_refused_with_similar_ones(essays: list[Essay]) -> None:
    id_ = essays[0].passages[0].id
    with pytest.raises(SeedError, match="no passage") as refused:
        chosen(essays, passages=(f"{id_}9",))
    assert id_ in refused.value.hint
