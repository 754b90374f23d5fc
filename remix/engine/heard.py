"""The prompt as heard by a run penalty: names and figures are replaced by tokens that can't be repeated.

Takes token ids and the bytes of a token, gives token ids. DRY penalises each token that continues an earlier run of
tokens. If the prompt counts as earlier text, a text is kept from copying the passage's sentences, but would also
misspell the passage's names. Each token of a name or a figure, and each control token, is therefore replaced by a
negative id that occurs once: a run ends before the token, and the token is never penalised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

_WORD = re.compile(r"\w+(?:[-’'.,]\w+)*")
_POSSESSIVE = re.compile(r"[’']s$")


class HeardTokens:
    """The tokens of a prompt and of a continuation, as heard by a run penalty.

    A name is a capitalised word, except I, that the prompt nowhere writes in small letters. Names at the beginning of
    a sentence are found, too; a common first word counted as a name only ends a run.
    """

    def __init__(self, prompt: Sequence[int], piece: Callable[[int], bytes]) -> None:
        self._heard_once = 0
        free = set(_free_places(prompt, piece))
        said = {token for place, token in enumerate(prompt) if place not in free}
        # A token that also spells usual words of the prompt counts in the text.
        self._free = {prompt[place] for place in free} - said
        self.prompt = tuple(self._once() if place in free else token for place, token in enumerate(prompt))
        """The prompt's tokens."""

    def sampled(self, token: int) -> int:
        """A sampled token, as heard by the penalty."""
        return self._once() if token in self._free else token

    def _once(self) -> int:
        """A negative id not used before."""
        self._heard_once += 1
        return -self._heard_once


def _free_places(prompt: Sequence[int], piece: Callable[[int], bytes]) -> Iterator[int]:
    """The indices of control tokens, and of tokens that spell part of a name or a figure."""
    pieces = [piece(token) for token in prompt]
    # Bytes that aren't UTF-8 become a character each: places in the text can be counted in bytes.
    text = b"".join(pieces).decode("utf-8", "surrogateescape")
    starts = [0, *accumulate(len(letter.encode("utf-8", "surrogateescape")) for letter in text)]
    words = list(_WORD.finditer(text))
    small = {word.group() for word in words if word.group()[0].islower()}
    is_free = bytearray(starts[-1])
    for word in words:
        bare = _POSSESSIVE.sub("", word.group())
        is_name = bare[0].isupper() and bare != "I" and bare.lower() not in small
        if is_name or any(letter.isdigit() for letter in bare):
            first, end = starts[word.start()], starts[word.start() + len(bare)]
            is_free[first:end] = b"\1" * (end - first)
    for place, end in enumerate(accumulate(map(len, pieces))):
        if not pieces[place] or any(is_free[end - len(pieces[place]) : end]):
            yield place
