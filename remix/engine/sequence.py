"""A sequence: a request, the tokens sampled so far, and the text.

Takes sampled tokens; gives the text, in pieces and as a whole, and why the text ended. Knows no further sequences, no
KV cache and no llama.cpp.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from remix.engine.chunks import Chunk
from remix.engine.queued import Queued
from remix.records import Choice, Generation, Request, WriterInfo

Finish = Literal["stop", "length"]


class Sequence(Queued):
    """A request, the tokens sampled so far, and the future of the `Generation`."""

    def __init__(
        self, request: Request, chunks: tuple[Chunk, ...] = (), on_text: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(chunks or (request.token_ids,), request.sampling)
        self.request = request
        self.token_ids: list[int] = []
        self.choices: list[Choice] = []
        self.text = ""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._on_text = on_text
        self._sent = 0
        self._started = datetime.now(UTC)

    def start(self, slot: int) -> None:
        """Note the sequence's slot and the time."""
        super().start(slot)
        self._started = datetime.now(UTC)

    @property
    def position(self) -> int:
        """Position of the last sampled token, counted from the prompt's beginning."""
        return len(self.request.token_ids) + len(self.token_ids) - 1

    def accept(self, token: int, piece: bytes, is_end: bool, choice: Choice | None = None) -> Finish | None:
        """Append the next token, with the bytes `piece`; gives "stop" or "length" once the text has ended."""
        self.token_ids.append(token)
        if choice:
            self.choices.append(choice)
        full = len(self.token_ids) >= self.request.sampling.max_tokens
        self.text += self._utf8.decode(piece, final=is_end or full)
        stop = self._stop_at()
        if stop is not None:
            self.text = self.text[:stop]
        finish: Finish | None = "stop" if is_end or stop is not None else "length" if full else None
        self._stream(finish)
        return finish

    def generation(self, finish: Finish, writer: WriterInfo) -> Generation:
        """The finished result."""
        return Generation(
            writer=writer,
            text=self.text,
            finish=finish,
            token_ids=tuple(self.token_ids),
            prompt_token_ids=self.request.token_ids,
            sampling=self.request.sampling,
            choices=tuple(self.choices) or None,
            started=self._started,
            finished=datetime.now(UTC),
        )

    def _stop_at(self) -> int | None:
        """Index of the first stop string after leading white space."""
        begun = len(self.text) - len(self.text.lstrip())
        if begun == len(self.text):
            return None
        found = [self.text.find(stop, begun) for stop in self.request.sampling.stop]
        return min((at for at in found if at >= 0), default=None)

    def _stream(self, finish: Finish | None) -> None:
        """Pass on new text, but hold back an end that may be the beginning of a stop string."""
        if self._on_text is None:
            return
        held = 0 if finish else max((len(stop) for stop in self.request.sampling.stop), default=1) - 1
        ready = len(self.text) - held
        if ready > self._sent:
            self._on_text(self.text[self._sent : ready])
            self._sent = ready
