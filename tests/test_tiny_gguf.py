"""The tiny models' vocabularies are what real ones are, and the files are the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.engine.llama import LlamaModel
from tests import tiny_gguf


@pytest.mark.parametrize("tokenizer", tiny_gguf.VOCABULARIES)
def test_each_tokenizer_spells_any_text_and_knows_markup(tokenizer: str, tmp_path: Path) -> None:
    path = tiny_gguf.write(tmp_path / "tiny.gguf", "llama", {"block_count": 1, "rope.dimension_count": 64}, tokenizer)
    with LlamaModel(path, vocab_only=True) as model:
        for text in (tiny_gguf.TEXT, "naïve “quotes” – 北京 🙂\n\ttabs"):
            tokens = model.tokenize_text(text)
            assert b"".join(map(model.piece, tokens)).decode().strip() == text.strip()
        assert len(model.tokenize_text(tiny_gguf.TEXT)) < len(tiny_gguf.TEXT) / 3, "words are tokens"
        last = model.tokenize_markup("so<|im_end|>")[-1]
        assert model.is_end(last)
    assert path.stat().st_size < 8_000_000


def test_equal_arguments_give_equal_files(tmp_path: Path) -> None:
    one, other = (
        tiny_gguf.write(tmp_path / name, "llama", {"block_count": 1, "rope.dimension_count": 64})
        for name in ("one.gguf", "other.gguf")
    )
    assert one.read_bytes() == other.read_bytes()
