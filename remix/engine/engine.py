"""The engine: submit requests from any thread, and wait for the futures.

Takes `Request`s, gives `Future[Generation]`s; takes texts to score, gives `Future[Score]`s. A single thread owns the
decoder and runs the loop: admit waiting sequences, compute the prompts, decode a token of each active sequence,
repeat (continuous batching: Orca, OSDI 2022). A text to score is computed at once, like a prompt. The composition of
a batch depends on timing; the decoder's batch config makes each sequence's tokens independent of the batch.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Items
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from itertools import chain
from types import MappingProxyType
from typing import Any

from remix.engine.chunks import Chunk, cut
from remix.engine.decoder import Decoder, KVCacheLayout, Row
from remix.engine.failures import in_words
from remix.engine.next_token import next_token
from remix.engine.queued import Queued
from remix.engine.reasoning import Marking, Sampled
from remix.engine.scheduler import Copy, Scheduler
from remix.engine.score import Scoring
from remix.engine.sequence import Sequence
from remix.errors import ModelError, PromptError, RemixError
from remix.records import Choice, EngineUsed, Generation, ModelUsed, Request, Score, WriterInfo


def _unnamed() -> WriterInfo:
    """The writer's info for an engine created without `writer`."""
    return WriterInfo(
        name="unnamed",
        model=ModelUsed(sha256=None, metadata_sha256=None),
        engine=EngineUsed(exact=False),
        exactness="not known",
        host="unknown",
    )


class Engine:
    """Decodes many requests together. Thread-safe. Close after use, or use in a `with`."""

    def __init__(
        self,
        decoder: Decoder,
        parallel: int | None = None,
        trace: bool = False,
        larger: Iterable[KVCacheLayout] = (),
        writer: Callable[[], WriterInfo] = _unnamed,
        marks: Marking | None = None,
    ) -> None:
        """Drive `decoder`, with at most `parallel` sequences active at once (by default all slots).

        With `trace`, each generation has the log-probability and alternatives of each token. Sequences too long for
        the decoder's KV cache layout wait until all shorter sequences are done; then the next layout of `larger`
        replaces the current layout. A few long sequences thus don't cost all sequences the longest context. `writer`
        gives the `WriterInfo` of each finished text; an error raised by `writer` is the outcome of the text. `marks`
        are the marks around the model's thoughts.
        """
        self.decoder = decoder
        self._trace = trace
        self._writer = writer
        self._marks = marks
        self._most = parallel
        self._larger = deque(larger)
        self._too_long: list[Queued] = []
        self.sampled = 0
        """Number of tokens sampled."""
        self.computed = 0
        """Number of prompt tokens computed, without tokens copied from the prefix cache."""
        self._scheduler = self._schedule()
        self._changed = threading.Condition()
        self._closing = False
        self._fault: BaseException | None = None
        # Every accepted request without a result; each gets a result or an error, even if the loop fails.
        self._unfinished: dict[Future[Any], Queued] = {}
        self._ended = 0
        self._thread = threading.Thread(target=self._run, name="remix-engine", daemon=True)
        self._thread.start()

    @property
    def parallel(self) -> int:
        """Most sequences active at once."""
        return min(self._most or self.decoder.slots, self.decoder.slots, self.decoder.config.rows)

    @property
    def longest(self) -> int:
        """Most tokens of a sequence, prompt and output together."""
        return max([self.decoder.n_ctx_seq, *(layout.n_ctx_seq for layout in self._larger)])

    def submit(
        self,
        request: Request,
        on_text: Callable[[str], None] | None = None,
        on_choice: Callable[[Choice], None] | None = None,
    ) -> Future[Generation]:
        """Queue a request. The engine's thread passes new text to `on_text`; an exception of `on_text` ends the
        request.

        With a trace, the choice of each of the text's tokens is passed to `on_choice`, before the token's text.
        Raises `PromptError` if the prompt, the thoughts and the text exceed the longest context, since a text must
        not end where memory happens to; or if more tokens are given than the text may have. Raises `ModelError` if
        the engine has ended, or for a given token unknown to the model.
        """
        for token in request.fork.token_ids if request.fork else ():
            self.decoder.piece(token)
        sequence = Sequence(
            request, self._cut(request.token_ids), on_text, self._marks, self.decoder.tokenize, on_choice
        )
        most = request.sampling.most
        self._queue(sequence, f"a prompt of {len(request.token_ids)} tokens and up to {most} new ones")
        return sequence.future

    def score(
        self, prompt: Items[int], text: Items[int], others: Mapping[int, Items[int]] = MappingProxyType({})
    ) -> Future[Score]:
        """Queue a text to be scored: the log-probability of each of the text's tokens after `prompt`.

        Prompt and text are token ids, and not empty. Texts after the same prompt share the prompt's chunks. `others`
        are tokens to score in the place of a token of the text, by the token's index in the text; the score has the
        hidden states for these places, too. Raises `PromptError` if prompt and text don't fit the longest context,
        `ModelError` if the engine has ended or the model lacks a token of `others`, and `ValueError` for an index
        beyond the text.
        """
        if not prompt or not text:
            raise PromptError("a text to score, or its prompt, has no tokens.", "Leave empty texts out.")
        if not all(0 <= place < len(text) for place in others):
            raise ValueError("a place that the text doesn't have")
        # Unknown tokens are refused here, where the error reaches the caller alone.
        for token in chain.from_iterable(others.values()):
            self.decoder.piece(token)
        sequence = Scoring(prompt, text, self._cut((*prompt, *text[:-1])), others)
        self._queue(sequence, f"a prompt of {len(prompt)} tokens and a text of {len(text)}")
        return sequence.future

    def _cut(self, tokens: Items[int]) -> tuple[Chunk, ...]:
        config = self.decoder.config
        return cut(tokens, config.chunk, self.decoder.piece if config.paragraphs else None)

    def _queue(self, sequence: Queued, size: str) -> None:
        """Queue a sequence; `size` gives the sequence's length in words, for errors."""
        sequence.future.add_done_callback(self._forget)
        with self._changed:
            if self._fault:
                raise ModelError(f"the engine has ended: {self._fault}", "Open another one.") from self._fault
            if self._closing:
                raise ModelError("the engine has been closed.", "Open another one.")
            if not sequence.tokens or sequence.needed > self.longest:
                raise PromptError(
                    f"{size} don't fit a context of {self.longest}.",
                    "Lower --max-tokens, split the passage, or take a model with a longer context.",
                )
            self._unfinished[sequence.future] = sequence
            if sequence.needed > self.decoder.n_ctx_seq:
                self._too_long.append(sequence)
            else:
                self._scheduler.add(sequence)
            self._changed.notify()

    def close(self) -> None:
        """Stop after the current decode call and cancel unfinished requests.

        Waits for the engine's thread, unless called by a callback in the engine's thread.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        if not self.is_calling_back:
            self._thread.join()

    @property
    def is_calling_back(self) -> bool:
        """Whether the caller runs in the engine's thread: in `on_text`, or in a future's callback."""
        return threading.current_thread() is self._thread

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        error: BaseException = CancelledError()
        try:
            while self._wait_for_work():
                self._turn()
        # An error while recovering ends the engine; no future may be left without a result.
        except BaseException as fault:
            error = self._fault = in_words(fault)
        finally:
            self._end(error)

    def _turn(self) -> None:
        """Admit waiting sequences, and decode a token of each active sequence."""
        ended = self._ended
        try:
            self._enlarge()
            self._admit()
            self._step()
        # Any error here, even a `BaseException`, ends active requests only: the loop goes on.
        except BaseException as fault:
            self._recover(in_words(fault), has_progress=self._ended > ended)

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._too_long or not self._scheduler.idle)
            return not self._closing

    def _schedule(self) -> Scheduler:
        """A scheduler for the decoder's current layout, with an empty prefix cache."""
        prefix_slots = range(self.decoder.slots, self.decoder.slots + self.decoder.prefix_slots)
        return Scheduler(range(self.parallel), prefix_slots, self.decoder.copies_whole)

    def _enlarge(self) -> None:
        """When all sequences that fit are done, take the next larger layout for the sequences that are too long."""
        with self._changed:
            if not self._too_long or not self._scheduler.idle:
                return
            # Remove the sequences from the list first: if the resize fails, `_recover` must end all waiting
            # sequences.
            waiting, self._too_long = self._too_long, []
            self.decoder.resize(self._larger.popleft())
            self._scheduler = self._schedule()
            for sequence in waiting:
                fits = sequence.needed <= self.decoder.n_ctx_seq
                self._scheduler.add(sequence) if fits else self._too_long.append(sequence)

    def _admit(self) -> None:
        """Fill the free slots, and compute each new sequence's prompt."""
        while not self._closing:
            with self._changed:
                admitted = self._scheduler.admit()
            if admitted is None:
                break
            self._prefill(*admitted)
            # Any number of texts may wait to be scored; active sequences are decoded after each text.
            if isinstance(admitted[0], Scoring):
                break
        # llama.cpp splits a call at every gap, which costs time and, in multiples, changes bits. With fixed rows each
        # slot has a row in each call.
        while not self.decoder.config.is_fixed and (gap := self._scheduler.close_gap()):
            self.decoder.move(*gap)

    def _prefill(self, sequence: Queued, copy: Copy | None) -> None:
        try:
            self.decoder.open(sequence.slot, sequence.sampling, sequence.tokens)
        # Before any computation a bad grammar can end the new sequence alone.
        except RemixError as error:
            self._give_up(sequence, error)
            return
        copied = copy.length if copy else 0
        if copy:
            self.decoder.copy(*copy)
        start = 0
        for count, chunk in enumerate(sequence.chunks, 1):
            if start >= copied:
                self._compute(sequence, chunk, start)
                with self._changed:
                    kept = self._scheduler.keep(sequence, count)
                if kept:
                    self.decoder.copy(*kept)
            start += len(chunk)
        self.computed += start - copied
        self._scheduler.computed(sequence)
        if isinstance(sequence, Sequence):
            self._sample([sequence])
        elif isinstance(sequence, Scoring):
            self._release(sequence)
            sequence.settle(sequence.score(self.decoder.piece))

    def _compute(self, sequence: Queued, chunk: Chunk, start: int) -> None:
        if isinstance(sequence, Scoring):
            wanted = sequence.wanted(start, len(chunk))
            sequence.scores += self.decoder.score(sequence.slot, chunk, start, wanted)
        else:
            self.decoder.prefill(sequence.slot, chunk, start)

    def _step(self) -> None:
        """Decode a token of each active sequence."""
        active = [each for each in self._scheduler.active() if isinstance(each, Sequence)]
        if not active:
            return
        self.decoder.decode([Row(each.slot, each.token_ids[-1], each.position) for each in active])
        self._sample(active)

    def _sample(self, sequences: list[Sequence]) -> None:
        """Sample a token for each sequence of the last call, and for the branches that part from these sequences."""
        sequences = sequences + self._parted(sequences)
        slots = [sequence.slot for sequence in sequences]
        tokens = [next_token(self.decoder, sequence) for sequence in sequences]
        # `choices_of` needs a token for each row; a sequence without a token gets token 0.
        sampled = [token if isinstance(token, int) else 0 for token in tokens]
        choices = self.decoder.choices_of(slots, sampled) if self._trace else [None] * len(tokens)
        for sequence, token, choice in zip(sequences, tokens, choices, strict=True):
            self._accept(sequence, token, choice)

    def _parted(self, sequences: list[Sequence]) -> list[Sequence]:
        """The branches that part from running branches, as copies: before the next token, after the last call."""
        with self._changed:
            pairs = self._scheduler.part(sequences)
        for trunk, branch in pairs:
            self.decoder.branch(trunk.slot, branch.slot)
            self._scheduler.computed(branch)
        return [branch for trunk, branch in pairs if all(self._take(branch, token) for token in trunk.begun)]

    def _accept(self, sequence: Sequence, token: int | RemixError, choice: Choice | None) -> None:
        if isinstance(token, RemixError):
            self._give_up(sequence, token)
            return
        self.sampled += 1
        try:
            sampled = Sampled(token, self.decoder.piece(token), self.decoder.spelling(token), choice)
        except BaseException as error:
            self._give_up(sequence, error)
            return
        self._take(sequence, sampled)

    def _take(self, sequence: Sequence, token: Sampled) -> bool:
        """Append a token to a sequence; gives whether the sequence goes on."""
        try:
            finish = sequence.accept(token, self.decoder.is_end(token.id))
            generation = sequence.generation(finish, self._writer()) if finish else None
        # An error of `on_text` or `writer` ends only the sequence concerned.
        except BaseException as error:
            self._give_up(sequence, error)
            return False
        if generation:
            self._release(sequence)
            sequence.settle(generation)
        return generation is None

    def _give_up(self, sequence: Queued, error: BaseException) -> None:
        """End a sequence with an error."""
        try:
            self._release(sequence)
        finally:
            sequence.settle(error)

    def _release(self, sequence: Queued) -> None:
        slot = sequence.slot
        with self._changed:
            kept = self._scheduler.release(sequence)
        if kept:
            self.decoder.copy(*kept)
        self.decoder.clear(slot)

    # -- failures -------------------------------------------------------------------------------------------

    def _recover(self, error: BaseException, has_progress: bool) -> None:
        """End all active sequences with an error, and start anew with the waiting sequences.

        A failed call may have left slots and scheduler in any state: all slots are emptied, and a new scheduler gets
        the queue. Each failed turn ends at least one request, which bounds the number of failures. Raises any error
        of emptying a slot.
        """
        with self._changed:
            waiting = self._scheduler.waiting
            untouched = {*waiting, *self._too_long}
            active = [sequence for sequence in self._unfinished.values() if sequence not in untouched]
            if not active and not has_progress and (queue := waiting or self._too_long):
                active = [queue.pop()]
            self._empty()
            self._scheduler = self._schedule()
            for sequence in waiting:
                self._scheduler.add(sequence)
        for sequence in active:
            sequence.settle(error)

    def _empty(self) -> None:
        """Empty all decoding slots; prefix slots are overwritten later."""
        for slot in range(self.decoder.slots):
            self.decoder.clear(slot)

    def _forget(self, future: Future[Any]) -> None:
        """Note that a future is done or cancelled."""
        with self._changed:
            self._ended += 1
            if sequence := self._unfinished.pop(future, None):
                sequence.tell_if_cancelled()
            self._changed.notify()

    def _end(self, error: BaseException) -> None:
        """End all requests, and accept no more."""
        with self._changed:
            self._closing = True
            unfinished = list(self._unfinished.values())
        for sequence in unfinished:
            # An error in a future's callback must not keep the remaining futures from ending.
            with suppress(BaseException):
                if not sequence.future.cancel():
                    sequence.settle(error)
        # For the next engine with the same decoder. A failed decoder may fail again.
        with suppress(BaseException):
            self._empty()
