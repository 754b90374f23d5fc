"""A fake writer that tells of itself what a local model tells, so that the texts it writes can be replayed."""

from __future__ import annotations

from collections.abc import Sequence

from remix.records import EngineUsed, Message, ModelFile, ModelUsed, Request, Sampling
from tests.conftest import FILE, FakeWriter


class FakeLocal(FakeWriter):
    """The fake writer as the local model `FILE`."""

    file: ModelFile | None = FILE
    chat_template_sha256: str | None = "3" * 64
    model_used = ModelUsed(sha256=FILE.sha256, metadata_sha256=FILE.metadata_sha256)
    engine_used = EngineUsed(
        exact=True,
        llama_cpp_python="0.3.36",
        libraries={"libggml.so": "4" * 64},
        libc="glibc 2.41",
        system_info="CPU : AVX = 1 | AVX2 = 1",
        chunk=64,
        paragraphs=True,
        rows="free<=4",
        n_gpu_layers=0,
    )

    def request(self, messages: Sequence[Message], sampling: Sampling) -> Request:
        """The engine's request for a prompt."""
        return Request(token_ids=self.tokenize(messages), sampling=sampling)

    def tokenize(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The tokens that `submit` reads."""
        return tuple("\n".join(message.content for message in messages).encode())
