"""Sentence vectors of an embedding model."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import llama_cpp as C
import numpy as np

from remix.engine.llama.library import FloatArray, one_line, recent_log
from remix.engine.llama.model import LONGEST_WORD, LlamaModel
from remix.errors import ModelError, PromptError


class LlamaEmbedder:
    """Texts as vectors, in a context of its own. Close it, or use it in a `with`, before its model.

    A model made for embeddings pools its last hidden states as its file says; of one made for writing the mean is
    taken. One text is computed a call, so that no other touches its vector. Raises `ModelError` where the memory
    isn't there.
    """

    def __init__(self, model: LlamaModel, n_ctx: int, threads: int) -> None:
        params = C.llama_context_default_params()
        # All of a text in one piece: pooling wants that.
        params.n_ctx = params.n_batch = params.n_ubatch = n_ctx
        params.n_threads = params.n_threads_batch = threads
        params.embeddings = True
        if not model.pools_itself:
            params.pooling_type = C.LLAMA_POOLING_TYPE_MEAN
        params.op_offload = params.offload_kqv = False
        params.no_perf = True
        recent_log.clear()
        self._model = model
        self._n_ctx = n_ctx
        self._context: Any = C.llama_init_from_model(model.handle, params)
        if not self._context:
            reason = next((line for line in recent_log if line), "llama.cpp gives no reason")
            raise ModelError(
                f"{model.path}: no room to embed {n_ctx} tokens ({one_line(reason)}).", "Take a smaller model."
            )

    def embed(self, text: str) -> FloatArray:
        """A text's vector (d,), not made of length 1; zeros for a text without tokens. What is too long is cut."""
        width = int(C.llama_model_n_embd(self._model.handle))
        try:
            tokens = self._model.tokenize_whole(text)[: self._n_ctx]
        except PromptError:
            tokens = self._model.tokenize_whole(text[:LONGEST_WORD])[: self._n_ctx]
        if not tokens:
            return np.zeros(width, np.float32)
        C.llama_memory_clear(C.llama_get_memory(self._context), True)
        array = (C.llama_token * len(tokens))(*tokens)  # a batch doesn't keep it
        if C.llama_decode(self._context, C.llama_batch_get_one(array, len(tokens))) != 0:
            raise ModelError(f"{self._model.path}: failed to embed {len(tokens)} tokens.", "Take another model.")
        vector = C.llama_get_embeddings_seq(self._context, 0)
        if not vector:
            raise ModelError(f"{self._model.path}: gives no embeddings.", "Take another model.")
        return np.ctypeslib.as_array(vector, shape=(width,)).copy()

    def close(self) -> None:
        """Free the context."""
        if self._context:
            C.llama_free(self._context)
            self._context = None

    def __enter__(self) -> LlamaEmbedder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
