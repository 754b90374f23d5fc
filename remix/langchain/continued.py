"""Answers that go on from words of the caller: a last message of the assistant as given tokens.

Takes a conversation, gives a request whose text begins with given tokens, and takes the beginning off the answer. So
the engine reads the beginning as if the model had written it: with the same seed an answer's own first words lead to
the same answer. Knows nothing of LangChain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from remix.records import Choice, Fork, Generation, Grammar, Message, Request, Sampling

if TYPE_CHECKING:
    from remix.engine.local import LocalModel

_LIKE_A_MARK = ("<", "[", "◁", "to=")
"""Beginnings of marks of thoughts, which the engine takes off a text."""


class Beginning(NamedTuple):
    """The beginning of an answer, by the caller."""

    tokens: tuple[int, ...] = ()
    text: str = ""

    def taken_off(self, generation: Generation) -> Generation:
        """An answer without its beginning, whose tokens count as the prompt's."""
        count, text = len(self.tokens), generation.text
        if not (text.startswith(self.text) or self.text.startswith(text)):
            return generation  # the model's marks of thoughts made something else of the beginning
        changes = {
            "text": text[len(self.text) :],
            "token_ids": generation.token_ids and generation.token_ids[count:],
            "choices": generation.choices and generation.choices[count:],
            "prompt_token_ids": (*(generation.prompt_token_ids or ()), *self.tokens),
        }
        return generation.model_copy(update=changes)

    def without_letters(self, on_text: Callable[[str], None]) -> Callable[[str], None]:
        """A listener that leaves the letters of the beginning out."""
        left = len(self.text)

        def heard(text: str) -> None:
            nonlocal left
            new, left = text[left:], max(0, left - len(text))
            if new:
                on_text(new)

        return heard

    def without_tokens(self, on_choice: Callable[[Choice], None]) -> Callable[[Choice], None]:
        """A listener that leaves the tokens of the beginning out."""
        left = len(self.tokens)

        def heard(choice: Choice) -> None:
            nonlocal left
            if left:
                left -= 1
            else:
                on_choice(choice)

        return heard

    def after(self, future: Future[Generation]) -> Future[Generation]:
        """The future of an answer without its beginning; cancelled, it cancels the other."""
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
    """The request for a conversation, and the beginning of its answer; without tokens if it's part of the prompt.

    The beginning stays part of the prompt if it couldn't be part of the answer: with a grammar, if it holds a stop
    string, or begins like the mark of a thought.
    """
    request = local.request(messages, sampling)
    opening = messages[-1].content if messages[-1].role == "assistant" else ""
    tokens = tuple(local.tokenize_text(opening)) if opening and _may_be_given(opening, sampling) else ()
    count = len(request.token_ids) - len(tokens)
    if not tokens or not count or request.token_ids[count:] != tokens:
        return request, Beginning()
    text = _spelt(local, tokens)
    longer = sampling.model_copy(update={"max_tokens": sampling.max_tokens + len(tokens)})
    changes = {"token_ids": request.token_ids[:count], "sampling": longer, "fork": Fork(token_ids=tokens)}
    return request.model_copy(update=changes), Beginning(tokens, text)


def _may_be_given(opening: str, sampling: Sampling) -> bool:
    is_bound = any(isinstance(each, Grammar) for each in sampling.chain)
    is_ended = any(stop in opening.lstrip() for stop in sampling.stop)
    return not is_bound and not is_ended and not opening.lstrip().startswith(_LIKE_A_MARK)


def _spelt(local: LocalModel, tokens: Iterable[int]) -> str:
    return b"".join(map(local.engine.decoder.piece, tokens)).decode("utf-8", "replace")
