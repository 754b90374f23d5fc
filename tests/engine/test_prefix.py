"""The trie of prompts in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remix.engine.prefix import PrefixCache, common

A, B, C, D = (1, 2, 3, 4), (5, 6), (7, 8, 9), (4, 3)


def test_whole_chunks_are_shared_and_never_the_last_of_a_prompt():
    prefixes = PrefixCache()
    prefixes.add(0, [A, B])
    assert prefixes.longest([A, B, C]) == (0, 6)
    assert prefixes.longest([A, B]) == (0, 4)
    assert prefixes.longest([A, (5,), (6, 7)]) == (0, 4)
    assert prefixes.longest([B, A, C]).length == 0


def test_the_slot_that_shares_most_is_found():
    prefixes = PrefixCache()
    prefixes.add(0, [A, D])
    prefixes.add(1, [A, B])
    assert prefixes.longest([A, B, C]) == (1, 6)
    assert prefixes.longest([A, C]) == (0, 4)


def test_a_dropped_slot_is_forgotten_and_a_moved_one_found_elsewhere():
    prefixes = PrefixCache()
    prefixes.add(0, [A, B])
    prefixes.move(0, 5)
    assert prefixes.longest([A, B, C]) == (5, 6)
    assert (prefixes.length(0), prefixes.length(5)) == (0, 6)
    prefixes.drop(5)
    assert prefixes.longest([A, B, C]).length == 0


def test_holders_counts_the_slots_that_hold_it_all():
    prefixes = PrefixCache()
    prefixes.add(0, [A, B])
    prefixes.add(1, [A, B, C])
    assert (prefixes.holders(0), prefixes.holders(1), prefixes.holders(2)) == (2, 1, 0)


def test_slots_that_are_copied_whole_are_found_at_their_end_alone():
    prefixes = PrefixCache(copies_whole=True)
    prefixes.add(0, [A, B, D])
    assert prefixes.longest([A, B, C]).length == 0
    prefixes.add(1, [A])
    assert prefixes.longest([A, B, C]) == (1, 4)
    assert prefixes.longest([A, B, D, C]) == (0, 8)


def test_prompts_share_equal_chunks_and_the_last_of_neither():
    assert common([A, B, C], [A, B, D]) == 2
    assert common([A, B], [A, B, C]) == 1
    assert common([A, B], [A, B]) == 1
    assert common([A], [B, A]) == 0


prompts = st.lists(st.sampled_from([(1,), (1, 2), (2,)]), min_size=1, max_size=5)


@given(held=st.dictionaries(st.integers(0, 5), prompts, max_size=6), dropped=st.sets(st.integers(0, 5)), new=prompts)
def test_the_trie_finds_what_a_plain_search_finds(held, dropped, new):
    prefixes = PrefixCache()
    for slot, prompt in held.items():
        prefixes.add(slot, prompt)
    for slot in dropped:
        prefixes.drop(slot)

    def shared(prompt: list[tuple[int, ...]]) -> int:
        counts = range(1, min(len(prompt), len(new) - 1) + 1)
        return max((sum(map(len, new[:n])) for n in counts if prompt[:n] == new[:n]), default=0)

    best = max((shared(prompt) for slot, prompt in held.items() if slot not in dropped), default=0)
    found = prefixes.longest(new)
    assert found.length == best
    if best:
        assert found.slot == min(slot for slot in held if slot not in dropped and shared(held[slot]) == best)
