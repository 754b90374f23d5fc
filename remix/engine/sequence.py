"""A sequence: a request, the tokens sampled until now, and the text without the thoughts.

Takes sampled or given tokens; gives the text, in pieces and as a whole, and why the text ended. Stop strings,
streaming and choices concern the text alone. Knows no further sequences, no KV cache and no llama.cpp.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import takewhile
from typing import Literal

from remix.engine.chunks import Chunk
from remix.engine.queued import Queued
from remix.engine.reasoning import Marking, Sampled, ThoughtFilter
from remix.errors import PromptError
from remix.records import Choice, Generation, Request, WriterInfo, canonical_sha256

Finish = Literal["stop", "length"]


def trunk_of(request: Request) -> str | None:
    """A key of branches with the same prompt and random numbers: equal tokens then mean equal states of the samplers.

    Null for a request without given tokens. Bounds and stop strings may differ, since no sampler uses them.
    """
    if request.fork is None:
        return None
    sampling = request.sampling.model_dump(mode="json", include={"seed", "chain", "max_thoughts"})
    return canonical_sha256([request.token_ids, request.opened, sampling])


class Sequence(Queued):
    """A request, the tokens sampled until now, and the future of the `Generation`."""

    def __init__(
        self,
        request: Request,
        chunks: tuple[Chunk, ...] = (),
        on_text: Callable[[str], None] | None = None,
        marks: Marking | None = None,
        tokenize: Callable[[str], list[int]] = lambda markup: [],
        on_choice: Callable[[Choice], None] | None = None,
    ) -> None:
        """`marks` are the marks of thoughts that the model may write, `tokenize` gives the tokens of a mark.

        Raises `PromptError` if the request gives more tokens than the sequence may have.
        """
        super().__init__(chunks or (request.token_ids,), request.sampling)
        self.request = request
        self._given = request.fork.token_ids if request.fork else ()
        given, most = len(self._given), request.sampling.most
        if given > most:
            raise PromptError(f"{given} tokens are given, and the text may have {most}.", "Raise --max-tokens.")
        self.trunk = trunk_of(request)
        """The same key for branches of the same text; null for a text without given tokens."""
        self.begun: list[Sampled] = []
        """Of a branch, the given tokens taken until now, with the choices."""
        self.token_ids: list[int] = []
        """All sampled or given tokens."""
        self.filter = ThoughtFilter(marks, request.opened, request.sampling.max_thoughts, tokenize)
        self._ends = marks.ends if marks else ()
        self._stops = (*request.sampling.stop, *self._ends)
        self.text_ids: list[int] = []
        """The tokens of the text."""
        self.choices: list[Choice] = []
        self.text = ""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._on_text = on_text
        self._on_choice = on_choice
        self._sent = 0
        self._started = datetime.now(UTC)

    def start(self, slot: int) -> None:
        """Note the sequence's slot and the time."""
        super().start(slot)
        self._started = datetime.now(UTC)

    @property
    def given(self) -> int | None:
        """The next token, if given by the request."""
        return self._given[len(self.token_ids)] if len(self.token_ids) < len(self._given) else None

    @property
    def new_seed(self) -> int | None:
        """The seed of new random numbers, if new random numbers begin with the next token."""
        fork = self.request.fork
        return fork.seed if fork and len(self.token_ids) == len(self._given) else None

    def in_common(self, other: Sequence) -> int:
        """The number of given tokens in common, from the beginning, of two branches of the same text."""
        both = zip(self._given, other._given, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))

    @property
    def given_count(self) -> int:
        """The number of given tokens."""
        return len(self._given)

    @property
    def position(self) -> int:
        """Position of the last token, counted from the prompt's beginning."""
        return len(self.request.token_ids) + len(self.token_ids) - 1

    def accept(self, token: Sampled, is_end: bool) -> Finish | None:
        """Append the next token; gives "stop" or "length" once the text has ended."""
        if self.given is not None:
            self.begun.append(token)
        if self.filter.forced:
            self.filter.forced.popleft()
        self.token_ids.append(token.id)
        if self.filter.is_within:
            ready = self.filter.put(token)
            # A token that ends turns may be the closing mark of a thought.
            is_end = is_end and self.filter.is_within
        elif is_end or token.spelling.decode("utf-8", "replace") in self._ends:
            is_end = True
            ready = [*self.filter.end(), token]
        else:
            ready = self.filter.put(token)
        sampling = self.request.sampling
        if is_end or len(self.token_ids) >= sampling.most:
            ready += self.filter.end(token.spelling if is_end else b"")
        left = sampling.max_tokens - len(self.text_ids)
        full = len(ready) >= left or len(self.token_ids) >= sampling.most
        is_end = is_end and len(ready) <= left
        is_stopped = any(self._append(each) for each in ready[:left])
        if (is_end or full) and not is_stopped:
            self.text += self._utf8.decode(b"", final=True)
        finish: Finish | None = "stop" if is_end or is_stopped else "length" if full else None
        self._stream(finish)
        return finish

    def _append(self, token: Sampled) -> bool:
        """Append a token of the text; gives whether a stop string ended the text."""
        self.text_ids.append(token.id)
        if token.choice:
            self.choices.append(token.choice)
            if self._on_choice:
                self._on_choice(token.choice)
        self.text += self._utf8.decode(token.piece)
        stop = self._stop_at()
        if stop is not None:
            self.text = self.text[:stop]
        return stop is not None

    def generation(self, finish: Finish, writer: WriterInfo) -> Generation:
        """The finished result."""
        return Generation(
            writer=writer,
            text=self.text,
            finish=finish,
            token_ids=tuple(self.text_ids),
            thoughts=self.filter.thoughts,
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
        found = [self.text.find(stop, begun) for stop in self._stops]
        return min((at for at in found if at >= 0), default=None)

    def _stream(self, finish: Finish | None) -> None:
        """Pass on new text, but hold back an end that may be the beginning of a stop string."""
        if self._on_text is None:
            return
        held = 0 if finish else max((len(stop) for stop in self._stops), default=1) - 1
        ready = len(self.text) - held
        if ready > self._sent:
            self._on_text(self.text[self._sent : ready])
            self._sent = ready
