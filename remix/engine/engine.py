"""The engine: submit requests from anywhere, wait for their futures.

Takes `Request`s, gives `Future[Generation]`s. One thread owns the decoder and runs the loop: admit what
waits, compute its prompt, decode one token of all that are active, repeat (continuous batching: Orca, OSDI
2022). Which company a sequence decodes in is up to chance; the decoder's shape sees to it that this never
touches its tokens.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from types import TracebackType

from remix.engine.chunks import cut
from remix.engine.decoder import Decoder, Room, Row
from remix.engine.scheduler import Copy, Scheduler
from remix.engine.sequence import Sequence
from remix.errors import ModelError, PromptError, RemixError
from remix.records import Choice, EngineUsed, Generation, ModelUsed, Request, WriterInfo

_DEAD_END = (
    "the grammar allows no token that this model has.",
    "Every word a grammar asks for must be one that the model's vocabulary can spell.",
)


def _unnamed() -> WriterInfo:
    """Who writes, if the engine isn't told."""
    return WriterInfo(
        name="unnamed",
        model=ModelUsed(sha256=None, metadata_sha256=None),
        engine=EngineUsed(exact=False),
        exactness="not known",
        host="unknown",
    )


class Engine:
    """Decodes many requests together. Thread-safe; close it, or use it in a `with`."""

    def __init__(
        self,
        decoder: Decoder,
        parallel: int | None = None,
        trace: bool = False,
        larger: Iterable[Room] = (),
        writer: Callable[[], WriterInfo] = _unnamed,
    ) -> None:
        """Drive `decoder`, with at most `parallel` sequences active at once (all its slots, unless given).

        With `trace`, generations say how each of their tokens was chosen. Sequences that are too long for the
        decoder's room wait until all others are done, then it is exchanged for the next of the `larger` ones: the
        longest context isn't forced on all. `writer` tells who writes, each time a text is finished; what it raises
        is the outcome of that text.
        """
        self.decoder = decoder
        self._trace = trace
        self._writer = writer
        self._most = parallel
        self._larger = deque(larger)
        self._too_long: list[Sequence] = []
        self.sampled = 0
        """Tokens sampled so far."""
        self.computed = 0
        """Prompt tokens computed so far; those that were copied from another sequence aren't counted."""
        self._scheduler = self._schedule()
        self._changed = threading.Condition()
        self._closing = False
        self._fault: BaseException | None = None
        # Every request that was taken and isn't done: whatever happens, all of these are ended.
        self._unfinished: dict[Future[Generation], Sequence] = {}
        self._ended = 0
        self._thread = threading.Thread(target=self._run, name="remix-engine", daemon=True)
        self._thread.start()

    @property
    def parallel(self) -> int:
        """Most sequences active at once."""
        return min(self._most or self.decoder.slots, self.decoder.slots, self.decoder.shape.rows)

    @property
    def longest(self) -> int:
        """Tokens a sequence may have, prompt and output together."""
        return max([self.decoder.n_ctx_seq, *(room.n_ctx_seq for room in self._larger)])

    def submit(self, request: Request, on_text: Callable[[str], None] | None = None) -> Future[Generation]:
        """Queue a request; `on_text` hears its text as it comes, from the engine's thread, and ends it by raising.

        Raises `PromptError` when the prompt and `max_tokens` exceed a sequence's context: a text must not
        end where the memory happens to. Raises `ModelError` when the engine has ended.
        """
        shape = self.decoder.shape
        chunks = cut(request.token_ids, shape.chunk, self.decoder.piece if shape.paragraphs else None)
        sequence = Sequence(request, chunks, on_text)
        sequence.future.add_done_callback(self._forget)
        with self._changed:
            self._check_open()
            self._check_fits(request)
            self._unfinished[sequence.future] = sequence
            if _needed(request) > self.decoder.n_ctx_seq:
                self._too_long.append(sequence)
            else:
                self._scheduler.add(sequence)
            self._changed.notify()
        return sequence.future

    def _check_open(self) -> None:
        if self._fault:
            raise ModelError(f"the engine has ended: {self._fault}", "Open another one.") from self._fault
        if self._closing:
            raise ModelError("the engine has been closed.", "Open another one.")

    def _check_fits(self, request: Request) -> None:
        if not request.token_ids or _needed(request) > self.longest:
            raise PromptError(
                f"a prompt of {len(request.token_ids)} tokens and up to {request.sampling.max_tokens} new ones "
                f"don't fit a context of {self.longest}.",
                "Lower --max-tokens, split the passage, or take a model with a longer context.",
            )

    def close(self) -> None:
        """Stop after the current decode call; whatever isn't finished is cancelled.

        Waits until that is done, unless a callback calls it: the engine's thread can't wait for itself.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        if not self.is_calling_back:
            self._thread.join()

    @property
    def is_calling_back(self) -> bool:
        """Whether this is asked from the engine's own thread: by a listener, or by a future's callback."""
        return threading.current_thread() is self._thread

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        error: BaseException = CancelledError()
        try:
            while self._wait_for_work():
                self._turn()
        # What recovering itself raises ends the engine, and nobody may be left waiting for it.
        except BaseException as fault:
            error = self._fault = _in_words(fault)
        finally:
            self._end(error)

    def _turn(self) -> None:
        """Let in what waits, and decode one token of all that are active."""
        ended = self._ended
        try:
            self._make_room()
            self._admit()
            self._step()
        # Whatever is raised here, be it no `Exception`, belongs to the requests: the loop lives on.
        except BaseException as fault:
            self._recover(_in_words(fault), has_progress=self._ended > ended)

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._too_long or not self._scheduler.idle)
            return not self._closing

    def _schedule(self) -> Scheduler:
        """A scheduler for the decoder's room as it is, with nothing in memory."""
        shelf = range(self.decoder.slots, self.decoder.slots + self.decoder.shelf)
        return Scheduler(range(self.parallel), shelf)

    def _make_room(self) -> None:
        """When nothing is left that fits, take the next larger room for what is too long."""
        with self._changed:
            if not self._too_long or not self._scheduler.idle:
                return
            # Those that wait are taken out first: if there is no such room, they are given up by `_recover`.
            waiting, self._too_long = self._too_long, []
            self.decoder.resize(self._larger.popleft())
            self._scheduler = self._schedule()
            for sequence in waiting:
                fits = _needed(sequence.request) <= self.decoder.n_ctx_seq
                self._scheduler.add(sequence) if fits else self._too_long.append(sequence)

    def _admit(self) -> None:
        """Fill the free slots, computing each newcomer's prompt in chunks of its own."""
        while not self._closing:
            with self._changed:
                admitted = self._scheduler.admit()
            if admitted is None:
                break
            self._prefill(*admitted)
        while not self.decoder.shape.fixed and (gap := self._scheduler.close_gap()):
            self.decoder.move(*gap)

    def _prefill(self, sequence: Sequence, copy: Copy | None) -> None:
        try:
            self.decoder.open(sequence.slot, sequence.request.sampling, sequence.request.token_ids)
        # Nothing has been computed yet: a bad grammar is the newcomer's own affair.
        except RemixError as error:
            self._give_up(sequence, error)
            return
        copied = copy.length if copy else 0
        if copy:
            self.decoder.copy(*copy)
        start = 0
        for chunk in sequence.chunks:
            if start >= copied:
                self.decoder.prefill(sequence.slot, chunk, start)
            start += len(chunk)
        self.computed += start - copied
        self._scheduler.computed(sequence)
        self._sample([sequence])

    def _step(self) -> None:
        """Decode one token of every active sequence."""
        active = self._scheduler.active()
        if not active:
            return
        self.decoder.decode([Row(each.slot, each.token_ids[-1], each.position) for each in active])
        self._sample(active)

    def _sample(self, sequences: list[Sequence]) -> None:
        """Choose a token for each sequence that the last call was about."""
        slots = [sequence.slot for sequence in sequences]
        tokens = [self._sample_one(slot) for slot in slots]
        # All rows are weighed or none, so a sequence that has no token gets any.
        weighed = [token if isinstance(token, int) else 0 for token in tokens]
        choices = self.decoder.weigh(slots, weighed) if self._trace else [None] * len(tokens)
        for sequence, token, choice in zip(sequences, tokens, choices, strict=True):
            self._accept(sequence, token, choice)

    def _sample_one(self, slot: int) -> int | RemixError:
        """A slot's next token, or why there is none: that concerns no other sequence."""
        try:
            token = self.decoder.sample(slot)
        except RemixError as error:
            return error
        return ModelError(*_DEAD_END) if token is None else token

    def _accept(self, sequence: Sequence, token: int | RemixError, choice: Choice | None) -> None:
        if isinstance(token, RemixError):
            self._give_up(sequence, token)
            return
        self.sampled += 1
        try:
            finish = sequence.accept(token, self.decoder.piece(token), self.decoder.is_end(token), choice)
            generation = sequence.generation(finish, self._writer()) if finish else None
        # Whatever a listener raises, or `writer` does, ends its own sequence, and no other.
        except BaseException as error:
            self._give_up(sequence, error)
            return
        if generation:
            self._release(sequence)
            self._settle(sequence, generation)

    def _give_up(self, sequence: Sequence, error: BaseException) -> None:
        """End one sequence with an error, and leave the others alone."""
        try:
            self._release(sequence)
        finally:
            self._settle(sequence, error)

    def _release(self, sequence: Sequence) -> None:
        slot = sequence.slot
        with self._changed:
            kept = self._scheduler.release(sequence)
        if kept:
            self.decoder.copy(*kept)
        self.decoder.clear(slot)

    # -- when something fails -------------------------------------------------------------------------------

    def _recover(self, error: BaseException, has_progress: bool) -> None:
        """Give up on all that are active, and begin anew with those that wait.

        A failed call may have left any slot, and the scheduler, half-changed. So the slots are emptied, and a new
        scheduler takes over the queue. Each failed turn ends at least one request: a fault that comes back each time
        must not go round without end. Raises what emptying a slot raises.
        """
        with self._changed:
            waiting = self._scheduler.waiting
            untouched = {*waiting, *self._too_long}
            active = [sequence for sequence in self._unfinished.values() if sequence not in untouched]
            if not active and not has_progress and (queue := waiting or self._too_long):
                active = [queue.pop()]
            self._empty()
            self._scheduler = self._schedule()
            self._scheduler.waiting = waiting
        for sequence in active:
            self._settle(sequence, error)

    def _empty(self) -> None:
        """Empty all slots that decode; what the shelf keeps is written over when it is needed."""
        for slot in range(self.decoder.slots):
            self.decoder.clear(slot)

    def _settle(self, sequence: Sequence, outcome: Generation | BaseException) -> None:
        """End a request: its future gets a result or an error, unless it has been cancelled."""
        with suppress(InvalidStateError):
            if isinstance(outcome, Generation):
                sequence.future.set_result(outcome)
            else:
                sequence.future.set_exception(outcome)

    def _forget(self, future: Future[Generation]) -> None:
        """Note that a future is done, whoever ended it."""
        with self._changed:
            self._ended += 1
            if sequence := self._unfinished.pop(future, None):
                sequence.tell_if_cancelled()
            self._changed.notify()

    def _end(self, error: BaseException) -> None:
        """End all requests there are; no further ones are taken."""
        with self._changed:
            self._closing = True
            unfinished = list(self._unfinished.values())
        for sequence in unfinished:
            # What the callbacks of a future raise must not keep others from hearing of their end.
            with suppress(BaseException):
                if not sequence.future.cancel():
                    self._settle(sequence, error)
        # For the next engine over this decoder; a decoder that has failed may fail once more.
        with suppress(BaseException):
            self._empty()


def _in_words(error: BaseException) -> BaseException:
    """An error that says what it is about to whoever waits for a result."""
    if isinstance(error, RemixError | CancelledError):
        return error
    wrapped = ModelError(f"decoding failed: {error!r}.", "Please report this with the output of `-v`.")
    wrapped.__cause__ = error
    return wrapped


def _needed(request: Request) -> int:
    """Tokens a sequence may come to."""
    return len(request.token_ids) + request.sampling.max_tokens
