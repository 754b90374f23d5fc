"""A GGUF on this machine, ready to write: weights, chat template and engine under one roof.

Takes prompts and sampling, gives futures of `Generation`s, and says what a record must know of the machinery.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import psutil

from remix.engine import llama, probe
from remix.engine.chat import ChatTemplate
from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import Shape
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.errors import ModelError
from remix.records import EngineUsed, Generation, Message, ModelFile, ModelUsed, Prompt, Request, Sampling

CELLS = 256
"""llama.cpp rounds a sequence's context up to a multiple of this."""


class Vocabulary:
    """A model's words and chat template without its weights: for counting tokens before anything is decoded."""

    def __init__(self, path: Path, file: ModelFile) -> None:
        self._model = LlamaModel(path, vocab_only=True)
        self._chat = ChatTemplate(file.chat_template)

    def tokenize(self, messages: Iterable[Message]) -> list[int]:
        """The tokens the messages make as a prompt."""
        return self._chat.tokenize(list(messages), self._model)

    def cut(self, tokens: Sequence[int]) -> tuple[Chunk, ...]:
        """A prompt in the chunks it is computed and shared by, unless the model was tuned to others."""
        return cut(tokens, Shape().chunk, self._model.piece)

    def close(self) -> None:
        """Free it."""
        self._model.close()


class Needs(NamedTuple):
    """What the engine must hold."""

    n_ctx_seq: int
    """Tokens a sequence may need, prompt and output together."""
    parallel: int
    """Sequences worth having active at once."""
    threads: int
    """Threads to compute with."""
    fast: bool = False
    """Whatever is quickest, though bytes then depend on company."""


class LocalModel:
    """A loaded model that writes. Close it, or use it in a `with`.

    Raises `ModelError` where it can't be loaded or the memory isn't there.
    """

    def __init__(self, path: Path, file: ModelFile, needs: Needs) -> None:
        self.file = file
        chosen = probe.fast_shape() if needs.fast else probe.choose_shape(path, file, needs.threads)
        self.shape, self.exact, self.exactness = chosen
        self.threads = needs.threads
        self._chat = ChatTemplate(file.chat_template)
        with ExitStack() as stack:
            self._model = stack.enter_context(LlamaModel(path, repack=self.shape.repack))
            n_ctx_seq = -(-needs.n_ctx_seq // CELLS) * CELLS
            slots, shelf = _slots(self._model, self.shape, n_ctx_seq, needs.parallel)
            decoder = LlamaDecoder(self._model, slots, n_ctx_seq, self.shape, needs.threads, shelf)
            stack.enter_context(decoder)
            self.engine = stack.enter_context(Engine(decoder, needs.parallel, trace=True))
            self.n_ctx_seq = decoder.n_ctx_seq
            self._stack = stack.pop_all()

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Future[Generation]:
        """Queue a prompt; `on_text` hears the new words as they come."""
        return self.engine.submit(Request(token_ids=self.tokenize(prompt.messages), sampling=sampling), on_text)

    def tokenize(self, messages: Iterable[Message]) -> tuple[int, ...]:
        """The token ids of a prompt."""
        return tuple(self._chat.tokenize(list(messages), self._model))

    def close(self) -> None:
        """Stop the engine and free all."""
        self._stack.close()

    def __enter__(self) -> LocalModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what a record must know ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model's name."""
        return self.file.name

    @property
    def sampled(self) -> int:
        """Tokens sampled so far."""
        return self.engine.sampled

    @property
    def parallel(self) -> int:
        """Most sequences active at once."""
        return self.engine.parallel

    @property
    def chat_template_sha256(self) -> str:
        """Of the chat template in use."""
        return self._chat.sha256

    @property
    def model_used(self) -> ModelUsed:
        """The weights, by content."""
        return ModelUsed(sha256=self.file.sha256, metadata_sha256=self.file.metadata_sha256)

    @property
    def engine_used(self) -> EngineUsed:
        """The machinery, as far as it may touch a bit of a result."""
        return EngineUsed(
            llama_cpp_python=llama.version(),
            libraries=llama.library_sha256s(),
            libc=" ".join(platform.libc_ver()).strip() or None,
            system_info=llama.system_info(),
            chunk=self.shape.chunk,
            paragraphs=self.shape.paragraphs,
            rows=self.shape.label,
            type_k="f16",
            type_v="f16",
            flash_attn=self.shape.flash_attn,
            repack=self.shape.repack,
            n_gpu_layers=0,
            exact=self.exact,
        )


def _slots(model: LlamaModel, shape: Shape, n_ctx_seq: int, parallel: int) -> tuple[int, int]:
    """How many sequences to keep room for, and how many prompts of finished ones: what half of the free memory holds.

    A fixed shape needs all its rows: they are part of what determines the bytes.
    """
    room = psutil.virtual_memory().available // 2 // (model.cell_bytes * n_ctx_seq)
    wanted = shape.rows if shape.fixed else min(parallel, shape.rows)
    if room < (wanted if shape.fixed else 1):
        raise ModelError(
            f"{model.path.name}: {wanted} sequences of {n_ctx_seq} tokens don't fit the free memory.",
            "Close other programs, leave long passages out, lower --max-tokens, or take a smaller model.",
        )
    slots = min(wanted, room)
    return slots, min(slots, room - slots)
