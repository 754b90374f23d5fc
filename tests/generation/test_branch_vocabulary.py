"""The vocabulary for branches: which tokens stand for a text."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from remix.engine.llama import LlamaModel
from remix.generation.branch_vocabulary import BranchVocabulary
from remix.models import identity
from tests import tiny_models


def test_each_road_looked_through_all_tokens(tmp_path: Path) -> None:
    """A quarter of a second for 49,000 tokens, each time."""
    headers = (tiny_models.sentence_piece(), tiny_models.byte_pairs())
    paths = [tiny_models.write(tmp_path / f"{n}.gguf", header) for n, header in enumerate(headers)]
    found = []
    text = LlamaModel.text
    with patch.object(LlamaModel, "text", autospec=True, side_effect=text) as looked:
        for path in (*paths, *paths[1:]):
            with closing(BranchVocabulary(path, identity.identify(path))) as vocabulary:
                (token, *_) = vocabulary.tokenize_text("a")
                assert token in vocabulary.spelt(text(vocabulary._model, token))
                assert vocabulary.spelt("no token is as long as this") == []
                found.append(vocabulary._model.n_vocab)
    assert looked.call_count == sum(found[:2]), "the third vocabulary is the second's"
