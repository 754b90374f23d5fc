"""The vocabulary for branches: which tokens stand for a text."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from remix.engine.llama import LlamaModel
from remix.generation.branch_vocabulary import BranchVocabulary
from remix.models import identity
from tests import tiny_models


def test_each_road_looked_through_all_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a second for 49,000 tokens, each time."""
    looked: list[int] = []

    def text(model: LlamaModel, token: int) -> str:
        looked.append(token)
        return text_of(model, token)

    text_of = LlamaModel.text
    monkeypatch.setattr(LlamaModel, "text", text)
    headers = (tiny_models.sentence_piece(), tiny_models.byte_pairs())
    paths = [tiny_models.write(tmp_path / f"{n}.gguf", header) for n, header in enumerate(headers)]
    found = []
    for path in (*paths, *paths[1:]):
        with closing(BranchVocabulary(path, identity.identify(path))) as vocabulary:
            (token, *_) = vocabulary.tokenize_text("a")
            assert token in vocabulary.spelt(text_of(vocabulary._model, token))
            assert vocabulary.spelt("no token is as long as this") == []
            found.append(vocabulary._model.n_vocab)
    assert len(looked) == sum(found[:2]), "the third vocabulary is the second's"
