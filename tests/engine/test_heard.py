"""What a run penalty hears of a prompt: names, figures and control tokens are free, all else counts."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from remix.engine.heard import HeardTokens

PASSAGE = (
    "Marculf wrote it down in 1675, and John Ogilby's map had the road. The road was there before; "
    "I saw it. Nobody asked Marculf, or 17,000 others, or the B52."
)


def heard(text: str) -> tuple[HeardTokens, list[bytes], list[int]]:
    """A text as heard, its tokens' pieces and ids: up to three letters with a space before, `<…>` a control token."""
    pieces = [piece.encode() for piece in re.findall(r"<\w+>| ?\w{1,3}|.", text, re.DOTALL)]
    vocabulary = sorted(set(pieces))
    spelt = [b"" if re.fullmatch(rb"<\w+>", piece) else piece for piece in vocabulary]
    prompt = [vocabulary.index(piece) for piece in pieces]
    return HeardTokens(prompt, lambda token: spelt[token]), pieces, prompt


def free(text: str) -> str:
    """The parts of a text that are free to be repeated, with a bar between parts."""
    found, pieces, _ = heard(text)
    parts = "".join(piece.decode() if token < 0 else "\0" for token, piece in zip(found.prompt, pieces, strict=True))
    return "|".join(part.strip() for part in re.split("\0+", parts) if part)


def test_names_and_figures_are_free_and_all_else_is_heard():
    assert free(PASSAGE) == "Marculf|1675|John Ogilby|Nobody|Marculf|17,000|B52"


def test_a_capitalised_word_that_is_also_written_small_is_no_name():
    assert free("The end. And so the tale ended: and I with it.") == ""


def test_control_tokens_are_free():
    assert free("<start>user\nsay it<end>") == "<start>|<end>"


def test_what_is_free_is_heard_as_a_token_that_occurs_once():
    found, _, prompt = heard(PASSAGE)
    others = [token for token in found.prompt if token < 0]
    assert len(set(others)) == len(others)
    name = prompt[0]
    assert found.prompt[0] < 0
    assert len({found.sampled(name), found.sampled(name), *others}) == len(others) + 2


def test_a_piece_of_a_name_that_also_spells_usual_words_counts_in_the_text():
    found, pieces, prompt = heard("a road to Mardad is made by handad")
    piece = prompt[pieces.index(b"dad")]
    assert found.sampled(piece) == piece
    assert found.sampled(prompt[pieces.index(b" Mar")]) < 0


@given(st.lists(st.binary(max_size=3), max_size=30))
def test_any_bytes_can_be_heard(pieces):
    prompt = range(len(pieces))
    found = HeardTokens(prompt, lambda token: pieces[token])
    assert len(found.prompt) == len(pieces)
    assert all(token in (place, *range(-len(pieces), 0)) for place, token in enumerate(found.prompt))
