"""Texts as rows of numbers: vectors of length 1, bag of words, TF-IDF.

Takes texts, or vectors from any model; gives arrays of shape (texts, dimensions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from remix.measure.words import words

FloatArray = npt.NDArray[np.float64]


def unit(vectors: npt.ArrayLike) -> FloatArray:
    """Rows scaled to length 1; a row of zeros stays zero."""
    rows = np.asarray(vectors, float)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: FloatArray = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return scaled


def bag_of_words(texts: Sequence[str]) -> FloatArray:
    """The count of each word in each text, in rows of length 1: (texts, distinct words).

    The n-gram kernel of Friedman and Dieng (2023) for n = 1.
    """
    counts = [Counter(words(text)) for text in texts]
    columns = {word: at for at, word in enumerate(sorted({word for each in counts for word in each}))}
    rows = np.zeros((len(texts), max(1, len(columns))))
    for row, each in zip(rows, counts, strict=True):
        for word, count in each.items():
            row[columns[word]] = count
    return unit(rows)


def tfidf(texts: Sequence[str]) -> FloatArray:
    """Smoothed TF-IDF as in scikit-learn, in rows of length 1: (texts, words that at least two texts have).

    tf · (1 + ln((1 + n) / (1 + df))). A word of a single text is left out, since the word brings no two texts nearer.
    """
    counts = [Counter(words(text)) for text in texts]
    having = Counter(word for each in counts for word in each)
    columns = {word: at for at, word in enumerate(sorted(word for word in having if having[word] > 1))}
    rows = np.zeros((len(texts), max(1, len(columns))))
    for row, each in zip(rows, counts, strict=True):
        for word in each.keys() & columns.keys():
            row[columns[word]] = each[word] * (1 + np.log((1 + len(texts)) / (1 + having[word])))
    return unit(rows)
