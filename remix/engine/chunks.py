"""How a prompt is cut into chunks: the units of computing prompts, and of sharing through the prefix cache.

Takes token ids, gives chunks. Where chunks end depends on the prompt alone, never on the cache: prompts with a common
beginning are cut alike, and a chunk has the same bits in each of the prompts. Chunks also end at blank lines (after
the content-defined chunking of rsync and restic): prompts that differ after a shared passage share the whole passage,
instead of only the full chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Chunk = tuple[int, ...]

MIN_CHUNK = 16
"""Fewest tokens of a chunk that ends at a blank line: even a call for few tokens is slow."""


def cut(prompt: Sequence[int], size: int, piece: Callable[[int], bytes] | None = None) -> tuple[Chunk, ...]:
    """A prompt in chunks of at most `size` tokens; with `piece`, the bytes of a token, also cut at blank lines.

    The last chunk has at least two tokens, if the prompt has two: with flash attention llama.cpp splits the work on a
    single token between threads, and the result depends on the number of threads.
    """
    ends = [*_ends(prompt, size, piece), len(prompt)]
    if len(ends) > 1 and ends[-1] - ends[-2] == 1:
        ends[-2] -= 1
    return tuple(tuple(prompt[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True))


def _ends(prompt: Sequence[int], size: int, piece: Callable[[int], bytes] | None) -> Iterator[int]:
    """The ends of all chunks but the last."""
    start, text = 0, b""
    for end, token in enumerate(prompt[:-1], 1):
        text = text[-1:] + piece(token) if piece else b""
        if end - start == size or (end - start >= MIN_CHUNK and text.endswith(b"\n\n")):
            yield end
            start = end
