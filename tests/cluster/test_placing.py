"""Placing: passages stay with their worker, idle workers take whole passages, and nothing is lost or given twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remix.cluster.messages import Call
from remix.cluster.placing import Placing

NUMBERS = [Call(number, "submit", (), {}) for number in range(1000)]


def numbers(given_now: dict[str, list[Call]]) -> dict[str, list[int]]:
    return {worker: [call.number for call in calls] for worker, calls in given_now.items()}


def test_calls_about_a_passage_go_to_one_worker_and_passages_to_all() -> None:
    placing: Placing[str] = Placing()
    placing.open("a", 8)
    placing.open("b", 8)
    for place, number in ("one", 0), ("one", 1), ("two", 2), ("two", 3):
        placing.put(place, NUMBERS[number])
    first = numbers(placing.next())
    assert sorted(map(sorted, first.values())) == [[0, 1], [2, 3]]
    (home,) = [worker for worker, found in first.items() if 0 in found]
    placing.ended(home, 0)
    placing.ended(home, 1)
    placing.put("one", NUMBERS[4])
    assert numbers(placing.next()) == {home: [4]}


def test_no_more_is_in_flight_than_keeps_a_worker_busy() -> None:
    placing: Placing[str] = Placing()
    placing.open("a", 4)
    for number in range(20):
        placing.put("one", NUMBERS[number])
    assert numbers(placing.next()) == {"a": [0, 1, 2, 3, 4, 5]}
    assert placing.next() == {}


def test_an_idle_worker_takes_over_a_passage_with_all_its_calls() -> None:
    placing: Placing[str] = Placing()
    placing.open("a", 2)
    for number in range(12):
        placing.put("first" if number < 6 else "second", NUMBERS[number])
    placing.next()
    placing.open("b", 8)
    assert set(numbers(placing.next())["b"]) <= set(range(4, 12))
    placing.put("second", NUMBERS[12])
    assert numbers(placing.next()) == {"b": [12]}


def test_what_a_closed_worker_had_waits_before_all_else() -> None:
    placing: Placing[str] = Placing()
    placing.open("a", 2)
    for number in range(6):
        placing.put("one", NUMBERS[number])
    given_first = numbers(placing.next())["a"]
    assert [call.number for call in placing.close("a")] == given_first
    placing.open("b", 8)
    assert numbers(placing.next()) == {"b": [0, 1, 2, 3, 4, 5]}
    assert not placing.ended("a", 0)


@given(st.lists(st.tuples(st.sampled_from("pgecof"), st.integers(0, 4)), max_size=120))
def test_each_call_ends_once_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """`p`ut, `g`ive, `e`nd, `c`lose, `o`pen and `f`orget in any order; in the end one worker does the rest."""
    placing: Placing[int] = Placing()
    flying: dict[int, set[int]] = {}
    ended: set[int] = set()
    forgotten: set[int] = set()
    put = 0
    for step, which in steps:
        if step == "p":
            placing.put(f"place {which}", NUMBERS[put])
            put += 1
        elif step == "o" and which not in flying:
            placing.open(which, 3)
            flying[which] = set()
        elif step == "c":
            placing.close(which)
            flying.pop(which, None)
        elif step == "g":
            for worker, calls in placing.next().items():
                flying[worker] |= {call.number for call in calls}
        elif step == "e" and flying.get(which):
            number = flying[which].pop()
            assert placing.ended(which, number)
            assert number not in ended | forgotten
            ended.add(number)
        elif step == "f" and put:
            number = put - 1
            if number not in ended and not any(number in each for each in flying.values()):
                placing.forget(number)
                forgotten.add(number)
    for worker in list(flying):
        placing.close(worker)
    placing.open(9, 3)
    while calls := placing.next().get(9):
        for call in calls:
            assert placing.ended(9, call.number)
            assert call.number not in ended
            ended.add(call.number)
    assert ended | forgotten == set(range(put))
