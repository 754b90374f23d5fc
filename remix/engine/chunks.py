"""A prompt's chunks: the pieces it is computed in, and shared by.

Takes token ids, gives them in chunks. Where a chunk ends depends on the prompt alone, never on what is in memory:
two prompts that begin alike are then cut alike, and what one computed has the bits the other would have got. Chunks
end at paragraphs too (after the content-defined chunking of rsync and restic): prompts that share a passage and go on
otherwise share all of it, not just what happens to fill whole chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Chunk = tuple[int, ...]

LEAST = 16
"""Tokens a chunk has before a paragraph's end may end it: a call costs much, however few tokens are in it."""


def cut(prompt: Sequence[int], size: int, piece: Callable[[int], bytes] | None = None) -> tuple[Chunk, ...]:
    """A prompt in chunks of at most `size` tokens, which end at blank lines where `piece` tells what a token spells.

    The last chunk never is a single token, but in a prompt of one: with flash attention llama.cpp splits the work on
    one token between its threads, and what comes of it depends on their number.
    """
    ends = [*_paragraphs(prompt, size, piece), len(prompt)]
    if len(ends) > 1 and ends[-1] - ends[-2] == 1:
        ends[-2] -= 1
    return tuple(tuple(prompt[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True))


def _paragraphs(prompt: Sequence[int], size: int, piece: Callable[[int], bytes] | None) -> Iterator[int]:
    """Where chunks end, but for the last."""
    start, text = 0, b""
    for end, token in enumerate(prompt[:-1], 1):
        text = text[-1:] + piece(token) if piece else b""
        if end - start == size or (end - start >= LEAST and text.endswith(b"\n\n")):
            yield end
            start = end
