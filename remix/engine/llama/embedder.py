"""Sentence vectors, by a GGUF.

Takes texts, gives a vector for each. Knows nothing of sampling and of comparisons.
"""

from __future__ import annotations

from typing import Any

import llama_cpp as C
import numpy as np

from remix.engine.llama.library import FloatArray, logged_error, recent_log
from remix.engine.llama.model import LONGEST_WORD, LlamaModel
from remix.errors import ModelError, PromptError


class LlamaEmbedder:
    """An embedding context. Close before the model, or use in a `with`.

    An embedding model pools the last hidden states as the metadata says; with a model for writing the states are
    averaged. Each call computes a single text: no vector depends on further texts. Raises `ModelError` for lack of
    memory.
    """

    def __init__(self, model: LlamaModel, n_ctx: int, threads: int) -> None:
        params = C.llama_context_default_params()
        # Pooling needs the whole text in a single batch.
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
            raise ModelError(
                f"{model.path}: no memory to embed {n_ctx} tokens ({logged_error()}).", "Take a smaller model."
            )

    def embed(self, text: str) -> FloatArray:
        """The vector of a text, of shape (d,), not normalised; zeros for a text without tokens.

        Only the first `n_ctx` tokens are computed.
        """
        width = int(C.llama_model_n_embd(self._model.handle))
        try:
            tokens = self._model.tokenize_whole(text)[: self._n_ctx]
        except PromptError:
            tokens = self._model.tokenize_whole(text[:LONGEST_WORD])[: self._n_ctx]
        if not tokens:
            return np.zeros(width, np.float32)
        C.llama_memory_clear(C.llama_get_memory(self._context), True)
        array = (C.llama_token * len(tokens))(*tokens)  # the batch holds no reference to the array
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

    def __exit__(self, *_: object) -> None:
        self.close()
