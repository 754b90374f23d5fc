"""How unlike each other the texts of a set are.

Takes texts or their vectors, gives numbers. Falling diversity from step to step between chains that began with
different passages is convergence. Knows nothing of runs, kinds and models.

All of these hang on length: the longer two texts, the more chance words they share, the better they compress and the
rarer a new word is. Summaries that shrink would seem to grow more varied. So texts are cut to equal length first, by
`common_length` and `cut`, as Shaib et al., “Standardizing the Measurement of Text Diversity” (2024) ask for.
"""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from remix.measure.vectors import FloatArray
from remix.measure.words import ngrams, words

REACHED = 0.9
"""Share of the chains that must be as long as the common length: a few that fall short are left out instead."""

GROUP = 40
"""Of larger sets only texts of the same group are held against each other: time grows with texts, not with pairs."""


# -- equal length -------------------------------------------------------------------------------------------


def common_length(chains: Sequence[Sequence[str]], reached: float = REACHED) -> int:
    """The greatest number of words that all texts of at least 9 in 10 chains have; 0 where there are no chains."""
    shortest = sorted((min(len(words(text)) for text in chain) for chain in chains), reverse=True)
    return shortest[math.ceil(len(shortest) * reached) - 1] if shortest else 0


def cut(text: str, length: int) -> str:
    """Its first `length` words, as `words` gives them."""
    return " ".join(words(text)[:length])


# -- words --------------------------------------------------------------------------------------------------


def compression_ratio(texts: Sequence[str]) -> float:
    """Bytes of all texts in a row over bytes of the same by gzip; higher is more alike (Shaib et al. 2024).

    gzip looks back 32 KiB: of more text than that it finds again only what stands near.
    """
    data = " ".join(texts).encode()
    return len(data) / len(gzip.compress(data, mtime=0)) if data else 0.0


def self_repetition(texts: Sequence[str], n: int = 4) -> float:
    """How often the n-grams of each text stand in others: the mean of log(1 + N_i); higher is more alike.

    N_i = Σ over the different n-grams of text i of the number of other texts that have them. By Salkar et al.,
    “Self-Repetition in Abstractive Neural Summarizers” (2022), as Shaib et al. (2024) use it.
    """
    grams = [set(ngrams(words(text), n)) for text in texts]
    having = Counter(gram for own in grams for gram in own)
    return float(np.mean([math.log1p(sum(having[gram] - 1 for gram in own)) for own in grams])) if texts else 0.0


def distinct(texts: Sequence[str], n: int) -> float:
    """Different n-grams of all texts over all their n-grams, distinct-n; lower is more alike (Li et al. 2016)."""
    grams = [gram for text in texts for gram in ngrams(words(text), n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def groups(count: int) -> list[range]:
    """So many texts in groups of 40 at most, dealt out like cards."""
    many = math.ceil(count / GROUP)
    return [range(group, count, many) for group in range(many)]


class Pairs(NamedTuple):
    """How similar each text of a set is to others."""

    one: npt.NDArray[np.int64]
    """Numbers of texts, from 0."""
    other: npt.NDArray[np.int64]
    """Of those they were held against, never the same."""
    scores: FloatArray
    """How similar they are."""


def pairs(
    ones: Sequence[str], others: Sequence[str], scores: Callable[[Sequence[str], Sequence[str]], FloatArray]
) -> Pairs:
    """Each of `ones` with each of `others` but that of its own number; both are as many.

    Of more than 40 only those within a group: no chance has a say in it.
    """
    found = [Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for members in groups(len(ones)):
        table = scores([others[at] for at in members], [ones[at] for at in members])
        own = np.array(members, np.int64)
        row, column = np.nonzero(~np.eye(len(own), dtype=bool))
        found.append(Pairs(own[column], own[row], table[row, column]))
    return Pairs(*(np.concatenate(each) for each in zip(*found, strict=True)))


def self_similarity(among: Pairs, texts: Sequence[int] | None = None) -> float:
    """Mean similarity of a set's texts to each other, or of some of them; 0 for fewer than two. Higher is more alike.

    The homogenization score of Padmakumar and He (2023) in Shaib et al. (2024): hom(D) = 1/(|D|(|D|-1)) Σ_{d≠d'}
    sim(d, d').
    """
    scores = among.scores
    if texts is not None:
        scores = scores[np.isin(among.one, texts) & np.isin(among.other, texts)]
    return float(scores.mean()) if len(scores) else 0.0


# -- vectors ------------------------------------------------------------------------------------------------


def vendi(vectors: FloatArray) -> float:
    """Vendi score of texts by their vectors (n, d), rows of length 1: the number of different texts they amount to.

    exp(-Σ λ log λ) over the eigenvalues λ of K/n, where K holds the cosine of each pair. n where no two have anything
    in common, 1 where all are the same. By Friedman and Dieng, “The Vendi Score” (2023). 0 for no texts.
    """
    return vendi_of(kernel(vectors))


def kernel(vectors: FloatArray) -> FloatArray:
    """The cosine of each pair of rows of length 1, and 1 of each with itself: (n, n)."""
    cosines: FloatArray = vectors @ vectors.T
    # A text without a word is unlike all others, and like itself.
    np.fill_diagonal(cosines, 1)
    return cosines


def vendi_of(cosines: FloatArray) -> float:
    """The same of texts whose cosines are known; some rows and columns of them are those of some texts."""
    if not len(cosines):
        return 0.0
    values = np.linalg.eigvalsh(cosines / len(cosines))
    positive = values[values > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))
