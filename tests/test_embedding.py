"""Texts as vectors, by whatever is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from remix.engine import llama
from remix.errors import ModelError
from remix.measure import embedding
from remix.records import ModelFile

CLOCKS = "The clock in the harbour had stopped, and nobody wound it up again."
WATCH = "A clock stood still by the port; it was never mended."
WHEAT = "An inspector graded the wheat and sent it up the elevator."


def test_none_is_none() -> None:
    assert embedding.find("none") is None


def test_what_is_not_installed_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert embedding.installed() is None
    assert embedding.find(None) is None


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"doesn't exist"):
        embedding.find(str(tmp_path / "nowhere.gguf"))


# -- sentence-transformers ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm() -> embedding.Embedder:
    found = embedding.installed()
    if found is None:
        pytest.skip("sentence-transformers isn't installed: pip install 'essay-remix[embeddings]'")
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_sentence_embeddings_see_what_a_text_is_about(minilm: embedding.Embedder) -> None:
    rows = minilm.embed([CLOCKS, WATCH, WHEAT])
    assert rows.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]


# -- llama.cpp ----------------------------------------------------------------------------------------------


@pytest.mark.model
def test_a_gguf_s_own_view(model_path: Path) -> None:
    rows = embedding.gguf(str(model_path)).embed([CLOCKS, WATCH, WHEAT])
    assert rows.shape == (3, 576)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@pytest.mark.model
def test_no_other_text_touches_a_vector(model_path: Path, model_file: ModelFile) -> None:
    shape = llama.exact_shape(*model_file.weight_types)
    with llama.LlamaModel(model_path, shape=shape) as model:
        assert not model.pools_itself
        with llama.LlamaEmbedder(model, 64, 1) as embedder:
            alone = embedder.embed(CLOCKS)
            embedder.embed(WHEAT)
            assert np.array_equal(embedder.embed(CLOCKS), alone)
            assert not np.array_equal(embedder.embed(WATCH), alone)
        with llama.LlamaEmbedder(model, 64, 1) as embedder:
            assert np.array_equal(embedder.embed(CLOCKS), alone)


@pytest.mark.model
def test_texts_of_no_length_and_of_too_much(model_path: Path) -> None:
    with llama.LlamaModel(model_path) as model, llama.LlamaEmbedder(model, 64, 1) as embedder:
        assert not embedder.embed("").any()
        assert np.isfinite(embedder.embed("clock " * 500)).all()


@pytest.mark.model
def test_the_vector_is_the_mean_of_the_last_hidden_states(model_path: Path) -> None:
    """Against llama-cpp-python's own way to embed a text."""
    from llama_cpp import LLAMA_POOLING_TYPE_MEAN, Llama

    theirs = Llama(
        str(model_path), embedding=True, n_ctx=64, n_threads=1, verbose=False, pooling_type=LLAMA_POOLING_TYPE_MEAN
    )
    with llama.LlamaModel(model_path) as model, llama.LlamaEmbedder(model, 64, 1) as embedder:
        ours, other = embedder.embed(CLOCKS), np.array(theirs.embed(CLOCKS))
        assert ours @ other / np.linalg.norm(ours) / np.linalg.norm(other) > 0.9999
        assert np.linalg.norm(ours) == pytest.approx(np.linalg.norm(other), rel=0.01)
    theirs.close()
