"""Where a prompt is cut."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from remix.engine.chunks import MIN_CHUNK, cut

LINE = 10


def piece(token: int) -> bytes:
    return bytes([token])


def sizes(prompt: list[int], size: int = 64) -> list[int]:
    return [len(chunk) for chunk in cut(prompt, size, piece)]


def test_without_paragraphs_chunks_are_all_of_one_size_but_the_last():
    assert sizes([1] * 150) == [64, 64, 22]
    assert sizes([1] * 128) == [64, 64]


def test_a_blank_line_ends_a_chunk_that_is_worth_a_call():
    passage, rest = [1] * 70 + [LINE, LINE], [2] * 30
    assert sizes(passage + rest) == [64, 38], "only 8 tokens since the last cut"
    passage = [1] * 90 + [LINE, LINE]
    assert sizes(passage + rest) == [64, 28, 30]
    assert sizes([*passage[:-1], *rest]) == [64, 57], "a line break is not a paragraph's end"


def test_what_a_token_spells_may_be_a_whole_blank_line():
    chunks = cut([1] * 20 + [5] + [1] * 20, 64, lambda token: b".\n\n" if token == 5 else b"a")
    assert [len(chunk) for chunk in chunks] == [21, 20]


def test_paragraphs_count_only_where_tokens_can_be_read():
    assert [len(chunk) for chunk in cut([LINE] * 100, 64)] == [64, 36]


def test_no_lone_token_is_left_at_the_end():
    assert sizes([1] * 129) == [64, 63, 2]
    assert sizes([1] * 40 + [LINE, LINE, 2]) == [41, 2]
    assert sizes([1]) == [1]


def test_prompts_that_share_a_passage_are_cut_alike_up_to_its_end():
    passage = [*range(60, 150), LINE, LINE]
    one, other = (cut(passage + [1] * n, 64, piece) for n in (17, 90))
    assert one[:2] == other[:2]
    assert sum(map(len, one[:2])) == len(passage)


@given(st.lists(st.sampled_from([1, LINE]), min_size=1, max_size=300), st.integers(2, 70))
def test_chunks_make_up_the_prompt_and_are_never_too_long(prompt, size):
    chunks = cut(prompt, size, piece)
    assert list(chain.from_iterable(chunks)) == prompt
    assert all(0 < len(chunk) <= size for chunk in chunks)
    assert len(chunks[-1]) > 1 or len(prompt) == 1 or size == 2
    assert all(len(chunk) >= min(MIN_CHUNK, size) - 1 for chunk in chunks[:-1])
