"""Measures of a set's diversity: Vendi score, self-similarity, compression ratio, self-repetition, distinct-n.

Takes texts or vectors, gives numbers. Knows nothing of runs, kinds and models. `convergence.py` compares the
diversity of a run's steps.

Every measure depends on length: longer texts share more words by chance, compress better and rarely bring a new word,
so shrinking summaries would seem to grow more diverse. Texts are therefore first cut to equal length by
`common_length` and `cut`, as Shaib et al., “Standardizing the Measurement of Text Diversity” (2024) recommend.
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
"""Share of the chains whose texts must all reach the common length; the remaining chains are left out."""

GROUP = 40
"""Texts per group: in larger sets only texts of the same group are compared, so that time grows with texts, not
pairs."""


# -- equal length -------------------------------------------------------------------------------------------


def common_length(chains: Sequence[Sequence[str]], reached: float = REACHED) -> int:
    """The greatest length in words that all texts of at least 9 in 10 chains reach; 0 for no chains."""
    shortest = sorted((min(len(words(text)) for text in chain) for chain in chains), reverse=True)
    return shortest[math.ceil(len(shortest) * reached) - 1] if shortest else 0


def cut(text: str, length: int) -> str:
    """The first `length` words of a text, in lower case."""
    return " ".join(words(text)[:length])


# -- words --------------------------------------------------------------------------------------------------


def compression_ratio(texts: Sequence[str]) -> float:
    """Bytes of all texts joined, divided by their bytes after gzip; higher is more alike (Shaib et al. 2024).

    gzip finds repetitions within 32 KiB only.
    """
    data = " ".join(texts).encode()
    return len(data) / len(gzip.compress(data, mtime=0)) if data else 0.0


def self_repetition(texts: Sequence[str], n: int = 4) -> float:
    """How often the n-grams of each text recur in further texts: the mean of ln(1 + N_i); higher is more alike.

    N_i = Σ over the distinct n-grams of text i of the number of further texts that have the n-gram. Salkar et al.,
    “Self-Repetition in Abstractive Neural Summarizers” (2022), as in Shaib et al. (2024).
    """
    grams = [set(ngrams(words(text), n)) for text in texts]
    having = Counter(gram for own in grams for gram in own)
    return float(np.mean([math.log1p(sum(having[gram] - 1 for gram in own)) for own in grams])) if texts else 0.0


def distinct(texts: Sequence[str], n: int) -> float:
    """distinct-n: distinct n-grams of all texts, divided by all n-grams; lower is more alike (Li et al. 2016)."""
    grams = [gram for text in texts for gram in ngrams(words(text), n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def groups(count: int) -> list[range]:
    """The numbers 0 … `count` - 1 in groups of at most 40: every g-th number for g groups."""
    many = math.ceil(count / GROUP)
    return [range(group, count, many) for group in range(many)]


class Pairs(NamedTuple):
    """The similarities of pairs of texts."""

    one: npt.NDArray[np.int64]
    """Number of each pair's first text, from 0."""
    other: npt.NDArray[np.int64]
    """Number of each pair's second text, never that of the first."""
    scores: FloatArray
    """Similarity of each pair."""


def pairs(
    ones: Sequence[str], others: Sequence[str], scores: Callable[[Sequence[str], Sequence[str]], FloatArray]
) -> Pairs:
    """The similarity of text i of `ones` to text j of `others`, i ≠ j; both lists have the same length.

    In sets of more than 40 texts only pairs of the same group, see `groups`: the selection isn't random.
    """
    found = [Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for members in groups(len(ones)):
        table = scores([others[at] for at in members], [ones[at] for at in members])
        own = np.array(members, np.int64)
        row, column = np.nonzero(~np.eye(len(own), dtype=bool))
        found.append(Pairs(own[column], own[row], table[row, column]))
    return Pairs(*(np.concatenate(each) for each in zip(*found, strict=True)))


def self_similarity(among: Pairs, texts: Sequence[int] | None = None) -> float:
    """Mean similarity of a set's pairs, or of the pairs within a subset; 0 for fewer than two texts. Higher is more
    alike.

    The homogenization score of Padmakumar and He (2023) in Shaib et al. (2024): hom(D) = 1/(|D|(|D|-1)) Σ_{d≠d'}
    sim(d, d').
    """
    scores = among.scores
    if texts is not None:
        scores = scores[np.isin(among.one, texts) & np.isin(among.other, texts)]
    return float(scores.mean()) if len(scores) else 0.0


# -- vectors ------------------------------------------------------------------------------------------------


def vendi(vectors: FloatArray) -> float:
    """Vendi score of texts by their vectors (n, d), rows of length 1: the effective number of distinct texts.

    exp(-Σ λ ln λ) over the eigenvalues λ of K/n, K being the matrix of cosines (Friedman and Dieng, “The Vendi
    Score”, 2023). n if no two texts have anything in common, 1 if all texts are the same, 0 for no texts.
    """
    return vendi_of(kernel(vectors))


def kernel(vectors: FloatArray) -> FloatArray:
    """The cosine of each pair of rows of length 1, with 1 on the diagonal: (n, n)."""
    cosines: FloatArray = vectors @ vectors.T
    # The row of a text without words is zero; the text still equals itself.
    np.fill_diagonal(cosines, 1)
    return cosines


def vendi_of(cosines: FloatArray) -> float:
    """Vendi score from a kernel (n, n); the kernel of a subset is the subset's rows and columns."""
    if not len(cosines):
        return 0.0
    values = np.linalg.eigvalsh(cosines / len(cosines))
    positive = values[values > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))
