"""Texts as vectors, by whatever is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from remix.engine import llama
from remix.errors import ModelError, RemixError
from remix.measure import embedding
from remix.measure.chrf import CHRF
from remix.measure.ledger import LedgerInput, ledger
from remix.measure.sentences import sentences
from remix.measure.similarity import Similarity
from remix.records import ModelFile
from tests import planted

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


@pytest.fixture
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_text_is_embedded_once_and_in_few_calls(
    minilm: embedding.Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    class Counting:
        def encode(self, texts: list[str], show_progress_bar: bool) -> np.ndarray:
            asked.append(texts)
            return np.ones((len(texts), 3))

    monkeypatch.setattr(embedding, "_sentence_model", Counting)
    assert minilm.embed([CLOCKS, WATCH, CLOCKS]).shape == (3, 3)
    assert minilm.embed([WHEAT, WATCH]).shape == (2, 3)
    assert minilm.embed([]).shape[0] == 0
    assert asked == [[CLOCKS, WATCH], [WHEAT]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_threshold_by_meaning_parts_paraphrases_from_what_stands_beside_them(minilm: embedding.Embedder) -> None:
    """The numbers that docs/measures.md argues with, as those of chrF in test_alignment.py."""
    held_out = [case for case in planted.HELD_OUT if case.kind == "paraphrase"]
    everything = [*planted.FAITHFUL, *held_out, *planted.FREE]
    similarity = embedding.matching("meaning")(
        [each for case in everything for text in (case.passage, case.text) for each in sentences(text)]
    )
    assert (similarity.name, similarity.kept) == ("all-MiniLM-L6-v2", embedding.SAME)
    own, beside, elsewhere = _scores(planted.FAITHFUL, similarity)
    assert (own.min().round(1), beside.max().round(1), elsewhere.max().round(1)) == (65.6, 60.9, 44.4)
    assert (len(own), len(beside), len(elsewhere)) == (48, 48, 528)
    assert similarity.kept == pytest.approx((own.min() + beside.max()) / 2, abs=0.5)
    own, beside, elsewhere = _scores(held_out, similarity)
    assert [int((each >= similarity.kept).sum()) for each in (own, beside, elsewhere)] == [15, 0, 0]
    free = [_found(case, similarity) for case in planted.FREE]
    assert (sum(right for right, _ in free), sum(kept for _, kept in free)) == (11, 0)
    free = [_found(case, CHRF) for case in planted.FREE]
    assert (sum(right for right, _ in free), sum(kept for _, kept in free)) == (6, 0)


def _scores(cases: list[planted.Planted], similarity: Similarity) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each sentence: its counterpart's score, the second-best there, and the best in each other paraphrase."""
    own, beside, elsewhere = [], [], []
    for case in cases:
        source = sentences(case.passage)
        ranked = np.sort(similarity.scores(source, sentences(case.text)), axis=1)
        own += list(ranked[:, -1])
        beside += list(ranked[:, -2])
        for other in cases:
            if other is not case:
                elsewhere += list(similarity.scores(source, sentences(other.text)).max(axis=1))
    return np.array(own), np.array(beside), np.array(elsewhere)


def _found(case: planted.Planted, similarity: Similarity) -> tuple[bool, bool]:
    """Whether the sentence that was said again comes first, and whether it counts as kept."""
    scores = similarity.scores(sentences(case.passage), [case.text])[:, 0]
    right = int(case.fact) - 1
    return bool(scores.argmax() == right), bool(scores[right] >= similarity.kept)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_claim_turned_round_mostly_counts_as_kept_by_meaning(minilm: embedding.Embedder) -> None:
    """What docs/measures.md warns of."""
    turned = [case for case in (*planted.FOUND, *planted.HELD_OUT) if case.kind in {"direction", "negation"}]
    similarity = embedding.matching("meaning")(
        [each for case in turned for text in (case.passage, case.text) for each in sentences(text)]
    )
    kept = [ledger(LedgerInput(case.text, "stop", case.passage, "", ()), similarity).kept == 1 for case in turned]
    assert (sum(kept), len(kept)) == (34, 38)


def test_by_meaning_where_nothing_is_installed_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "installed", lambda: None)
    assert embedding.matching("words")(["One."]) is CHRF
    with pytest.raises(RemixError, match="no sentence model is installed"):
        embedding.matching("meaning")


# -- llama.cpp ----------------------------------------------------------------------------------------------


@pytest.mark.model
def test_a_gguf_s_own_view(model_path: Path) -> None:
    rows = embedding.gguf(str(model_path)).embed([CLOCKS, WATCH, WHEAT])
    assert rows.shape == (3, 576)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@pytest.mark.model
def test_no_other_text_touches_a_vector(model_path: Path, model_file: ModelFile) -> None:
    shape = llama.exact_config(*model_file.weight_types)
    with llama.LlamaModel(model_path, config=shape) as model:
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
