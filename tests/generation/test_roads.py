"""Roads: which tokens are turns, which alternatives are taken, and the runs that come of them."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.errors import RunError
from remix.generation import roads
from remix.generation.branch_point import Put, Written
from remix.generation.roads import OutputFilter, RoadOptions, check_number, outputs_of, plan_roads, turns_of
from remix.outputs import RunFolder
from remix.records import Alternative, Options
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.fake_local import FakeLocal
from tests.generation.branches import local, replayed, tokens_of, write, write_run
from tests.generation.test_branch_point import MARK, WORDS, found

__all__ = ["local"]

FIRST = "two-clocks/001/again.1"


# -- turns ------------------------------------------------------------------------------------------------------


def text_with(entropies: dict[int, float], alternatives: dict[int, tuple[str, ...]]) -> Written:
    """`the map is the old map.`, with the entropies and alternatives of some tokens, from 0; 7 is the end."""
    text = found(" the map is the old map.")
    choices = tuple(
        choice._replace(
            entropy=entropies.get(at, 0.1),
            alternatives=tuple(Alternative(piece, 0.1) for piece in alternatives.get(at, (" is", " the"))),
        )
        for at, choice in enumerate(text.choices)
    )
    return text._replace(choices=choices)


def chosen(text: Written, turns: int, width: int, places: range = range(8)) -> tuple[list[tuple[int, str]], int]:
    """The turns' tokens with what is put there, and the number of skipped alternatives."""
    found_turns, skipped = turns_of(text, places, RoadOptions(turns, width), WORDS)
    return [(turn.point.token, piece_of(put).strip()) for turn in found_turns for put in turn.puts], skipped


def piece_of(put: Put) -> str:
    """The piece of the last token that is put."""
    return WORDS.piece(put.tokens[-1]).decode()


def test_the_most_uncertain_tokens_are_turns_in_the_order_of_the_text() -> None:
    text = text_with({5: 3.0, 1: 2.0, 3: 1.0}, {5: (" maps", " old", "."), 1: (" old", " walk")})
    assert chosen(text, 2, 2) == ([(1, "old"), (1, "walk"), (5, "maps"), (5, "old")], 0)
    assert chosen(text, 1, 3) == ([(5, "maps"), (5, "old"), (5, ".")], 0)
    assert chosen(text, 3, 1)[0] == [(1, "old"), (3, "is"), (5, "maps")]


def test_of_equally_uncertain_tokens_the_first_is_taken() -> None:
    assert [token for token, _ in chosen(text_with({}, {}), 3, 1)[0]] == [0, 1, 2]


def test_alternatives_that_cannot_be_taken_are_skipped_and_counted() -> None:
    text = text_with({1: 3.0, 2: 2.0}, {1: ("", " old", "\ufffd", " walk", "."), 2: ("\ufffd", "")})
    # Token 2 has nothing to take, so the next one is a turn.
    assert chosen(text, 2, 2) == ([(0, "is"), (0, "the"), (1, "old"), (1, "walk")], 4)


def test_marks_of_thoughts_are_skipped_and_counted() -> None:
    text = text_with({0: 3.0}, {0: (MARK, " old", " walk")})
    assert chosen(text, 1, 2) == ([(0, "old"), (0, "walk")], 1)


def test_the_token_that_ended_the_text_is_a_turn_if_an_alternative_goes_on() -> None:
    assert chosen(text_with({7: 3.0}, {7: (" the",)}), 1, 2) == ([(7, "the")], 0)
    assert chosen(text_with({7: 3.0}, {7: ("",)}), 1, 1) == ([(0, "is")], 1)


def test_halves_of_a_letter_are_no_turns() -> None:
    halves = (WORDS.pieces.index(b"\xc3"), WORDS.pieces.index(b"\xa9"))
    plain = found(" the")
    text = plain._replace(
        text="the\u00e9",
        tokens=(*plain.tokens, *halves),
        pieces=(*plain.pieces, b"\xc3", b"\xa9"),
        starts=(0, 3, 3, 4),
        choices=tuple(
            plain.choices[0]._replace(entropy=float(at), alternatives=(Alternative(" old", 0.1),)) for at in range(4)
        ),
    )
    assert [token for token, _ in chosen(text, 8, 1)[0]] == [0, 3]


def test_only_tokens_at_the_given_places_are_turns() -> None:
    text = text_with({1: 3.0, 6: 2.0}, {})
    assert [token for token, _ in chosen(text, 8, 1, range(2, 6))[0]] == [2, 3, 4, 5]
    assert chosen(text, 8, 1, range(5, 5)) == ([], 0)


@given(
    entropies=st.lists(st.floats(0, 5), min_size=8, max_size=8),
    pieces=st.lists(
        st.lists(st.sampled_from([" old", " is", "", "\ufffd", "."]), max_size=5), min_size=8, max_size=8
    ),
    turns=st.integers(1, 9),
    width=st.integers(1, 5),
)
def test_no_other_token_with_roads_is_more_uncertain(
    entropies: list[float], pieces: list[list[str]], turns: int, width: int
) -> None:
    text = text_with(dict(enumerate(entropies)), dict(enumerate(map(tuple, pieces))))
    found_turns, _ = turns_of(text, range(8), RoadOptions(turns, width), WORDS)
    usable = {at: [piece for piece in each if piece.strip("\ufffd")] for at, each in enumerate(pieces)}
    taken = [turn.point.token for turn in found_turns]
    assert taken == sorted(set(taken))
    assert len(taken) == min(turns, sum(map(bool, usable.values())))
    left = [entropies[at] for at in range(8) if usable[at] and at not in taken]
    assert max(left, default=0) <= min((entropies[at] for at in taken), default=5)
    for turn in found_turns:
        assert list(map(piece_of, turn.puts)) == usable[turn.point.token][:width]
        for put in turn.puts:
            assert put.tokens[:-1] == text.tokens[: turn.point.token]


# -- runs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(workspace: Workspace, local: FakeLocal) -> RunFolder:
    return write_run(workspace, local)


def all_roads(
    workspace: Workspace, folder: RunFolder, local: FakeLocal, options: RoadOptions | None = None
) -> RunFolder:
    """The roads of all outputs of a run."""
    ids = [task.id for task in folder.run.tasks]
    return write(workspace, plan_roads(workspace, folder, ids, options).job, local)


def assert_share_the_beginning(folder: RunFolder) -> None:
    """Each road has its original's tokens and choices up to its turn, and another token there."""
    before = {each.record.id: each.record for each in folder.run.earlier}
    for task in folder.run.tasks:
        assert task.branch is not None
        road, original = folder.read(task.id)[0], before[task.branch.original]
        kept = task.branch.token - 1
        assert tokens_of(road)[:kept] == tokens_of(original)[:kept]
        assert tokens_of(road)[: kept + 1] != tokens_of(original)[: kept + 1]
        assert road.derivation.fork is not None
        assert road.derivation.fork.seed is None
        assert road.derivation.sampling == original.derivation.sampling
        assert road.derivation.prompt == original.derivation.prompt


def test_all_roads_of_all_outputs_are_one_run(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = all_roads(workspace, written, local, RoadOptions(3, 2))
    assert len(folder.run.earlier) == 12
    # Some texts have fewer than three tokens.
    assert len(folder.run.tasks) == sum(2 * min(3, len(tokens_of(each.record))) for each in folder.run.earlier) > 60
    assert_share_the_beginning(folder)
    shutil.rmtree(written.path)
    assert verify(folder.path).findings == ()
    assert replayed(folder, monkeypatch) == [True] * len(folder.run.tasks)


def test_roads_of_roads_leave_after_the_fork(
    workspace: Workspace, written: RunFolder, local: FakeLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = all_roads(workspace, written, local, RoadOptions(2, 2))
    second = all_roads(workspace, first, local, RoadOptions(2, 1))
    assert_share_the_beginning(second)
    for task in second.run.tasks:
        assert task.branch is not None
        before = next(each for each in second.run.earlier if each.record.id == task.branch.original)
        assert before.record.task.branch is not None
        assert task.branch.token > before.record.task.branch.token
        assert task.variant > before.record.task.variant
    for folder in (written, first):
        shutil.rmtree(folder.path)
    assert verify(second.path).findings == ()
    assert set(replayed(second, monkeypatch)) == {True}


def test_the_number_of_skipped_alternatives_is_told(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    planned = plan_roads(workspace, written, [FIRST], RoadOptions(2, 3))
    # Of five alternatives the second and the third can't be taken.
    assert (planned.texts, len(planned.job.run.tasks), planned.skipped) == (1, 6, 4)
    assert planned.job.prompt_tokens_computed == len(written.read(FIRST)[0].derivation.prompt.token_ids or ())


def test_no_road_begins_where_nothing_could_follow(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    folder = all_roads(workspace, written, local, RoadOptions(9, 1, max_tokens=5))
    tokens = [task.branch.token for task in folder.run.tasks if task.branch]
    assert max(tokens) <= 4
    assert all(len(tokens_of(folder.read(task.id)[0])) <= 5 for task in folder.run.tasks)
    with pytest.raises(RunError, match=r"again\.1\.md: has no token at which an alternative could be taken"):
        plan_roads(workspace, written, [FIRST], RoadOptions(max_tokens=1))


def test_texts_without_a_trace_are_left_out_and_named(
    workspace: Workspace, written: RunFolder, local: FakeLocal
) -> None:
    ids = [task.id for task in written.run.tasks]
    written.trace_path(FIRST).unlink()
    planned = plan_roads(workspace, written, ids)
    assert planned.texts == 11
    (left,) = planned.left_out
    assert left.output == FIRST
    assert "has no trace" in left.error.message
    with pytest.raises(RunError, match=r"again\.1\.md: has no trace, so neither uncertain tokens"):
        plan_roads(workspace, written, [FIRST])
    for name in ids:
        written.trace_path(name).unlink(missing_ok=True)
    with pytest.raises(RunError, match=r"none of 12 texts has roads: .*has no trace"):
        plan_roads(workspace, written, ids)


def test_texts_by_a_langchain_model_have_no_roads(workspace: Workspace, finished: RunFolder) -> None:
    with pytest.raises(RunError, match="written by a LangChain model, which tells no tokens"):
        plan_roads(workspace, finished, [FIRST])


# -- which outputs ----------------------------------------------------------------------------------------------


def test_outputs_are_chosen_by_tag_kind_and_step(finished: RunFolder) -> None:
    assert len(outputs_of(finished, OutputFilter())) == 12
    assert outputs_of(finished, OutputFilter(("#Small-Error",), ("again",), 2)) == ["two-clocks/001/again.2"]
    of_two = outputs_of(finished, OutputFilter(("clocks",), ("once", "again"), 1))
    assert [name.rpartition("/")[0] for name in of_two] == ["two-clocks/001"] * 2 + ["two-clocks/002"] * 2
    # The front matter's tag is every passage's.
    assert len(outputs_of(finished, OutputFilter(("time",)))) == 12
    finished.forget(finished.run.tasks[0])
    assert len(outputs_of(finished, OutputFilter())) == 11
    for wanted in (OutputFilter(("moons",)), OutputFilter((), ("never",)), OutputFilter(step=3)):
        with pytest.raises(RunError, match="has no such finished text"):
            outputs_of(finished, wanted)


def test_the_number_of_roads_is_bounded_before_anything_is_written(finished: RunFolder) -> None:
    ids = [task.id for task in finished.run.tasks]
    assert check_number(finished, ids, RoadOptions(8, 3), 1) == 12 * 24
    assert check_number(finished, ids[:1], RoadOptions(8, 3), 2) == 24 + 24**2
    with pytest.raises(RunError, match=r"8 turns × 3 alternatives at depth 3: .* more than 999 variants"):
        check_number(finished, ids, RoadOptions(8, 3), 3)
    with pytest.raises(RunError, match="more than 999 variants"):
        check_number(finished, ids, RoadOptions(10**9, 5), 10**4)


def test_a_run_of_roads_has_a_bounded_number_of_texts(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [task.id for task in finished.run.tasks]
    monkeypatch.setattr(roads, "MOST_TASKS", 287)
    assert check_number(finished, ids[1:], RoadOptions(8, 3), 1) == 264
    with pytest.raises(RunError, match="up to 288 roads: a run has 287 texts at most"):
        check_number(finished, ids, RoadOptions(8, 3), 1)


def test_variants_of_a_text_share_the_numbers_of_its_roads(workspace: Workspace, local: FakeLocal) -> None:
    folder = write_run(workspace, local, Options(kinds=("once",), steps=1, variants=2))
    ids = [task.id for task in folder.run.tasks]
    assert check_number(folder, ids, RoadOptions(99, 5), 1) == 6 * 495
    with pytest.raises(RunError, match="more than 999 variants"):
        check_number(folder, ids, RoadOptions(100, 5), 1)
