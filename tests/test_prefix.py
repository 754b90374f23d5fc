"""The trie of prompts in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remix.engine.prefix import Prefixes

A = [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_only_whole_chunks_are_shared_and_never_all_of_a_prompt():
    prefixes = Prefixes(4)
    prefixes.hold(0, A)
    assert prefixes.longest(A) == (0, 8)
    assert prefixes.longest(A[:8]) == (0, 4)
    assert prefixes.longest([*A[:6], 0, 0, 0]) == (0, 4)
    assert prefixes.longest([0, *A]).length == 0


def test_the_slot_that_shares_most_is_found():
    prefixes = Prefixes(4)
    prefixes.hold(0, [*A[:4], 0, 0, 0, 0])
    prefixes.hold(1, A)
    assert prefixes.longest([*A, 1, 1]) == (1, 8)
    assert prefixes.longest([*A[:4], 3]) == (0, 4)


def test_a_dropped_slot_is_forgotten_and_a_moved_one_found_elsewhere():
    prefixes = Prefixes(4)
    prefixes.hold(0, A)
    prefixes.move(0, 5)
    assert prefixes.longest(A) == (5, 8)
    prefixes.drop(5)
    assert prefixes.longest(A).length == 0


def test_holders_counts_the_slots_that_hold_it_all():
    prefixes = Prefixes(4)
    prefixes.hold(0, A)
    prefixes.hold(1, [*A, 10, 11, 12])
    assert (prefixes.holders(0), prefixes.holders(1), prefixes.holders(2)) == (2, 1, 0)


prompts = st.lists(st.integers(1, 2), min_size=1, max_size=14)


@given(held=st.dictionaries(st.integers(0, 5), prompts, max_size=6), dropped=st.sets(st.integers(0, 5)), new=prompts)
def test_the_trie_finds_what_a_plain_search_finds(held, dropped, new):
    prefixes = Prefixes(3)
    for slot, prompt in held.items():
        prefixes.hold(slot, prompt)
    for slot in dropped:
        prefixes.drop(slot)

    def shared(prompt: list[int]) -> int:
        lengths = range(3, min(len(prompt), len(new) - 1) + 1, 3)
        return max((length for length in lengths if prompt[:length] == new[:length]), default=0)

    best = max((shared(prompt) for slot, prompt in held.items() if slot not in dropped), default=0)
    found = prefixes.longest(new)
    assert found.length == best
    if best:
        assert found.slot == min(slot for slot in held if slot not in dropped and shared(held[slot]) == best)
