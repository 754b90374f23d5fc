"""Who gets which slot."""

from __future__ import annotations

from itertools import chain
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from remix.engine.chunks import Chunk
from remix.engine.scheduler import Scheduler
from remix.engine.sequence import Sequence
from remix.records import Greedy, Request, Sampling


def sequence(chunks: tuple[Chunk, ...] = ((1,),)) -> Sequence:
    sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
    return Sequence(Request(token_ids=tuple(chain.from_iterable(chunks)), sampling=sampling), chunks)


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


# -- what is computed, copied and kept ------------------------------------------------------------------------

CHUNKS = ((1, 1), (2, 2), (3, 3, 3))
prompts = st.lists(st.lists(st.sampled_from(CHUNKS), min_size=1, max_size=6).map(tuple), min_size=1, max_size=20)


def computed(
    prompts: list[tuple[Chunk, ...]], slots: int, prefix_slots: int, whole: bool, order: Random
) -> list[Chunk]:
    """The chunks that are computed for all prompts, with sequences that end in any order; checks each copy."""
    scheduler = Scheduler(range(slots), range(slots, slots + prefix_slots), whole)
    held: dict[int, list[object]] = {}

    def copy(source: int, target: int, length: int) -> None:
        count = next(n for n in range(len(held[source]) + 1) if sum(map(len, held[source][:n])) == length)
        assert not whole or count == len(held[source]), "a recurrent state can't be cut"
        held[target] = held[source][:count]

    for prompt in prompts:
        scheduler.add(sequence(prompt))
    done: list[Chunk] = []
    while not scheduler.idle:
        while admitted := scheduler.admit():
            one, copied = admitted
            held[one.slot] = []
            if copied:
                copy(*copied)
            assert held[one.slot] == list(one.chunks[: len(held[one.slot])]), "the prompt's own beginning"
            for count, chunk in enumerate(one.chunks, 1):
                if count > len(held[one.slot]):
                    held[one.slot].append(chunk)
                    done.append(chunk)
                    if kept := scheduler.keep(one, count):
                        copy(*kept)
            scheduler.computed(one)
            held[one.slot].append("decoded")
        for one in order.sample(scheduler.active(), order.randint(1, len(scheduler.active()))):
            if kept := scheduler.release(one):
                copy(*kept)
    return done


@settings(max_examples=500)
@given(prompts, st.integers(1, 6), st.integers(0, 4), st.booleans(), st.randoms(use_true_random=False))
def test_no_copy_is_cut_if_slots_are_copied_whole_whatever_the_prompts(prompts, slots, prefix_slots, whole, order):
    done = computed(prompts, slots, prefix_slots, whole, order)
    assert len(done) <= sum(map(len, prompts))


@settings(max_examples=500)
@given(prompts, st.integers(1, 6), st.booleans(), st.randoms(use_true_random=False))
def test_with_prefix_slots_enough_each_beginning_is_computed_once(prompts, slots, whole, order):
    beginnings = {prompt[:count] for prompt in prompts for count in range(1, len(prompt))}
    assert len(computed(prompts, slots, 100, whole, order)) == len(beginnings) + len(prompts)
