"""Who gets which slot."""

from __future__ import annotations

from remix.engine.scheduler import Scheduler
from remix.engine.sequence import Sequence
from remix.records import Greedy, Request, Sampling


def sequence() -> Sequence:
    sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
    return Sequence(Request(token_ids=(1,), sampling=sampling))


def running(count: int, slots: int) -> tuple[Scheduler, list[Sequence]]:
    scheduler = Scheduler(range(slots), ())
    for _ in range(count):
        scheduler.add(sequence())
    admitted = []
    while one := scheduler.admit():
        admitted.append(one[0])
    return scheduler, admitted


def test_first_come_first_served_from_the_lowest_slot():
    scheduler, admitted = running(5, 3)
    assert [one.slot for one in admitted] == [0, 1, 2]
    assert len(scheduler.waiting) == 2


def test_a_freed_slot_goes_to_the_next():
    scheduler, admitted = running(4, 3)
    scheduler.release(admitted[1])
    newcomer = scheduler.admit()
    assert newcomer is not None
    assert newcomer[0].slot == 1


def test_a_gap_is_closed_from_the_top():
    scheduler, admitted = running(4, 4)
    scheduler.release(admitted[0])
    assert scheduler.close_gap() == (3, 0)
    assert scheduler.close_gap() is None
    assert [one.slot for one in scheduler.active()] == [0, 1, 2]
    assert admitted[3].slot == 0


def test_nothing_moves_when_the_top_one_leaves():
    scheduler, admitted = running(3, 3)
    scheduler.release(admitted[2])
    assert scheduler.close_gap() is None


def test_idle_means_nothing_waits_and_nothing_runs():
    scheduler, admitted = running(1, 1)
    assert not scheduler.idle
    scheduler.release(admitted[0])
    assert scheduler.idle
