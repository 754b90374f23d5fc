"""Continued answers: a last message of the assistant, by the caller, as given tokens.

Takes a conversation, gives a request whose text begins with given tokens, and takes the beginning off the answer. The
engine treats the beginning as if the model had written the words: with the same seed an answer's own first words lead
to the same answer. Knows nothing of LangChain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from remix.records import Choice, Fork, Generation, Grammar, Message, Request, Sampling

if TYPE_CHECKING:
    from remix.engine.local import LocalModel

_LIKE_A_MARK = ("<", "[", "◁", "to=")
"""First characters of marks of thoughts, which the engine takes off a text."""


class Beginning(NamedTuple):
    """The beginning of an answer, by the caller."""

    tokens: tuple[int, ...] = ()
    text: str = ""

    def taken_off(self, generation: Generation) -> Generation:
        """An answer without the caller's beginning; the beginning's tokens count as the prompt's."""
        count, text = len(self.tokens), generation.text
        if not (text.startswith(self.text) or self.text.startswith(text)):
            return generation  # the engine has taken marks of thoughts out of the beginning
        changes = {
            "text": text[len(self.text) :],
            "token_ids": generation.token_ids and generation.token_ids[count:],
            "choices": generation.choices and generation.choices[count:],
            "prompt_token_ids": (*(generation.prompt_token_ids or ()), *self.tokens),
        }
        return generation.model_copy(update=changes)

    def without_letters(self, on_text: Callable[[str], None]) -> Callable[[str], None]:
        """A listener that leaves out the characters of the beginning."""
        left = len(self.text)

        def heard(text: str) -> None:
            nonlocal left
            new, left = text[left:], max(0, left - len(text))
            if new:
                on_text(new)

        return heard

    def without_tokens(self, on_choice: Callable[[Choice], None]) -> Callable[[Choice], None]:
        """A listener that leaves out the tokens of the beginning."""
        left = len(self.tokens)

        def heard(choice: Choice) -> None:
            nonlocal left
            if left:
                left -= 1
            else:
                on_choice(choice)

        return heard

    def after(self, future: Future[Generation]) -> Future[Generation]:
        """The future of an answer without the beginning; if the caller cancels this future, `future` is cancelled
        too."""
        outer: Future[Generation] = Future()

        def settle(done: Future[Generation]) -> None:
            if done.cancelled():
                outer.cancel()
                return
            # The caller may have cancelled meanwhile.
            with suppress(InvalidStateError):
                if error := done.exception():
                    outer.set_exception(error)
                else:
                    outer.set_result(self.taken_off(done.result()))

        outer.add_done_callback(lambda done: future.cancel() if done.cancelled() else None)
        future.add_done_callback(settle)
        return outer


def begun(local: LocalModel, messages: Sequence[Message], sampling: Sampling) -> tuple[Request, Beginning]:
    """The request for a conversation, and the beginning of the answer; without tokens if the prompt has the
    beginning.

    The beginning stays part of the prompt if the sampling has a grammar, or if the beginning holds a stop string or
    looks like the mark of a thought.
    """
    request = local.request(messages, sampling)
    opening = messages[-1].content if messages[-1].role == "assistant" else ""
    words = opening.lstrip()
    is_bound = any(isinstance(each, Grammar) for each in sampling.chain)
    is_ended = any(stop in words for stop in sampling.stop)
    is_given = opening and not is_bound and not is_ended and not words.startswith(_LIKE_A_MARK)
    tokens = tuple(local.tokenize_text(opening)) if is_given else ()
    count = len(request.token_ids) - len(tokens)
    if not tokens or not count or request.token_ids[count:] != tokens:
        return request, Beginning()
    text = b"".join(map(local.engine.decoder.piece, tokens)).decode("utf-8", "replace")
    longer = sampling.model_copy(update={"max_tokens": sampling.max_tokens + len(tokens)})
    changes = {"token_ids": request.token_ids[:count], "sampling": longer, "fork": Fork(token_ids=tokens)}
    return request.model_copy(update=changes), Beginning(tokens, text)
